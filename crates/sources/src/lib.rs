//! Where artifacts come from: files and folders of this machine.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::string_slice))]

mod file;
pub mod local;
