//! Each identified format knows its own beginning, and nobody else's.
use super::*;

#[test]
fn ids_are_unique() {
    let mut ids: Vec<_> = FORMATS.iter().map(|format| format.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), FORMATS.len());
}
