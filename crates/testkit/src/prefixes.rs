//! Where to cut a file short.

use std::collections::BTreeSet;

/// Below this length every prefix is tried.
const EVERY: usize = 4 << 10;

/// The lengths at which a file is to be cut: every prefix of at most 4 KiB; beyond, each of `marks` (offsets that
/// something was said about) and its two neighbours, the last 1 KiB and 64 even cuts. In order, each once, never the
/// whole file.
pub fn prefixes(bytes: &[u8], marks: &[usize]) -> impl Iterator<Item = usize> + use<> {
    let length = bytes.len();
    let mut cuts: BTreeSet<usize> = (0..length.min(EVERY + 1)).collect();
    if length > EVERY {
        cuts.extend(marks.iter().flat_map(|mark| [mark.saturating_sub(1), *mark, mark + 1]));
        cuts.extend(length - 1024..length);
        cuts.extend((0..64).map(|part| length / 64 * part));
    }
    cuts.into_iter().take_while(move |cut| *cut < length)
}

#[cfg(test)]
mod tests {
    use super::prefixes;

    #[test]
    fn a_small_file_is_cut_everywhere() {
        assert!(prefixes(b"", &[]).next().is_none());
        assert!(prefixes(&[0; 4096], &[7]).eq(0..4096));
    }

    #[test]
    fn a_large_file_is_cut_where_it_matters() {
        let cuts: Vec<_> = prefixes(&vec![0; 1 << 20], &[100_000, 1 << 20]).collect();
        for expected in [0, 4096, 99_999, 100_000, 100_001, 1 << 14, (1 << 20) - 1024, (1 << 20) - 1] {
            assert!(cuts.contains(&expected), "{expected}");
        }
        assert!(!cuts.contains(&(1 << 20)) && !cuts.contains(&5000));
        assert_eq!(cuts.len(), 4097 + 3 + 1024 + 63);
    }
}
