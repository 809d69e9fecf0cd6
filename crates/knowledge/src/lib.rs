//! What is known of Python callables: readable tables, compiled into arrays and looked up without allocation.
//!
//! The tables are the source (`tables/README.md` says how to add a row). [`callable`] answers for an exact module and
//! qualified name; [`resolve`] first walks a dotted name to where Python would land.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::string_slice))]

mod callable;
mod canonical;
mod compiled;
mod modules;
mod python2;
mod resolve;
mod spread;
mod standing;

pub use callable::{
    Callable, Lookup, callable, callables, gives_names, import_effect, is_known_module, is_named, is_pure, loads,
    names_below, names_of,
};
pub use canonical::canonical;
pub use modules::{ModuleAttribute, StdlibModule, is_stdlib, module_attribute, stdlib_module, stdlib_modules};
pub use python2::{python2, python2_imports, python2_names};
pub use resolve::{Resolved, resolve};
pub use standing::{Category, Judge, Kind, SafeRole, Standing};

/// BLAKE3 of the compiled tables, in hexadecimal: names the state of knowledge that a report was made with.
pub const DIGEST: &str = compiled::DIGEST;

/// Digest of all tables, made when they were compiled: 32 hexadecimal digits.
#[must_use]
pub fn digest() -> &'static str {
    compiled::DIGEST
}
