//! What the tests are made with: a pickle assembler, archive writers that can lie, and the walker over golden files.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "the test kit reads only what its own tests write, and a panic is how a test speaks"
)]

pub mod compress;
pub mod goldens;
pub mod npy;
pub mod pickle;
mod prefixes;
pub mod tar;
pub mod torch;
pub mod zip;

pub use prefixes::prefixes;

#[cfg(test)]
mod python;
