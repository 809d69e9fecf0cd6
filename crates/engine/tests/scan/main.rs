//! The scanner end to end over trees in memory: verdicts, coverage, limits, determinism.
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "tests")]

mod containers;
mod databases;
mod joblib;
mod legacy_tar;
mod limits;
mod memory;
mod properties;
mod templates;
mod torch;
mod verdicts;
