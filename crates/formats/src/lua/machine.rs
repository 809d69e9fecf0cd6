//! Follows values through the registers of each function, from the first instruction to the last, once.

use base::{
    expr::Expr,
    location::{Place, Unit},
    stop::Stop,
};

use super::{
    decode::{Operand, Step},
    prototype::{Chunk, Dialect, Prototype},
    value,
};
use crate::program::{self, Program};

/// Registers of a function.
const REGISTERS: usize = 256;
/// Arguments of a call that are looked at.
const ARGUMENTS: u32 = 32;

/// A function that is to be followed, and what it takes from around it.
struct Pending {
    index: usize,
    upvalues: Vec<Expr>,
    when: &'static str,
}

/// States what the functions of a chunk call and name: the main one when the chunk runs, the others when they are called.
pub(super) fn run(chunk: &Chunk, program: &mut Program<'_, '_>) -> Result<(), Stop> {
    let mut queue = vec![Pending { index: chunk.main, upvalues: Vec::new(), when: "import" }];
    let mut queued = vec![false; chunk.prototypes.len()];
    if let Some(main) = queued.get_mut(chunk.main) {
        *main = true;
    }
    let mut unmade = 0..chunk.prototypes.len();
    loop {
        // A function that no closure makes is code all the same.
        let next = queue.pop().or_else(|| {
            let index = unmade.find(|index| queued.get(*index) == Some(&false))?;
            Some(Pending { index, upvalues: Vec::new(), when: "called" })
        });
        let Some(next) = next else { return Ok(()) };
        program.sink.meter().release(weight(&next.upvalues));
        let Some(prototype) = chunk.prototypes.get(next.index) else { continue };
        let mut function = Function {
            chunk,
            prototype,
            registers: vec![Expr::Unknown; REGISTERS],
            upvalues: next.upvalues,
            when: next.when,
            index: next.index,
            open: Vec::new(),
            queued: &mut queued,
        };
        for position in 0..prototype.code.len() {
            program.sink.meter().steps(1)?;
            function.step(position, program)?;
        }
        queue.append(&mut function.open);
    }
}

/// Bytes that upvalues take while they wait.
fn weight(upvalues: &[Expr]) -> u64 {
    (upvalues.len() as u64).saturating_mul(64)
}

struct Function<'c> {
    chunk: &'c Chunk,
    prototype: &'c Prototype,
    registers: Vec<Expr>,
    upvalues: Vec<Expr>,
    when: &'static str,
    index: usize,
    open: Vec<Pending>,
    /// Functions that were already met.
    queued: &'c mut Vec<bool>,
}

impl Function<'_> {
    fn register(&self, index: u32) -> Expr {
        usize::try_from(index).ok().and_then(|index| self.registers.get(index)).cloned().unwrap_or(Expr::Unknown)
    }

    fn write(&mut self, index: u32, value: Expr) {
        let slot = usize::try_from(index).ok().and_then(|index| self.registers.get_mut(index));
        if let Some(slot) = slot {
            *slot = program::small(value);
        }
    }

    fn value(&self, operand: &Operand) -> Expr {
        match operand {
            Operand::Register(index) => self.register(*index),
            Operand::Constant(value) => value.clone(),
        }
    }

    /// An upvalue of which nothing is known holds the globals, where a member of it is asked for by a constant name.
    fn upvalue(&self, index: u32) -> Expr {
        let known = usize::try_from(index).ok().and_then(|index| self.upvalues.get(index));
        known.cloned().unwrap_or(Expr::Unknown)
    }

    fn globals(&self, index: u32) -> Expr {
        Some(self.upvalue(index)).filter(|value| !matches!(value, Expr::Unknown)).unwrap_or_else(value::environment)
    }

    fn place(&self, position: usize) -> Place {
        let at = self.prototype.at.saturating_add((position as u64).saturating_mul(4));
        Place::bytes(at, 4).pointer(Unit::Instruction, format!("function {}, instruction {position}", self.index))
    }

    fn member(&self, position: usize, of: &Expr, key: &Expr, program: &mut Program<'_, '_>) -> Result<Expr, Stop> {
        match (of, key) {
            (Expr::Global { module, name }, Expr::Str(key)) if module.as_ref() == "lua:_G" && name.is_empty() => {
                Ok(program.name(key))
            }
            (of, Expr::Str(key)) => program.field(&self.place(position), of, key, self.when),
            (of, _) => {
                program.computed(&self.place(position), of, self.when)?;
                Ok(Expr::Unknown)
            }
        }
    }

    fn step(&mut self, position: usize, program: &mut Program<'_, '_>) -> Result<(), Stop> {
        match self.prototype.step(self.chunk.dialect, position) {
            Step::Move(to, from) => self.write(to, self.register(from)),
            Step::Load(to, value) => self.write(to, value),
            Step::Global(to, Expr::Str(name)) => self.write(to, program.name(&name)),
            Step::SetGlobal(Expr::Str(name), value) => program.assign(&name, self.value(&value)),
            Step::Upvalue(to, index) => self.write(to, self.upvalue(index)),
            Step::UpvalueField(to, index, key) => {
                let value = self.member(position, &self.globals(index), &self.value(&key), program)?;
                self.write(to, value);
            }
            Step::SetUpvalueField(index, key, value) => {
                if let (Expr::Global { name, .. }, Expr::Str(key)) = (self.globals(index), self.value(&key))
                    && name.is_empty()
                {
                    program.assign(&key, self.value(&value));
                }
            }
            Step::Field(to, of, key) => {
                let value = self.member(position, &self.register(of), &self.value(&key), program)?;
                self.write(to, value);
            }
            Step::Method(to, of, key) => {
                let object = self.register(of);
                let value = self.member(position, &object, &self.value(&key), program)?;
                self.write(to.saturating_add(1), object);
                self.write(to, value);
            }
            Step::Concat(to, first, last) => {
                let parts: Vec<Expr> = (first..=last.min(first.saturating_add(255))).map(|part| self.register(part)).collect();
                self.write(to, program::joined(&parts, b""));
            }
            Step::Call(callee, first, count) => self.call(position, callee, first, count, program)?,
            Step::Closure(to, inner) => {
                self.closure(position, inner, program)?;
                self.write(to, Expr::Unknown);
            }
            Step::Table(to) => self.write(to, Expr::List(Vec::new())),
            Step::Items(table, first, count) => {
                let items: Vec<Expr> =
                    (first..first.saturating_add(count.min(64))).map(|part| self.register(part)).collect();
                self.write(table, Expr::List(items));
            }
            Step::Other(to) | Step::Global(to, _) => self.write(to, Expr::Unknown),
            Step::SetGlobal(..) | Step::Nothing => {}
        }
        Ok(())
    }

    fn call(
        &mut self,
        position: usize,
        callee: u32,
        first: u32,
        count: Option<u32>,
        program: &mut Program<'_, '_>,
    ) -> Result<(), Stop> {
        // An open list of arguments ends with the results of the call before: one is looked at.
        let end = first.saturating_add(count.unwrap_or(1).min(ARGUMENTS));
        let args = (first..end).map(|index| self.register(index)).collect();
        let value = program.call(&self.place(position), &self.register(callee), args, self.when)?;
        // What was given away is not what stands there afterwards.
        for index in callee.saturating_add(1)..end {
            self.write(index, Expr::Unknown);
        }
        self.write(callee, value);
        Ok(())
    }

    /// Takes note of an inner function with what it finds around it here.
    fn closure(&mut self, position: usize, inner: u32, program: &Program<'_, '_>) -> Result<(), Stop> {
        let jit = matches!(self.chunk.dialect, Dialect::Jit { .. });
        let index = usize::try_from(inner).unwrap_or(usize::MAX);
        let Some(index) = (if jit { Some(index) } else { self.prototype.children.get(index).copied() }) else {
            return Ok(());
        };
        let Some(child) = self.chunk.prototypes.get(index) else { return Ok(()) };
        match self.queued.get_mut(index) {
            Some(queued) if !*queued => *queued = true,
            _ => return Ok(()),
        }
        let bind = |(in_stack, from): (bool, u16)| match in_stack {
            true => self.register(u32::from(from)),
            false => self.upvalue(u32::from(from)),
        };
        let upvalues: Vec<Expr> = if self.chunk.dialect == Dialect::Lua51 {
            // Moves and upvalues behind the instruction stand for them, one each.
            let from = position.saturating_add(1);
            let words = self.prototype.code.get(from..).unwrap_or_default().iter().take(usize::from(child.upvalue_count));
            let binding = |word: &u32| (word & 0x3f == 0, u16::try_from(word >> 23).unwrap_or(0));
            words.map(binding).map(bind).collect()
        } else {
            child.upvalues.iter().copied().map(bind).collect()
        };
        program.sink.meter().hold(weight(&upvalues))?;
        self.open.push(Pending { index, upvalues, when: "called" });
        Ok(())
    }
}
