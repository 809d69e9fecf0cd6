//! Results of earlier scans in a folder of the user's: one file an entry, written beside its place and renamed, sealed with a
//! key of the user's own, so that an entry that anybody else wrote, changed or moved is refused.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

mod seal;
mod store;
mod tidy;

pub use self::{store::Store, tidy::Stats};
