//! The words of all tables, once each and sorted, as one text with offsets.

use std::collections::BTreeMap;

/// Every word and its number in sorted order.
pub(crate) struct Words(BTreeMap<String, usize>);

impl Words {
    /// Numbers the words of `all`.
    pub(crate) fn new<'a>(all: impl Iterator<Item = &'a str>) -> Self {
        let mut words: BTreeMap<String, usize> = all.map(|word| (word.to_owned(), 0)).collect();
        words.insert(String::new(), 0);
        for (number, (_, slot)) in words.iter_mut().enumerate() {
            *slot = number;
        }
        Self(words)
    }

    /// The number of `word`.
    pub(crate) fn number(&self, word: &str) -> usize {
        self.0[word]
    }

    /// The two statics that hold them.
    pub(crate) fn source(&self) -> String {
        let text: String = self.0.keys().map(String::as_str).collect();
        let mut end = 0;
        let ends: Vec<String> = self
            .0
            .keys()
            .map(|word| {
                end += word.len();
                end.to_string()
            })
            .collect();
        format!(
            "pub(crate) static TEXT: &str = {text:?};\npub(crate) static ENDS: [u32; {}] = [{}];\n",
            ends.len(),
            ends.join(",")
        )
    }
}
