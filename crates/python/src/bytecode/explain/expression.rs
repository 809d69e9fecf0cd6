//! Instructions that build expressions.

use base::fact::Str;

use super::{Lister, Page, Text};
use crate::bytecode::{
    code::{Code, Const},
    instruction::Instruction,
    opcode::Op,
    operate::{self, BINARY, SUBSCRIPT},
    version::Version,
};

/// How the functions of `operator` in [`BINARY`] are written.
const SIGNS: [&str; 13] = ["+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^"];

impl Lister<'_> {
    /// Builds an expression; `false`: the instruction does something else.
    pub(super) fn expression(&self, page: &mut Page<'_>, instruction: &Instruction) -> bool {
        let (version, arg, code) = (self.version, instruction.arg, page.code);
        let recent = version >= Version::V3_12;
        match instruction.op {
            Op::LoadConst => {
                let text = self.constant(code, arg);
                page.push(text);
            }
            Op::LoadSmallInt => page.push(Text::atom(arg.to_string())),
            Op::LoadFast | Op::LoadFastCheck | Op::LoadFastBorrow | Op::LoadFastAndClear => name(page, code.local(arg)),
            Op::LoadFastLoadFast | Op::LoadFastBorrowLoadFastBorrow => {
                name(page, code.local(arg >> 4));
                name(page, code.local(arg & 15));
            }
            Op::LoadName => name(page, code.name_at(arg)),
            Op::LoadGlobal if version >= Version::V3_11 => {
                if arg & 1 == 1 {
                    page.push(Text { null: true, ..Text::default() });
                }
                name(page, code.name_at(arg >> 1));
            }
            Op::LoadGlobal => name(page, code.name_at(arg)),
            Op::LoadDeref | Op::LoadClassderef => name(page, code.cell(version, arg)),
            Op::LoadFromDictOrDeref | Op::LoadFromDictOrGlobals => {
                page.pop();
                let found =
                    if instruction.op == Op::LoadFromDictOrDeref { code.cell(version, arg) } else { code.name_at(arg) };
                name(page, found);
            }
            Op::LoadAttr if recent => attribute(page, code.name_at(arg >> 1), arg & 1 == 1),
            Op::ImportFrom => {
                let module = page.stack.last().cloned().unwrap_or_default();
                page.push(module);
                attribute(page, code.name_at(arg), false);
            }
            Op::LoadAttr => attribute(page, code.name_at(arg), false),
            Op::LoadMethod => attribute(page, code.name_at(arg), true),
            Op::LoadSuperAttr => {
                drop(page.take(3));
                page.push(Text::atom("super()"));
                attribute(page, code.name_at(arg >> 2), arg & 1 == 1);
            }
            Op::LoadBuildClass => page.push(Text::atom("__build_class__")),
            Op::LoadAssertionError => page.push(Text::atom("AssertionError")),
            Op::PushNull => page.push(Text { null: true, ..Text::default() }),
            _ => return self.operation(page, instruction),
        }
        true
    }

    fn operation(&self, page: &mut Page<'_>, instruction: &Instruction) -> bool {
        let (version, arg) = (self.version, instruction.arg);
        let sign = match instruction.op {
            Op::BinaryOp if arg != SUBSCRIPT => {
                usize::try_from(arg).ok().and_then(|arg| SIGNS.iter().cycle().nth(arg.min(25)).copied())
            }
            Op::CompareOp | Op::IsOp | Op::ContainsOp => Some(operate::comparison(instruction.op, version, arg).1),
            op => operate::binary(op)
                .and_then(|name| SIGNS.iter().zip(BINARY).find(|(_, known)| *known == name).map(|(sign, _)| *sign)),
        };
        if let Some(sign) = sign {
            let parts = page.take(2);
            let mut text = parts.iter().map(Text::part).collect::<Vec<_>>().join(&format!(" {sign} "));
            if sign == "except" {
                text = format!("except {}", parts.last().map(Text::part).unwrap_or_default());
            }
            page.push(Text { text, uses: uses(&parts), ..Text::default() });
            return true;
        }
        match instruction.op {
            Op::BinaryOp | Op::BinarySubscr => {
                let parts = page.take(2);
                let shown: Vec<String> = parts.iter().map(Text::part).collect();
                let text = match &*shown {
                    [of, key] => format!("{of}[{key}]"),
                    _ => "…[…]".into(),
                };
                page.push(Text { uses: uses(&parts), ..Text::atom(text) });
            }
            Op::CheckExcMatch => {
                let class = page.pop();
                page.push(Text { text: format!("except {}", class.text), uses: class.uses, ..Text::default() });
            }
            Op::Slice0 | Op::Slice1 | Op::Slice2 | Op::Slice3 => sliced(page, instruction.op),
            Op::BinarySlice => {
                let parts = page.take(3);
                let shown: Vec<String> = parts.iter().map(Text::part).collect();
                let text = match &*shown {
                    [of, start, stop] => format!("{of}[{}:{}]", bound(start), bound(stop)),
                    _ => "…[…]".into(),
                };
                page.push(Text { uses: uses(&parts), ..Text::atom(text) });
            }
            Op::BuildSlice => {
                let parts = page.take(arg.clamp(2, 3));
                let text = parts.iter().map(|part| bound(&part.part()).to_owned()).collect::<Vec<_>>().join(":");
                page.push(Text { uses: uses(&parts), ..Text::atom(text) });
            }
            Op::UnaryNegative => unary(page, "-"),
            Op::UnaryPositive => unary(page, "+"),
            Op::UnaryInvert => unary(page, "~"),
            Op::UnaryNot => unary(page, "not "),
            Op::BuildTuple => display(page, arg, "(", if arg == 1 { ",)" } else { ")" }),
            Op::BuildList => display(page, arg, "[", "]"),
            Op::BuildSet => display(page, arg, "{", "}"),
            Op::BuildString => display(page, arg, "''.join([", "])"),
            Op::BuildMap if version == Version::V2_7 => page.push(Text::atom("{}")),
            Op::BuildMap => {
                let parts = page.take(arg.saturating_mul(2));
                let pairs = parts.chunks(2).map(|pair| pair.iter().map(Text::part).collect::<Vec<_>>().join(": "));
                let text = format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "));
                page.push(Text { uses: uses(&parts), ..Text::atom(text) });
            }
            Op::BuildConstKeyMap => {
                let keys = page.pop();
                let parts = page.take(arg);
                let text = parts.iter().map(Text::part).collect::<Vec<_>>().join(", ");
                page.push(Text { uses: uses(&parts), ..Text::atom(format!("dict(zip({}, ({text},)))", keys.text)) });
            }
            Op::FormatSimple => {}
            Op::FormatValue if arg & 4 == 0 => {}
            Op::FormatValue | Op::FormatWithSpec => {
                let parts = page.take(2);
                let text = parts.iter().map(Text::part).collect::<Vec<_>>().join(", ");
                page.push(Text { uses: uses(&parts), ..Text::atom(format!("format({text})")) });
            }
            Op::ListExtend | Op::ListAppend | Op::SetAdd | Op::SetUpdate | Op::DictUpdate | Op::DictMerge => {
                extend(page, instruction);
            }
            _ => return false,
        }
        true
    }

    fn constant(&self, code: &Code, index: u32) -> Text {
        match code.constant(index) {
            Some(Const::Value(value)) => Text::atom(value.to_expr().to_string()),
            Some(Const::Code(inner)) => Text { code: Some(*inner), ..Text::atom("<code>") },
            None => Text::atom("…"),
        }
    }
}

fn name(page: &mut Page<'_>, name: Option<&Str>) {
    let name = name.cloned().unwrap_or_else(|| "…".into());
    let uses = page.bound.get(&name).copied().into_iter().collect();
    page.push(Text { uses, ..Text::atom(&*name) });
}

fn attribute(page: &mut Page<'_>, name: Option<&Str>, method: bool) {
    let of = page.pop();
    if method {
        page.push(Text { null: true, ..Text::default() });
    }
    let name = name.map_or("…", |name| name);
    page.push(Text { uses: of.uses.clone(), ..Text::atom(format!("{}.{name}", of.part())) });
}

fn unary(page: &mut Page<'_>, sign: &str) {
    let of = page.pop();
    page.push(Text { text: format!("{sign}{}", of.part()), uses: of.uses, ..Text::default() });
}

fn display(page: &mut Page<'_>, count: u32, open: &str, close: &str) {
    let parts = page.take(count);
    let text = parts.iter().map(Text::part).collect::<Vec<_>>().join(", ");
    page.push(Text { uses: uses(&parts), ..Text::atom(format!("{open}{text}{close}")) });
}

/// `of[start:stop]` of Python 2.
fn sliced(page: &mut Page<'_>, op: Op) {
    let stop = if matches!(op, Op::Slice2 | Op::Slice3) { page.pop() } else { Text::default() };
    let start = if matches!(op, Op::Slice1 | Op::Slice3) { page.pop() } else { Text::default() };
    let of = page.pop();
    let text = format!("{}[{}:{}]", of.part(), start.text, stop.text);
    page.push(Text { uses: uses(&[of, start, stop]), ..Text::atom(text) });
}

/// Adds to the display below: `[*a, b]`.
fn extend(page: &mut Page<'_>, instruction: &Instruction) {
    let added = page.pop();
    let depth = usize::try_from(instruction.arg).unwrap_or(0);
    let index = page.stack.len().checked_sub(depth);
    let Some(of) = index.and_then(|index| page.stack.get_mut(index)) else { return };
    let star = match instruction.op {
        Op::ListAppend | Op::SetAdd => "",
        Op::DictUpdate | Op::DictMerge => "**",
        _ => "*",
    };
    let close = of.text.pop().unwrap_or(']');
    let comma = if of.text.len() > 1 { ", " } else { "" };
    of.text = format!("{}{comma}{star}{}{close}", of.text, added.part());
    of.uses.extend(added.uses);
}

/// The lines that these need.
pub(super) fn uses(parts: &[Text]) -> Vec<u32> {
    parts.iter().flat_map(|part| part.uses.iter().copied()).collect()
}

fn bound(text: &str) -> &str {
    if text == "None" { "" } else { text }
}
