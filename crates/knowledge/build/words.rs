//! The words of all tables, once each and sorted, as one text with offsets, and where a hash finds them.

use std::collections::BTreeMap;

use crate::spread::spread;

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

    /// The statics that hold them.
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
        let places = self.places();
        format!(
            "pub(crate) static TEXT: &str = {text:?};\npub(crate) static ENDS: [u32; {}] = [{}];\n\
             pub(crate) static PLACES: [[u32; 2]; {}] = [{}];\n",
            ends.len(),
            ends.join(","),
            places.len(),
            places.join(",")
        )
    }

    /// A table at most three quarters full: the upper half of the hash and one more than the number; 0 where nothing stands.
    fn places(&self) -> Vec<String> {
        let count = (self.0.len() * 4 / 3).next_power_of_two();
        let mut places = vec![(0, 0); count];
        for (word, number) in &self.0 {
            let hash = spread(word.as_bytes());
            let mut place = usize::try_from(hash & (count as u64 - 1)).expect("a place of the table");
            while places[place].1 != 0 {
                place = (place + 1) & (count - 1);
            }
            places[place] = (hash >> 32, number + 1);
        }
        places.iter().map(|(hash, number)| format!("[{hash},{number}]")).collect()
    }
}
