//! Instructions that make statements: stores, calls, jumps, functions.

use base::{fact::Str, stop::Stop};

use super::{Lister, Page, Text, expression::uses, parameters, plain};
use crate::bytecode::{
    call::words, code::Const, flow, instruction::Instruction, opcode::Op, step::Wants, version::Version,
};

impl<'t> Lister<'t> {
    /// Writes what one instruction does.
    pub(super) fn instruction(&mut self, page: &mut Page<'t>, instruction: &Instruction) -> Result<(), Stop> {
        self.gathered(page, instruction);
        if self.expression(page, instruction) || self.call(page, instruction) {
            return Ok(());
        }
        let (version, arg, code) = (self.version, instruction.arg, page.code);
        match instruction.op {
            Op::StoreName | Op::StoreGlobal => self.store(page, instruction, code.name_at(arg).cloned())?,
            Op::StoreFast => self.store(page, instruction, code.local(arg).cloned())?,
            Op::StoreDeref => self.store(page, instruction, code.cell(version, arg).cloned())?,
            Op::StoreFastStoreFast => {
                self.store(page, instruction, code.local(arg >> 4).cloned())?;
                self.store(page, instruction, code.local(arg & 15).cloned())?;
            }
            Op::StoreFastLoadFast => {
                self.store(page, instruction, code.local(arg >> 4).cloned())?;
                let name = code.local(arg & 15).map_or("…", |name| name);
                page.push(Text::atom(name));
            }
            Op::StoreAttr => {
                let (of, value) = (page.pop(), page.pop());
                let name = code.name_at(arg).map_or("…", |name| name);
                let text = format!("{}.{name} = {}", of.part(), value.text);
                self.line(page, instruction, text, uses(&[of, value]));
            }
            Op::StoreSubscr => {
                let (key, of, value) = (page.pop(), page.pop(), page.pop());
                let text = format!("{}[{}] = {}", of.part(), key.text, value.text);
                self.line(page, instruction, text, uses(&[key, of, value]));
            }
            Op::ImportName => {
                drop(page.take(2));
                let name = code.name_at(arg).cloned().unwrap_or_default();
                let text = format!("import {name}");
                let line = self.line(page, instruction, text, Vec::new());
                page.push(Text { uses: line.into_iter().collect(), ..Text::atom(&*name) });
            }
            Op::PopTop => self.dropped(page, instruction)?,
            Op::ReturnValue => {
                let value = page.pop();
                self.line(page, instruction, format!("return {}", value.text), value.uses);
            }
            Op::ReturnConst => {
                let value = code.constant(arg).map(Const::value).map(|value| value.to_expr().to_string());
                self.line(page, instruction, format!("return {}", value.unwrap_or_default()), Vec::new());
            }
            Op::YieldValue => {
                let value = page.pop();
                page.push(Text { text: format!("yield {}", value.text), uses: value.uses, ..Text::default() });
            }
            Op::RaiseVarargs => {
                let parts = page.take(arg);
                let text = parts.iter().map(|part| part.text.clone()).collect::<Vec<_>>().join(" from ");
                self.line(page, instruction, format!("raise {text}"), uses(&parts));
            }
            _ => self.jump(page, instruction),
        }
        Ok(())
    }

    /// What a comprehension gathers: computed round by round, so a statement of its loop.
    fn gathered(&mut self, page: &mut Page<'t>, instruction: &Instruction) {
        let count = match instruction.op {
            Op::ListAppend | Op::SetAdd => 1,
            Op::MapAdd => 2,
            _ => return,
        };
        if page.blocks.is_empty() {
            return;
        }
        let parts = page.stack.get(page.stack.len().saturating_sub(count)..).unwrap_or_default();
        let text = parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(", ");
        let needed = uses(parts);
        self.line(page, instruction, text, needed);
    }

    /// Jumps, loops and what arranges the stack.
    fn jump(&mut self, page: &mut Page<'t>, instruction: &Instruction) {
        let target = instruction.target(self.version);
        if let (Some((wants, _)), Some(target)) = (flow::condition(instruction.op), target) {
            let test = page.pop();
            if instruction.op == Op::JumpIfNotExcMatch {
                page.pop();
            }
            let text = match wants {
                _ if test.text.starts_with("except ") => format!("{}:", test.text),
                Wants::False => format!("if {}:", test.text),
                Wants::True => format!("if not {}:", test.part()),
                Wants::Nothing => format!("if {} is not None:", test.part()),
                Wants::Something => format!("if {} is None:", test.part()),
                Wants::Unknown => format!("except {}:", test.text),
            };
            let ahead = target > instruction.at;
            let text = if ahead { text } else { format!("{text}  # else back to +{target}") };
            self.line(page, instruction, text, test.uses);
            if ahead {
                page.save(target);
                page.blocks.push(target);
            }
            return;
        }
        match (instruction.op, target) {
            (Op::ForIter, Some(target)) => {
                let over = page.stack.last().cloned().unwrap_or_default();
                if self.version < Version::V3_12 {
                    page.stack.pop();
                }
                page.save(target);
                if self.version < Version::V3_12 {
                    page.push(over.clone());
                }
                let line = self.line(page, instruction, format!("for item in {}:", over.part()), over.uses);
                page.blocks.push(target);
                page.push(Text { uses: line.into_iter().collect(), ..Text::atom("item") });
            }
            (Op::JumpForward | Op::JumpAbsolute, Some(target)) if target > instruction.next => {
                page.save(target);
                self.line(page, instruction, format!("# goes on at +{target}"), Vec::new());
                if page.blocks.last() == Some(&instruction.next) {
                    page.blocks.pop();
                    self.line(page, instruction, "else:".into(), Vec::new());
                    page.blocks.push(target);
                }
            }
            (Op::SetupExcept | Op::SetupFinally | Op::SetupWith | Op::SetupAsyncWith, Some(target)) => {
                self.line(page, instruction, format!("# guarded: what is raised goes to +{target}"), Vec::new());
            }
            (Op::BeforeWith | Op::BeforeAsyncWith, _) => {
                let context = page.pop();
                page.push(Text { null: true, ..Text::default() });
                page.push(Text { text: format!("with {}", context.text), ..context });
            }
            (Op::RotThree | Op::RotFour | Op::RotN, _) => {
                let depth = match instruction.op {
                    Op::RotThree => 3,
                    Op::RotFour => 4,
                    _ => usize::try_from(instruction.arg).unwrap_or(0),
                };
                let start = page.stack.len().checked_sub(depth).unwrap_or(page.stack.len());
                if let Some(part) = page.stack.get_mut(start..).filter(|part| !part.is_empty()) {
                    part.rotate_right(1);
                }
            }
            (Op::RotTwo | Op::Swap, _) => {
                let depth =
                    if instruction.op == Op::RotTwo { 2 } else { usize::try_from(instruction.arg).unwrap_or(0) };
                let (top, other) = (page.stack.len().checked_sub(1), page.stack.len().checked_sub(depth));
                if let (Some(top), Some(other)) = (top, other.filter(|other| *other < page.stack.len())) {
                    page.stack.swap(top, other);
                }
            }
            (Op::Copy | Op::DupTop, _) => {
                let depth =
                    if instruction.op == Op::DupTop { 1 } else { usize::try_from(instruction.arg).unwrap_or(0) };
                let found = page.stack.len().checked_sub(depth).and_then(|index| page.stack.get(index)).cloned();
                page.push(found.unwrap_or_default());
            }
            (Op::UnpackSequence, _) => {
                let of = page.pop();
                for index in (0..instruction.arg.min(64)).rev() {
                    page.push(Text { uses: of.uses.clone(), ..Text::atom(format!("{}[{index}]", of.part())) });
                }
            }
            (Op::Unknown, _) => {
                let text =
                    format!("# opcode {} that CPython {} does not have", instruction.number, self.version.name());
                self.line(page, instruction, text, Vec::new());
            }
            _ => {}
        }
    }

    /// A value that nothing uses: a statement of its own.
    fn dropped(&mut self, page: &mut Page<'t>, instruction: &Instruction) -> Result<(), Stop> {
        let value = page.pop();
        if let Some(code) = value.code {
            return self.function(page, instruction, "_", code, value.uses);
        }
        if !value.null && value.text.contains(['(', '=']) {
            self.line(page, instruction, value.text, value.uses);
        }
        Ok(())
    }

    fn store(&mut self, page: &mut Page<'t>, instruction: &Instruction, name: Option<Str>) -> Result<(), Stop> {
        let name = name.unwrap_or_else(|| "…".into());
        let value = page.pop();
        if let Some(code) = value.code {
            let next = u32::try_from(self.listing.lines.len()).unwrap_or(u32::MAX);
            page.bound.insert(name.clone(), next);
            return self.function(page, instruction, &name, code, value.uses);
        }
        // An import binds the name that it imports.
        if *value.text == *name {
            if let Some(line) = value.uses.first() {
                page.bound.insert(name, *line);
            }
            return Ok(());
        }
        let line = self.line(page, instruction, format!("{name} = {}", value.text), value.uses);
        if let Some(line) = line {
            page.bound.insert(name, line);
        }
        Ok(())
    }

    /// A function or class and its body.
    fn function(
        &mut self,
        page: &mut Page<'t>,
        instruction: &Instruction,
        name: &str,
        index: usize,
        uses: Vec<u32>,
    ) -> Result<(), Stop> {
        let codes = self.codes;
        let Some(code) = codes.get(index) else { return Ok(()) };
        let text = if code.is_function() {
            format!("def {}({}):", plain(name), parameters(code))
        } else {
            format!("class {}:", plain(name))
        };
        self.line(page, instruction, text, uses);
        let depth = page.depth.saturating_add(page.blocks.len()).saturating_add(1);
        self.code(index, depth, page.bound.clone())
    }

    /// Calls and the making of functions; `false`: the instruction does something else.
    fn call(&mut self, page: &mut Page<'t>, instruction: &Instruction) -> bool {
        let (version, arg) = (self.version, instruction.arg);
        match instruction.op {
            Op::KwNames => {
                page.keywords = page.code.constant(arg).map(|names| words(&names.value())).unwrap_or_default();
            }
            Op::Call | Op::CallMethod => {
                let names = std::mem::take(&mut page.keywords);
                called(page, arg, &names, true);
            }
            Op::CallFunction | Op::CallFunctionVar | Op::CallFunctionKw | Op::CallFunctionVarKw
                if version == Version::V2_7 =>
            {
                called_two(page, instruction);
            }
            Op::CallFunction => called(page, arg, &[], false),
            Op::CallKw | Op::CallFunctionKw => {
                let names = page.pop();
                let names: Vec<Str> = names
                    .text
                    .trim_matches(['(', ')'])
                    .split(", ")
                    .map(|name| name.trim_matches(['\'', ',']).into())
                    .collect();
                called(page, arg, &names, instruction.op == Op::CallKw);
            }
            Op::CallFunctionEx => {
                let named = if arg & 1 == 1 || version >= Version::V3_14 { Some(page.pop()) } else { None };
                let over = page.pop();
                let mut callee = page.pop();
                if version >= Version::V3_11 {
                    let other = page.pop();
                    if callee.null {
                        callee = other;
                    }
                }
                let mut shown = vec![format!("*{}", over.part())];
                let mut needed = over.uses;
                if let Some(named) = named.filter(|named| !named.null) {
                    shown.push(format!("**{}", named.part()));
                    needed.extend(named.uses);
                }
                finish(page, &callee, &shown, needed);
            }
            Op::MakeFunction | Op::MakeClosure => {
                if (Version::V3_6..Version::V3_11).contains(&version) {
                    page.pop();
                }
                let code = page.pop();
                if (Version::V3_6..Version::V3_13).contains(&version) {
                    drop(page.take((arg & 15).count_ones()));
                } else if version == Version::V2_7 {
                    drop(page.take(arg.saturating_add(u32::from(instruction.op == Op::MakeClosure))));
                }
                let name = code
                    .code
                    .and_then(|index| self.codes.get(index))
                    .map_or_else(|| "…".into(), |code| plain(&code.name));
                page.push(Text { text: name, ..code });
            }
            Op::BuildClass => {
                let function = page.pop();
                drop(page.take(2));
                page.push(function);
            }
            Op::SetFunctionAttribute => {
                let function = page.pop();
                page.pop();
                page.push(function);
            }
            _ => return false,
        }
        true
    }
}

/// A call with `count` arguments, the last of which are keywords.
fn called(page: &mut Page<'_>, count: u32, names: &[Str], pair: bool) {
    let parts = page.take(count);
    let positional = parts.len().saturating_sub(names.len());
    let mut shown: Vec<String> = parts.iter().take(positional).map(|part| part.text.clone()).collect();
    shown.extend(parts.iter().skip(positional).zip(names).map(|(part, name)| format!("{name}={}", part.text)));
    let mut callee = page.pop();
    if pair {
        let other = page.pop();
        if callee.null {
            callee = other;
        } else if !other.null {
            shown.insert(0, callee.text.clone());
            callee = other;
        }
    }
    // A class is the body that it is built of.
    if callee.text == "__build_class__"
        && let Some(code) = parts.first().and_then(|part| part.code)
    {
        page.push(Text { code: Some(code), uses: uses(&parts), ..Text::atom(shown.join(", ")) });
        return;
    }
    finish(page, &callee, &shown, uses(&parts));
}

/// A call of 2.7: pairs of keywords are counted in the upper byte, `*args` and `**kwargs` stand behind them.
fn called_two(page: &mut Page<'_>, instruction: &Instruction) {
    let (count, pairs) = (instruction.arg & 0xff, instruction.arg >> 8 & 0xff);
    let mut star = |sign: &str, ops: [Op; 2]| {
        let part = ops.contains(&instruction.op).then(|| page.pop())?;
        Some((format!("{sign}{}", part.part()), part.uses))
    };
    let mapping = star("**", [Op::CallFunctionKw, Op::CallFunctionVarKw]);
    let sequence = star("*", [Op::CallFunctionVar, Op::CallFunctionVarKw]);
    let named = page.take(pairs.saturating_mul(2));
    let parts = page.take(count);
    let callee = page.pop();
    // A class body: BUILD_CLASS follows.
    if callee.code.is_some() && instruction.arg == 0 && instruction.op == Op::CallFunction {
        page.push(callee);
        return;
    }
    let mut shown: Vec<String> = parts.iter().map(|part| part.text.clone()).collect();
    shown.extend(named.chunks(2).map(|pair| match pair {
        [name, value] => format!("{}={}", name.text.trim_matches('\''), value.text),
        _ => "…".into(),
    }));
    let mut needed = [uses(&parts), uses(&named)].concat();
    for (text, uses) in sequence.into_iter().chain(mapping) {
        shown.push(text);
        needed.extend(uses);
    }
    finish(page, &callee, &shown, needed);
}

fn finish(page: &mut Page<'_>, callee: &Text, shown: &[String], mut needed: Vec<u32>) {
    needed.extend(callee.uses.iter().copied());
    page.push(Text { uses: needed, ..Text::atom(format!("{}({})", callee.part(), shown.join(", "))) });
}
