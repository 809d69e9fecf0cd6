//! What bytecode mentions: the loads of its instructions, one after the other, without a stack.

use base::{fact::Str, stop::Stop};
use eval::Value;

use super::{
    code::{Code, Const},
    instruction::Instruction,
    opcode::Op,
    version::Version,
};
use crate::{
    import::module,
    machine::Machine,
    mentions::{Chain, Mentions, Word, leads},
};

/// Words for which there is room from the beginning.
const MAX_ROOM: usize = 1 << 10;

/// INTRINSIC_IMPORT_STAR.
const STAR: u32 = 2;

impl<'t> Machine<'t, '_, '_> {
    /// What the code of a stream mentions.
    ///
    /// # Errors
    /// A [`Stop`] when the budget ends.
    pub(super) fn mentioned_in_code(&mut self, codes: &'t [Code], version: Version) -> Result<Mentions<'t>, Stop> {
        // Most code has some words of its own.
        let mut mentions = Mentions::with_room(codes.len().saturating_mul(8).min(MAX_ROOM));
        for code in codes {
            let decoded = code.decoded(version);
            self.sink.meter().steps(decoded.instructions.len() as u64)?;
            // Code that no compiler wrote is walked.
            if code.odd || decoded.is_odd() || code.consts.iter().any(leads_on) {
                mentions.tells();
            }
            mentions.defines(&code.name);
            if decoded.imports {
                let top = self.running.is_some_and(|running| std::ptr::eq(running.code, code));
                imports(code, version, !code.is_function() && !top, &mut mentions);
            }
        }
        let mut room = <[Vec<Word>; 3]>::default();
        for code in codes {
            if mentions.telling() {
                break;
            }
            Self::mentioned(code, version, &mut mentions, &mut room);
        }
        Ok(mentions)
    }

    fn mentioned(code: &'t Code, version: Version, mentions: &mut Mentions<'t>, room: &mut [Vec<Word>; 3]) {
        for (words, of) in room.iter_mut().zip([&code.names, &code.locals, &code.cells]) {
            words.clear();
            words.extend(of.iter().map(|name| mentions.word(name)));
        }
        let [names, locals, cells] = room;
        let cells = if version >= Version::V3_11 { &*locals } else { cells };
        let at = |words: &[Word], index: u32| usize::try_from(index).ok().and_then(|index| words.get(index)).copied();
        let mut chain = Chain::new();
        // Where the text stands by which `getattr` asks.
        let mut asked = None;
        let instructions = &code.decoded(version).instructions;
        for (place, instruction) in instructions.iter().enumerate() {
            let attribute = match attribute(version, instruction) {
                Some(index) => at(names, index),
                None if asked == Some(place) => text(code, instruction).map(|text| mentions.word(text)),
                None => None,
            };
            if let Some(attribute) = attribute {
                mentions.attribute(&mut chain, attribute);
                continue;
            }
            match place.checked_sub(1).and_then(|before| instructions.get(before)) {
                Some(before) if loads_callee(version, before) => mentions.calls(&mut chain),
                _ => mentions.uses(&mut chain),
            }
            match load(version, instruction) {
                Load::Nothing => {}
                Load::Namespace => {
                    let next = instructions.get(place.saturating_add(1));
                    if !next.is_some_and(|next| keeps_namespace(code, version, next)) {
                        mentions.tells();
                    }
                }
                Load::Matched => matched(code, mentions),
                Load::Name(index) => match code.name_at(index) {
                    Some(name) if &**name == "getattr" => {
                        asked = constant_getattr(code, version, instructions, place);
                        if asked.is_none() {
                            mentions.tells();
                        }
                    }
                    Some(name) if &**name == "locals" && code.is_function() => mentions.uses_locals(),
                    _ => at(names, index).into_iter().for_each(|word| mentions.loads(word, false, &mut chain)),
                },
                Load::Local(index) => {
                    at(locals, index).into_iter().for_each(|word| mentions.loads(word, true, &mut chain))
                }
                Load::Cell(index) if version >= Version::V3_12 && is_class_namespace(code, version, index) => {
                    let next = instructions.get(place.saturating_add(1));
                    if !next.is_some_and(|next| looks_up_one(next.op)) {
                        mentions.tells();
                    }
                }
                Load::Cell(index) => {
                    at(cells, index).into_iter().for_each(|word| mentions.loads(word, true, &mut chain))
                }
                // The last of them is on top.
                Load::Locals(first, last) => {
                    at(locals, first).into_iter().for_each(|word| mentions.loads(word, true, &mut chain));
                    mentions.uses(&mut chain);
                    at(locals, last).into_iter().for_each(|word| mentions.loads(word, true, &mut chain));
                }
            }
        }
        mentions.uses(&mut chain);
    }
}

/// Whether a constant is the name, or has that, of an argument which leads anywhere.
fn leads_on(constant: &Const) -> bool {
    let texts: &[Value] = match constant {
        Const::Value(Value::Tuple(items)) => items,
        Const::Value(value) => std::slice::from_ref(value),
        Const::Code(_) => return false,
    };
    texts.iter().filter_map(Value::as_str).any(leads)
}

/// The text that an instruction loads.
fn text<'t>(code: &'t Code, instruction: &Instruction) -> Option<&'t Str> {
    match code.constant(instruction.arg)? {
        Const::Value(Value::Str(text)) if instruction.op == Op::LoadConst => Some(text),
        _ => None,
    }
}

/// Whether compilers load the namespace of a class for that: to look one name up, to keep it for annotations, to give it back (2.7).
fn keeps_namespace(code: &Code, version: Version, next: &Instruction) -> bool {
    match next.op {
        Op::ReturnValue => true,
        Op::StoreDeref => is_class_namespace(code, version, next.arg),
        op => looks_up_one(op),
    }
}

/// Whether it looks one name up in the namespace on top.
const fn looks_up_one(op: Op) -> bool {
    matches!(op, Op::LoadFromDictOrDeref | Op::LoadFromDictOrGlobals)
}

/// Whether a cell is where the namespace of a class is kept for its annotations (3.12 on).
fn is_class_namespace(code: &Code, version: Version, index: u32) -> bool {
    code.cell(version, index).is_some_and(|name| &**name == "__classdict__")
}

/// The attributes that the class patterns of some code ask for stand in its constants.
fn matched<'t>(code: &'t Code, mentions: &mut Mentions<'t>) {
    let names = code.consts.iter().filter_map(|constant| match constant {
        Const::Value(Value::Tuple(names)) => Some(names),
        _ => None,
    });
    let mut chain = Chain::new();
    for name in names.flat_map(|names| names.iter()).filter_map(Value::as_str) {
        let word = mentions.word(name);
        mentions.attribute(&mut chain, word);
        mentions.uses(&mut chain);
    }
}

/// What an instruction loads, by indices into the code's names, locals and cells.
enum Load {
    Nothing,
    /// All names of the scope.
    Namespace,
    /// Attributes, by the names in a constant.
    Matched,
    /// A global, or what a class body binds.
    Name(u32),
    Local(u32),
    Locals(u32, u32),
    Cell(u32),
}

fn load(version: Version, instruction: &Instruction) -> Load {
    let arg = instruction.arg;
    match instruction.op {
        Op::LoadGlobal => Load::Name(if version >= Version::V3_11 { arg >> 1 } else { arg }),
        Op::LoadName | Op::LoadFromDictOrGlobals => Load::Name(arg),
        Op::LoadFast | Op::LoadFastCheck | Op::LoadFastBorrow | Op::LoadFastAndClear => Load::Local(arg),
        Op::LoadFastLoadFast | Op::LoadFastBorrowLoadFastBorrow => Load::Locals(arg >> 4, arg & 15),
        Op::StoreFastLoadFast => Load::Local(arg & 15),
        Op::LoadLocals => Load::Namespace,
        Op::MatchClass => Load::Matched,
        Op::LoadDeref | Op::LoadClassderef | Op::LoadFromDictOrDeref | Op::LoadClosure => Load::Cell(arg),
        _ => Load::Nothing,
    }
}

/// The attribute of the top that an instruction loads, by its index among the names.
fn attribute(version: Version, instruction: &Instruction) -> Option<u32> {
    let arg = instruction.arg;
    match instruction.op {
        Op::LoadAttr if version >= Version::V3_12 => Some(arg >> 1),
        Op::LoadAttr | Op::LoadMethod => Some(arg),
        Op::LoadSuperAttr => Some(arg >> 2),
        _ => None,
    }
}

/// Whether compilers have this load what is called, and NULL or an object beside it.
fn loads_callee(version: Version, instruction: &Instruction) -> bool {
    match instruction.op {
        Op::LoadMethod => true,
        Op::LoadGlobal => version >= Version::V3_11 && instruction.arg & 1 == 1,
        Op::LoadAttr => version >= Version::V3_12 && instruction.arg & 1 == 1,
        _ => false,
    }
}

/// Where the text stands by which the `getattr` that is loaded at `at` asks for an attribute of a variable, or of an attribute of
/// one; nothing: it may ask for any.
fn constant_getattr(code: &Code, version: Version, instructions: &[Instruction], at: usize) -> Option<usize> {
    let mut rest = instructions.iter().enumerate().skip(at.saturating_add(1)).peekable();
    let loads_one = |of: &Instruction| matches!(load(version, of), Load::Name(_) | Load::Local(_) | Load::Cell(_));
    let is_empty = |of: &Instruction| matches!(of.op, Op::BuildMap | Op::BuildList | Op::BuildTuple) && of.arg == 0;
    rest.next_if(|(_, next)| next.op == Op::PushNull);
    rest.next_if(|(_, next)| loads_one(next))?;
    while rest.next_if(|(_, next)| attribute(version, next).is_some()).is_some() {}
    let (found, _) = rest.next_if(|(_, next)| text(code, next).is_some())?;
    // What stands behind it takes no part in the name: a default that is computed of what it loads, and the call.
    let mut depth = 0_u32;
    for (_, next) in rest {
        match next.op {
            Op::Precall => {}
            Op::Call | Op::CallFunction => {
                return (depth <= 1 && next.arg == depth.saturating_add(2)).then_some(found);
            }
            Op::LoadConst => depth = depth.saturating_add(1),
            _ if loads_one(next) || is_empty(next) => depth = depth.saturating_add(1),
            _ if attribute(version, next).is_some() && depth > 0 => {}
            _ if is_binary(next.op) && depth > 1 => depth = depth.saturating_sub(1),
            _ => return None,
        }
    }
    None
}

/// Whether it takes two values and leaves one.
const fn is_binary(op: Op) -> bool {
    matches!(
        op,
        Op::BinaryOp
            | Op::BinaryAdd
            | Op::BinaryFloorDivide
            | Op::BinaryMultiply
            | Op::BinarySubscr
            | Op::BinarySubtract
            | Op::BinaryTrueDivide
    )
}

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
        let next = self.path.split('.').nth(self.parts);
        if next.is_none() || next != name.map(|name| &**name) || self.beside {
            return false;
        }
        self.parts = self.parts.saturating_add(1);
        let end =
            self.path.match_indices('.').nth(self.parts.saturating_sub(1)).map_or(self.path.len(), |(end, _)| end);
        self.found = self.path.get(..end).map(|path| module(path).into());
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
fn imports<'t>(code: &'t Code, version: Version, kept: bool, mentions: &mut Mentions<'t>) {
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
        let star = op == Op::ImportStar || op == Op::CallIntrinsic1 && arg == STAR;
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
