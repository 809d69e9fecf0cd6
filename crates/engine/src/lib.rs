//! The loop: artifacts in, report out. It owns the queue, the depth, the paths and the totals; it knows no format and no rule by name.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::string_slice,
        clippy::unreachable
    )
)]

mod explain;
mod forward;
mod hash;
mod identify;
mod layout;
mod loads;
mod nested;
mod node;
mod policy;
mod reading;
mod recorder;
mod root;
mod scanner;
mod spool;
mod storages;
mod sweep;
mod walk;

pub use explain::Explained;
pub use policy::Policy;
pub use recorder::{Recorder, Seen};
pub use scanner::{Scanner, Settings, Target};
