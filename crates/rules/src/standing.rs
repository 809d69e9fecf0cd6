//! What is known of the callable that a fact names.

use base::fact::Data;
use knowledge::{Callable, Category, Judge, Lookup, SafeRole, Standing};

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

/// Where in [`STANDINGS`] each group begins.
const JUDGED: usize = SafeRole::ALL.len();
const DANGEROUS: usize = JUDGED + Judge::ALL.len();
const STANDARD: usize = DANGEROUS + Category::ALL.len();
const MAIN: usize = STANDARD + Category::ALL.len();
const UNKNOWN: usize = MAIN + 1;
const UNRESOLVED: usize = UNKNOWN + 1;

impl Known {
    const fn bare(standing: usize) -> Self {
        Self { standing, reason: "", source: "" }
    }
}

impl From<Callable> for Known {
    fn from(row: Callable) -> Self {
        let standing = match row.standing {
            Standing::Safe(role) => role as usize,
            Standing::Judged(judge) => JUDGED.saturating_add(judge as usize),
            Standing::Dangerous(category) => DANGEROUS.saturating_add(category as usize),
        };
        Self { standing, reason: row.reason, source: row.source }
    }
}

/// Looks a name up.
pub(crate) fn look_up(module: &str, name: &str) -> Known {
    match module {
        "" => return Known::bare(UNRESOLVED),
        "__main__" | "__mp_main__" => return Known::bare(MAIN),
        _ => {}
    }
    let found = knowledge::callable(module, name);
    if let Lookup::Known(row) = found {
        return row.into();
    }
    if name.contains('.') && !knowledge::is_named(module, name) {
        if let Some(row) = owner_that_denies(module, name) {
            return row.into();
        }
        if let Some(class) = name.strip_suffix(".__new__")
            && let Lookup::Known(row) = knowledge::callable(module, class)
        {
            return row.into();
        }
    }
    match found {
        Lookup::Stdlib(module) => {
            Known { standing: STANDARD.saturating_add(module.category as usize), reason: module.reason, source: "" }
        }
        _ => Known::bare(UNKNOWN),
    }
}

/// What is known of the callable that `data` names, if it names one.
pub(crate) fn of(data: &Data) -> Option<Known> {
    match data {
        Data::Call(call) => Some(look_up(&call.module, &call.name)),
        Data::Import(import) => Some(look_up(&import.module, &import.name)),
        _ => None,
    }
}

/// The dangerous object to which a dotted name without a row of its own belongs: `ctypes.pythonapi` of `pythonapi.PyRun_String`.
/// Only danger is handed down: what a safe class does by another method nobody has looked at.
fn owner_that_denies(module: &str, name: &str) -> Option<Callable> {
    let owners = name.match_indices('.').take(OWNERS).filter_map(|(end, _)| name.get(..end));
    let rows = owners.filter_map(|owner| match knowledge::callable(module, owner) {
        Lookup::Known(row) => Some(row),
        _ => None,
    });
    rows.filter(|row| matches!(row.standing, Standing::Dangerous(_))).last()
}

/// Dots of a name behind which an owner is looked for.
const OWNERS: usize = 8;

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
        for (at, standing) in knowledge::Standing::all().enumerate() {
            let row = Callable { standing, ..knowledge::callables().next().unwrap() };
            assert_eq!(Known::from(row).standing, at);
        }
    }

    #[test]
    fn names_have_a_standing() {
        let word = |module, name| look_up(module, name).word();
        assert_eq!(word("os", "system"), "dangerous/process");
        assert_eq!(word("collections", "OrderedDict"), "safe/construct");
        assert_eq!(word("__main__", "Model"), "main");
        assert_eq!(word("no_such_package", "Model"), "unknown");
        assert_eq!(word("", "method"), "unresolved");
        assert_eq!(word("collections", "OrderedDict.__new__"), "safe/construct");
        assert!(word("os", "no_such_name").starts_with("standard/"));
        assert_eq!(word("subprocess", "Popen.no_such_method"), "dangerous/process");
        assert!(word("collections", "OrderedDict.no_such_method").starts_with("standard/"));
    }
}
