//! One spelling for every callable: the aliases under which the same object is reachable.

use crate::compiled::{ALIASES, Word, find, word};

/// The most aliases followed from one name; the tables chain two or three.
const LONGEST_CHAIN: usize = 8;

/// The words of the target of the alias row of exactly this module and name.
pub(crate) fn alias(module: Word, name: Word) -> Option<[u32; 2]> {
    find(&ALIASES, |row| [row[0], row[1]], [module, name]).map(|row| [row[2], row[3]])
}

/// The name by which the tables know the object `name` of `module`: `nt.system` and `posix.system` are `os.system`,
/// `_pickle.loads` is `pickle.loads`. Only whole names are followed; [`crate::resolve`] walks dotted ones.
#[must_use]
pub fn canonical<'a>(module: &'a str, name: &'a str) -> (&'a str, &'a str) {
    let words = [Word::of(module), Word::of(name)];
    let [home, renamed] = followed(words);
    let text = |before: Word, after: Word, text: &'a str| match after.number().filter(|_| before != after) {
        Some(number) => word(number),
        None => text,
    };
    let [before, named] = words;
    (text(before, home, module), text(named, renamed, name))
}

/// The same for words: what no table holds stays what it is.
pub(crate) fn followed([mut module, mut name]: [Word; 2]) -> [Word; 2] {
    for _ in 0..LONGEST_CHAIN {
        if let Some([to, renamed]) = alias(module, name).filter(|_| name != Word::EMPTY) {
            (module, name) = (Word::at(to), Word::at(renamed));
        } else if let Some([to, _]) = alias(module, Word::EMPTY) {
            module = Word::at(to);
        } else {
            break;
        }
    }
    [module, name]
}
