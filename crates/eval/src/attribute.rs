//! Attributes and items, followed through modules, namespaces and objects.

use crate::{
    name::Name,
    sequence,
    value::{Call, Value, Why},
};

/// Names under which an object shows the namespace that its members live in.
const NAMESPACES: [&str; 4] = ["__dict__", "__globals__", "func_globals", "f_globals"];

/// `getattr(of, name)`: a global where the walk through modules and classes stays known, else [`Value::Attribute`].
///
/// ```
/// # use eval::{Value, attribute};
/// let system = attribute(&Value::module("os"), "system");
/// assert_eq!(system.callee_name().unwrap().dotted(), "os.system");
/// ```
pub fn attribute(of: &Value, name: &str) -> Value {
    match (of, name) {
        (Value::Global(owner), "__call__" | "__func__") if !owner.is_module() => {
            Name::clone(owner).through(name).into()
        }
        (
            Value::Partial(_)
            | Value::AttributeGetter(_)
            | Value::ItemGetter(_)
            | Value::MethodCaller(_)
            | Value::Instance(_)
            | Value::Call(_)
            | Value::Attribute(_),
            "__call__",
        ) => of.clone(),
        // A frame shows the builtins that its code sees, whichever frame it is.
        (Value::External(_) | Value::Call(_) | Value::Attribute(_) | Value::Item(_), "f_builtins") => {
            Name::new("builtins", "").through("f_builtins").into()
        }
        // What has globals has builtins in them.
        (Value::External(_) | Value::Call(_) | Value::Attribute(_) | Value::Item(_), "__builtins__") => {
            Name::new("builtins", "").through("__builtins__").into()
        }
        (Value::Call(call), _) if let Some(field) = field(call, name) => field,
        (Value::Global(owner), _) => of_global(owner, name),
        (Value::Partial(call), "func") => call.callee.clone(),
        (Value::Partial(call), "args") => Value::tuple(call.args.clone()),
        (Value::Attribute(access), "__self__") => access.of.clone(),
        (Value::Attribute(access), "__name__") => Value::Str(access.name.clone()),
        // `collections.UserString` and its like are the data that they hold.
        (Value::Str(_) | Value::List(_) | Value::Dict(_), "data") => of.clone(),
        (Value::Range(span), "start") => Value::Int(span.start),
        (Value::Range(span), "stop") => Value::Int(span.stop),
        (Value::Range(span), "step") => Value::Int(span.step),
        (_, "__class__") => {
            of.class_name().map_or_else(|| unresolved(of, name), |class| class.into_owned().through("__class__").into())
        }
        (Value::Call(call), _) => crate::holder::attribute(call, name).unwrap_or_else(|| unresolved(of, name)),
        _ => unresolved(of, name),
    }
}

/// A field of a named tuple that was made of constants: `collections.namedtuple('P', 'a b')(1, 2).a`.
fn field(of: &Call, name: &str) -> Option<Value> {
    let Value::Call(class) = &of.callee else { return None };
    let made = class.callee.as_name()?;
    let (true, [_, fields, ..]) = (made.is("collections", "namedtuple"), &*class.args) else { return None };
    let position = match fields {
        Value::Str(fields) => {
            let mut words = fields.split([' ', ',', '\n', '\t']).filter(|word| !word.is_empty());
            words.position(|word| word == name)?
        }
        Value::List(fields) | Value::Tuple(fields) => fields.iter().position(|field| field.as_str() == Some(name))?,
        _ => return None,
    };
    let named = || of.kwargs.iter().find(|(given, _)| &**given == name).map(|(_, value)| value);
    of.args.get(position).or_else(named).cloned()
}

fn unresolved(of: &Value, name: &str) -> Value {
    Value::attribute_of(of.clone(), name)
}

fn of_global(owner: &Name, name: &str) -> Value {
    if let Some(constant) = constant(owner) {
        return attribute(&constant, name);
    }
    let last = owner.qualname.rsplit('.').next().unwrap_or_default();
    if NAMESPACES.contains(&last) || owner.is("sys", "modules") {
        return Value::attribute_of(owner.clone().into(), name);
    }
    match name {
        "__builtins__" => Name::new("builtins", "").reached(owner).through(name).into(),
        "__name__" if owner.is_module() => Value::Str(owner.module.clone()),
        "__name__" => Value::str(last),
        // What a builtin function is bound to is its module.
        "__self__" if !owner.is_module() && !owner.qualname.contains('.') => {
            Name::new(&owner.module, "").reached(owner).through(name).into()
        }
        // What a builtin type is derived from is, but for `bool` and the exceptions, `object`.
        "__base__" if &*owner.module == "builtins" && !owner.is_module() => {
            Name::new("builtins", "object").reached(owner).through(name).into()
        }
        _ => {
            let found: Value = owner.walk(name).into();
            found.as_name().and_then(|name| constant(name)).unwrap_or(found)
        }
    }
}

impl Name {
    /// This name, reached from `from`: it keeps that history.
    fn reached(self, from: &Self) -> Self {
        let crossed = from.crossed || self.module != from.module;
        Self { written: from.written.clone(), special: from.special.clone(), crossed, computed: true, ..self }
    }
}

/// `of[key]`, as `operator.getitem` finds it: an item of a constant, a module of `sys.modules`, a member of a
/// namespace (`module.__dict__`, `f.__globals__`, `__builtins__`), else [`Value::Item`].
pub fn item(of: &Value, key: &Value) -> Value {
    match of {
        Value::Global(owner) => item_of_global(owner, key),
        Value::Attribute(access) if NAMESPACES.contains(&&*access.name) => match key {
            Value::Str(key) => match attribute(&access.of, key) {
                found @ Value::Attribute(_) if &*access.name != "__dict__" => {
                    imported(&access.name, key).unwrap_or(found)
                }
                found => found,
            },
            _ => Value::item_of(of.clone(), key.clone()),
        },
        // `globals()` and the like, of whatever frame calls: the builtins are in each.
        Value::Call(call)
            if key.as_str() == Some("__builtins__")
                && call.callee.as_name().is_some_and(|name| name.is("builtins", "globals")) =>
        {
            Name::new("builtins", "").through("__builtins__").into()
        }
        // A loaded library gives its functions by key as by attribute.
        Value::Call(call)
            if key.as_str().is_some() && call.callee.as_name().is_some_and(|name| &*name.module == "ctypes") =>
        {
            attribute(of, key.as_str().unwrap_or_default())
        }
        _ if of.is_constant() => match sequence::subscript(of, key) {
            Ok(found) => found,
            Err(crate::evaluator::Fault::Raises(exception)) => Value::raises(exception),
            Err(crate::evaluator::Fault::OverCap(_)) => Value::Unknown(Why::OverCap),
            Err(_) => Value::item_of(of.clone(), key.clone()),
        },
        _ => Value::item_of(of.clone(), key.clone()),
    }
}

/// What globals hold under this name, whoever wrote them: the builtins, a module of the standard library, what one is imported from.
fn imported(through: &str, key: &str) -> Option<Value> {
    let module = knowledge::is_stdlib(key).then(|| Name::new(key, ""));
    let member = || {
        let home = ["builtins", "os", "subprocess"].into_iter().find(|home| knowledge::is_named(home, key));
        home.and_then(|home| Value::global(home, key).as_name().map(|name| Name::clone(name)))
    };
    module.or_else(member).map(|name| name.through(through).into())
}

fn item_of_global(owner: &Name, key: &Value) -> Value {
    if let Some(constant) = constant(owner) {
        return item(&constant, key);
    }
    let unresolved = || Value::item_of(owner.clone().into(), key.clone());
    if let (Value::Int(at), Some((class, "__mro__" | "__bases__"))) =
        (key, owner.split().as_ref().map(|(class, last)| (class, &**last)))
        && &*owner.module == "builtins"
    {
        let itself = owner.qualname.ends_with("__mro__") && *at == 0;
        return if itself { class.clone().into() } else { Name::new("builtins", "object").reached(owner).into() };
    }
    let Value::Str(key) = key else {
        return unresolved();
    };
    if owner.is("sys", "modules") {
        let Value::Global(module) = Value::module(key) else {
            return unresolved();
        };
        return Name { written: owner.written.clone(), ..Name::clone(&module) }.computed().into();
    }
    if owner.is_module() {
        // `__builtins__` is a dict everywhere but in `__main__`.
        return attribute(&owner.clone().into(), key);
    }
    match owner.split() {
        Some((holder, last)) if &*last == "__dict__" => attribute(&holder.clone().through("__dict__").into(), key),
        Some((holder, last)) if NAMESPACES.contains(&&*last) => {
            let module = Name::new(&holder.module, "").reached(owner).through(&last);
            attribute(&module.into(), key)
        }
        _ => unresolved(),
    }
}

/// Constants that modules hold and that payloads are spelled from.
pub(crate) fn constant(name: &Name) -> Option<Value> {
    const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
    const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const DIGITS: &str = "0123456789";
    const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    const SPACE: &str = " \t\n\r\u{b}\u{c}";
    let text = match (&*name.module, &*name.qualname) {
        ("string", "ascii_lowercase") => LOWER.into(),
        ("string", "ascii_uppercase") => UPPER.into(),
        ("string", "ascii_letters" | "letters") => [LOWER, UPPER].concat(),
        ("string", "digits") => DIGITS.into(),
        ("string", "hexdigits") => "0123456789abcdefABCDEF".into(),
        ("string", "octdigits") => "01234567".into(),
        ("string", "punctuation") => PUNCTUATION.into(),
        ("string", "whitespace") => SPACE.into(),
        ("string", "printable") => [DIGITS, LOWER, UPPER, PUNCTUATION, SPACE].concat(),
        ("posixpath" | "os", "sep" | "path.sep") => "/".into(),
        ("os", "linesep") => "\n".into(),
        ("os", "curdir") => ".".into(),
        ("os", "pardir") => "..".into(),
        ("builtins", "None") => return Some(Value::None),
        ("builtins", "True") => return Some(Value::Bool(true)),
        ("builtins", "False") => return Some(Value::Bool(false)),
        ("builtins", "Ellipsis") => return Some(Value::Ellipsis),
        ("math", "pi") => return Some(Value::Float(std::f64::consts::PI)),
        ("math", "e") => return Some(Value::Float(std::f64::consts::E)),
        ("math", "inf") => return Some(Value::Float(f64::INFINITY)),
        ("sys", "maxsize") => return Some(Value::Int(i64::MAX)),
        ("sys", "byteorder") => "little".into(),
        _ => return None,
    };
    Some(Value::str(text))
}
