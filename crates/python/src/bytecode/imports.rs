//! What the imports of bytecode bind, told from the instructions behind them: those that compilers write. Whatever is imported by
//! others may be used for anything.

use base::fact::Str;
use eval::Value;

use super::{
    code::{Code, Const},
    instruction::{IMPORT_STAR, Instruction},
    opcode::Op,
    version::Version,
};
use crate::{import::module, mentions::Mentions};

/// An import that is under way.
struct Importing<'t> {
    /// The module, by the name that is written.
    path: &'t Str,
    /// Whether it stands beside this one: of such a module nobody knows what it holds.
    beside: bool,
    /// What the next store binds.
    found: Option<Value>,
    /// How many parts of the path lie on the stack.
    parts: usize,
    /// What lies on the stack.
    state: State,
}

/// What an import left on the stack so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A module that is bound as it is.
    Whole,
    /// The same, and what it has: `import a.b as c` takes `b` of `a`.
    Taken,
    /// The same, the module on top.
    Swapped,
    /// A module that is no longer needed.
    Bound,
    /// A module from which names are imported.
    From,
    /// The same, and what one of them is.
    Member,
}

impl Importing<'_> {
    /// The module of this name is taken of the one on top: whether that is the next part of the path.
    fn takes(&mut self, name: Option<&Str>) -> bool {
        let Some(next) = self.path.split('.').nth(self.parts).filter(|_| !self.beside) else { return false };
        if name.is_none_or(|name| **name != *next) {
            return false;
        }
        self.parts = self.parts.saturating_add(1);
        // As the machine follows it.
        self.found = self.found.take().map(|of| eval::attribute(&of, next));
        true
    }

    /// Who gets it without a name, by instructions that no compiler writes, may do anything with it.
    fn escapes(self, mentions: &mut Mentions<'_>) {
        if !self.beside {
            let root = self.path.split('.').next().unwrap_or_default();
            [root, self.path].iter().for_each(|path| mentions.keeps(&module(path).into()));
        }
        self.found.iter().for_each(|found| mentions.keeps(found));
    }
}

/// What imports bind; `kept`: in the body of a class.
pub(super) fn imports<'t>(code: &'t Code, version: Version, kept: bool, mentions: &mut Mentions<'t>) {
    let mut importing: Option<Importing<'t>> = None;
    let instructions = &code.decoded(version).instructions;
    for (position, instruction) in instructions.iter().enumerate() {
        let (op, arg) = (instruction.op, instruction.arg);
        if op == Op::ImportName {
            importing.take().into_iter().for_each(|importing| importing.escapes(mentions));
            importing = begun(code, instructions, position, arg);
            if importing.is_none() {
                mentions.tells();
            }
            continue;
        }
        let star = op == Op::ImportStar || op == Op::CallIntrinsic1 && arg == IMPORT_STAR;
        let Some(mut now) = importing.take() else {
            if star || matches!(op, Op::ExecStmt | Op::ImportFrom) {
                mentions.tells();
            }
            continue;
        };
        now.state = match (now.state, op) {
            (state, Op::Nop) => state,
            (State::Whole, Op::ImportFrom) if now.takes(code.name_at(arg)) => State::Taken,
            // Up to 3.6.
            (State::Whole, Op::LoadAttr) if now.takes(code.name_at(arg)) => State::Whole,
            (State::Taken, Op::RotTwo) => State::Swapped,
            (State::Taken, Op::Swap) if arg == 2 => State::Swapped,
            (State::Swapped, Op::PopTop) => State::Whole,
            (State::From | State::Bound, Op::PopTop) => continue,
            (State::From, _) if star && now.beside => continue,
            (State::From, Op::ImportFrom) => {
                let member = code.name_at(arg).filter(|_| !now.beside);
                now.found = member.map(|member| eval::name(now.path, member, false));
                State::Member
            }
            (State::Whole | State::Taken | State::Member, _)
                if let Some(stored) = stored(code, version, instruction) =>
            {
                now.found.take().into_iter().for_each(|found| mentions.binds(stored, &found, kept));
                match now.state {
                    State::Member => State::From,
                    State::Taken => State::Bound,
                    _ => continue,
                }
            }
            _ => {
                if star {
                    mentions.tells();
                }
                now.escapes(mentions);
                continue;
            }
        };
        importing = Some(now);
    }
    importing.into_iter().for_each(|importing| importing.escapes(mentions));
}

/// The name that an instruction binds to the top.
fn stored<'t>(code: &'t Code, version: Version, instruction: &Instruction) -> Option<&'t Str> {
    match instruction.op {
        Op::StoreName | Op::StoreGlobal => code.name_at(instruction.arg),
        Op::StoreFast => code.local(instruction.arg),
        Op::StoreFastLoadFast => code.local(instruction.arg >> 4),
        Op::StoreDeref => code.cell(version, instruction.arg),
        _ => None,
    }
}

/// The import that begins at `position`, where what it is to import is loaded as compilers do: just before it.
fn begun<'t>(code: &'t Code, instructions: &[Instruction], position: usize, name: u32) -> Option<Importing<'t>> {
    let before = |count: usize| position.checked_sub(count).and_then(|before| instructions.get(before));
    let constant = |of: &Instruction| if of.op == Op::LoadConst { code.constant(of.arg) } else { None };
    let (level, names) = (before(2)?, before(1)?);
    // What jumps there brings its own.
    if names.joins || instructions.get(position).is_some_and(|import| import.joins) {
        return None;
    }
    let beside = match constant(level) {
        Some(Const::Value(Value::Int(level))) => *level > 0,
        None if level.op == Op::LoadSmallInt => level.arg > 0,
        _ => return None,
    };
    let state = match constant(names)? {
        Const::Value(Value::Tuple(names)) if !names.is_empty() => State::From,
        Const::Value(Value::None) => State::Whole,
        _ => return None,
    };
    let path = code.name_at(name)?;
    let root = path.split('.').next().unwrap_or_default();
    let found = (state == State::Whole && !beside).then(|| module(root).into());
    Some(Importing { path, beside, found, parts: 1, state })
}
