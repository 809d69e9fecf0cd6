//! Python: source and bytecode, handed to `modelward-python`.

mod bytecode;
mod source;

pub use self::{
    bytecode::{BYTECODE, MARSHAL},
    source::FORMAT,
};
