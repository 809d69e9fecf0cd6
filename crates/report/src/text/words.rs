//! Numbers, names and places in words.

use base::location::Location;

/// `1 artifact`, `2 artifacts`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A number of bytes with at most one digit after the point: `999 B`, `1.2 KiB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut shift = 10_u32;
    let mut name = "KiB";
    for unit in UNITS {
        name = unit;
        if bytes.checked_shr(shift).unwrap_or_default() < 1024 {
            break;
        }
        shift = shift.saturating_add(10);
    }
    let tenths = u128::from(bytes).saturating_mul(10).checked_shr(shift).unwrap_or_default();
    match (tenths.checked_div(10), tenths.checked_rem(10)) {
        (Some(whole), Some(tenth)) => format!("{whole}.{tenth} {name}"),
        _ => format!("{bytes} B"),
    }
}

/// `text` with its middle left out where it is longer than `limit` characters: of a path, both ends matter.
pub(super) fn elide(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.into();
    }
    let half = limit.saturating_sub(1) >> 1;
    let start = text.chars().take(half);
    let end = text.chars().skip(count.saturating_sub(half));
    start.chain(['…']).chain(end).collect()
}

/// Where in its artifact a location points: `line 3, column 7`, `byte 0x28 (opcode 11)`; nothing where it points at the whole.
pub(super) fn point(at: &Location) -> String {
    let place = match (at.line, at.column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}"),
        (Some(line), None) => format!("line {line}"),
        _ if at.offset > 0 || at.length > 0 => format!("byte {:#x}", at.offset),
        _ => String::new(),
    };
    match (&at.pointer, place.is_empty()) {
        (None, _) => place,
        (Some(pointer), true) => elide(pointer, 120),
        (Some(pointer), false) => format!("{place} ({})", elide(pointer, 120)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_never_rounded_up() {
        let sizes = [0, 1023, 1024, 1288, (1 << 20) - 1, 1 << 20, 100 << 30, u64::MAX];
        let words = sizes.map(size);
        assert_eq!(words, ["0 B", "1023 B", "1.0 KiB", "1.2 KiB", "1023.9 KiB", "1.0 MiB", "100.0 GiB", "15.9 EiB"]);
    }

    #[test]
    fn both_ends_of_a_long_name_stay() {
        assert_eq!(elide("abcdefghij", 10), "abcdefghij");
        assert_eq!(elide("abcdefghijk", 7), "abc…ijk");
    }
}
