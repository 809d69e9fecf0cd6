//! One spelling for every callable: the aliases under which the same object is reachable.

use crate::compiled::{ALIASES, find, word};

/// The most aliases followed from one name; the tables chain two or three.
const LONGEST_CHAIN: usize = 8;

/// The alias row of exactly this module and name.
pub(crate) fn alias(module: &str, name: &str) -> Option<(&'static str, &'static str)> {
    find(&ALIASES, |row| [row[0], row[1]], module, name).map(|row| (word(row[2]), word(row[3])))
}

/// The name by which the tables know the object `name` of `module`: `nt.system` and `posix.system` are `os.system`,
/// `_pickle.loads` is `pickle.loads`. Only whole names are followed; [`crate::resolve`] walks dotted ones.
#[must_use]
pub fn canonical<'a>(module: &'a str, name: &'a str) -> (&'a str, &'a str) {
    let (mut module, mut name) = (module, name);
    for _ in 0..LONGEST_CHAIN {
        if let Some((to, renamed)) = alias(module, name).filter(|_| !name.is_empty()) {
            (module, name) = (to, renamed);
        } else if let Some((to, _)) = alias(module, "") {
            module = to;
        } else {
            break;
        }
    }
    (module, name)
}
