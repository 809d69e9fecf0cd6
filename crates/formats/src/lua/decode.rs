//! Instructions of the five virtual machines, as far as they move names, constants and calls.

use base::expr::Expr;

use super::prototype::{Dialect, Prototype};

/// Where an instruction takes a value from.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Register(u32),
    Constant(Expr),
}

/// What an instruction does. The first number is the register that it writes.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Move(u32, u32),
    Load(u32, Expr),
    /// A global by its name.
    Global(u32, Expr),
    SetGlobal(Expr, Operand),
    Upvalue(u32, u32),
    /// A member of an upvalue: of the globals in most cases.
    UpvalueField(u32, u32, Operand),
    SetUpvalueField(u32, Operand, Operand),
    Field(u32, u32, Operand),
    /// `a = b[key]`, `a + 1 = b`, as a method is called.
    Method(u32, u32, Operand),
    Concat(u32, u32, u32),
    /// Callee; its first argument; count of arguments, or all that there are.
    Call(u32, u32, Option<u32>),
    /// Inner function, by its place among them or by its index.
    Closure(u32, u32),
    Table(u32),
    /// Items for the table in a register: first and count.
    Items(u32, u32, u32),
    /// Writes a register with what is not followed.
    Other(u32),
    Nothing,
}

impl Prototype {
    fn constant(&self, index: u32) -> Expr {
        usize::try_from(index).ok().and_then(|index| self.constants.get(index)).cloned().unwrap_or(Expr::Unknown)
    }

    /// What the instruction at `position` does.
    pub(super) fn step(&self, dialect: Dialect, position: usize) -> Step {
        let Some(word) = self.code.get(position).copied() else { return Step::Nothing };
        match dialect {
            Dialect::Lua54 => self.newest(word),
            Dialect::Jit { newer, two_slots } => self.jit(word, newer, u32::from(two_slots)),
            older => self.older(older, word),
        }
    }

    /// 5.1 to 5.3: six bits of opcode; a ninth bit of B and C means a constant (`lopcodes.h`).
    fn older(&self, dialect: Dialect, word: u32) -> Step {
        let (a, b, c) = (word >> 6 & 0xff, word >> 23 & 0x1ff, word >> 14 & 0x1ff);
        let wide = word >> 14;
        let either = |value: u32| match value & 0x100 {
            0 => Operand::Register(value),
            _ => Operand::Constant(self.constant(value & 0xff)),
        };
        let opcode = word & 0x3f;
        // 5.1 has other names for four of the first opcodes and none for two; 5.3 has more arithmetic in the middle.
        let (base, calls, closure) = match dialect {
            Dialect::Lua51 => {
                return match opcode {
                    0 => Step::Move(a, b),
                    1 => Step::Load(a, self.constant(wide)),
                    4 => Step::Upvalue(a, b),
                    5 => Step::Global(a, self.constant(wide)),
                    6 => Step::Field(a, b, either(c)),
                    7 => Step::SetGlobal(self.constant(wide), Operand::Register(a)),
                    8 | 9 | 22..=27 | 30 | 35 => Step::Nothing,
                    10 => Step::Table(a),
                    11 => Step::Method(a, b, either(c)),
                    21 => Step::Concat(a, b, c),
                    28 | 29 => Step::Call(a, a.saturating_add(1), b.checked_sub(1)),
                    34 => Step::Items(a, a.saturating_add(1), b),
                    36 => Step::Closure(a, wide),
                    _ => Step::Other(a),
                };
            }
            Dialect::Lua52 => (22, 29, 37),
            _ => (29, 36, 44),
        };
        match opcode {
            0 => Step::Move(a, b),
            1 => Step::Load(a, self.constant(wide)),
            5 => Step::Upvalue(a, b),
            6 => Step::UpvalueField(a, b, either(c)),
            7 => Step::Field(a, b, either(c)),
            8 => Step::SetUpvalueField(a, either(b), either(c)),
            9 | 10 => Step::Nothing,
            11 => Step::Table(a),
            12 => Step::Method(a, b, either(c)),
            opcode if opcode == base => Step::Concat(a, b, c),
            opcode if opcode == calls || opcode == calls.saturating_add(1) => {
                Step::Call(a, a.saturating_add(1), b.checked_sub(1))
            }
            opcode if opcode.saturating_add(1) == closure => Step::Items(a, a.saturating_add(1), b),
            opcode if opcode == closure => Step::Closure(a, wide),
            opcode if opcode > base && opcode < calls => Step::Nothing,
            _ => Step::Other(a),
        }
    }

    /// 5.4: seven bits of opcode, and a bit of its own for constants.
    fn newest(&self, word: u32) -> Step {
        let (a, b, c) = (word >> 7 & 0xff, word >> 16 & 0xff, word >> 24);
        let wide = word >> 15;
        let constant = word >> 15 & 1 != 0;
        let last = |value: u32| if constant { Operand::Constant(self.constant(value)) } else { Operand::Register(value) };
        match word & 0x7f {
            0 => Step::Move(a, b),
            1 => Step::Load(a, Expr::Int(i64::from(wide).saturating_sub(0xffff))),
            2 => Step::Load(a, Expr::Unknown),
            3 => Step::Load(a, self.constant(wide)),
            9 => Step::Upvalue(a, b),
            11 => Step::UpvalueField(a, b, Operand::Constant(self.constant(c))),
            12 => Step::Field(a, b, Operand::Register(c)),
            14 => Step::Field(a, b, Operand::Constant(self.constant(c))),
            15 => Step::SetUpvalueField(a, Operand::Constant(self.constant(b)), last(c)),
            10 | 16..=18 | 46..=48 | 54..=67 | 70..=72 | 81 | 82 => Step::Nothing,
            19 => Step::Table(a),
            20 => Step::Method(a, b, last(c)),
            53 => Step::Concat(a, a, a.saturating_add(b).saturating_sub(1)),
            68 | 69 => Step::Call(a, a.saturating_add(1), b.checked_sub(1)),
            78 => Step::Items(a, a.saturating_add(1), b),
            79 => Step::Closure(a, wide),
            _ => Step::Other(a),
        }
    }

    /// LuaJIT: eight bits each of opcode, A, C and B, or sixteen of D (`lj_bc.h`). The dump of 2.0 lacks four opcodes of 2.1.
    fn jit(&self, word: u32, newer: bool, slots: u32) -> Step {
        let (a, b, c, d) = (word >> 8 & 0xff, word >> 24, word >> 16 & 0xff, word >> 16);
        let mut opcode = word & 0xff;
        if !newer {
            // ISTYPE and ISNUM came before 16, TGETR before 57 and TSETR before 61.
            opcode = match opcode {
                0..=15 => opcode,
                16..=56 => opcode.saturating_add(2),
                57..=60 => opcode.saturating_add(3),
                _ => opcode.saturating_add(4),
            };
        }
        let first = a.saturating_add(1).saturating_add(slots);
        match opcode {
            0..=17 | 46..=50 | 55 | 60..=64 => match opcode {
                55 => Step::SetGlobal(self.constant(d), Operand::Register(a)),
                _ => Step::Nothing,
            },
            18 => Step::Move(a, d),
            38 => Step::Concat(a, b, c),
            39 => Step::Load(a, self.constant(d)),
            41 => Step::Load(a, Expr::Int(i64::from(u16::try_from(d).unwrap_or(0).cast_signed()))),
            42 => {
                let number = usize::try_from(d).ok().and_then(|index| self.numbers.get(index));
                Step::Load(a, number.cloned().unwrap_or(Expr::Unknown))
            }
            45 => Step::Upvalue(a, d),
            51 => match self.constant(d) {
                Expr::Int(index) => Step::Closure(a, u32::try_from(index).unwrap_or(u32::MAX)),
                _ => Step::Other(a),
            },
            52 => Step::Table(a),
            53 => Step::Load(a, self.constant(d)),
            54 => Step::Global(a, self.constant(d)),
            56 => Step::Field(a, b, Operand::Register(c)),
            57 => Step::Field(a, b, Operand::Constant(self.constant(c))),
            65 | 67 => Step::Call(a, first, None),
            66 => Step::Call(a, first, c.checked_sub(1)),
            68 => Step::Call(a, first, d.checked_sub(1)),
            _ => Step::Other(a),
        }
    }
}
