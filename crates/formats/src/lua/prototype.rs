//! Functions of a chunk as they lie in it, whatever virtual machine they are for.

use base::{budget::Meter, expr::Expr, stop::Stop};

/// Prototypes of one chunk.
const PROTOTYPES: usize = 1 << 16;

/// Which virtual machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Dialect {
    #[default]
    Lua51,
    Lua52,
    Lua53,
    Lua54,
    /// LuaJIT: version of the dump, and whether frames have two slots.
    Jit { newer: bool, two_slots: bool },
}

/// One function.
#[derive(Debug, Default)]
pub(super) struct Prototype {
    /// Offset of its code.
    pub(super) at: u64,
    pub(super) code: Vec<u32>,
    pub(super) constants: Vec<Expr>,
    /// Numbers apart from the other constants, as LuaJIT keeps them.
    pub(super) numbers: Vec<Expr>,
    /// Functions in it, as indices into the chunk; for LuaJIT beside the constants.
    pub(super) children: Vec<usize>,
    /// What each upvalue is in the enclosing function: a register or one of its upvalues.
    pub(super) upvalues: Vec<(bool, u16)>,
    pub(super) upvalue_count: u8,
}

/// What was read of a chunk.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) dialect: Dialect,
    pub(super) version: String,
    pub(super) prototypes: Vec<Prototype>,
    /// The function that runs first.
    pub(super) main: usize,
    /// Bytes held, to be released with it.
    pub(super) held: u64,
}

impl Chunk {
    /// A place for one more function.
    pub(super) fn begin(&mut self, at: u64) -> Result<usize, Stop> {
        if self.prototypes.len() >= PROTOTYPES {
            return Err(Stop::malformed(at, "a chunk of fewer functions"));
        }
        self.prototypes.push(Prototype { at, ..Prototype::default() });
        Ok(self.prototypes.len().saturating_sub(1))
    }

    pub(super) fn hold(&mut self, meter: &Meter, bytes: u64) -> Result<(), Stop> {
        meter.hold(bytes)?;
        self.held = self.held.saturating_add(bytes);
        Ok(())
    }
}
