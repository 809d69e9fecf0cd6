//! Words in plain text on which a loader of structured text would act, should it read the text after all.

use std::collections::BTreeSet;

/// What is looked for, and the marker that it stands for.
const WORDS: &[(&[u8], &str)] =
    &[(b"!!python", "!!python"), (b"tag:yaml.org,2002:", "!"), (b"\n%TAG ", "%TAG"), (b"<!ENTITY", "<!ENTITY")];
/// Bytes kept between two blocks: one less than the longest word.
const OVERLAP: usize = 17;

/// A search over text that comes in blocks.
#[derive(Default)]
pub(super) struct Markers {
    tail: Vec<u8>,
    /// The markers that were found.
    pub(super) found: BTreeSet<&'static str>,
}

impl Markers {
    /// The next block.
    pub(super) fn feed(&mut self, block: &[u8]) {
        self.tail.extend_from_slice(block.get(..block.len().min(OVERLAP)).unwrap_or_default());
        for (word, marker) in WORDS {
            if memchr::memmem::find(&self.tail, word).is_some() || memchr::memmem::find(block, word).is_some() {
                self.found.insert(marker);
            }
        }
        if block.len() > OVERLAP {
            self.tail.clear();
            self.tail.extend_from_slice(block.get(block.len().saturating_sub(OVERLAP)..).unwrap_or_default());
        }
        let surplus = self.tail.len().saturating_sub(OVERLAP);
        self.tail.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_across_blocks() {
        let text = b"a: !!python/name:os.system\n%TAG ! x\n";
        for size in 1..text.len() {
            let mut markers = Markers::default();
            text.chunks(size).for_each(|block| markers.feed(block));
            assert_eq!(markers.found.iter().copied().collect::<Vec<_>>(), ["!!python", "%TAG"], "{size}");
        }
    }
}
