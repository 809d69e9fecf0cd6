//! The modules of the standard library, and which attributes of modules are other modules.

use crate::compiled::{MODULE_ATTRIBUTES, MODULES, ModuleRow, SUBMODULES, Word, find, word};
use crate::standing::Category;

/// A module of the standard library, of any supported Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StdlibModule {
    /// Its dotted name.
    pub name: &'static str,
    /// The first Python that has it; empty when every supported one does.
    pub since: &'static str,
    /// The last Python that has it; empty when it is still there.
    pub until: &'static str,
    /// What its names are denied for when they have no row of their own.
    pub category: Category,
    /// Why.
    pub reason: &'static str,
}

/// A module found as an attribute of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleAttribute {
    /// The module that the attribute is.
    pub module: &'static str,
    /// Whether it is a submodule of the module whose attribute it is.
    pub submodule: bool,
}

impl From<&ModuleRow> for StdlibModule {
    fn from(row: &ModuleRow) -> Self {
        let [name, since, until, reason] = row.words.map(word);
        Self { name, since, until, category: row.category, reason }
    }
}

/// The row of exactly this module.
pub(crate) fn exact(module: Word) -> Option<StdlibModule> {
    let number = module.number()?;
    // Numbers keep the order of words.
    let index = MODULES.binary_search_by_key(&number, |row| row.words[0]).ok()?;
    MODULES.get(index).map(StdlibModule::from)
}

/// The row of `module`, or of the nearest package above it. The package `test` has none of its own, since so many
/// projects have one too: only its modules do.
#[must_use]
pub fn stdlib_module(module: &str) -> Option<StdlibModule> {
    stdlib_of(Word::of(module), module)
}

/// The same for a module whose word is at hand.
pub(crate) fn stdlib_of(word: Word, module: &str) -> Option<StdlibModule> {
    let (mut word, mut name) = (word, module);
    loop {
        if let Some(found) = exact(word) {
            return Some(found);
        }
        name = name.rsplit_once('.')?.0;
        word = Word::of(name);
    }
}

/// Every row of the module table, sorted by name.
pub fn stdlib_modules() -> impl ExactSizeIterator<Item = StdlibModule> {
    MODULES.iter().map(StdlibModule::from)
}

/// Whether `module` belongs to the standard library of CPython 2.7 or 3.6 to 3.14.
#[must_use]
pub fn is_stdlib(module: &str) -> bool {
    stdlib_module(module).is_some()
}

/// The module that `import module; module.attribute` is, when it is one.
#[must_use]
pub fn module_attribute(module: &str, attribute: &str) -> Option<ModuleAttribute> {
    attribute_of([Word::of(module), Word::of(attribute)])
}

/// The same for words.
pub(crate) fn attribute_of(words: [Word; 2]) -> Option<ModuleAttribute> {
    let row = |rows: &'static [[u32; 3]]| find(rows, |row| [row[0], row[1]], words);
    let found = |row: &[u32; 3], submodule| ModuleAttribute { module: word(row[2]), submodule };
    row(&SUBMODULES).map(|row| found(row, true)).or_else(|| row(&MODULE_ATTRIBUTES).map(|row| found(row, false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_found_by_its_name_and_as_an_attribute() {
        for found in stdlib_modules() {
            assert_eq!(exact(Word::of(found.name)), Some(found));
            if let Some((module, attribute)) = found.name.rsplit_once('.') {
                assert_eq!(module_attribute(module, attribute).map(|found| found.module), Some(found.name));
            }
        }
        assert_eq!(module_attribute("os", "no_such_module"), None);
    }
}
