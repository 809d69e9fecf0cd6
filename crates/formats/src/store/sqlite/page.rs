//! The pages of a b-tree (section 1.6): a header, an array of places, and cells.

/// What a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    TableLeaf,
    TableInterior,
    IndexLeaf,
    IndexInterior,
}

impl Kind {
    pub(super) fn of(flag: u8) -> Option<Self> {
        match flag {
            13 => Some(Self::TableLeaf),
            5 => Some(Self::TableInterior),
            10 => Some(Self::IndexLeaf),
            2 => Some(Self::IndexInterior),
            _ => None,
        }
    }

    pub(super) fn is_interior(self) -> bool {
        matches!(self, Self::TableInterior | Self::IndexInterior)
    }
}

/// What the header of a page says.
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) cells: u16,
    /// The page behind the last cell, of an interior page.
    pub(super) last: Option<u32>,
    /// Where the array of places begins.
    pub(super) places: usize,
}

/// The header at `at` of a page.
pub(super) fn header(page: &[u8], at: usize) -> Option<Header> {
    let kind = Kind::of(*page.get(at)?)?;
    let cells = u16_at(page, at.checked_add(3)?)?;
    let interior = kind.is_interior();
    let last = if interior { Some(u32_at(page, at.checked_add(8)?)?) } else { None };
    Some(Header { kind, cells, last, places: at.checked_add(if interior { 12 } else { 8 })? })
}

pub(super) fn u16_at(page: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*page.get(at..)?.first_chunk()?))
}

pub(super) fn u32_at(page: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*page.get(at..)?.first_chunk()?))
}

/// A number of one to nine bytes, seven bits each and eight of the last (section 1.6), and how many they are.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(9) {
        if index == 8 {
            return Some((value << 8 | u64::from(*byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, index.saturating_add(1)));
        }
    }
    None
}

/// How many bytes of a payload lie in the cell itself; the rest lies on overflow pages.
pub(super) fn local(payload: u64, usable: u64, kind: Kind) -> u64 {
    let share = |of: u64| usable.saturating_sub(12).saturating_mul(of).checked_div(255).unwrap_or(0).saturating_sub(23);
    let most = if kind == Kind::TableLeaf { usable.saturating_sub(35) } else { share(64) };
    if payload <= most {
        return payload;
    }
    let least = share(32);
    let chained = payload.saturating_sub(least).checked_rem(usable.saturating_sub(4)).unwrap_or(0);
    let wanted = least.saturating_add(chained);
    if wanted <= most { wanted } else { least }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_shares_are_those_of_the_specification() {
        assert_eq!(varint(&[0x7f]), Some((127, 1)));
        assert_eq!(varint(&[0x81, 0]), Some((128, 2)));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, 9)));
        assert_eq!(varint(&[0x80]), None);
        assert_eq!((local(4061, 4096, Kind::TableLeaf), local(4062, 4096, Kind::TableLeaf)), (4061, 489));
        assert_eq!((local(1002, 4096, Kind::IndexLeaf), local(1003, 4096, Kind::IndexLeaf)), (1002, 489));
    }
}
