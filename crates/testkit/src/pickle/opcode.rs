//! The opcodes of pickle protocols 0 to 5 with the shape of their operands (CPython, `Lib/pickletools.py`).

/// One opcode.
pub(super) struct Opcode {
    pub(super) name: &'static str,
    pub(super) code: u8,
    pub(super) operand: Operand,
}

/// How an operand is written behind its opcode.
#[derive(Clone, Copy)]
pub(super) enum Operand {
    Nothing,
    /// A little-endian number.
    Number(Width),
    /// A big-endian double.
    Float,
    /// A length of that width and as many bytes.
    Counted(Width),
    /// As `Counted`, holding a number in two's complement.
    Long(Width),
    /// Text up to a newline, as it stands.
    Line,
    /// As `Line`, but quotes belong to the text (STRING).
    QuotedLine,
    /// As `Line`, in raw-unicode-escape (UNICODE).
    UnicodeLine,
    /// Two lines: module and name.
    TwoLines,
}

/// Bytes that a number takes, and whether it has a sign.
#[derive(Clone, Copy)]
pub(super) enum Width {
    Unsigned(usize),
    Signed(usize),
}

impl Width {
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Unsigned(bytes) | Self::Signed(bytes) => bytes,
        }
    }

    /// The least and the greatest number that fit.
    pub(super) fn bounds(self) -> (i128, i128) {
        match self {
            Self::Unsigned(bytes) => (0, (1 << (8 * bytes)) - 1),
            Self::Signed(bytes) => (-(1 << (8 * bytes - 1)), (1 << (8 * bytes - 1)) - 1),
        }
    }
}

/// Finds an opcode by its exact name.
pub(super) fn named(name: &str) -> Option<&'static Opcode> {
    OPCODES.iter().find(|opcode| opcode.name == name)
}

const fn opcode(name: &'static str, code: u8, operand: Operand) -> Opcode {
    Opcode { name, code, operand }
}

use Operand::{Counted, Float, Line, Long, Nothing, Number, QuotedLine, TwoLines, UnicodeLine};
use Width::{Signed, Unsigned};

pub(super) const OPCODES: &[Opcode] = &[
    opcode("INT", b'I', Line),
    opcode("BININT", b'J', Number(Signed(4))),
    opcode("BININT1", b'K', Number(Unsigned(1))),
    opcode("BININT2", b'M', Number(Unsigned(2))),
    opcode("LONG", b'L', Line),
    opcode("LONG1", 0x8a, Long(Unsigned(1))),
    opcode("LONG4", 0x8b, Long(Signed(4))),
    opcode("STRING", b'S', QuotedLine),
    opcode("BINSTRING", b'T', Counted(Signed(4))),
    opcode("SHORT_BINSTRING", b'U', Counted(Unsigned(1))),
    opcode("BINBYTES", b'B', Counted(Unsigned(4))),
    opcode("SHORT_BINBYTES", b'C', Counted(Unsigned(1))),
    opcode("BINBYTES8", 0x8e, Counted(Unsigned(8))),
    opcode("BYTEARRAY8", 0x96, Counted(Unsigned(8))),
    opcode("NEXT_BUFFER", 0x97, Nothing),
    opcode("READONLY_BUFFER", 0x98, Nothing),
    opcode("NONE", b'N', Nothing),
    opcode("NEWTRUE", 0x88, Nothing),
    opcode("NEWFALSE", 0x89, Nothing),
    opcode("UNICODE", b'V', UnicodeLine),
    opcode("SHORT_BINUNICODE", 0x8c, Counted(Unsigned(1))),
    opcode("BINUNICODE", b'X', Counted(Unsigned(4))),
    opcode("BINUNICODE8", 0x8d, Counted(Unsigned(8))),
    opcode("FLOAT", b'F', Line),
    opcode("BINFLOAT", b'G', Float),
    opcode("EMPTY_LIST", b']', Nothing),
    opcode("APPEND", b'a', Nothing),
    opcode("APPENDS", b'e', Nothing),
    opcode("LIST", b'l', Nothing),
    opcode("EMPTY_TUPLE", b')', Nothing),
    opcode("TUPLE", b't', Nothing),
    opcode("TUPLE1", 0x85, Nothing),
    opcode("TUPLE2", 0x86, Nothing),
    opcode("TUPLE3", 0x87, Nothing),
    opcode("EMPTY_DICT", b'}', Nothing),
    opcode("DICT", b'd', Nothing),
    opcode("SETITEM", b's', Nothing),
    opcode("SETITEMS", b'u', Nothing),
    opcode("EMPTY_SET", 0x8f, Nothing),
    opcode("ADDITEMS", 0x90, Nothing),
    opcode("FROZENSET", 0x91, Nothing),
    opcode("POP", b'0', Nothing),
    opcode("DUP", b'2', Nothing),
    opcode("MARK", b'(', Nothing),
    opcode("POP_MARK", b'1', Nothing),
    opcode("GET", b'g', Line),
    opcode("BINGET", b'h', Number(Unsigned(1))),
    opcode("LONG_BINGET", b'j', Number(Unsigned(4))),
    opcode("PUT", b'p', Line),
    opcode("BINPUT", b'q', Number(Unsigned(1))),
    opcode("LONG_BINPUT", b'r', Number(Unsigned(4))),
    opcode("MEMOIZE", 0x94, Nothing),
    opcode("EXT1", 0x82, Number(Unsigned(1))),
    opcode("EXT2", 0x83, Number(Unsigned(2))),
    opcode("EXT4", 0x84, Number(Signed(4))),
    opcode("GLOBAL", b'c', TwoLines),
    opcode("STACK_GLOBAL", 0x93, Nothing),
    opcode("REDUCE", b'R', Nothing),
    opcode("BUILD", b'b', Nothing),
    opcode("INST", b'i', TwoLines),
    opcode("OBJ", b'o', Nothing),
    opcode("NEWOBJ", 0x81, Nothing),
    opcode("NEWOBJ_EX", 0x92, Nothing),
    opcode("PROTO", 0x80, Number(Unsigned(1))),
    opcode("STOP", b'.', Nothing),
    opcode("FRAME", 0x95, Number(Unsigned(8))),
    opcode("PERSID", b'P', Line),
    opcode("BINPERSID", b'Q', Nothing),
];
