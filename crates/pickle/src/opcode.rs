//! The opcodes of pickle protocols 0 to 5: byte, name and what follows each in the stream (`Lib/pickletools.py`, `Modules/_pickle.c`).

/// What stands behind an opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    Nothing,
    /// So many bytes: a number.
    Fixed(u8),
    /// A length in so many bytes and as many bytes of data.
    Counted(u8),
    /// A line of text.
    Line,
    /// Two lines: module and name.
    TwoLines,
}

macro_rules! opcodes {
    ($($name:ident = $byte:literal, $argument:expr;)+) => {
        $(#[doc = concat!("The byte of `", stringify!($name), "`.")] pub const $name: u8 = $byte;)+

        /// The name of an opcode, as `pickletools` writes it.
        pub const fn name(byte: u8) -> Option<&'static str> {
            match byte { $($name => Some(stringify!($name)),)+ _ => None }
        }

        /// What stands behind an opcode; `None` for a byte that is none.
        pub const fn argument(byte: u8) -> Option<Argument> {
            match byte { $($name => Some($argument),)+ _ => None }
        }

        /// Every opcode byte.
        pub const ALL: &[u8] = &[$($name),+];
    };
}

opcodes! {
    MARK = b'(', Argument::Nothing;
    STOP = b'.', Argument::Nothing;
    POP = b'0', Argument::Nothing;
    POP_MARK = b'1', Argument::Nothing;
    DUP = b'2', Argument::Nothing;
    FLOAT = b'F', Argument::Line;
    INT = b'I', Argument::Line;
    BININT = b'J', Argument::Fixed(4);
    BININT1 = b'K', Argument::Fixed(1);
    LONG = b'L', Argument::Line;
    BININT2 = b'M', Argument::Fixed(2);
    NONE = b'N', Argument::Nothing;
    PERSID = b'P', Argument::Line;
    BINPERSID = b'Q', Argument::Nothing;
    REDUCE = b'R', Argument::Nothing;
    STRING = b'S', Argument::Line;
    BINSTRING = b'T', Argument::Counted(4);
    SHORT_BINSTRING = b'U', Argument::Counted(1);
    UNICODE = b'V', Argument::Line;
    BINUNICODE = b'X', Argument::Counted(4);
    APPEND = b'a', Argument::Nothing;
    BUILD = b'b', Argument::Nothing;
    GLOBAL = b'c', Argument::TwoLines;
    DICT = b'd', Argument::Nothing;
    EMPTY_DICT = b'}', Argument::Nothing;
    APPENDS = b'e', Argument::Nothing;
    GET = b'g', Argument::Line;
    BINGET = b'h', Argument::Fixed(1);
    INST = b'i', Argument::TwoLines;
    LONG_BINGET = b'j', Argument::Fixed(4);
    LIST = b'l', Argument::Nothing;
    EMPTY_LIST = b']', Argument::Nothing;
    OBJ = b'o', Argument::Nothing;
    PUT = b'p', Argument::Line;
    BINPUT = b'q', Argument::Fixed(1);
    LONG_BINPUT = b'r', Argument::Fixed(4);
    SETITEM = b's', Argument::Nothing;
    TUPLE = b't', Argument::Nothing;
    EMPTY_TUPLE = b')', Argument::Nothing;
    SETITEMS = b'u', Argument::Nothing;
    BINFLOAT = b'G', Argument::Fixed(8);
    PROTO = 0x80, Argument::Fixed(1);
    NEWOBJ = 0x81, Argument::Nothing;
    EXT1 = 0x82, Argument::Fixed(1);
    EXT2 = 0x83, Argument::Fixed(2);
    EXT4 = 0x84, Argument::Fixed(4);
    TUPLE1 = 0x85, Argument::Nothing;
    TUPLE2 = 0x86, Argument::Nothing;
    TUPLE3 = 0x87, Argument::Nothing;
    NEWTRUE = 0x88, Argument::Nothing;
    NEWFALSE = 0x89, Argument::Nothing;
    LONG1 = 0x8a, Argument::Counted(1);
    LONG4 = 0x8b, Argument::Counted(4);
    BINBYTES = b'B', Argument::Counted(4);
    SHORT_BINBYTES = b'C', Argument::Counted(1);
    SHORT_BINUNICODE = 0x8c, Argument::Counted(1);
    BINUNICODE8 = 0x8d, Argument::Counted(8);
    BINBYTES8 = 0x8e, Argument::Counted(8);
    EMPTY_SET = 0x8f, Argument::Nothing;
    ADDITEMS = 0x90, Argument::Nothing;
    FROZENSET = 0x91, Argument::Nothing;
    NEWOBJ_EX = 0x92, Argument::Nothing;
    STACK_GLOBAL = 0x93, Argument::Nothing;
    MEMOIZE = 0x94, Argument::Nothing;
    FRAME = 0x95, Argument::Fixed(8);
    BYTEARRAY8 = 0x96, Argument::Counted(8);
    NEXT_BUFFER = 0x97, Argument::Nothing;
    READONLY_BUFFER = 0x98, Argument::Nothing;
}
