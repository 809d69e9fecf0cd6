//! Every indirection to a name ends at the canonical global, and what is called on the way is told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use base::budget::Meter;
use eval::{Outcome, Value, When, attribute, call, construct, item, name};

fn run(callee: Value, args: &[Value]) -> Outcome {
    call(&callee, args, &[], &Meter::unlimited()).unwrap()
}

fn dotted(value: &Value) -> String {
    value.callee_name().map_or_else(|| format!("{value:?}"), |name| name.dotted())
}

fn global(path: &str) -> Value {
    let (module, qualname) = path.split_once(':').unwrap();
    Value::global(module, qualname)
}

fn text(text: &str) -> Value {
    Value::str(text)
}

#[test]
fn text_resolves_to_globals() {
    let os = || Value::module("os");
    for (callee, args, expected) in [
        ("builtins:getattr", vec![os(), text("system")], "os.system"),
        ("builtins:object.__getattribute__", vec![os(), text("system")], "os.system"),
        ("inspect:getattr_static", vec![os(), text("system")], "os.system"),
        ("builtins:__import__", vec![text("os.path")], "os"),
        ("importlib:import_module", vec![text("subprocess")], "subprocess"),
        ("pkgutil:resolve_name", vec![text("os:system")], "os.system"),
        ("pkgutil:resolve_name", vec![text("os.system")], "os.system"),
        ("gym.envs.registration:load", vec![text("os:system")], "os.system"),
        ("nemo.utils.model_utils:import_class_by_path", vec![text("os.system")], "os.system"),
        ("dask.utils:import_required", vec![text("os"), text("needed")], "os"),
        ("pydoc:locate", vec![text("os.system")], "os.system"),
        ("cloudpickle.cloudpickle:_builtin_type", vec![text("CodeType")], "types.CodeType"),
        ("joblib.externals.cloudpickle.cloudpickle:_builtin_type", vec![text("ClassType")], "builtins.type"),
        ("dill._dill:_load_type", vec![text("bytes")], "builtins.bytes"),
        ("dill._dill:_load_type", vec![text("ItemGetterType")], "operator.itemgetter"),
        ("dill._dill:_load_type", vec![text("CodeType")], "types.CodeType"),
        ("numpy.core:_ufunc_reconstruct", vec![text("os"), text("system")], "os.system"),
        ("operator:getitem", vec![global("sys:modules"), text("os")], "os"),
        ("builtins:dict.get", vec![attribute(&Value::module("numpy"), "__builtins__"), text("eval")], "builtins.eval"),
        ("functools:reduce", vec![global("builtins:getattr"), Value::list([text("system")]), os()], "os.system"),
    ] {
        let outcome = run(global(callee), &args);
        assert_eq!(dotted(&outcome.result), expected, "{callee}");
        assert!(outcome.result.as_name().unwrap().computed, "{callee}");
        assert!(outcome.invocations.is_empty(), "{callee}");
    }
}

#[test]
fn getters_resolve() {
    let getter = run(global("operator:attrgetter"), &[text("path.os.system")]).result;
    assert_eq!(dotted(&run(getter, &[Value::module("os")]).result), "os.system");
    let modules = run(global("operator:itemgetter"), &[text("os")]).result;
    assert_eq!(dotted(&run(modules, &[global("sys:modules")]).result), "os");
    let caller = run(global("operator:methodcaller"), &[text("system"), text("id")]).result;
    let outcome = run(caller, &[Value::module("os")]);
    assert_eq!(dotted(&outcome.invocations[0].callee), "os.system");
    assert_eq!(outcome.invocations[0].args, [text("id")]);
}

#[test]
fn namespaces_are_walked() {
    let dict = attribute(&Value::module("os"), "__dict__");
    assert_eq!(dotted(&item(&dict, &text("system"))), "os.system");
    let globals = attribute(&global("torch._utils:_rebuild_tensor"), "__globals__");
    let found = item(&item(&globals, &text("__builtins__")), &text("eval"));
    assert_eq!(dotted(&found), "builtins.eval");
    assert!(found.as_name().unwrap().special.is_some());
    let vars = run(global("builtins:vars"), &[Value::module("os")]).result;
    assert_eq!(dotted(&item(&vars, &text("popen"))), "os.popen");
    let get = attribute(&global("sys:modules"), "get");
    assert_eq!(dotted(&run(get, &[text("subprocess")]).result), "subprocess");
    let builtins = attribute(&global("builtins:print"), "__self__");
    assert_eq!(dotted(&attribute(&builtins, "eval")), "builtins.eval");
}

#[test]
fn python2_names_are_mapped_only_when_asked() {
    assert_eq!(dotted(&name("__builtin__", "eval", true)), "builtins.eval");
    assert_eq!(dotted(&name("commands", "getoutput", true)), "subprocess.getoutput");
    assert_eq!(dotted(&name("itertools", "imap", true)), "builtins.map");
    assert_eq!(dotted(&name("posix", "system", false)), "os.system");
}

#[test]
fn callbacks_are_invoked_when_they_are_read() {
    let lazy = run(global("builtins:map"), &[global("os:system"), Value::list([text("id"), text("ls")])]);
    assert!(lazy.invocations.is_empty());
    for reader in ["builtins:list", "builtins:any", "collections:OrderedDict", "collections:deque", "unknown:function"]
    {
        let outcome = run(global(reader), std::slice::from_ref(&lazy.result));
        let called: Vec<_> = outcome.invocations.iter().map(|call| (dotted(&call.callee), call.when)).collect();
        assert_eq!(called[0], ("os.system".to_owned(), When::Load), "{reader}");
    }
    let rows = Value::list([Value::tuple([text("id")])]);
    let star = construct(&global("itertools:starmap"), &[global("os:system"), rows], &[], &Meter::unlimited()).unwrap();
    let outcome = construct(&global("builtins:tuple"), &[star.result], &[], &Meter::unlimited()).unwrap();
    assert_eq!(outcome.invocations[0].args, [text("id")]);
}

#[test]
fn partials_and_bound_methods_invoke() {
    let partial = run(global("functools:partial"), &[global("os:system"), text("id")]).result;
    assert_eq!(run(partial.clone(), &[]).invocations[0].args, [text("id")]);
    let method = run(global("types:MethodType"), &[global("os:system"), text("id")]).result;
    assert_eq!(dotted(&run(method, &[]).invocations[0].callee), "os.system");
    let outcome = run(global("operator:call"), &[global("os:system"), text("id")]);
    assert_eq!(dotted(&outcome.invocations[0].callee), "os.system");
    let missing = run(global("collections:defaultdict"), std::slice::from_ref(&partial)).result;
    assert_eq!(
        dotted(&run(global("operator:getitem"), &[missing, text("x")]).invocations.pop().unwrap().callee),
        "os.system"
    );
    let timer = run(global("threading:Timer"), &[Value::Int(1), global("os:system"), Value::list([text("id")])]);
    assert_eq!((timer.invocations[0].when, dotted(&timer.invocations[0].callee)), (When::Deferred, "os.system".into()));
}

#[test]
fn methods_of_unknown_objects_are_named_by_their_class() {
    let object = run(global("code:InteractiveInterpreter"), &[]).result;
    assert_eq!(dotted(&attribute(&object, "runcode")), "code.InteractiveInterpreter.runcode");
    let tcl = run(global("tkinter:Tcl"), &[]).result;
    assert_eq!(dotted(&attribute(&tcl, "eval")), "tkinter.Tcl.eval");
}
