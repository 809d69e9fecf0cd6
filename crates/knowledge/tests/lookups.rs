//! Well-known names are found as what they are.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use knowledge::{
    Category, Judge, Lookup, SafeRole, Standing, callable, canonical, import_effect, is_named, is_pure, is_stdlib,
    python2, resolve,
};

fn standing(module: &str, name: &str) -> Standing {
    let found = resolve(module, name);
    match callable(&found.module, &found.name) {
        Lookup::Known(row) => row.standing,
        other => panic!("{module} {name}: {found:?} {other:?}"),
    }
}

#[test]
fn well_known_names_stand_as_they_should() {
    let process = Standing::Dangerous(Category::Process);
    assert_eq!(standing("os", "system"), process);
    assert_eq!(standing("posix", "system"), process);
    assert_eq!(standing("nt", "system"), process);
    assert_eq!(standing("commands", "getoutput"), process);
    assert_eq!(standing("builtins", "eval"), Standing::Dangerous(Category::Execution));
    assert_eq!(standing("__builtin__", "getattr"), Standing::Judged(Judge::Attribute));
    assert_eq!(standing("_operator", "attrgetter"), Standing::Judged(Judge::Attribute));
    assert_eq!(standing("collections", "OrderedDict"), Standing::Safe(SafeRole::Construct));
}

#[test]
fn a_standard_module_without_a_row_is_denied_by_its_default() {
    let denied = |module, name| match callable(module, name) {
        Lookup::Stdlib(found) => Some((found.name, found.category)),
        _ => None,
    };
    assert_eq!(denied("socket", "no_such_name"), Some(("socket", Category::Network)));
    assert_eq!(denied("urllib.nothing", "x"), Some(("urllib", Category::Network)));
    assert_eq!(callable("mine", "thing"), Lookup::Unknown);
    assert_eq!(callable("test.mine", "thing"), Lookup::Unknown);
    assert!(is_stdlib("test.support.script_helper") && !is_stdlib("test") && !is_stdlib("osx"));
}

#[test]
fn walks_land_where_python_would() {
    for (module, name) in [
        ("pathlib", "os.system"),
        ("random", "_os.system"),
        ("sklearn.datasets._base", "os.system"),
        ("x.y", "_os.system"),
        ("x.y", "Thing.os.system"),
        ("torch.serialization", "os.system"),
        ("subprocess", "os.system"),
        ("tempfile", "_os.system"),
    ] {
        let found = resolve(module, name);
        assert!(found.crossed, "{module} {name}");
        assert_eq!((&*found.module, &*found.name), ("os", "system"), "{module} {name}");
    }
    let found = resolve("os", "path.join");
    assert_eq!((&*found.module, &*found.name, found.crossed), ("os.path", "join", false));
    assert_eq!(resolve("x", "f.__globals__").special, Some("__globals__"));
    let found = resolve("x", "__builtins__.eval");
    assert_eq!((&*found.module, &*found.name), ("builtins", "eval"));
    assert_eq!(resolve("x.y", "os").module, "os");
    let found = resolve("a.b", "six.sys.modules");
    assert_eq!((&*found.module, &*found.name, found.crossed), ("sys", "modules", true));
    let found = resolve("x.y", "copy");
    assert_eq!((&*found.module, &*found.name, found.crossed), ("x.y", "copy", false));
}

#[test]
fn aliases_share_one_name() {
    assert_eq!(canonical("cPickle", "loads"), ("pickle", "loads"));
    assert_eq!(canonical("numpy", "array"), ("numpy", "array"));
    assert!(is_named("posix", "system") && is_named("os", "system") && !is_named("os", "systems"));
}

#[test]
fn python_2_names_are_mapped_pair_first() {
    assert_eq!(python2("__builtin__", "xrange"), Some(("builtins", "range")));
    assert_eq!(python2("commands", "getoutput"), Some(("subprocess", "getoutput")));
    assert_eq!(python2("numpy", "array"), None);
}

#[test]
fn gadgets_are_known_by_what_they_do() {
    use Category::{Deserialise, Execution, File, Gui, Import, Native, Network, Process};
    for (module, name, category) in [
        ("builtins", "exec", Execution),
        ("timeit", "timeit", Execution),
        ("cProfile", "runctx", Execution),
        ("profile", "Profile.run", Execution),
        ("code", "InteractiveInterpreter.runcode", Execution),
        ("doctest", "debug_script", Execution),
        ("runpy", "_run_code", Execution),
        ("trace", "Trace.runctx", Execution),
        ("dataclasses", "_create_fn", Execution),
        ("idlelib.calltip", "get_entity", Execution),
        ("idlelib.pyshell", "ModifiedInterpreter.runcommand", Execution),
        ("lib2to3.pgen2.pgen", "ParserGenerator.make_label", Execution),
        ("ensurepip", "_run_pip", Execution),
        ("logging.config", "dictConfig", Execution),
        ("pty", "spawn", Process),
        ("_posixsubprocess", "fork_exec", Process),
        ("uuid", "_get_command_stdout", Process),
        ("_pyrepl.pager", "pipe_pager", Process),
        ("imaplib", "IMAP4_stream", Process),
        ("asyncio", "create_subprocess_shell", Process),
        ("webbrowser", "GenericBrowser.open", Process),
        ("webbrowser", "open", Gui),
        ("ctypes", "CDLL", Native),
        ("_ctypes", "dlopen", Native),
        ("pkgutil", "resolve_name", Import),
        ("pydoc", "locate", Import),
        ("_frozen_importlib_external", "SourceFileLoader", Import),
        ("importlib.machinery", "SourceFileLoader", Import),
        ("io", "open", File),
        ("pathlib", "Path.write_text", File),
        ("pathlib._local", "PosixPath.unlink", File),
        ("shutil", "rmtree", File),
        ("urllib2", "urlopen", Network),
        ("six.moves.builtins", "exec", Execution),
        ("django.utils.six.moves.urllib.request", "urlopen", Network),
        ("future.moves.subprocess", "call", Process),
        ("eventlet.green.os", "system", Process),
        ("_socket", "socket", Network),
        ("shelve", "open", Deserialise),
    ] {
        assert_eq!(standing(module, name), Standing::Dangerous(category), "{module} {name}");
    }
}

#[test]
fn what_honest_pickles_name_is_allowed() {
    for (module, name) in [
        ("datetime", "datetime"),
        ("_pydatetime", "timedelta"),
        ("_pydecimal", "Decimal"),
        ("pathlib", "PosixPath"),
        ("pathlib._local", "PosixPath"),
        ("array", "_array_reconstructor"),
        ("zoneinfo", "ZoneInfo._unpickle"),
        ("UserDict", "UserDict"),
        ("exceptions", "ValueError"),
        ("sre", "_compile"),
        ("logging", "getLogger"),
        ("inspect", "Signature"),
        ("typing", "Optional"),
        ("email.policy", "EmailPolicy"),
    ] {
        assert!(matches!(standing(module, name), Standing::Safe(_)), "{module} {name}");
    }
}

#[test]
fn pure_functions_may_be_folded_and_others_may_not() {
    for (module, name) in [("builtins", "chr"), ("builtins", "str.join"), ("base64", "b64decode"), ("operator", "xor")]
    {
        assert!(is_pure(module, name), "{module} {name}");
    }
    for (module, name) in
        [("builtins", "eval"), ("builtins", "map"), ("os", "getcwd"), ("pickle", "loads"), ("x", "chr")]
    {
        assert!(!is_pure(module, name), "{module} {name}");
    }
}

#[test]
fn modules_that_act_when_imported_say_so() {
    assert!(import_effect("antigravity").is_some_and(|row| row.standing == Standing::Dangerous(Category::Gui)));
    assert!(import_effect("this").is_some());
    assert_eq!(import_effect("json"), None);
}

#[test]
fn an_overload_is_its_operator() {
    for path in ["ops.aten.cos", "ops.aten.cos.default", "ops.aten.add.Tensor"] {
        assert_eq!(standing("torch", path), Standing::Safe(SafeRole::Inert), "{path}");
    }
    assert_eq!(standing("torch", "ops.aten.save.default"), Standing::Dangerous(Category::File));
    for path in ["ops.aten.cos.default.op", "ops.aten.cos.__call__", "ops.own.cos.default"] {
        let found = resolve("torch", path);
        assert_eq!(callable(&found.module, &found.name), Lookup::Unknown, "{path}");
    }
    assert!(resolve("torch", "ops.aten.cos.__globals__").special.is_some());
}

#[test]
fn names_lead_to_what_is_below_them() {
    let below = |module, name| knowledge::names_below(module, name).collect::<Vec<_>>();
    assert!(below("pathlib", "Path").contains(&("pathlib", "Path.unlink")));
    assert!(below("torch", "").iter().any(|(module, name)| *module == "torch" && *name == "load"));
    assert!(below("torch", "").iter().any(|(module, _)| module.starts_with("torch.")));
    // `importlib.metadata` is a module of the package, by whichever name it is reached.
    assert!(below("importlib", "metadata").contains(&("importlib.metadata", "EntryPoint")));
    assert_eq!(below("torch.nn.functional", "no_such_name"), []);
    assert_eq!(below("no_such_module", ""), []);
    let all = knowledge::callables().filter(|row| row.module == "os" && !row.name.is_empty()).count();
    assert_eq!(below("os", "").iter().filter(|(module, name)| *module == "os" && !name.is_empty()).count(), all);
}

#[test]
fn some_callables_give_what_a_text_names() {
    for (module, name) in [
        ("builtins", "getattr"),
        ("builtins", "__import__"),
        ("builtins", "globals"),
        ("sys", "modules"),
        ("pydoc", "locate"),
    ] {
        assert!(knowledge::gives_names(module, name), "{module}.{name}");
    }
    for (module, name) in [("builtins", "hasattr"), ("builtins", "len"), ("os", "system"), ("torch.nn", "Linear")] {
        assert!(!knowledge::gives_names(module, name), "{module}.{name}");
    }
}
