//! Settings: the text of files in, merged values out, each with its origin. Pure: no file is read here, no environment, no clock.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::string_slice))]

pub mod baseline;
pub mod duration;
mod entries;
mod fault;
mod file;
mod merge;
mod nearest;
pub mod options;
pub mod profiles;
pub mod schema;
pub mod size;
mod value;

pub use self::{
    entries::{Allow, suppressions},
    fault::Fault,
    file::{Layer, RuleEntry},
    merge::{Given, Merged, Over, merge},
    nearest::nearest,
    value::{Origin, Value},
};
