//! Look-ups in the callable tables.

use crate::canonical::followed;
use crate::compiled::{CALLABLES, CallableRow, Word, find, word};
use crate::modules::{StdlibModule, stdlib_of};
use crate::standing::{Category, Judge, Kind, SafeRole, Standing};

/// One row of the callable tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Callable {
    /// The module that the row names.
    pub module: &'static str,
    /// The dotted qualified name inside the module; empty for the module itself.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// How it stands.
    pub standing: Standing,
    /// What happens when it is called, in a phrase.
    pub reason: &'static str,
    /// A CVE, an advisory or a document; may be empty.
    pub source: &'static str,
}

/// What the tables say of a module and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// A row of its own.
    Known(Callable),
    /// A standard-library module whose tables have no row for this name: denied as the module is.
    ///
    /// It is the module, or the nearest package above it, that the module table names.
    Stdlib(StdlibModule),
    /// Nothing is known.
    Unknown,
}

impl From<&CallableRow> for Callable {
    fn from(row: &CallableRow) -> Self {
        let [module, name, reason, source] = row.words.map(word);
        Self { module, name, kind: row.kind, standing: row.standing, reason, source }
    }
}

fn key(row: &CallableRow) -> [u32; 2] {
    let [module, name, ..] = row.words;
    [module, name]
}

fn row(module: &str, name: &str) -> Option<&'static CallableRow> {
    find(&CALLABLES, key, [Word::of(module), Word::of(name)])
}

/// What is known of exactly this module and qualified name; give it what [`crate::resolve`] returns.
#[must_use]
pub fn callable(module: &str, name: &str) -> Lookup {
    let home = Word::of(module);
    if let Some(row) = find(&CALLABLES, key, [home, Word::of(name)]) {
        return Lookup::Known(row.into());
    }
    stdlib_of(home, module).map_or(Lookup::Unknown, Lookup::Stdlib)
}

/// Whether this callable loads a serialised object from bytes that it is given.
#[must_use]
pub fn loads(module: &str, name: &str) -> bool {
    let row = row(module, name).map(|row| row.standing);
    matches!(row, Some(Standing::Judged(Judge::Deserialise) | Standing::Dangerous(Category::Deserialise)))
}

/// Every row of the callable tables, sorted by module and name.
pub fn callables() -> impl ExactSizeIterator<Item = Callable> {
    CALLABLES.iter().map(Callable::from)
}

/// The names of what a module holds itself, as far as rows name them.
pub fn names_of(module: &str) -> impl Iterator<Item = &'static str> {
    let from = CALLABLES.partition_point(|row| Callable::from(row).module < module);
    let rows = CALLABLES.get(from..).unwrap_or_default().iter().map(Callable::from);
    let module = rows.clone().next().map(|row| row.module).filter(|found| *found == module);
    rows.take_while(move |row| Some(row.module) == module)
        .map(|row| row.name)
        .filter(|name| !name.is_empty() && !name.contains('.'))
}

/// The module and name of each row of what is reached through `name` of `module`: its members and, where it is a module, what it
/// and those below it hold.
pub fn names_below<'a>(module: &'a str, name: &'a str) -> impl Iterator<Item = (&'static str, &'static str)> + 'a {
    let names = |row: &CallableRow| (word(row.words[0]), word(row.words[1]));
    let from = |home: Word| {
        let first = home.number().map_or(CALLABLES.len(), |home| CALLABLES.partition_point(|row| row.words[0] < home));
        CALLABLES.get(first..).unwrap_or_default()
    };
    let home = Word::of(module);
    let own = from(home);
    let own = own.get(..own.partition_point(|row| Some(row.words[0]) == home.number())).unwrap_or_default();
    let own = own.get(own.partition_point(|row| word(row.words[1]) < name)..).unwrap_or_default();
    let own = own.iter().map(names).take_while(move |row| row.1.starts_with(name));
    let own = own.filter(move |row| name.is_empty() || is_below(row.1, name));
    // Every package is a word; most names are no modules.
    let dotted = if name.is_empty() { module.to_owned() } else { format!("{module}.{name}") };
    let inner = from(Word::of(&dotted)).iter().map(names);
    let end = dotted.clone();
    let inner = inner.take_while(move |row| row.0.starts_with(&end));
    own.chain(inner.filter(move |row| row.0 == dotted && !name.is_empty() || is_below(row.0, &dotted)))
}

/// Whether `path` leads on from `start`.
fn is_below(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.starts_with('.'))
}

/// Whether this may give a callable that the program names nowhere as such: one that a text names, or any of a namespace.
#[must_use]
pub fn gives_names(module: &str, name: &str) -> bool {
    use Judge::{Attribute, Code, Deserialise, Import, Method, Namespace, Register};
    match row(module, name).map(|row| row.standing) {
        // It tells whether there is such an attribute.
        Some(Standing::Judged(Attribute)) => (module, name) != ("builtins", "hasattr"),
        Some(Standing::Judged(judge)) => matches!(judge, Code | Deserialise | Import | Method | Namespace | Register),
        Some(Standing::Dangerous(category)) => matches!(category, Category::Attribute | Category::Import),
        Some(Standing::Safe(_)) | None => false,
    }
}

/// Whether some row names this, under its own or an older name: used to recognise pickles.
#[must_use]
pub fn is_named(module: &str, name: &str) -> bool {
    let words = [Word::of(module), Word::of(name)];
    has_row(words) || has_row(followed(words))
}

/// Whether a row names exactly this.
pub(crate) fn has_row(words: [Word; 2]) -> bool {
    find(&CALLABLES, key, words).is_some()
}

/// Whether this is a pure function of its arguments, which may be folded: decoders are, though what they yield is judged.
#[must_use]
pub fn is_pure(module: &str, name: &str) -> bool {
    let pure = [Standing::Safe(SafeRole::Pure), Standing::Judged(Judge::Decode)];
    row(module, name).is_some_and(|row| pure.contains(&row.standing))
}

/// What merely importing `module` does, when that is more than defining names.
#[must_use]
pub fn import_effect(module: &str) -> Option<Callable> {
    row(module, "").map(Callable::from)
}

/// Whether a row names `module` or a module below it.
#[must_use]
pub fn is_known_module(module: &str) -> bool {
    let from = CALLABLES.partition_point(|row| Callable::from(row).module < module);
    CALLABLES.get(from).is_some_and(|row| {
        let rest = Callable::from(row).module.strip_prefix(module);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}
