//! What is known of the callable that a fact names, looked up once a name.

use std::collections::HashMap;

use base::fact::{Data, Str};
use knowledge::{Callable, Lookup, Standing};

use crate::words::STANDINGS;

/// What is known of a callable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its standing: a position in [`STANDINGS`].
    pub(crate) standing: usize,
    /// What a call does, in a phrase; may be empty.
    pub(crate) reason: &'static str,
    /// A CVE, an advisory or a document; may be empty.
    pub(crate) source: &'static str,
}

impl Known {
    /// The word of the standing.
    pub(crate) fn word(self) -> &'static str {
        STANDINGS.get(self.standing).copied().unwrap_or("unknown")
    }

    /// Whether calling it does harm, by the tables or because nobody has allowed it.
    pub(crate) fn is_dangerous(self) -> bool {
        let word = self.word();
        word.starts_with("dangerous/") || word.starts_with("standard/") && word != "standard/unneeded"
    }
}

/// What is known of a callable, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The word that rules use: `safe/construct`, `dangerous/process`, `standard/file`, `main`, `unknown`, `unresolved`.
    pub standing: &'static str,
    /// What a call does, in a phrase; may be empty.
    pub reason: &'static str,
    /// A CVE, an advisory or a document; may be empty.
    pub source: &'static str,
    /// Whether calling it does harm, by the tables or because nobody has allowed it.
    pub dangerous: bool,
}

/// What is known of `name` of `module`.
pub fn judged(module: &str, name: &str) -> Judged {
    let known = look_up(module, name);
    Judged { standing: known.word(), reason: known.reason, source: known.source, dangerous: known.is_dangerous() }
}

/// Looks a name up.
pub(crate) fn look_up(module: &str, name: &str) -> Known {
    let known = |word: &str, reason, source| {
        let standing = STANDINGS.iter().position(|id| *id == word).unwrap_or(STANDINGS.len());
        Known { standing, reason, source }
    };
    match module {
        "" => return known("unresolved", "", ""),
        "__main__" | "__mp_main__" => return known("main", "", ""),
        _ => {}
    }
    if let Some(row) = owner_that_denies(module, name) {
        return known(row.standing.id(), row.reason, row.source);
    }
    if let Some(class) = name.strip_suffix(".__new__").filter(|_| !knowledge::is_named(module, name))
        && let Lookup::Known(row) = knowledge::callable(module, class)
    {
        return known(row.standing.id(), row.reason, row.source);
    }
    match knowledge::callable(module, name) {
        Lookup::Known(row) => known(row.standing.id(), row.reason, row.source),
        Lookup::Stdlib { category, .. } => {
            let (_, word) = category.id().split_once('/').unwrap_or_default();
            let reason = knowledge::stdlib_module(module).map_or("", |row| row.reason);
            known(&format!("standard/{word}"), reason, "")
        }
        Lookup::Unknown => known("unknown", "", ""),
    }
}

/// The dangerous object to which a dotted name without a row of its own belongs: `ctypes.pythonapi` of `pythonapi.PyRun_String`.
/// Only danger is handed down: what a safe class does by another method nobody has looked at.
fn owner_that_denies(module: &str, name: &str) -> Option<Callable> {
    if knowledge::is_named(module, name) {
        return None;
    }
    let owners = name.match_indices('.').take(OWNERS).filter_map(|(end, _)| name.get(..end));
    let rows = owners.filter_map(|owner| match knowledge::callable(module, owner) {
        Lookup::Known(row) => Some(row),
        _ => None,
    });
    rows.filter(|row| matches!(row.standing, Standing::Dangerous(_))).last()
}

/// Dots of a name behind which an owner is looked for.
const OWNERS: usize = 8;

/// Names remembered; beyond this many of one artifact each is looked up again.
const REMEMBERED: usize = 1 << 16;

/// The names of one artifact that were looked up.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    modules: HashMap<Str, HashMap<Str, Known>>,
    count: usize,
}

impl Memory {
    /// What is known of the callable that `data` names, if it names one.
    pub(crate) fn of(&mut self, data: &Data) -> Option<Known> {
        let (module, name) = match data {
            Data::Call(call) => (&call.module, &call.name),
            Data::Import(import) => (&import.module, &import.name),
            _ => return None,
        };
        if let Some(known) = self.modules.get(module).and_then(|names| names.get(name)) {
            return Some(*known);
        }
        let known = look_up(module, name);
        if self.count < REMEMBERED {
            self.count = self.count.saturating_add(1);
            self.modules.entry(module.clone()).or_default().insert(name.clone(), known);
        }
        Some(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_tables() {
        let tables: Vec<_> = knowledge::Standing::all().map(knowledge::Standing::id).collect();
        let standard =
            tables.iter().filter_map(|id| id.strip_prefix("dangerous/")).map(|word| format!("standard/{word}"));
        let own = ["main", "unknown", "unresolved"].map(str::to_owned);
        let all: Vec<String> = tables.iter().map(|id| (*id).to_owned()).chain(standard).chain(own).collect();
        assert_eq!(STANDINGS, all);
        assert!(STANDINGS.len() < usize::from(u8::MAX));
    }

    #[test]
    fn names_have_a_standing() {
        let word = |module, name| look_up(module, name).word();
        assert_eq!(word("os", "system"), "dangerous/process");
        assert_eq!(word("collections", "OrderedDict"), "safe/construct");
        assert_eq!(word("__main__", "Model"), "main");
        assert_eq!(word("no_such_package", "Model"), "unknown");
        assert_eq!(word("", "method"), "unresolved");
        assert!(word("os", "no_such_name").starts_with("standard/"));
        assert_eq!(word("subprocess", "Popen.no_such_method"), "dangerous/process");
        assert!(word("collections", "OrderedDict.no_such_method").starts_with("standard/"));
    }
}
