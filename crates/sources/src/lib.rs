//! Where artifacts come from: files, folders and the standard input of this machine.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::string_slice))]

mod file;
pub mod local;
pub mod stream;
