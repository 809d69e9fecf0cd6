//! A code object as marshal stores it.

use std::{
    cell::{Cell, OnceCell, RefCell},
    ops::Deref,
    sync::Arc,
};

use base::{blob::Blob, fact::Str};
use eval::{Value, Why};
use foldhash::HashMap;

use super::{
    instruction::{Decoded, Instruction},
    lines::{Lines, Table},
    opcode::Op,
    version::Version,
};

/// Compiled code: a module, a class body, a function.
#[derive(Debug, Default)]
pub(crate) struct Code {
    /// Its name: `<module>`, `f`, `<lambda>`.
    pub(crate) name: Str,
    /// Its name with those around it, where the version keeps one.
    pub(crate) qualname: Str,
    /// Numbers as they stand at its beginning.
    pub(crate) numbers: Numbers,
    /// The instructions.
    pub(crate) code: Part,
    /// Where they begin in the artifact.
    pub(crate) code_at: u64,
    /// Constants.
    pub(crate) consts: Vec<Const>,
    /// Names of globals, attributes and modules.
    pub(crate) names: Vec<Str>,
    /// Names of locals; with cells and free variables from 3.11 on.
    pub(crate) locals: Vec<Str>,
    /// Names of cells and free variables, up to 3.10.
    pub(crate) cells: Vec<Str>,
    /// How many of the last of those belong to functions around this one.
    pub(crate) free: usize,
    /// The table of lines, in the version's form.
    pub(crate) lines: Part,
    /// The table of handlers (3.11 on).
    pub(crate) handlers: Part,
    /// A part of it is not what CPython requires there.
    pub(crate) odd: bool,
    /// Whether it was walked.
    pub(crate) walked: Cell<bool>,
    /// Loops that were asked whether they ever end, by their beginning.
    pub(crate) endless: RefCell<HashMap<u32, bool>>,
    decoded: OnceCell<Decoded>,
    line_table: RefCell<Lines>,
}

/// Bytes that a code object has.
#[derive(Debug)]
pub(crate) enum Part {
    /// Where they lie in the stream.
    Window(Blob),
    /// Those of a value that more than one may have.
    Shared(Arc<[u8]>),
}

impl Default for Part {
    fn default() -> Self {
        Self::Shared(Arc::default())
    }
}

impl Deref for Part {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Window(blob) => blob.memory().unwrap_or_default(),
            Self::Shared(bytes) => bytes,
        }
    }
}

/// The numbers of a code object.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Numbers {
    /// Arguments, positional-only ones included.
    pub(crate) arguments: u32,
    /// Of those, positional-only ones.
    pub(crate) positional_only: u32,
    /// Keyword-only arguments.
    pub(crate) keyword_only: u32,
    /// Values that its stack holds at most.
    pub(crate) stack: u32,
    /// `co_flags`.
    pub(crate) flags: u32,
    /// The line of `def`.
    pub(crate) line: u32,
}

/// A constant.
#[derive(Clone, Debug)]
pub(crate) enum Const {
    /// A value.
    Value(Value),
    /// Another code object of the same stream, by its position.
    Code(usize),
}

/// CO_OPTIMIZED and CO_NEWLOCALS: the compiler sets both on functions and on nothing else.
const FUNCTION: u32 = 0x3;
/// CO_VARARGS.
const VARARGS: u32 = 0x4;
/// CO_VARKEYWORDS.
const VARKEYWORDS: u32 = 0x8;

impl Code {
    /// Whether this is the body of a function, which runs when it is called.
    pub(crate) fn is_function(&self) -> bool {
        self.numbers.flags & FUNCTION == FUNCTION
    }

    /// The positions of code objects that are a part of this one.
    pub(crate) fn inner(&self) -> impl Iterator<Item = usize> {
        self.consts.iter().filter_map(|constant| match constant {
            Const::Code(index) => Some(*index),
            Const::Value(_) => None,
        })
    }

    /// Its instructions as `version` reads them.
    pub(crate) fn decoded(&self, version: Version) -> &Decoded {
        self.decoded.get_or_init(|| Decoded::new(self, version))
    }

    /// Line and column of an instruction; 0 where none is known.
    pub(crate) fn line(&self, version: Version, at: u32) -> (u32, u32) {
        self.line_table.borrow_mut().find(&Table::of(self, version), at)
    }

    /// A constant; what is not there is unknown.
    pub(crate) fn constant(&self, index: u32) -> Option<&Const> {
        self.consts.get(usize::try_from(index).ok()?)
    }

    /// The text that a function begins with: CPython keeps it as the first constant.
    pub(crate) fn documentation(&self) -> Option<Value> {
        match self.constant(0)? {
            Const::Value(text @ Value::Str(_)) => Some(text.clone()),
            _ => None,
        }
    }

    /// A name.
    pub(crate) fn name_at(&self, index: u32) -> Option<&Str> {
        self.names.get(usize::try_from(index).ok()?)
    }

    /// A local.
    pub(crate) fn local(&self, index: u32) -> Option<&Str> {
        self.locals.get(usize::try_from(index).ok()?)
    }

    /// A cell or free variable.
    pub(crate) fn cell(&self, version: Version, index: u32) -> Option<&Str> {
        let index = usize::try_from(index).ok()?;
        if version >= Version::V3_11 { self.locals.get(index) } else { self.cells.get(index) }
    }

    /// Whether an instruction asks for a constant, name or variable that is not there.
    pub(super) fn lacks(&self, instruction: &Instruction, version: Version) -> bool {
        let arg = instruction.arg;
        let wide = version >= Version::V3_11;
        let (index, held) = match instruction.op {
            Op::LoadConst | Op::ReturnConst | Op::KwNames => (arg, self.consts.len()),
            Op::LoadGlobal => (if wide { arg >> 1 } else { arg }, self.names.len()),
            Op::LoadAttr => (if version >= Version::V3_12 { arg >> 1 } else { arg }, self.names.len()),
            Op::LoadSuperAttr => (arg >> 2, self.names.len()),
            Op::LoadName
            | Op::LoadMethod
            | Op::LoadFromDictOrGlobals
            | Op::StoreName
            | Op::StoreGlobal
            | Op::StoreAttr
            | Op::DeleteName
            | Op::DeleteGlobal
            | Op::DeleteAttr
            | Op::ImportName
            | Op::ImportFrom => (arg, self.names.len()),
            Op::LoadFast
            | Op::LoadFastAndClear
            | Op::LoadFastBorrow
            | Op::LoadFastCheck
            | Op::StoreFast
            | Op::DeleteFast => (arg, self.locals.len()),
            Op::LoadFastLoadFast
            | Op::LoadFastBorrowLoadFastBorrow
            | Op::StoreFastLoadFast
            | Op::StoreFastStoreFast => ((arg >> 4).max(arg & 15), self.locals.len()),
            Op::LoadDeref
            | Op::LoadClosure
            | Op::LoadClassderef
            | Op::LoadFromDictOrDeref
            | Op::StoreDeref
            | Op::DeleteDeref => (arg, if wide { self.locals.len() } else { self.cells.len() }),
            Op::MakeCell => (arg, self.locals.len()),
            // What they do is looked up in tables of the interpreter, which are no longer than this.
            Op::BinaryOp => return arg > 26,
            Op::CallIntrinsic1 | Op::CallIntrinsic2 => return arg > 31,
            Op::ConvertValue => return !(1..=3).contains(&arg),
            Op::CopyFreeVars => return usize::try_from(arg).map_or(true, |count| count > self.free),
            _ => return false,
        };
        usize::try_from(index).map_or(true, |index| index >= held)
    }

    /// Whether a cell belongs to a function around this one.
    pub(crate) fn is_free(&self, version: Version, index: u32) -> bool {
        let count = if version >= Version::V3_11 { self.locals.len() } else { self.cells.len() };
        usize::try_from(index).is_ok_and(|index| index < count && index >= count.saturating_sub(self.free))
    }

    /// Names of parameters that take positional arguments.
    pub(crate) fn positional(&self) -> &[Str] {
        let count = usize::try_from(self.numbers.arguments).unwrap_or(0).min(self.locals.len());
        self.locals.get(..count).unwrap_or_default()
    }

    /// Names of all parameters, `*args` and `**kwargs` last.
    pub(crate) fn parameters(&self) -> &[Str] {
        let flag = |bit: u32| u32::from(self.numbers.flags & bit != 0);
        let count = self.numbers.arguments.saturating_add(self.numbers.keyword_only);
        let count = count.saturating_add(flag(VARARGS)).saturating_add(flag(VARKEYWORDS));
        let count = usize::try_from(count).unwrap_or(0).min(self.locals.len());
        self.locals.get(..count).unwrap_or_default()
    }

    /// How many parameters have a name of their own.
    pub(crate) fn named(&self) -> usize {
        usize::try_from(self.numbers.arguments.saturating_add(self.numbers.keyword_only)).unwrap_or(usize::MAX)
    }

    /// Whether it takes `*args` and `**kwargs`.
    pub(crate) fn takes(&self) -> (bool, bool) {
        (self.numbers.flags & VARARGS != 0, self.numbers.flags & VARKEYWORDS != 0)
    }
}

impl Const {
    /// The value; a code object is none.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Code(_) => Value::Unknown(Why::Unfollowed),
        }
    }
}
