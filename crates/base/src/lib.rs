//! The narrow waist of Modelward: formats turn bytes into facts, rules turn facts into findings, and both speak only the words of this crate.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::string_slice))]

pub mod artifact;
pub mod blob;
pub mod budget;
pub mod coverage;
pub mod date;
pub mod escape;
pub mod excerpt;
pub mod expr;
pub mod fact;
pub mod finding;
pub mod format;
pub mod glob;
pub mod limits;
pub mod listing;
pub mod location;
pub mod memory;
pub mod policy;
pub mod reader;
pub mod reason;
pub mod report;
pub mod sink;
pub mod source;
pub mod stop;
pub mod verdict;
