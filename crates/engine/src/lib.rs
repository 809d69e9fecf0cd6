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

mod checks;
mod comes_upon;
mod explain;
mod forward;
mod hash;
mod identify;
mod inline;
mod layout;
mod loads;
mod nested;
mod node;
mod policy;
mod reading;
mod recollection;
mod recorder;
mod root;
mod scanner;
mod selection;
mod spool;
mod storages;
mod survey;
mod sweep;
mod walk;

pub use base::policy::Policy;
pub use explain::Explained;
pub use recorder::{Recorder, Seen};
pub use scanner::{Scanner, Settings, Target};
pub use selection::Selection;
pub use survey::Planned;
