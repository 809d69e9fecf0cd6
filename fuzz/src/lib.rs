//! What must hold whatever the bytes are: the checks that the fuzz targets share.

use std::sync::Arc;

use base::{
    budget::{Budget, Meter, NoWatch},
    limits::Limits,
};

pub mod calling;
pub mod decoding;
pub mod reading;
pub mod scanning;

/// Limits small enough that no input takes long.
pub fn limits() -> Limits {
    const MIB: u64 = 1 << 20;
    Limits {
        depth: 6,
        entries: 200,
        deep_entries: 50,
        bytes_out: 2 * MIB,
        nested_bytes_out: MIB,
        bomb_probe: MIB / 4,
        unstated_out: MIB,
        memory: 32 * MIB,
        spool_memory: MIB,
        spool_disk: 0,
        steps: 1_000_000,
        facts: 10_000,
        ..Limits::default()
    }
}

/// A meter of these limits.
fn meter() -> Meter {
    Budget::new(limits(), Arc::new(NoWatch)).meter(None)
}
