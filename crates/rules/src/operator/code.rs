//! Operators over code that a file carries: bytecode, the functions and classes made of it, source that a library runs.

use base::{
    expr::Expr,
    fact::{Call, Data},
};

use super::arguments::expressions;
use crate::standing::look_up;

/// Opcodes that load a global or a name, by the numbers of CPython 3.6 to 3.14.
const LOADS: &[u8] = &[91, 92, 93, 101, 116];
/// Attributes that lead out of any object, and that ordinary methods do not spell.
pub(super) const WAYS_OUT: &[&str] =
    &["__builtins__", "__globals__", "__loader__", "__subclasses__", "f_builtins", "f_globals", "func_globals"];
/// Functions that start a process and share their name with nothing that a model's code calls.
const SPAWNS: &[&str] = &["Popen", "check_call", "check_output", "getoutput", "getstatusoutput", "popen"];
/// Methods that loading calls on an object or on the class itself.
const LOADING_METHODS: &[&str] = &[
    "__call__",
    "__class_getitem__",
    "__del__",
    "__getattribute__",
    "__init_subclass__",
    "__new__",
    "__set_name__",
    "__setattr__",
    "__setitem__",
    "__setstate__",
    "add",
    "append",
    "extend",
];

/// Whether the names of a code object lead to something that does harm when the code runs.
pub(super) fn names_dangerous(data: &Data) -> bool {
    let args = expressions(data);
    let mut names: Vec<&str> = args.iter().filter_map(texts).flatten().collect();
    // What code imports by a text stands among its constants.
    if names.iter().any(|name| matches!(*name, "__import__" | "import_module")) {
        let tuples = args.iter().filter_map(|arg| if let Expr::Tuple(items) = arg { Some(items) } else { None });
        names.extend(tuples.flatten().filter_map(Expr::as_str));
    }
    let codes = args.iter().filter_map(|arg| match arg {
        Expr::Bytes(bytes) => Some(bytes.as_ref()),
        _ => None,
    });
    // A name that no row holds is one of the code's own.
    let dangerous =
        |module: &str, name: &str| knowledge::is_named(module, name) && look_up(module, name).is_dangerous();
    let modules: Vec<&str> =
        names.iter().copied().filter(|name| knowledge::is_stdlib(name) || knowledge::is_known_module(name)).collect();
    names.iter().any(|name| WAYS_OUT.contains(name) || SPAWNS.contains(name))
        || modules.iter().any(|module| names.iter().any(|name| name != module && dangerous(module, name)))
        || codes.into_iter().any(|code| loaded(code, args).any(|name| dangerous("builtins", name)))
}

/// The texts of a tuple that holds nothing else: the names of a code object.
fn texts(expr: &Expr) -> Option<Vec<&str>> {
    match expr {
        Expr::Tuple(items) => items.iter().map(Expr::as_str).collect(),
        _ => None,
    }
}

/// The names that wordcode loads as globals, by every numbering that CPython has had.
fn loaded<'e>(code: &'e [u8], args: &'e [Expr]) -> impl Iterator<Item = &'e str> {
    let tables: Vec<Vec<&str>> = args.iter().filter_map(texts).collect();
    let loads = code.chunks_exact(2).filter_map(|pair| match pair {
        [opcode, index] if LOADS.contains(opcode) => Some([usize::from(*index), usize::from(*index >> 1)]),
        _ => None,
    });
    loads.flatten().flat_map(move |index| {
        let found: Vec<&str> = tables.iter().filter_map(|table| table.get(index).copied()).collect();
        found
    })
}

/// Whether the tuples of a code object are not wholly known.
pub(super) fn is_partly_unknown(data: &Data) -> bool {
    expressions(data).iter().any(|arg| match arg {
        Expr::Tuple(items) => matches!(items.last(), Some(Expr::Unknown | Expr::Elided)),
        Expr::Unknown | Expr::Elided => true,
        _ => false,
    })
}

/// Whether what is called was made while loading by a callable of this standing: `_make_function(…)(…)`.
///
/// The callee stands in `written` as Python: what begins with a dotted name and a parenthesis is the result of a call.
pub(super) fn callee_is_made_by(data: &Data, standings: &[&str]) -> bool {
    let Data::Call(Call { module, written, .. }) = data else { return false };
    let Some((maker, _)) = written.split_once('(').filter(|_| module.is_empty()) else { return false };
    let cuts = maker.match_indices('.').filter_map(|(dot, _)| Some((maker.get(..dot)?, maker.get(dot..)?.get(1..)?)));
    cuts.into_iter().any(|(module, name)| standings.contains(&look_up(module, name).word()))
}

/// Whether what is called is an enumeration that cloudpickle made: the call takes one of its members.
pub(super) fn callee_is_made_enumeration(data: &Data) -> bool {
    let Data::Call(Call { written, .. }) = data else { return false };
    let maker = written.split_once('(').map(|(maker, _)| maker);
    maker.is_some_and(|maker| maker.ends_with("cloudpickle._make_skeleton_enum"))
        && callee_is_made_by(data, &["judged/type"])
        && written.ends_with(')')
}

/// Whether what stands under a method's name is one of Python's own that only builds: `enum.Enum.__new__`.
fn is_harmless_method(value: &Expr) -> bool {
    if matches!(value, Expr::None) {
        return true;
    }
    let Some(dotted) = value.dotted() else { return false };
    let safe = |cut: usize| {
        let (module, name) = dotted.split_at_checked(cut)?;
        Some(look_up(module, name.strip_prefix('.')?).word().starts_with("safe/"))
    };
    dotted == "builtins.object.__new__" || dotted.match_indices('.').any(|(cut, _)| safe(cut) == Some(true))
}

/// Whether a class gets a method that loading calls.
pub(super) fn class_has_loading_method(data: &Data) -> bool {
    let names = expressions(data).iter().flat_map(Expr::walk).filter_map(|expr| match expr {
        Expr::Dict(items) => Some(items.iter().filter_map(|(name, value)| Some((name.as_str()?, value)))),
        _ => None,
    });
    names.flatten().any(|(name, value)| LOADING_METHODS.contains(&name) && !is_harmless_method(value))
}

/// Whether the first argument is the repr of a singleton of Python's or of a range of numbers: its evaluation gives just that.
pub(super) fn first_is_singleton(data: &Data) -> bool {
    let singletons = ["Ellipsis", "False", "None", "NotImplemented", "True"];
    let range = |text: &str| {
        let numbers = text.strip_prefix("range(").and_then(|rest| rest.strip_suffix(')'));
        numbers.is_some_and(|numbers| numbers.chars().all(|letter| letter.is_ascii_digit() || "-, ".contains(letter)))
    };
    matches!(expressions(data).first(), Some(Expr::Str(text)) if singletons.contains(&text.as_ref()) || range(text))
}

/// Whether the source of a traced module stands in the arguments as text, and nothing else that loading calls: the text is read as an artifact of its own.
pub(super) fn names_graph_source(data: &Data) -> bool {
    let (body, imports) = match expressions(data) {
        // In a package the source is a member of its own, which the reader of Python knows by this name.
        [Expr::External(_), Expr::Dict(_), Expr::Str(module)] => return module.starts_with("fx-generated._"),
        [Expr::Dict(body)] => (body, None),
        [Expr::Dict(body), imports] => (body, Some(imports)),
        _ => return false,
    };
    let known = |(key, value): &(Expr, Expr)| match key.as_str() {
        Some("_code" | "code") => value.as_str().is_some(),
        Some("_tracer_cls") => matches!(value, Expr::Global { .. }),
        _ => false,
    };
    !body.is_empty() && body.iter().all(known) && imports.is_none_or(|text| text.as_str().is_some())
}

/// Whether what is called is a method of what another call gave, reached by public names: that other call is a fact of its own.
pub(super) fn is_method_of_value(data: &Data) -> bool {
    let Data::Call(Call { written, .. }) = data else { return false };
    written.contains('(') && !written.contains("__")
}

/// Whether the state of a scipy distribution holds another `_parse_arg_template` than scipy writes: its `__setstate__` runs that text.
pub(super) fn state_carries_template(data: &Data) -> bool {
    let Data::Call(call) = data else { return false };
    if !call.module.starts_with("scipy.stats") {
        return false;
    }
    let templates = call.args.iter().flat_map(Expr::walk).filter_map(|expr| match expr {
        Expr::Dict(items) => {
            Some(items.iter().filter(|(key, _)| key.as_str() == Some("_parse_arg_template")).map(|(_, value)| value))
        }
        _ => None,
    });
    templates.flatten().any(|value| !value.as_str().is_some_and(is_template))
}

/// Whether the text only defines the three functions that unpack arguments: names, numbers and one method are all it uses.
fn is_template(text: &str) -> bool {
    let mut left = text.to_owned();
    for part in [
        "def _parse_args(",
        "def _parse_args_rvs(",
        "def _parse_args_stats(",
        "return self._argcheck_rvs(",
        "return (",
        "moments='mv'",
    ] {
        left = left.replace(part, " ");
    }
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_ ,=:)\n.-".contains(letter);
    let dotted =
        |window: &[u8]| matches!(window, [before, b'.', after] if !before.is_ascii_digit() && !after.is_ascii_digit());
    left.chars().all(plain) && !left.as_bytes().windows(3).any(dotted) && !left.contains("import")
}

#[cfg(test)]
mod tests {
    use base::fact::Call;

    use super::*;

    fn code(bytecode: &[u8], names: &[&str]) -> Data {
        let names = Expr::Tuple(names.iter().map(|name| Expr::str(*name)).collect());
        let args = vec![Expr::Int(1), Expr::Bytes(bytecode.into()), Expr::Tuple(vec![Expr::None]), names];
        Data::Call(Call { module: "types".into(), name: "CodeType".into(), args, ..Call::default() })
    }

    #[test]
    fn a_method_called_eval_is_no_eval() {
        // LOAD_FAST model, LOAD_ATTR eval, CALL 0, RETURN_VALUE; then LOAD_GLOBAL eval.
        assert!(!names_dangerous(&code(&[124, 0, 106, 0, 171, 0, 83, 0], &["eval"])));
        assert!(names_dangerous(&code(&[116, 0, 124, 0, 171, 1, 83, 0], &["eval"])));
        assert!(names_dangerous(&code(&[116, 1, 124, 0, 171, 1, 83, 0], &["eval"])));
        assert!(!names_dangerous(&code(&[116, 1, 124, 0, 171, 1, 83, 0], &["scale"])));
    }

    #[test]
    fn names_make_pairs() {
        assert!(names_dangerous(&code(&[], &["os", "system"])));
        assert!(names_dangerous(&code(&[], &["object", "__subclasses__"])));
        assert!(names_dangerous(&code(&[], &["sp", "Popen"])));
        assert!(!names_dangerous(&code(&[], &["os", "path", "join"])));
        assert!(!names_dangerous(&code(&[], &["np", "sum"])));
        // A module that is imported by a text: `__import__('os').system('id')`.
        let imported = |by: &str| {
            let tuple = |items: &[&str]| Expr::Tuple(items.iter().map(|item| Expr::str(*item)).collect());
            let consts = Expr::Tuple(vec![Expr::None, Expr::str("os"), Expr::str("id")]);
            let args = vec![Expr::Int(1), Expr::Bytes([0].as_slice().into()), consts, tuple(&[by, "system"])];
            Data::Call(Call { module: "types".into(), name: "CodeType".into(), args, ..Call::default() })
        };
        assert!(names_dangerous(&imported("__import__")));
        assert!(!names_dangerous(&imported("ask")));
    }

    #[test]
    fn templates_of_scipy_are_known() {
        let honest = "\ndef _parse_args(self, a, b, loc=0, scale=1):\n    return (a, b), loc, scale\n\n\
            def _parse_args_rvs(self, a, b, loc=0, scale=1, size=None):\n    return self._argcheck_rvs(a, b, loc, scale, size=size)\n\n\
            def _parse_args_stats(self, a, b, loc=0, scale=1, moments='mv'):\n    return (a, b), loc, scale, moments\n";
        assert!(is_template(honest));
        assert!(!is_template("import os\nos.system('id')"));
        assert!(!is_template("def _parse_args(self, x=__import__('os')):\n    return (x), 0, 1"));
        assert!(!is_template("from os import system"));
    }

    #[test]
    fn a_traced_module_is_text_and_no_more() {
        let called = |body: Vec<(&str, Expr)>, imports: Expr| {
            let body = Expr::Dict(body.into_iter().map(|(key, value)| (Expr::str(key), value)).collect());
            Data::Call(Call { args: vec![body, imports], ..Call::default() })
        };
        let (code, imports) = (Expr::str("def forward(self, x):\n    return x"), Expr::str("import torch"));
        let tracer = Expr::global("torch.fx._symbolic_trace", "Tracer");
        assert!(names_graph_source(&called(vec![("_code", code.clone()), ("_tracer_cls", tracer)], imports.clone())));
        assert!(!names_graph_source(&called(vec![("_code", Expr::Unknown)], imports.clone())));
        assert!(!names_graph_source(&called(vec![("_code", code.clone()), ("_tracer_cls", Expr::Unknown)], imports)));
        assert!(!names_graph_source(&called(vec![("_code", code), ("training", Expr::Bool(true))], Expr::Unknown)));
        assert!(!names_graph_source(&called(vec![], Expr::str(""))));
    }

    #[test]
    fn reprs_of_constants_are_told_from_code() {
        let called = |text: &str| Data::Call(Call { args: vec![Expr::str(text)], ..Call::default() });
        for text in ["Ellipsis", "NotImplemented", "range(0, 3)", "range(0, -3, -1)"] {
            assert!(first_is_singleton(&called(text)), "{text}");
        }
        for text in ["__import__('os')", "range(exec('x'))", "range(0)(1)", "exit"] {
            assert!(!first_is_singleton(&called(text)), "{text}");
        }
    }

    #[test]
    fn what_is_made_is_known_by_its_maker() {
        let called = |written: &str| Data::Call(Call { written: written.into(), ..Call::default() });
        let made = ["judged/code"];
        assert!(callee_is_made_by(&called("types.FunctionType(types.CodeType(1), {})"), &made));
        assert!(callee_is_made_by(&called("cloudpickle.cloudpickle._make_function(…"), &made));
        assert!(!callee_is_made_by(&called("collections.OrderedDict().update"), &made));
        assert!(!callee_is_made_by(&called("'types.FunctionType('"), &made));
    }
}
