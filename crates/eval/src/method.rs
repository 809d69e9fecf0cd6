//! Methods: of constants, of namespaces, and unbound ones reached through their class.

use std::rc::Rc;

use crate::{
    arguments::Arguments,
    attribute::attribute,
    bytes, container,
    evaluator::{Evaluator, Fault, Folded, raise},
    holder, integer,
    name::Name,
    operation, stream, text,
    value::{Exception, Value},
};

/// `of.name(…)`.
pub(crate) fn bound(evaluator: &mut Evaluator<'_>, of: &Value, name: &str, args: Arguments<'_>) -> Folded {
    if let (Value::Call(call), [receiver, rest @ ..]) = (of, args.args)
        && call.callee.as_name().is_some_and(|made| made.is("builtins", "type"))
        && call.args.len() == 1
    {
        match (name, rest) {
            ("__getattribute__" | "__getattr__", [Value::Str(name)]) => return Ok(attribute(receiver, name)),
            ("__call__", rest) => return evaluator.invoke(receiver, rest, args.kwargs),
            _ => {}
        }
    }
    if matches!(name, "__getattribute__" | "__getattr__") {
        return Ok(attribute(of, args.text(0)?));
    }
    match of {
        Value::Global(_) | Value::Attribute(_) => return of_namespace(of, name, args),
        Value::Partial(_) | Value::AttributeGetter(_) | Value::ItemGetter(_) | Value::MethodCaller(_)
            if name == "__call__" =>
        {
            return evaluator.apply(of, args.args, args.kwargs);
        }
        Value::Call(_) | Value::Instance(_) if matches!(name, "__getitem__" | "__missing__") => {
            return operation::subscript(evaluator, of, args.value(0)?);
        }
        Value::Call(_) if name == "decompress" => return crate::codec::decompressor(evaluator, of, args),
        Value::Call(call) => return holder::method(evaluator, call, name, args),
        _ if !of.is_constant() => return Err(Fault::Unfollowed),
        _ => {}
    }
    if let Some(operator) = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("__")) {
        match operation::dunder(evaluator, operator, of, args) {
            // Called by its name an operator answers `NotImplemented` to what it does not take.
            Err(Fault::Raises(Exception::Type)) if args.len() == 1 => return Err(Fault::Unfollowed),
            Ok(None) => {}
            found => return found?.ok_or(Fault::Unfollowed),
        }
    }
    match of {
        Value::Str(of) => text::method(evaluator, of, name, args),
        Value::Bytes(_) | Value::ByteArray(_) | Value::MemoryView(_) => bytes::method(evaluator, of, name, args),
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => {
            integer::method(evaluator, of, name, args)
        }
        Value::BytesIo(_) | Value::StringIo(_) => stream::method(evaluator, of, name, args),
        _ => container::method(evaluator, of, name, args),
    }
}

/// A method of a dict that holds a namespace: `sys.modules.get('os')`, `vars(os).__getitem__('system')`.
fn of_namespace(of: &Value, name: &str, args: Arguments<'_>) -> Folded {
    if !matches!(name, "get" | "__getitem__" | "pop" | "setdefault") {
        return Err(Fault::Unfollowed);
    }
    match crate::attribute::item(of, args.value(0)?) {
        Value::Item(_) | Value::Unknown(_) => Err(Fault::Unfollowed),
        found => Ok(found),
    }
}

/// `Class.method(object, …)` and static methods.
pub(crate) fn unbound(evaluator: &mut Evaluator<'_>, name: &Rc<Name>, args: Arguments<'_>) -> Folded {
    let Some((class, method)) = name.qualname.rsplit_once('.') else {
        return Err(Fault::Unfollowed);
    };
    match (&*name.module, class, method) {
        ("builtins", "str", "maketrans") => return text::maketrans(evaluator, args),
        ("builtins", "bytes" | "bytearray", "maketrans") => return bytes::maketrans(args),
        ("builtins", "bytes" | "bytearray", "fromhex") => return bytes::from_hex(evaluator, class, args),
        ("builtins", "int", "from_bytes") => return integer::from_bytes(evaluator, args),
        ("builtins", "float", "fromhex") => return Err(Fault::Unfollowed),
        ("builtins", "dict", "fromkeys") => return container::from_keys(evaluator, args),
        ("collections", "OrderedDict", "fromkeys") => return container::from_keys(evaluator, args),
        _ => {}
    }
    let of = args.args.first().ok_or(Fault::Unfollowed)?;
    let fits = match (&*name.module, class) {
        ("builtins", "object") => method.starts_with("__"),
        ("builtins", "dict") => matches!(of, Value::Dict(_) | Value::Global(_) | Value::Attribute(_)),
        ("collections", "OrderedDict") => matches!(of, Value::Dict(_)),
        ("collections", "deque") => matches!(of, Value::List(_)),
        ("builtins", "int") => matches!(of, Value::Bool(_) | Value::Int(_) | Value::BigInt(_)),
        ("builtins", class) => of.type_name() == Some(class),
        ("io", class) => of.type_name() == Some(class),
        ("functools", "partial") => matches!(of, Value::Partial(_)),
        ("operator", class) => of.type_name() == Some(class),
        ("collections", "defaultdict") => matches!(of, Value::Call(_) | Value::Instance(_)),
        _ => false,
    };
    if fits {
        return bound(evaluator, of, method, args.without_first());
    }
    if of.is_constant() && &*name.module == "builtins" && crate::text::is_data_type(class) {
        return raise(Exception::Type);
    }
    Err(Fault::Unfollowed)
}
