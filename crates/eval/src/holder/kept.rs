//! Attributes that are arguments of the constructor: `logging.getLogger('x').name`, `slice('x', 1).start`.

use crate::value::{Call, Value};

/// Module, class, attribute, position of the argument that it keeps.
const KEPT: &[(&str, &str, &str, usize)] = &[
    ("ast", "Name", "id", 0),
    ("builtins", "slice", "start", 0),
    ("builtins", "slice", "step", 2),
    ("builtins", "slice", "stop", 1),
    ("builtins", "type", "__name__", 0),
    ("collections", "UserDict", "data", 0),
    ("collections", "UserList", "data", 0),
    ("collections", "UserString", "data", 0),
    ("collections", "namedtuple", "__name__", 0),
    ("contextvars", "ContextVar", "name", 0),
    ("email.charset", "Charset", "input_charset", 0),
    ("importlib.machinery", "ModuleSpec", "name", 0),
    ("inspect", "Parameter", "name", 0),
    ("logging", "Logger", "name", 0),
    ("logging", "getLogger", "name", 0),
    ("string", "Template", "template", 0),
    ("types", "ModuleType", "__name__", 0),
    ("typing", "ForwardRef", "__forward_arg__", 0),
    ("typing", "TypeVar", "__name__", 0),
    ("typing", "NewType", "__name__", 0),
    ("xmlrpc.client", "Binary", "data", 0),
    ("xmlrpc.client", "DateTime", "value", 0),
    ("zoneinfo", "ZoneInfo", "key", 0),
];

/// The attribute, where it is one of these, or the `args` of an exception.
pub(super) fn attribute(call: &Call, name: &str) -> Option<Value> {
    let (module, class) = super::made_by(call)?;
    let row = KEPT.iter().find(|row| (row.0, row.1, row.2) == (module, class, name));
    if let Some(row) = row {
        return call.args.get(row.3).cloned();
    }
    let exception = module == "builtins" && (class.ends_with("Error") || class.ends_with("Exception"));
    (exception && name == "args").then(|| Value::tuple(call.args.clone()))
}
