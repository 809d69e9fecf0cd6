//! What bytecode mentions: the loads of its instructions, one after the other, without a stack.

use base::{fact::Str, stop::Stop};
use eval::Value;

use super::{
    code::{Code, Const},
    imports::imports,
    instruction::Instruction,
    opcode::Op,
    version::Version,
};
use crate::{
    machine::Machine,
    mentions::{Chain, Mentions, Word, leads},
};

/// Words for which there is room from the beginning.
const MAX_ROOM: usize = 1 << 10;

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
        Op::ReturnValue => version == Version::V2_7,
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
