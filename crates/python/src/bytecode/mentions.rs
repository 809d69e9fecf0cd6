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
    mentions::{Chain, Mentions, Word},
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
            if code.odd || decoded.is_odd() {
                mentions.tells();
            }
            mentions.defines(&code.name);
            if code.consts.iter().any(evaluates) {
                mentions.tells();
            }
            if decoded.imports {
                imports(code, version, &mut mentions);
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
            mentions.uses(&mut chain);
            match load(version, instruction) {
                Load::Nothing => {}
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

/// Whether a constant has the name of the argument by which annotations are evaluated.
fn evaluates(constant: &Const) -> bool {
    let is = |value: &Value| value.as_str() == Some("eval_str");
    match constant {
        Const::Value(Value::Tuple(items)) => items.iter().any(is),
        Const::Value(value) => is(value),
        Const::Code(_) => false,
    }
}

/// The text that an instruction loads.
fn text<'t>(code: &'t Code, instruction: &Instruction) -> Option<&'t Str> {
    match code.constant(instruction.arg)? {
        Const::Value(Value::Str(text)) if instruction.op == Op::LoadConst => Some(text),
        _ => None,
    }
}

/// What an instruction loads, by indices into the code's names, locals and cells.
enum Load {
    Nothing,
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

/// What imports bind.
fn imports<'t>(code: &'t Code, version: Version, mentions: &mut Mentions<'t>) {
    let mut path: Option<&'t Str> = None;
    let mut found: Vec<Value> = Vec::new();
    // Whether names are imported from the module, and whether that stands beside this one; what is loaded before says so.
    let (mut from, mut listed) = (false, false);
    let (mut beside, mut level) = (false, 0);
    for instruction in &code.decoded(version).instructions {
        let arg = instruction.arg;
        let stored = match instruction.op {
            Op::LoadConst => {
                listed = false;
                match code.constant(arg) {
                    Some(Const::Value(Value::Tuple(items))) => listed = !items.is_empty(),
                    Some(Const::Value(Value::Int(number))) => level = *number,
                    _ => {}
                }
                continue;
            }
            Op::LoadSmallInt => {
                level = i64::from(arg);
                continue;
            }
            Op::ImportName => {
                path = code.name_at(arg);
                (from, beside) = (listed, level > 0);
                let text = path.map_or("", |path| path);
                let root = text.split('.').next().unwrap_or_default();
                found.clear();
                // Of a module beside this one nobody knows what it holds.
                if !beside {
                    found.extend([module(root).into(), module(text).into()]);
                }
                continue;
            }
            // `import a.b as c` takes `b` of `a`.
            Op::ImportFrom if !from => continue,
            Op::ImportFrom => {
                let (Some(path), Some(member)) = (path, code.name_at(arg)) else { continue };
                found.clear();
                found.extend((!beside).then(|| eval::name(path, member, false)));
                continue;
            }
            Op::ExecStmt => {
                mentions.tells();
                continue;
            }
            Op::ImportStar if beside => continue,
            Op::CallIntrinsic1 if arg == STAR && beside => continue,
            Op::ImportStar => {
                mentions.tells();
                continue;
            }
            Op::CallIntrinsic1 if arg == STAR => {
                mentions.tells();
                continue;
            }
            Op::StoreName | Op::StoreGlobal => [code.name_at(arg), None],
            Op::StoreFast => [code.local(arg), None],
            Op::StoreDeref => [code.cell(version, arg), None],
            Op::StoreFastStoreFast => [code.local(arg >> 4), code.local(arg & 15)],
            Op::StoreFastLoadFast => [code.local(arg >> 4), None],
            Op::PopTop => {
                found.clear();
                continue;
            }
            _ => continue,
        };
        for name in stored.into_iter().flatten() {
            found.iter().for_each(|value| mentions.binds(name, value));
        }
        found.clear();
    }
}
