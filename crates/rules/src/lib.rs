//! The catalogue of rules and the judge that applies it: facts in, findings out. It knows no format.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::string_slice,
        clippy::unreachable
    )
)]

mod candidate;
mod catalogue;
mod compiled;
mod findings;
mod index;
mod judge;
mod operator;
mod render;
mod standing;
mod words;

pub use catalogue::Catalogue;
pub use judge::{Judge, Judgement};
pub use standing::{Judged, judged};
