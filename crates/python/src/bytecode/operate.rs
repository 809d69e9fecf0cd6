//! Operators, comparisons, displays and strings.

use std::rc::Rc;

use base::stop::Stop;
use eval::{Span, Value};

use super::{
    instruction::Instruction,
    opcode::Op,
    stack::{Frame, Role, Slot},
    step::node,
    version::Version,
};
use crate::{
    machine::{Machine, When},
    scope::Known,
};

/// Functions of `operator` by the argument of BINARY_OP; 13 more do the same in place.
pub(super) const BINARY: [&str; 13] =
    ["add", "and_", "floordiv", "lshift", "matmul", "mul", "mod", "or_", "pow", "rshift", "sub", "truediv", "xor"];
/// BINARY_OP's argument for a subscription (3.14).
pub(super) const SUBSCRIPT: u32 = 26;
/// Comparisons by number: the function of `operator` and how it is written.
const COMPARE: [(&str, &str); 6] = [("lt", "<"), ("le", "<="), ("eq", "=="), ("ne", "!="), ("gt", ">"), ("ge", ">=")];
/// Items of a set or dict that grows one by one.
const FEW: usize = 256;
/// Items of a display that are kept.
const MAX_DISPLAYED: usize = 1 << 16;

/// The function of `operator` that an opcode of its own stands for.
pub(super) const fn binary(op: Op) -> Option<&'static str> {
    Some(match op {
        Op::BinaryAdd | Op::InplaceAdd => "add",
        Op::BinaryAnd | Op::InplaceAnd => "and_",
        Op::BinaryFloorDivide | Op::InplaceFloorDivide => "floordiv",
        Op::BinaryLshift | Op::InplaceLshift => "lshift",
        Op::BinaryMatrixMultiply | Op::InplaceMatrixMultiply => "matmul",
        Op::BinaryMultiply | Op::InplaceMultiply => "mul",
        Op::BinaryModulo | Op::InplaceModulo => "mod",
        Op::BinaryOr | Op::InplaceOr => "or_",
        Op::BinaryPower | Op::InplacePower => "pow",
        Op::BinaryRshift | Op::InplaceRshift => "rshift",
        Op::BinarySubtract | Op::InplaceSubtract => "sub",
        Op::BinaryTrueDivide | Op::InplaceTrueDivide | Op::BinaryDivide | Op::InplaceDivide => "truediv",
        Op::BinaryXor | Op::InplaceXor => "xor",
        _ => return None,
    })
}

/// Whether it changes its left operand where that can be changed.
pub(super) const fn in_place(op: Op) -> bool {
    matches!(
        op,
        Op::InplaceAdd
            | Op::InplaceAnd
            | Op::InplaceDivide
            | Op::InplaceFloorDivide
            | Op::InplaceLshift
            | Op::InplaceMatrixMultiply
            | Op::InplaceModulo
            | Op::InplaceMultiply
            | Op::InplaceOr
            | Op::InplacePower
            | Op::InplaceRshift
            | Op::InplaceSubtract
            | Op::InplaceTrueDivide
            | Op::InplaceXor
    )
}

/// How a comparison of this argument is written.
pub(super) fn comparison(op: Op, version: Version, arg: u32) -> (Option<&'static str>, &'static str) {
    let arg = match version {
        Version::V3_12 => arg >> 4,
        Version::V3_13 | Version::V3_14 => arg >> 5,
        _ => arg,
    };
    match (op, arg) {
        (Op::IsOp, 0) | (Op::CompareOp, 8) => (None, "is"),
        (Op::IsOp, _) | (Op::CompareOp, 9) => (None, "is not"),
        (Op::ContainsOp, 0) | (Op::CompareOp, 6) => (Some("contains"), "in"),
        (Op::ContainsOp, _) | (Op::CompareOp, 7) => (None, "not in"),
        (_, arg) => {
            let known = usize::try_from(arg).ok().and_then(|index| COMPARE.get(index));
            known.map_or((None, "except"), |(name, shown)| (Some(*name), *shown))
        }
    }
}

impl<'t> Machine<'t, '_, '_> {
    /// Operators and displays; `false`: the instruction does something else.
    pub(super) fn operator(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<bool, Stop> {
        let (version, arg) = (self.version(), instruction.arg);
        let name = match instruction.op {
            Op::BinaryOp if arg != SUBSCRIPT => {
                usize::try_from(arg.min(25) % 13).ok().and_then(|arg| BINARY.get(arg).copied())
            }
            op => binary(op),
        };
        if let Some(name) = name {
            let (right, left) = (frame.pop(), frame.pop());
            let in_place = match instruction.op {
                Op::BinaryOp => arg >= 13,
                op => in_place(op),
            };
            let known = self.operate(node(instruction), name, left.known, right.known, in_place)?;
            frame.push(known);
            return Ok(true);
        }
        match instruction.op {
            Op::BinaryOp | Op::BinarySubscr => {
                let (key, of) = (frame.pop(), frame.pop());
                let known = self.item_of(node(instruction), &of.known, &key.known, key.literal)?;
                frame.push(Slot { receiver: of.name, ..known.into() });
            }
            Op::CompareOp | Op::IsOp | Op::ContainsOp => self.compare_instruction(frame, instruction, version)?,
            Op::UnaryNegative => self.unary_operator(frame, instruction, ("neg", "__neg__"))?,
            Op::UnaryPositive => self.unary_operator(frame, instruction, ("pos", "__pos__"))?,
            Op::UnaryNot => self.unary_operator(frame, instruction, ("not_", "__bool__"))?,
            Op::UnaryInvert => self.unary_operator(frame, instruction, ("invert", "__invert__"))?,
            Op::UnaryConvert => self.unary(frame, "builtins", "repr")?,
            Op::BuildSlice => {
                let parts = frame.take(if arg == 3 { 3 } else { 2 });
                frame.push(slice(&parts));
            }
            Op::BinarySlice | Op::Slice0 | Op::Slice1 | Op::Slice2 | Op::Slice3 => {
                self.sliced(frame, instruction)?;
            }
            Op::StoreSlice => {
                let given = frame.take(4).into_iter().take(1).map(|slot| slot.known).collect::<Vec<_>>();
                self.hands(&given, &[]);
            }
            Op::StoreSlice0 => drop(frame.take(2)),
            Op::StoreSlice1 | Op::StoreSlice2 => drop(frame.take(3)),
            Op::StoreSlice3 => drop(frame.take(4)),
            Op::DeleteSlice1 | Op::DeleteSlice2 => drop(frame.take(2)),
            Op::DeleteSlice3 => drop(frame.take(3)),
            _ => return self.display_instruction(frame, instruction),
        }
        Ok(true)
    }

    fn unary(&mut self, frame: &mut Frame<'t>, module: &'static str, name: &'static str) -> Result<(), Stop> {
        let of = frame.pop();
        let known = self.pure(module, name, [of.known])?;
        frame.push(known);
        Ok(())
    }

    fn unary_operator(
        &mut self,
        frame: &mut Frame<'t>,
        instruction: &Instruction,
        (name, method): (&'static str, &str),
    ) -> Result<(), Stop> {
        let of = frame.pop();
        let known = self.operate_one(node(instruction), name, method, of.known)?;
        frame.push(known);
        Ok(())
    }

    fn compare_instruction(
        &mut self,
        frame: &mut Frame<'t>,
        instruction: &Instruction,
        version: Version,
    ) -> Result<(), Stop> {
        let (right, left) = (frame.pop(), frame.pop());
        let (name, shown) = comparison(instruction.op, version, instruction.arg);
        // Inside a function that nobody is seen to call the condition is not shown: only what asks who imports is told.
        let asks = |known: &Known| matches!(&known.value, Value::External(name) if &**name == "__name__");
        if self.quiet == 0 && (self.when > When::Perhaps || asks(&left.known) || asks(&right.known)) {
            frame.compared = Some((left.known.clone(), shown, right.known.clone()));
        }
        let known = match name {
            Some(name) => self.compared(node(instruction), name, left.known, right.known)?,
            None if shown == "not in" => self.compared(node(instruction), shown, left.known, right.known)?,
            None => Known::unknown(),
        };
        frame.push(known);
        Ok(())
    }

    fn sliced(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<(), Stop> {
        let none = || Slot::from(Value::None);
        let (start, stop) = match instruction.op {
            Op::Slice0 => (none(), none()),
            Op::Slice1 => (frame.pop(), none()),
            Op::Slice2 => (none(), frame.pop()),
            _ => {
                let stop = frame.pop();
                (frame.pop(), stop)
            }
        };
        let of = frame.pop();
        let key = slice(&[start, stop]);
        let known = self.item_of(node(instruction), &of.known, &key.known, true)?;
        frame.push(known);
        Ok(())
    }

    /// Displays: BUILD_LIST and its like.
    fn display_instruction(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<bool, Stop> {
        let arg = instruction.arg;
        match instruction.op {
            Op::BuildTuple => built(frame, arg, Value::tuple),
            Op::BuildList => built(frame, arg, Value::list),
            Op::BuildSet => {
                let items: Vec<Value> = frame.take(arg).into_iter().map(|slot| slot.known.value).collect();
                let known = self.pure("builtins", "set", [Value::list(items).into()])?;
                frame.push(known);
            }
            Op::BuildMap if self.version() == Version::V2_7 => frame.push(Slot::from(Value::dict(Vec::new()))),
            Op::BuildMap => {
                let items = frame.take(arg.saturating_mul(2));
                let mut values = items.into_iter().map(|slot| slot.known.value);
                let pairs = std::iter::from_fn(|| values.next().zip(values.next())).collect();
                let known = self.display_of(pairs)?;
                frame.push(known);
            }
            Op::BuildConstKeyMap => {
                let keys = frame.pop();
                let values = frame.take(arg);
                let keys = self.list_of(&keys.known)?.unwrap_or_default();
                let pairs = keys.into_iter().zip(values.into_iter().map(|slot| slot.known.value)).collect();
                let known = self.display_of(pairs)?;
                frame.push(known);
            }
            Op::BuildString => {
                let parts = frame.take(arg).into_iter().map(|slot| slot.known).collect();
                let known = self.joined(parts)?;
                frame.push(known);
            }
            Op::FormatValue => {
                let spec = if arg & 4 != 0 { Some(frame.pop()) } else { None };
                self.format_top(frame, arg & 3, spec)?;
            }
            Op::FormatSimple => self.format_top(frame, 0, None)?,
            Op::FormatWithSpec => {
                let spec = frame.pop();
                self.format_top(frame, 0, Some(spec))?;
            }
            Op::ConvertValue => {
                let convert = conversion(arg).unwrap_or("str");
                self.unary(frame, "builtins", convert)?;
            }
            _ => return self.extend_instruction(frame, instruction),
        }
        Ok(true)
    }

    fn format_top(&mut self, frame: &mut Frame<'t>, convert: u32, spec: Option<Slot<'t>>) -> Result<(), Stop> {
        let of = frame.pop();
        let spec = spec.map(|slot| slot.known.value).into_iter().collect();
        let known = self.interpolated(of.known, conversion(convert), spec)?;
        frame.push(known);
        Ok(())
    }

    /// Instructions that add to a display, or take one apart.
    fn extend_instruction(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<bool, Stop> {
        let arg = instruction.arg;
        match instruction.op {
            Op::ListAppend => {
                let item = frame.pop();
                let encoded = item.known.encoded.clone();
                self.progress(&item.known.value);
                self.grow(frame, arg, Some([item.known.value]));
                if let (Some(slot), Some(encoded)) = (frame.growing(arg), encoded) {
                    slot.known.encoded.get_or_insert(encoded);
                }
            }
            Op::ListExtend => {
                let over = frame.pop();
                let items = self.list_of(&over.known)?;
                self.grow(frame, arg, items);
            }
            Op::SetAdd => {
                let item = frame.pop();
                let grown = match frame.peek(arg).map(|slot| slot.known.value.clone()) {
                    Some(Value::Set(items)) if items.len() < FEW => match eval::with_item(&items, &item.known.value) {
                        Some(set) => set.into(),
                        None => {
                            let longer: Vec<Value> = items.iter().cloned().chain([item.known.value]).collect();
                            self.pure("builtins", "set", [Value::list(longer).into()])?
                        }
                    },
                    _ => Known::unknown(),
                };
                if let Some(slot) = frame.peek(arg) {
                    slot.known = grown;
                }
            }
            Op::SetUpdate | Op::DictUpdate | Op::DictMerge => {
                let added = frame.pop();
                if let Some(slot) = frame.peek(arg) {
                    slot.known = merged(&slot.known.value, added.known);
                }
            }
            // STORE_MAP of 2.7 adds to the dict right below.
            Op::MapAdd | Op::StoreMap => {
                let arg = if instruction.op == Op::StoreMap { 1 } else { arg };
                let mut pair = frame.take(2).into_iter().map(|slot| slot.known.value);
                let (first, second) = (pair.next(), pair.next());
                // Up to 3.7 the key stands on top.
                let (key, value) = if self.version() < Version::V3_8 { (second, first) } else { (first, second) };
                let grown = match (frame.peek(arg).map(|slot| slot.known.value.clone()), key, value) {
                    (Some(Value::Dict(pairs)), Some(key @ (Value::Str(_) | Value::Int(_))), Some(value))
                        if pairs.len() < FEW =>
                    {
                        eval::with_entry(&pairs, &key, &value).map_or_else(Known::unknown, Known::from)
                    }
                    _ => Known::unknown(),
                };
                if let Some(slot) = frame.peek(arg) {
                    slot.known = grown;
                }
            }
            Op::ListToTuple => {
                if let Some(slot) = frame.peek(1)
                    && let Value::List(items) = &slot.known.value
                {
                    slot.known.value = Value::tuple(items.to_vec());
                }
            }
            Op::BuildTupleUnpack | Op::BuildTupleUnpackWithCall | Op::BuildListUnpack | Op::BuildSetUnpack => {
                let mut all = Some(Vec::new());
                for part in frame.take(arg) {
                    let items = self.list_of(&part.known)?;
                    self.hands(std::slice::from_ref(&part.known), &[]);
                    all = all.zip(items).map(|(all, items)| [all, items].concat());
                }
                frame.push(all.map_or_else(Slot::unknown, |all| Value::tuple(all).into()));
            }
            Op::BuildMapUnpack | Op::BuildMapUnpackWithCall => {
                let parts = frame.take(arg).into_iter().map(|part| part.known);
                let whole = parts.reduce(|whole, part| merged(&whole.value, part));
                frame.push(whole.unwrap_or_else(Known::unknown));
            }
            Op::BuildTemplate => {
                drop(frame.take(2));
                frame.push(Slot::unknown());
            }
            Op::BuildInterpolation => {
                drop(frame.take(if arg & 1 == 1 { 3 } else { 2 }));
                frame.push(Slot::unknown());
            }
            Op::UnpackSequence => self.unpack_top(frame, arg, 0, false)?,
            Op::UnpackEx => self.unpack_top(frame, arg & 0xff, (arg >> 8).min(1 << 12), true)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Adds items to the list `depth` below the top.
    fn grow(&mut self, frame: &mut Frame<'t>, depth: u32, items: Option<impl IntoIterator<Item = Value>>) {
        let Some(slot) = frame.growing(depth) else { return };
        if let (Value::List(before), Role::Value) = (&slot.known.value, &slot.role) {
            // Values are never changed in place: a list that grows is copied where it was looked at in between.
            self.effort = self.effort.saturating_sub(u32::try_from(before.len() / 8).unwrap_or(u32::MAX));
            slot.role = Role::Growing(Box::new(before.to_vec()));
        }
        if let (Role::Growing(list), Some(items)) = (&mut slot.role, items) {
            list.extend(items);
            if list.len() <= MAX_DISPLAYED {
                return;
            }
        }
        slot.settle();
        let lost = std::mem::take(&mut slot.known);
        // What stands among what nobody knows goes out of sight with it.
        self.hands(&[lost], &[]);
    }

    /// Takes the top apart; the first item ends on top.
    fn unpack_top(&mut self, frame: &mut Frame<'t>, before: u32, after: u32, starred: bool) -> Result<(), Stop> {
        let of = frame.pop();
        let count = before.saturating_add(after).saturating_add(u32::from(starred)).min(1 << 12);
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let items = match &of.known.value {
            Value::Tuple(items) | Value::List(items) if !starred && items.len() == wanted => Some(items.to_vec()),
            Value::Tuple(items) | Value::List(items) if starred => {
                let (before, after) = (usize::try_from(before).unwrap_or(0), usize::try_from(after).unwrap_or(0));
                let end = items.len().saturating_sub(after).max(before);
                let middle = Value::list(items.get(before..end).unwrap_or_default().to_vec());
                let first = items.iter().take(before).cloned();
                Some(first.chain([middle]).chain(items.iter().skip(end).cloned()).collect())
            }
            Value::Lazy(_) | Value::Iterator(_) | Value::Set(_) if !starred => {
                self.list_of(&of.known)?.filter(|items| items.len() == wanted)
            }
            _ => None,
        };
        for position in (0..count).rev() {
            let item = items.as_ref().and_then(|items| items.get(usize::try_from(position).ok()?));
            let known = match item {
                Some(item) => item.clone(),
                None if starred => Known::unknown().value,
                None => Value::item_of(of.known.written().clone(), Value::Int(i64::from(position))),
            };
            frame.push(Slot::from(known));
        }
        Ok(())
    }
}

const fn conversion(number: u32) -> Option<&'static str> {
    match number {
        1 => Some("str"),
        2 => Some("repr"),
        3 => Some("ascii"),
        _ => None,
    }
}

/// Takes `count` values and leaves a container of them.
fn built<'t>(frame: &mut Frame<'t>, count: u32, make: fn(Vec<Value>) -> Value) {
    let slots = frame.take(count);
    let literal = slots.iter().all(|slot| slot.literal);
    let encoded = slots.iter().any(|slot| slot.known.encoded.is_some());
    let written = encoded.then(|| make(slots.iter().map(|slot| slot.known.written().clone()).collect()));
    let value = make(slots.into_iter().map(|slot| slot.known.value).collect());
    frame.push(Slot { literal, ..Known { value, encoded: written.map(Rc::new) }.into() });
}

fn slice<'t>(parts: &[Slot<'t>]) -> Slot<'t> {
    let mut bounds = [None; 3];
    for (bound, part) in bounds.iter_mut().zip(parts) {
        match part.known.value {
            Value::Int(number) => *bound = Some(number),
            Value::None => {}
            _ => return Slot::unknown(),
        }
    }
    let [start, stop, step] = bounds;
    if step == Some(0) { Slot::unknown() } else { Slot::literal(Value::slice(Span { start, stop, step }).into()) }
}

/// `added` merged into a dict: `f(**{…})` merges one into an empty one.
fn merged(into: &Value, added: Known) -> Known {
    match (into, &added.value) {
        (Value::Dict(pairs), _) if pairs.is_empty() => added,
        (Value::Dict(pairs), Value::Dict(more)) if pairs.len().saturating_add(more.len()) < FEW => {
            let mut merged = into.clone();
            for (key, value) in more.iter() {
                let Value::Dict(pairs) = &merged else { return Known::unknown() };
                let Some(grown) = eval::with_entry(pairs, key, value) else { return Known::unknown() };
                merged = grown;
            }
            merged.into()
        }
        _ => Known::unknown(),
    }
}
