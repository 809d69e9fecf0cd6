//! Functions that turn text into what it names, keep a callable for later, or call one that they are given.

use std::sync::Arc;

use crate::{
    arguments::{Arguments, text},
    attribute::{attribute, item},
    evaluator::{Evaluator, Fault, Folded, When, raise},
    iterate,
    name::Name,
    value::{Exception, Value},
};

/// Classes whose `load_module` imports by a module's own name.
const IMPORTERS: [&str; 2] = ["BuiltinImporter", "FrozenImporter"];

/// `of.a.b.c`.
pub(crate) fn walk(of: &Value, dotted: &str) -> Value {
    dotted.split('.').fold(of.clone(), |of, name| attribute(&of, name))
}

/// The value of a call that this file knows.
pub(crate) fn fold(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    let value = match path {
        ("builtins", "getattr" | "hasattr") | ("inspect", "getattr_static") => get_attribute(path.1, args)?,
        ("builtins", "object.__getattribute__" | "type.__getattribute__" | "super.__getattribute__") => {
            attribute(args.value(0)?, args.text(1)?)
        }
        ("builtins", "vars") => attribute(args.value(0)?, "__dict__"),
        ("builtins", "__import__") | ("importlib", "__import__" | "_bootstrap.__import__") => import(args)?,
        ("importlib", "import_module") | ("importlib._bootstrap", "_gcd_import" | "_find_and_load") => module(args)?,
        (home, "subimport") if is_cloudpickle(home) => module(args)?,
        (home, "_builtin_type") if is_cloudpickle(home) => builtin_type(args.text(0)?),
        ("dill._dill" | "dill", "_load_type") => loaded_type(args.text(0)?)?,
        ("dill._dill" | "dill", "_create_type" | "_create_ftype") => {
            evaluator.invoke(args.value(0)?, args.rest(1), args.kwargs)?
        }
        _ if resolves_dotted(path) => dotted(args.text(0)?),
        ("numpy.random._pickle", "__generator_ctor" | "__randomstate_ctor") if args.len() == 2 => {
            evaluator.invoke(args.value(1)?, args.args.get(..1).unwrap_or_default(), &[])?
        }
        ("numpy.random._pickle", "__bit_generator_ctor") if args.value(0)?.as_name().is_some() => {
            evaluator.invoke(args.value(0)?, &[], &[])?
        }
        ("numpy.core" | "numpy._core", "_ufunc_reconstruct") => {
            attribute(&dotted_module(args.text(0)?)?, args.text(1)?)
        }
        ("importlib" | "imp", "reload") => args.value(0)?.clone(),
        // The module of a specification that was sought by its name.
        ("importlib.util" | "importlib._bootstrap", "module_from_spec") => match args.value(0)? {
            Value::Call(call)
                if call.callee.as_name().is_some_and(|name| {
                    matches!(&*name.qualname, "find_spec" | "_find_spec") && name.module.starts_with("importlib")
                }) =>
            {
                dotted_module(text(call.args.first().ok_or(Fault::Unfollowed)?)?)?
            }
            _ => return Ok(None),
        },
        ("pkgutil", "resolve_name") | ("gym.envs.registration" | "bottle", "load") => entry_point(args.text(0)?),
        ("xmlrpc.server", "resolve_dotted_attribute") => walk(args.value(0)?, args.text(1)?),
        ("dill._dill" | "dill", "_get_attr") => attribute(args.value(0)?, args.text(1)?),
        ("pickle", "_getattribute") => walk(args.value(0)?, args.text(1)?),
        ("operator", "attrgetter") => {
            let names: Folded<Arc<[Arc<str>]>> = args.args.iter().map(|name| text(name).cloned()).collect();
            Value::AttributeGetter(names?)
        }
        ("operator", "itemgetter") => Value::item_getter(args.args),
        ("operator", "methodcaller") => {
            Value::method_caller(args.text(0)?.clone(), args.rest(1).to_vec(), args.kwargs.to_vec())
        }
        ("operator", "call") | ("builtins", "apply") => evaluator.invoke(args.value(0)?, args.rest(1), args.kwargs)?,
        ("functools", "partial" | "partialmethod") => partial(args)?,
        ("multiprocessing.reduction", "_rebuild_partial") => rebuilt_partial(args)?,
        ("types", "MethodType") => Value::partial(args.value(0)?.clone(), args.rest(1).to_vec(), Vec::new()),
        ("functools", "reduce") => reduce(evaluator, args)?,
        ("copyreg", "__newobj_ex__") => {
            let (Value::Tuple(of), Value::Dict(named)) = (args.value(1)?, args.value(2)?) else {
                return Err(Fault::Unfollowed);
            };
            evaluator.construct(args.value(0)?, of, &keywords(named)?)?
        }
        ("copyreg", "__newobj__") => evaluator.construct(args.value(0)?, args.rest(1), args.kwargs)?,
        ("copyreg", "_reconstructor") => reconstruct(evaluator, args)?,
        // `lru_cache(maxsize)` makes a decorator, `lru_cache(f)` decorates.
        ("functools", "lru_cache") if args.len() == 0 || args.value(0)?.is_constant() => {
            Value::partial(Value::global("functools", "cache"), Vec::new(), Vec::new())
        }
        ("functools", "wraps") => {
            let wrapped = (Arc::from("wrapped"), args.value(0)?.clone());
            Value::partial(Value::global("functools", "update_wrapper"), Vec::new(), vec![wrapped])
        }
        // What comes out is called as what went in.
        ("functools", "cache" | "singledispatch" | "lru_cache" | "_lru_cache_wrapper" | "update_wrapper")
        | ("builtins", "staticmethod" | "classmethod")
        | ("types", "GenericAlias") => args.value(0)?.clone(),
        ("copy", "copy" | "deepcopy") if args.value(0)?.as_name().is_some() => args.value(0)?.clone(),
        (_, qualname) => return other(evaluator, path, qualname, args),
    };
    Ok(Some(value))
}

fn other(
    evaluator: &mut Evaluator<'_>,
    path: (&str, &str),
    qualname: &str,
    args: Arguments<'_>,
) -> Folded<Option<Value>> {
    let (owner, last) = qualname.rsplit_once('.').unwrap_or(("", qualname));
    let holder = || Value::from(Name::new(path.0, owner));
    match last {
        // `os.__getattribute__('system')`, `SomeClass.__getattribute__(object, 'name')`.
        "__getattribute__" | "__getattr__" => match args.args {
            [name] => Ok(Some(attribute(&holder(), text(name)?))),
            [of, name] => Ok(Some(attribute(of, text(name)?))),
            _ => raise(Exception::Type),
        },
        // A function bound to its first argument.
        "__get__" if args.len() > 0 && !owner.is_empty() => {
            Ok(Some(Value::partial(holder(), args.args.get(..1).unwrap_or_default().to_vec(), Vec::new())))
        }
        "mro" if path.0 == "builtins" && !owner.is_empty() => {
            Ok(Some(Value::tuple([holder(), Value::global("builtins", "object")])))
        }
        "__new__" if args.len() > 0 && !owner.is_empty() => {
            evaluator.construct(args.value(0)?, args.rest(1), args.kwargs).map(Some)
        }
        "load_module"
            if owner.ends_with("__loader__") || owner.ends_with("__spec__.loader") || IMPORTERS.contains(&owner) =>
        {
            dotted_module(args.text(0)?).map(Some)
        }
        _ => {
            deferred(evaluator, path, args);
            Ok(None)
        }
    }
}

/// `getattr(of, name[, default])`.
fn get_attribute(function: &str, args: Arguments<'_>) -> Folded {
    let (of, name) = (args.value(0)?, args.text(1)?);
    if function == "hasattr" {
        return Err(Fault::Unfollowed);
    }
    Ok(attribute(of, name))
}

/// `__import__(name, globals, locals, fromlist)`: the first package unless something is imported from it.
fn import(args: Arguments<'_>) -> Folded {
    let name = text(args.required(0, "name")?)?;
    let from = args.at(3, "fromlist").and_then(crate::compare::truth).unwrap_or(false);
    let module = if from { name } else { name.split('.').next().unwrap_or(name) };
    dotted_module(module)
}

/// `importlib.import_module(name, package)`.
fn module(args: Arguments<'_>) -> Folded {
    let name = text(args.required(0, "name")?)?;
    let relative = name.trim_start_matches('.');
    if relative.len() == name.len() {
        return dotted_module(name);
    }
    let mut package = &**text(args.required(1, "package")?)?;
    for _ in 1..name.len().saturating_sub(relative.len()) {
        package = package.rsplit_once('.').map_or("", |(above, _)| above);
    }
    dotted_module(&if relative.is_empty() { package.to_owned() } else { format!("{package}.{relative}") })
}

fn dotted_module(module: &str) -> Folded {
    if module.is_empty() {
        return raise(Exception::Value);
    }
    match Value::module(module) {
        Value::Global(name) => Ok(Name::clone(&name).computed().into()),
        other => Ok(other),
    }
}

/// Whether this is cloudpickle, or a copy of it that a library carries.
fn is_cloudpickle(module: &str) -> bool {
    matches!(module.rsplit('.').next(), Some("cloudpickle" | "cloudpickle_fast"))
}

/// `cloudpickle._builtin_type(name)`: an attribute of `types`, of which `ClassType` is `type`.
fn builtin_type(name: &str) -> Value {
    match name {
        "ClassType" => Name::new("builtins", "type").computed().into(),
        _ => attribute(&Value::module("types"), name),
    }
}

/// `dill._load_type(name)`: a type by the name that it has in `builtins` or `types`, or that dill gives it.
fn loaded_type(name: &str) -> Folded {
    let (module, qualname) = match name {
        "PartialType" => ("functools", "partial"),
        "SuperType" => ("builtins", "super"),
        "ItemGetterType" => ("operator", "itemgetter"),
        "AttrGetterType" => ("operator", "attrgetter"),
        "FileType" | "BufferedRandomType" | "BufferedReaderType" | "BufferedWriterType" | "TextWrapperType" => {
            ("io", "open")
        }
        "PyCapsuleType" => ("types", "CapsuleType"),
        _ if name.contains('.') || name.is_empty() => return raise(Exception::Value),
        _ if name.ends_with("Type") || matches!(name, "GenericAlias" | "SimpleNamespace") => ("types", name),
        _ => ("builtins", name),
    };
    Ok(attribute(&Value::module(module), qualname))
}

/// Whether a call of this may give what a text among its arguments names, as far as that is followed here.
#[must_use]
pub fn looks_up(module: &str, name: &str) -> bool {
    let root = module.split_once('.').map_or(module, |(root, _)| root);
    let whole = matches!(root, "copyreg" | "dill" | "imp" | "importlib" | "pickle" | "pkgutil");
    whole
        || is_cloudpickle(module)
        || resolves_dotted((module, name))
        || matches!(
            (module, name),
            ("gym.envs.registration" | "bottle", "load")
                | ("inspect", "classify_class_attrs" | "getattr_static" | "getmembers" | "getmembers_static")
                | ("multiprocessing.reduction", _)
                | ("numpy.core" | "numpy._core", "_ufunc_reconstruct")
                | ("operator", "attrgetter" | "methodcaller")
                | ("xmlrpc.server", "resolve_dotted_attribute")
        )
}

/// Functions of one text, the dotted path to a module or to something in one.
fn resolves_dotted(path: (&str, &str)) -> bool {
    matches!(
        path,
        ("pydoc", "locate" | "safeimport")
            | ("unittest.mock" | "mock" | "mock.mock", "_importer")
            | ("dill._dill" | "dill", "_import_module")
            | ("test.support.import_helper", "import_module")
            | ("logging.config", "_resolve")
            | ("django.utils.module_loading" | "werkzeug.utils", "import_string")
            | ("hydra.utils" | "hydra._internal.utils", "get_method" | "get_class" | "get_object" | "_locate")
            | ("torch._utils", "_import_dotted_name")
            | ("numpy.lib.utils", "_lookfor_generate_cache")
            | ("pydoc", "resolve")
            | ("nemo.utils.model_utils", "import_class_by_path")
            | ("dask.utils", "import_required")
    )
}

/// The longest module of a dotted path, and the rest as attributes.
fn dotted(path: &str) -> Value {
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or_default();
    let start = match Value::module(first) {
        Value::Global(name) => Name::clone(&name).computed().into(),
        other => other,
    };
    parts.fold(start, |of, name| attribute(&of, name))
}

/// `module:object` or a dotted path, as `pkgutil.resolve_name` reads it.
fn entry_point(path: &str) -> Value {
    match path.split_once(':') {
        Some((module, "")) => dotted(module),
        Some((module, object)) => match Value::module(module) {
            Value::Global(name) => walk(&Name::clone(&name).computed().into(), object),
            other => other,
        },
        None => dotted(path),
    }
}

/// `functools.partial(f, …)`; a partial of a partial is flat, as CPython makes it.
fn partial(args: Arguments<'_>) -> Folded {
    let callee = args.value(0)?;
    if let Value::Partial(inner) = callee {
        let (args, kwargs) = crate::call::bound(inner, args.rest(1), args.kwargs);
        return Ok(Value::partial(inner.callee.clone(), args, kwargs));
    }
    Ok(Value::partial(callee.clone(), args.rest(1).to_vec(), args.kwargs.to_vec()))
}

fn rebuilt_partial(args: Arguments<'_>) -> Folded {
    let Value::Tuple(positional) = args.value(1)? else {
        return Err(Fault::Unfollowed);
    };
    let Value::Dict(named) = args.value(2)? else {
        return Err(Fault::Unfollowed);
    };
    Ok(Value::partial(args.value(0)?.clone(), positional.to_vec(), keywords(named)?))
}

/// Keyword arguments of a dict.
fn keywords(named: &[(Value, Value)]) -> Folded<crate::value::Keywords> {
    named.iter().map(|(name, value)| Ok((text(name)?.clone(), value.clone()))).collect()
}

/// `functools.reduce(f, items[, first])`.
fn reduce(evaluator: &mut Evaluator<'_>, args: Arguments<'_>) -> Folded {
    let (function, items) = (args.value(0)?, args.value(1)?);
    let mut items = iterate::all(evaluator, items)?.into_iter();
    let first = match args.at(2, "initial") {
        Some(first) => first.clone(),
        None => items.next().ok_or(Fault::Raises(Exception::Type))?,
    };
    items.try_fold(first, |held, item| evaluator.invoke(function, &[held, item], &[]))
}

/// `copyreg._reconstructor(class, base, state)`: `base.__new__(class, state)`.
fn reconstruct(evaluator: &mut Evaluator<'_>, args: Arguments<'_>) -> Folded {
    let (class, base, state) = (args.value(0)?, args.value(1)?, args.value(2)?);
    let of_object = base.as_name().is_some_and(|name| name.is("builtins", "object"));
    if of_object {
        return Ok(Value::instance(class.clone(), Vec::new(), Vec::new()));
    }
    if crate::compare::equal(class, base) == Some(true) {
        return evaluator.construct(class, std::slice::from_ref(state), &[]);
    }
    Ok(Value::instance(class.clone(), vec![state.clone()], Vec::new()))
}

/// Lists the callable that a call keeps for later.
fn deferred(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) {
    let keyword = |position, name: &str| args.at(position, name);
    let sequence = |value: Option<&Value>| match value {
        Some(Value::Tuple(items) | Value::List(items)) => items.to_vec(),
        _ => Vec::new(),
    };
    let (callee, called_with, when) = match path {
        ("atexit", "register") => (keyword(0, "func"), args.rest(1).to_vec(), When::Deferred),
        ("weakref", "finalize") => (keyword(1, "func"), args.rest(2).to_vec(), When::Deferred),
        ("threading", "Timer") => (keyword(1, "function"), sequence(keyword(2, "args")), When::Deferred),
        ("threading", "Thread")
        | ("multiprocessing" | "multiprocessing.context" | "multiprocessing.process", "Process") => {
            (keyword(1, "target"), sequence(keyword(3, "args")), When::Deferred)
        }
        ("_thread", "start_new_thread" | "start_new") | ("threading", "_start_new_thread" | "start_new_thread") => {
            (keyword(0, "function"), sequence(keyword(1, "args")), When::Load)
        }
        ("signal", "signal") => (keyword(1, "handler"), Vec::new(), When::Deferred),
        ("collections", "defaultdict") => (keyword(0, "default_factory"), Vec::new(), When::Use),
        ("weakref", "ref" | "WeakMethod" | "proxy") => (keyword(1, "callback"), Vec::new(), When::Deferred),
        ("contextlib", "ExitStack.callback") => (keyword(1, "callback"), args.rest(2).to_vec(), When::Deferred),
        ("timeit", "timeit" | "repeat" | "Timer") => (keyword(0, "stmt"), Vec::new(), When::Load),
        ("sys", "settrace" | "setprofile") | ("threading", "settrace" | "setprofile") => {
            (keyword(0, "func"), Vec::new(), When::Load)
        }
        ("contextvars", "Context.run") => (keyword(1, "callable"), args.rest(2).to_vec(), When::Load),
        _ => return,
    };
    if let Some(callee) = callee.filter(|callee| !callee.is_constant()) {
        evaluator.record(callee, &called_with, &[], when);
    }
}

/// `of[key]`, calling the factory of a `defaultdict` whose key is missing.
pub(crate) fn subscript(evaluator: &mut Evaluator<'_>, of: &Value, key: &Value) -> Folded {
    if let Value::Call(call) | Value::Instance(call) = of
        && call.callee.as_name().is_some_and(|name| name.is("collections", "defaultdict"))
        && let Some(factory) = call.args.first()
    {
        return evaluator.invoke(factory, &[], &[]);
    }
    match item(of, key) {
        Value::Unknown(crate::value::Why::Raises(exception)) => raise(exception),
        Value::Item(_) => Err(Fault::Unfollowed),
        found => Ok(found),
    }
}
