//! Key-value stores, as `dbm` and `shelve` use them: their values are children, since `shelve` unpickles each.

pub mod berkeley;
pub mod dumb;
pub mod gdbm;
pub(crate) mod spans;
pub mod sqlite;
mod value;

#[cfg(test)]
mod tests;
