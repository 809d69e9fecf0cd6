//! Names as Python can write them: an import and a dotted path where it is one, a call of `getattr` where not.

use super::constant::quoted;

/// Words that are no names.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Names that the listing itself uses: a module of that name is imported in another way.
const OWN: &[&str] = &[
    "bytearray",
    "bytes",
    "extension",
    "float",
    "frozenset",
    "getattr",
    "int",
    "key",
    "memoryview",
    "next",
    "persistent_load",
    "set",
    "setattr",
    "tuple",
    "value",
];

/// A name to be imported.
pub(super) struct Imported {
    /// The statement that imports the module.
    pub(super) statement: String,
    /// The expression for the name.
    pub(super) expression: String,
}

/// `name` of `module`; `dotted` where dots in the name are attributes, as from protocol 4 on.
pub(super) fn imported(module: &str, name: &str, dotted: bool) -> Imported {
    let plain = !module.is_empty() && module.split('.').all(is_identifier) && !is_taken(module);
    let (statement, mut expression) = if plain {
        (format!("import {module}"), module.to_owned())
    } else {
        ("import importlib".to_owned(), format!("importlib.import_module({})", quoted(module)))
    };
    let parts: Vec<&str> = if dotted { name.split('.').collect() } else { vec![name] };
    for part in parts {
        expression = if is_identifier(part) {
            format!("{expression}.{part}")
        } else {
            format!("getattr({expression}, {})", quoted(part))
        };
    }
    Imported { statement, expression }
}

/// Whether `word` is an identifier that Python takes as it stands: others it would normalise.
pub(super) fn is_identifier(word: &str) -> bool {
    let mut letters = word.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
        && !KEYWORDS.contains(&word)
}

/// Whether importing the module would hide a name of the listing.
fn is_taken(module: &str) -> bool {
    let top = module.split('.').next().unwrap_or_default();
    let numbered = |word: &str| {
        top.strip_prefix(word).is_some_and(|rest| rest.bytes().all(|letter| letter.is_ascii_digit() || letter == b'_'))
    };
    OWN.contains(&top) || (numbered("x") && top.len() > 1) || numbered("result") || numbered("buffers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_python_cannot_write_are_looked_up() {
        let shown = |module, name| {
            let imported = imported(module, name, true);
            (imported.statement, imported.expression)
        };
        let pair = |statement: &str, expression: &str| (statement.to_owned(), expression.to_owned());
        assert_eq!(shown("a.b", "C.d"), pair("import a.b", "a.b.C.d"));
        assert_eq!(shown("x0", "f"), pair("import importlib", "importlib.import_module('x0').f"));
        assert_eq!(shown("x", "class"), pair("import x", "getattr(x, 'class')"));
        assert_eq!(shown("a\nb", ""), pair("import importlib", "getattr(importlib.import_module('a\\nb'), '')"));
        assert_eq!(imported("a", "b.c", false).expression, "getattr(a, 'b.c')");
    }
}
