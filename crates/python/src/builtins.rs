//! Names that Python knows without an import, and the members of modules that are constants.

/// Names of `builtins`, of Python 3 and 2, that may be called or lead somewhere.
const BUILTINS: &[&str] = &[
    "__build_class__",
    "__import__",
    "abs",
    "all",
    "any",
    "apply",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "buffer",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "execfile",
    "file",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "long",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "raw_input",
    "reduce",
    "reload",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "unichr",
    "unicode",
    "vars",
    "xrange",
    "zip",
];

/// Whether `name` is one of them.
pub(crate) fn is_builtin(name: &str) -> bool {
    BUILTINS.binary_search(&name).is_ok()
}

/// Builtins whose calls are stated; the others compute, and are what every line of Python is made of.
const STATED: &[&str] = &[
    "__import__",
    "apply",
    "breakpoint",
    "compile",
    "delattr",
    "eval",
    "exec",
    "execfile",
    "file",
    "globals",
    "input",
    "locals",
    "open",
    "raw_input",
    "reload",
    "setattr",
    "vars",
];

/// Whether a call of the builtin `name` is stated.
pub(crate) fn is_stated(name: &str) -> bool {
    // Most names are shorter than the first, or begin with another letter.
    STATED.contains(&name) || name.ends_with(".__subclasses__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(BUILTINS.is_sorted());
        assert!(STATED.is_sorted());
    }
}
