//! Names, constants, attributes and imports: instructions that load and store them.

use std::{rc::Rc, sync::LazyLock};

use base::{fact::Str, stop::Stop};
use eval::Value;

use super::{
    code::{Code, Const},
    instruction::Instruction,
    opcode::Op,
    stack::{Frame, Role, Slot},
    step::node,
    version::Version,
};
use crate::{
    builtins, import,
    machine::Machine,
    scope::{Bound, Known},
};

/// What LOAD_COMMON_CONSTANT loads (3.14).
const COMMON: [&str; 5] = ["AssertionError", "NotImplementedError", "tuple", "all", "any"];

impl<'t> Machine<'t, '_, '_> {
    /// Loads and stores; `false`: the instruction does something else.
    pub(super) fn load(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<bool, Stop> {
        let Some(running) = self.running else { return Ok(false) };
        let (code, version, arg) = (running.code, running.version, instruction.arg);
        match instruction.op {
            Op::LoadConst => frame.push(self.constant(code, arg)),
            Op::LoadFast | Op::LoadFastCheck | Op::LoadFastBorrow => frame.push(self.variable(code, arg)),
            Op::LoadFastLoadFast | Op::LoadFastBorrowLoadFastBorrow => {
                frame.push(self.variable(code, arg >> 4));
                frame.push(self.variable(code, arg & 15));
            }
            Op::LoadGlobal => {
                let (index, null) = if version >= Version::V3_11 { (arg >> 1, arg & 1 == 1) } else { (arg, false) };
                if null {
                    frame.push(Slot::null());
                }
                frame.push(self.global(name(code, index)));
            }
            Op::LoadName => frame.push(self.named(name(code, arg))),
            Op::LoadAttr if version >= Version::V3_12 => {
                self.load_attribute(frame, instruction, name(code, arg >> 1), arg & 1 == 1)?
            }
            Op::LoadAttr => self.load_attribute(frame, instruction, name(code, arg), false)?,
            Op::LoadMethod => self.load_attribute(frame, instruction, name(code, arg), true)?,
            Op::StoreFast => self.store(frame, local_name(code, arg)),
            Op::StoreName => self.store(frame, name(code, arg)),
            Op::StoreDeref => {
                let name = code.cell(version, arg).unwrap_or(nameless());
                if code.is_free(version, arg) {
                    self.scope.declare_nonlocal(name);
                }
                self.store(frame, name);
            }
            Op::StoreGlobal => {
                let slot = frame.pop();
                let branch = self.branch && self.quiet == 0;
                self.scope.bind_global(name(code, arg), slot.known, branch);
            }
            Op::StoreFastLoadFast => {
                self.store(frame, local_name(code, arg >> 4));
                frame.push(self.variable(code, arg & 15));
            }
            Op::StoreFastStoreFast => {
                self.store(frame, local_name(code, arg >> 4));
                self.store(frame, local_name(code, arg & 15));
            }
            _ => return self.load_seldom(frame, instruction, code),
        }
        Ok(true)
    }

    /// What is loaded and stored less often.
    fn load_seldom(&mut self, frame: &mut Frame<'t>, instruction: &Instruction, code: &'t Code) -> Result<bool, Stop> {
        let (version, arg) = (self.version(), instruction.arg);
        match instruction.op {
            Op::LoadSmallInt => frame.push(Slot::literal(Value::Int(i64::from(arg)).into())),
            Op::LoadDeref | Op::LoadClassderef => {
                frame.push(self.named(code.cell(version, arg).unwrap_or(nameless())));
            }
            Op::LoadFromDictOrDeref => {
                frame.pop();
                frame.push(self.named(code.cell(version, arg).unwrap_or(nameless())));
            }
            Op::LoadFromDictOrGlobals => {
                frame.pop();
                frame.push(self.named(name(code, arg)));
            }
            Op::LoadFastAndClear => frame.push(self.variable(code, arg)),
            Op::LoadClosure => frame.push(Slot { role: Role::Cell, ..Slot::unknown() }),
            Op::LoadLocals => {
                frame.push(Slot::from(Value::called(Value::global("builtins", "locals"), Vec::new(), Vec::new())))
            }
            Op::LoadBuildClass => frame.push(Slot::from(Value::global("builtins", "__build_class__"))),
            Op::LoadAssertionError => frame.push(Slot::from(Value::global("builtins", "AssertionError"))),
            Op::LoadCommonConstant => {
                let known = usize::try_from(arg).ok().and_then(|index| COMMON.get(index));
                frame.push(known.map_or_else(Slot::unknown, |name| Value::global("builtins", name).into()));
            }
            Op::LoadSuperAttr => {
                // The class and the object are those of the method.
                let of = frame.take(3).into_iter().next().map_or_else(Known::unknown, |slot| slot.known);
                frame.push(Slot::from(Value::called(of.value, Vec::new(), Vec::new())));
                self.load_attribute(frame, instruction, name(code, arg >> 2), arg & 1 == 1)?;
            }
            Op::StoreAttr => {
                let (of, value) = (frame.pop(), frame.pop());
                self.set_attribute(node(instruction), &of.known, name(code, arg), value.known)?;
            }
            Op::StoreSubscr => {
                let (key, of, value) = (frame.pop(), frame.pop(), frame.pop());
                if of.name.is_some_and(|name| &**name == "__annotations__") {
                    self.keep_annotation(node(instruction), &value.known);
                }
                let whole = (&of.known, of.name.map(|name| &**name));
                self.set_item(node(instruction), whole, &key.known, &value.known)?;
            }
            Op::DeleteSubscr => drop(frame.take(2)),
            Op::DeleteAttr => drop(frame.pop()),
            Op::StoreAnnotation => {
                let annotation = frame.pop();
                self.keep_annotation(node(instruction), &annotation.known);
            }
            Op::DeleteName | Op::DeleteFast | Op::DeleteGlobal => {
                let name = if instruction.op == Op::DeleteFast { local_name(code, arg) } else { name(code, arg) };
                // A handler's name, too, gives way to the builtin that it hid.
                if !self.branch || builtins::is_builtin(name) {
                    self.scope.unbind(name);
                }
            }
            Op::DeleteDeref => {}
            _ => return self.import_instruction(frame, instruction, code),
        }
        Ok(true)
    }

    /// IMPORT_NAME, IMPORT_FROM and `import *`.
    fn import_instruction(
        &mut self,
        frame: &mut Frame<'t>,
        instruction: &Instruction,
        code: &Code,
    ) -> Result<bool, Stop> {
        let node = node(instruction);
        match instruction.op {
            Op::ImportName => {
                let (from, level) = (frame.pop(), frame.pop());
                let dots = match level.known.value {
                    Value::Int(level) => ".".repeat(usize::try_from(level).unwrap_or(0).min(64)),
                    _ => String::new(),
                };
                let path = format!("{dots}{}", name(code, instruction.arg));
                let whole = !matches!(&from.known.value, Value::Tuple(items) if !items.is_empty());
                if whole {
                    self.import_module(node, &path)?;
                    let root = path.split('.').next().unwrap_or_default();
                    frame.importing = None;
                    frame.push(Slot::from(Value::from(import::module(root))));
                } else {
                    frame.push(Slot::from(Value::from(import::module(&path))));
                    frame.importing = Some(path.into());
                }
            }
            Op::ImportFrom => {
                let member = name(code, instruction.arg);
                let of = frame.peek(1).map_or_else(Known::unknown, |slot| slot.known.clone());
                let value = match frame.importing.clone() {
                    Some(module) => self.import_member(node, &module, member)?.into(),
                    None => self.attribute(node, &of, member)?,
                };
                frame.push(Slot::literal(value));
            }
            Op::ImportStar => {
                let of = frame.pop();
                let module = frame.importing.take().unwrap_or_else(|| starred(&of.known));
                self.import_star(node, &module)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn constant(&mut self, code: &'t Code, index: u32) -> Slot<'t> {
        match code.constant(index) {
            Some(Const::Code(inner)) => {
                let name = self.running.and_then(|running| running.codes.get(*inner)).map(|code| code.name.clone());
                Slot::literal(self.locals.code(&name.unwrap_or_default(), *inner))
            }
            Some(Const::Value(value)) => Slot::literal(value.clone().into()),
            None => Slot::unknown(),
        }
    }

    fn variable(&mut self, code: &'t Code, index: u32) -> Slot<'t> {
        self.named(local_name(code, index))
    }

    /// What a name is, found from here outwards.
    fn named(&mut self, name: &'t Str) -> Slot<'t> {
        let found = self.scope.find(name, slot);
        self.loaded(name, found)
    }

    fn global(&mut self, name: &'t Str) -> Slot<'t> {
        let found = self.scope.find_global(name, slot);
        self.loaded(name, found)
    }

    fn loaded(&mut self, name: &'t Str, found: Option<Slot<'t>>) -> Slot<'t> {
        let found = match found {
            Some(found) => found,
            None => Slot::literal(self.unbound(name)),
        };
        Slot { name: Some(name), ..found }
    }

    /// Replaces the top by its attribute; `method`: NULL stands beside it.
    fn load_attribute(
        &mut self,
        frame: &mut Frame<'t>,
        instruction: &Instruction,
        name: &'t Str,
        method: bool,
    ) -> Result<(), Stop> {
        let of = frame.pop_path();
        let known = self.attribute(node(instruction), &of.known, name)?;
        let mut others = Vec::new();
        for other in of.others.iter().flat_map(|others| others.iter()) {
            others.push(self.attribute(node(instruction), other, name)?);
        }
        if method {
            frame.push(Slot::null());
        }
        let others = (!others.is_empty()).then(|| Rc::new(others));
        frame.push(Slot { receiver: of.name, literal: of.literal, others, ..known.into() });
        Ok(())
    }

    fn store(&mut self, frame: &mut Frame<'t>, name: &'t Str) {
        let slot = frame.pop();
        let branch = self.branch && self.quiet == 0;
        if self.scope.bind_shared(name, slot.known, branch) {
            self.grew();
        }
    }
}

/// The module of which all names are imported, where it was not imported just before.
pub(super) fn starred(of: &Known) -> Str {
    of.value.as_name().filter(|name| name.is_module()).map_or_else(Str::default, |name| name.module.clone())
}

/// What a name is bound to, with what it was in other branches.
fn slot<'t>(bound: &Bound) -> Slot<'t> {
    Slot { others: bound.before.clone(), ..Slot::literal(bound.said().clone()) }
}

fn name(code: &Code, index: u32) -> &Str {
    code.name_at(index).unwrap_or(nameless())
}

fn local_name(code: &Code, index: u32) -> &Str {
    code.local(index).unwrap_or(nameless())
}

/// What a name is that broken code does not have.
fn nameless() -> &'static Str {
    static NAMELESS: LazyLock<Str> = LazyLock::new(|| "?".into());
    &NAMELESS
}
