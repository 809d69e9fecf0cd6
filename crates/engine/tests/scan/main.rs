//! The scanner end to end over trees in memory: verdicts, coverage, limits, determinism.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "a test stops where something is wrong"
)]

mod bad_models;
mod buffers;
mod code;
mod containers;
mod databases;
mod evasions;
mod given;
mod joblib;
mod keras;
mod languages;
mod left;
mod legacy_tar;
mod limits;
mod memory;
mod properties;
mod reasons;
mod script;
mod sources;
mod templates;
mod torch;
mod traced;
mod verdicts;
