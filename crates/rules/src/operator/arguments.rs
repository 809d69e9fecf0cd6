//! Operators over arguments.

use std::borrow::Cow;

use base::{
    expr::Expr,
    fact::{Data, Value},
};

use crate::standing::look_up;

/// The expressions of a fact: arguments or the value written.
pub(super) fn expressions(data: &Data) -> &[Expr] {
    match data.field("args").or_else(|| data.field("value")) {
        Some(Value::Exprs(exprs)) => exprs,
        _ => &[],
    }
}

/// Whether the name is one that TorchScript gives to what it compiled: the archive's own `code/` defines it.
pub(super) fn name_is_compiled(data: &Data) -> bool {
    let module = match data {
        Data::Call(call) => &call.module,
        Data::Import(import) => &import.module,
        _ => return false,
    };
    module.split('.').next() == Some("__torch__")
}

/// Whether the name is one of another language than Python: those carry the language in front, `lua:os`.
pub(super) fn of_another_language(data: &Data) -> bool {
    let module = match data {
        Data::Call(call) => &call.module,
        Data::Import(import) => &import.module,
        _ => return false,
    };
    module.contains(':')
}

/// Every text in them, bytes read as UTF-8 where they are.
pub(super) fn texts(data: &Data) -> impl Iterator<Item = Cow<'_, str>> {
    expressions(data).iter().flat_map(Expr::walk).filter_map(|expr| match expr {
        Expr::Str(text) => Some(Cow::Borrowed(&**text)),
        Expr::Bytes(bytes) => Some(String::from_utf8_lossy(bytes)),
        _ => None,
    })
}

/// Whether a callable stands in them that does harm when it is called.
pub(super) fn name_dangerous_callable(data: &Data) -> bool {
    let mut globals = expressions(data).iter().flat_map(Expr::walk);
    globals.any(|expr| matches!(expr, Expr::Global { module, name } if !name.is_empty() && look_up(module, name).is_dangerous()))
}

/// Whether a callable stands in them that runs code or starts processes.
pub(super) fn name_executing_callable(data: &Data) -> bool {
    let mut globals = expressions(data).iter().flat_map(Expr::walk);
    globals.any(|expr| matches!(expr, Expr::Global { module, name } if !name.is_empty() && executes(module, name)))
}

fn executes(module: &str, name: &str) -> bool {
    let (_, kind) = look_up(module, name).word().split_once('/').unwrap_or_default();
    look_up(module, name).is_dangerous() && matches!(kind, "execution" | "process" | "import" | "native" | "debugger")
}

/// Whether what is called was made from, or belongs to, something that a dangerous callable went into: `property(os.system).fget`.
/// The callee stands in `written` as Python.
pub(super) fn callee_names_dangerous_callable(data: &Data) -> bool {
    let Data::Call(call) = data else { return false };
    call.written.contains('(')
        && names_outside_of_texts(&call.written).any(|path| {
            let cuts =
                path.match_indices('.').filter_map(|(dot, _)| Some((path.get(..dot)?, path.get(dot..)?.get(1..)?)));
            cuts.into_iter().any(|(module, name)| knowledge::is_named(module, name) && executes(module, name))
        })
}

/// The dotted names in a Python expression, texts left out.
fn names_outside_of_texts(expression: &str) -> impl Iterator<Item = &str> {
    let (mut quote, mut escaped) = (None, false);
    let mut parts = Vec::new();
    let mut start = 0_usize;
    for (at, letter) in expression.char_indices() {
        let inside = quote.is_some();
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(open) if letter == open => quote = None,
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            _ => {}
        }
        if inside || quote.is_some() || !(letter.is_alphanumeric() || matches!(letter, '_' | '.')) {
            parts.extend(expression.get(start..at));
            start = at.saturating_add(letter.len_utf8());
        }
    }
    parts.extend(expression.get(start..).filter(|_| quote.is_none()));
    parts.into_iter().filter(|part| part.contains('.'))
}

/// Whether the callee or an argument is, or was reached through, an attribute that leads from any object to everything.
pub(super) fn lead_out(data: &Data) -> bool {
    let way = |name: &str| name.split('.').any(|part| super::code::WAYS_OUT.contains(&part));
    let called = matches!(data, Data::Call(call) if way(&call.name));
    called
        || expressions(data).iter().flat_map(Expr::walk).any(|expr| match expr {
            Expr::Global { name, .. } | Expr::Attribute { name, .. } => way(name),
            _ => false,
        })
}

/// Whether a module of the standard library that is dangerous to have is named, or what is named is not known.
pub(super) fn name_dangerous_module(data: &Data) -> bool {
    match expressions(data).first() {
        Some(Expr::Str(module)) => {
            let (home, name) = module.split_once(':').unwrap_or((module, ""));
            let dangerous = |module: &str| {
                knowledge::stdlib_module(module).is_some_and(|row| row.category != knowledge::Category::Unneeded)
            };
            dangerous(home) || !name.is_empty() && look_up(home, name).is_dangerous()
        }
        Some(expr) => matches!(expr, Expr::Unknown | Expr::Elided),
        None => false,
    }
}

/// Whether two texts in a row are the module and name of a dangerous callable.
pub(super) fn name_dangerous_pair(data: &Data) -> bool {
    let args = expressions(data);
    args.iter().zip(args.iter().skip(1)).any(|(module, name)| match (module.as_str(), name.as_str()) {
        (Some(module), Some(name)) => {
            let resolved = knowledge::resolve(module, name);
            look_up(&resolved.module, &resolved.name).is_dangerous()
        }
        _ => false,
    })
}

/// Whether importing a name does more than define it: its module acts, or the one through which it is written.
pub(super) fn acts_when_imported(import: &base::fact::Import) -> bool {
    let acts = |module: &str| {
        let effect = knowledge::import_effect(module);
        effect.is_some_and(|row| matches!(row.standing, knowledge::Standing::Dangerous(_)))
    };
    acts(&import.module) || import.written.match_indices('.').filter_map(|(end, _)| import.written.get(..end)).any(acts)
}

/// Whether nothing is known of what the first argument is or leads back to: the callable of `map`, the class of `_reconstructor`.
/// A call without arguments passes nothing on.
pub(super) fn first_is_unresolved(data: &Data) -> bool {
    let Some(mut expr) = expressions(data).first() else { return false };
    loop {
        expr = match expr {
            Expr::Call { callee, .. } => callee,
            Expr::Attribute { of, .. } | Expr::Item { of, .. } => of,
            Expr::Unknown | Expr::Elided => return true,
            _ => return false,
        }
    }
}

/// Whether an argument may name a file: anything but a number, a truth value or `None`.
pub(super) fn may_be_path(data: &Data) -> bool {
    let harmless =
        |expr: &Expr| matches!(expr, Expr::None | Expr::Bool(_) | Expr::Int(_) | Expr::BigInt(_) | Expr::Float(_));
    expressions(data).iter().any(|expr| !harmless(expr))
}

/// Methods by which operators act: what tracing writes of them is a call like any other.
const OPERATORS: &[&str] = &[
    "__abs__",
    "__add__",
    "__and__",
    "__bool__",
    "__contains__",
    "__eq__",
    "__float__",
    "__floordiv__",
    "__ge__",
    "__getitem__",
    "__gt__",
    "__iadd__",
    "__iand__",
    "__idiv__",
    "__ifloordiv__",
    "__ilshift__",
    "__imod__",
    "__imul__",
    "__int__",
    "__invert__",
    "__ior__",
    "__ipow__",
    "__irshift__",
    "__isub__",
    "__itruediv__",
    "__ixor__",
    "__le__",
    "__len__",
    "__lshift__",
    "__lt__",
    "__matmul__",
    "__mod__",
    "__mul__",
    "__ne__",
    "__neg__",
    "__or__",
    "__pos__",
    "__pow__",
    "__radd__",
    "__rand__",
    "__rdiv__",
    "__rfloordiv__",
    "__rlshift__",
    "__rmatmul__",
    "__rmod__",
    "__rmul__",
    "__ror__",
    "__rpow__",
    "__rrshift__",
    "__rshift__",
    "__rsub__",
    "__rtruediv__",
    "__rxor__",
    "__setitem__",
    "__sub__",
    "__truediv__",
    "__xor__",
];

/// Whether an attribute is read by which the interpreter keeps what no computation needs. Of a traced module the reader states no other `getattr`.
pub(super) fn reach_inside(data: &Data) -> bool {
    let Data::Call(base::fact::Call { module, name, args, .. }) = data else { return false };
    let operator = |arg: &Expr| arg.as_str().is_some_and(|name| OPERATORS.contains(&name));
    &**module == "builtins" && &**name == "getattr" && !args.get(1).is_some_and(operator)
}

/// Whether `class.__new__` is called, which is how protocols 2 and 3 write NEWOBJ_EX: the class is only built.
pub(super) fn callee_is_new(data: &Data) -> bool {
    matches!(data, Data::Call(call) if call.name.len() > 8 && call.name.ends_with(".__new__"))
}

/// Whether what is written on is neither part of Python nor of a library that the tables know, and gets a constant, which nothing can call.
pub(super) fn target_is_unknown(data: &Data) -> bool {
    let Data::Attribute(attribute) = data else { return false };
    let (root, _) = attribute.target.split_once('.').unwrap_or((&attribute.target, ""));
    let known = root.is_empty() || knowledge::is_stdlib(root) || knowledge::is_known_module(root);
    let constant = |expr: &Expr| {
        !matches!(
            expr,
            Expr::Global { .. }
                | Expr::Call { .. }
                | Expr::Attribute { .. }
                | Expr::Item { .. }
                | Expr::Unknown
                | Expr::Elided
        )
    };
    !known && attribute.value.iter().flat_map(Expr::walk).all(constant)
}

/// Whether an argument that should be a name or a number is not known.
pub(super) fn text_is_unresolved(data: &Data) -> bool {
    expressions(data).iter().any(|expr| matches!(expr, Expr::Unknown | Expr::Elided))
}

/// Endings of native libraries; a version may follow that of ELF.
const LIBRARIES: [&str; 4] = [".so", ".dll", ".dylib", ".pyd"];

/// Whether a native library is named by its place, or as a part of one: a name alone that `ctypes` gets is looked for among
/// those of the system.
pub(super) fn name_library_file(data: &Data) -> bool {
    let system = matches!(data.field("module"), Some(Value::Text("ctypes")));
    let alone = |text: &str| matches!(expressions(data).first(), Some(Expr::Str(first)) if &**first == text);
    texts(data).any(|text| {
        let lower = text.to_lowercase();
        let library = LIBRARIES.iter().any(|ending| lower.ends_with(ending)) || lower.contains(".so.");
        library && (lower.contains(['/', '\\']) || !system || !alone(&text))
    })
}

/// Whether `open` and its like get a mode that writes, or one that is not known.
pub(super) fn open_for_writing(data: &Data) -> bool {
    // `c` and `n` are those of `dbm.open`; the flags are those of `os.open` that write, make or empty a file, in Linux and in Windows.
    const FLAGS: i64 = 0o1 | 0o2 | 0o100 | 0o1000 | 0x100 | 0x200;
    expressions(data).iter().enumerate().skip(1).any(|(position, expr)| match expr {
        Expr::Str(mode) => {
            mode.len() <= 5
                && mode.chars().all(|letter| "rwaxbtU+cn".contains(letter))
                && mode.contains(['w', 'a', 'x', '+', 'c', 'n'])
        }
        Expr::Int(flags) => position == 1 && flags & FLAGS != 0,
        Expr::Unknown | Expr::Elided => true,
        _ => false,
    })
}

/// Whether a file is written from which a system or a shell starts something.
pub(super) fn writes_startup_file(data: &Data) -> bool {
    let opens = matches!(data, Data::Call(call) if matches!(&*call.name, "open" | "file" | "FileIO"));
    texts(data).any(|text| super::text::names_startup_file(&text)) && (!opens || open_for_writing(data))
}

/// Whether the first of them is, as it stands, everything of the user or the system.
pub(super) fn first_is_whole_tree(data: &Data) -> bool {
    let text = match expressions(data).first() {
        Some(Expr::Call { callee, args, .. }) if callee.dotted().is_some_and(|name| name.ends_with("expanduser")) => {
            args.first().and_then(Expr::as_str)
        }
        Some(first) => first.as_str(),
        None => None,
    };
    text.is_some_and(super::text::names_whole_tree)
}

/// Whether a text in them is the dotted path of a callable that runs code or starts processes.
pub(super) fn name_executing_path(data: &Data) -> bool {
    texts(data).any(|text| {
        let path = text.rsplit_once('.').filter(|_| text.len() < 80 && !text.contains(char::is_whitespace));
        path.is_some_and(|(module, name)| executes(module, name))
    })
}

/// Whether the module that the first argument names is neither part of Python nor of a library that the tables know.
pub(super) fn import_unknown_module(data: &Data) -> bool {
    match expressions(data).first() {
        Some(Expr::Str(module)) => {
            let (root, _) = module.split_once('.').unwrap_or((module, ""));
            !knowledge::is_stdlib(root) && !knowledge::is_known_module(root)
        }
        _ => true,
    }
}
