//! Well-known names are found as what they are.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use knowledge::{Category, Judge, Lookup, SafeRole, Standing, callable, canonical, is_stdlib, python2, resolve};

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
    assert_eq!(callable("socket", "no_such_name"), Lookup::Stdlib { module: "socket", category: Category::Network });
    assert_eq!(callable("urllib.nothing", "x"), Lookup::Stdlib { module: "urllib", category: Category::Network });
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
        ("x", "sys.modules.os.system"),
    ] {
        let found = resolve(module, name);
        assert!(found.crossed, "{module} {name}");
        assert!(found.name.ends_with("system") || found.module == "sys", "{module} {name}: {found:?}");
    }
    let found = resolve("os", "path.join");
    assert_eq!((&*found.module, &*found.name, found.crossed), ("os.path", "join", false));
    assert_eq!(resolve("x", "f.__globals__").special, Some("__globals__"));
    let found = resolve("x", "__builtins__.eval");
    assert_eq!((&*found.module, &*found.name), ("builtins", "eval"));
    let found = resolve("x.y", "copy");
    assert_eq!((&*found.module, &*found.name, found.crossed), ("x.y", "copy", false));
}

#[test]
fn aliases_share_one_name() {
    assert_eq!(canonical("cPickle", "loads"), ("pickle", "loads"));
    assert_eq!(canonical("numpy", "array"), ("numpy", "array"));
}

#[test]
fn python_2_names_are_mapped_pair_first() {
    assert_eq!(python2("__builtin__", "xrange"), Some(("builtins", "range")));
    assert_eq!(python2("commands", "getoutput"), Some(("subprocess", "getoutput")));
    assert_eq!(python2("numpy", "array"), None);
}
