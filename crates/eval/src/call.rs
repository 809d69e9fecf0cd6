//! What calling a value does: dispatch from callees to the functions that are known.

use std::{rc::Rc, sync::Arc};

use base::{budget::Meter, stop::Stop};

use crate::{
    arguments::Arguments,
    attribute::{self, attribute},
    bytes, codec,
    evaluator::{Evaluator, Fault, Folded, Note, Outcome, When},
    iterate, library, literal, mathematics, method,
    name::Name,
    operation, packing, pattern, stream, trampoline,
    value::{Call, Keywords, Value, Why},
};

/// What calling `callee` with these arguments does, as far as it can be known.
///
/// # Errors
/// A [`Stop`] only when the budget ends; whatever else cannot be followed is a value and a [`Note`].
pub fn call(callee: &Value, args: &[Value], kwargs: &[(Arc<str>, Value)], meter: &Meter) -> Result<Outcome, Stop> {
    let mut evaluator = Evaluator::new(meter);
    let result = evaluator.apply(callee, args, kwargs);
    evaluator.end(result, || Value::called(callee.clone(), args.to_vec(), kwargs.to_vec()))
}

/// The same, and whether only the call as such is known: then the result is for the caller to make, of what it holds.
///
/// # Errors
/// As [`call`].
pub fn follow(
    callee: &Value,
    args: &[Value],
    kwargs: &[(Arc<str>, Value)],
    meter: &Meter,
) -> Result<(Outcome, bool), Stop> {
    let mut evaluator = Evaluator::new(meter);
    let result = evaluator.apply(callee, args, kwargs);
    let unfollowed = matches!(result, Err(Fault::Unfollowed));
    evaluator.end(result, || Value::Unknown(Why::Unfollowed)).map(|outcome| (outcome, unfollowed))
}

/// What `class.__new__(class, *args, **kwargs)` does, as NEWOBJ, NEWOBJ_EX and `copyreg.__newobj__` call it: the
/// classes whose `__new__` does all the work (`map`, `functools.partial`, `tuple`, `str` …) are called, every other
/// is an empty [`Value::Instance`].
///
/// # Errors
/// As [`call`].
pub fn construct(class: &Value, args: &[Value], kwargs: &[(Arc<str>, Value)], meter: &Meter) -> Result<Outcome, Stop> {
    let mut evaluator = Evaluator::new(meter);
    let result = evaluator.construct(class, args, kwargs);
    evaluator.end(result, || Value::instance(class.clone(), args.to_vec(), kwargs.to_vec()))
}

impl Evaluator<'_> {
    fn end(mut self, result: Folded, otherwise: impl FnOnce() -> Value) -> Result<Outcome, Stop> {
        self.outcome.result = match result {
            Ok(value) => value,
            Err(Fault::Stop(stop)) => return Err(stop),
            Err(Fault::Raises(exception)) => Value::raises(exception),
            Err(Fault::Unfollowed) => otherwise(),
            Err(Fault::OverCap(what)) => {
                self.note(Note::OverCap(what));
                Value::Unknown(Why::OverCap)
            }
        };
        Ok(self.outcome)
    }

    /// Calls `callee` from within: what does not fold is listed as an invocation.
    pub(crate) fn invoke(&mut self, callee: &Value, args: &[Value], kwargs: &[(Arc<str>, Value)]) -> Folded {
        match self.apply(callee, args, kwargs) {
            Err(Fault::Unfollowed) => {
                self.record(callee, args, kwargs, When::Load);
                Ok(Value::called(callee.clone(), args.to_vec(), kwargs.to_vec()))
            }
            Err(fault @ Fault::OverCap(_)) => {
                self.record(callee, args, kwargs, When::Load);
                Err(fault)
            }
            known => known,
        }
    }

    /// Calls `callee` itself; [`Fault::Unfollowed`] says that only the call as such is known.
    pub(crate) fn apply(&mut self, callee: &Value, args: &[Value], kwargs: &[(Arc<str>, Value)]) -> Folded {
        self.pay(args.len())?;
        let result = self.deeper(|evaluator| evaluator.dispatch(callee, args, kwargs));
        if matches!(result, Err(Fault::Unfollowed)) {
            // Whoever is handed an iterator may read it: what it calls then is called now.
            for arg in args.iter().chain(kwargs.iter().map(|(_, value)| value)) {
                if let Value::Lazy(_) = arg {
                    iterate::drain(self, arg)?;
                }
            }
        }
        result
    }

    fn dispatch(&mut self, callee: &Value, args: &[Value], kwargs: &[(Arc<str>, Value)]) -> Folded {
        let arguments = Arguments::new(args, kwargs);
        match callee {
            Value::Global(name) => self.apply_global(name, arguments),
            Value::Partial(call) => {
                let (args, kwargs) = bound(call, args, kwargs);
                self.invoke(&call.callee, &args, &kwargs)
            }
            Value::AttributeGetter(names) => {
                let of = arguments.value(0)?;
                let mut found: Vec<Value> = names.iter().map(|name| trampoline::walk(of, name)).collect();
                Ok(if found.len() == 1 { found.remove(0) } else { Value::tuple(found) })
            }
            Value::ItemGetter(keys) => {
                let of = arguments.value(0)?;
                let found: Folded<Vec<Value>> = keys.iter().map(|key| operation::subscript(self, of, key)).collect();
                let mut found = found?;
                Ok(if found.len() == 1 { found.remove(0) } else { Value::tuple(found) })
            }
            Value::MethodCaller(call) => {
                let of = arguments.value(0)?;
                let Value::Str(name) = &call.callee else {
                    return Err(Fault::Unfollowed);
                };
                self.invoke(&attribute(of, name), &call.args, &call.kwargs)
            }
            Value::Attribute(access) => method::bound(self, &access.of, &access.name, arguments),
            _ => Err(Fault::Unfollowed),
        }
    }

    fn apply_global(&mut self, name: &Rc<Name>, arguments: Arguments<'_>) -> Folded {
        // Constants of modules count as what they are.
        let known = |value: &Value| value.as_name().and_then(|name| attribute::constant(name));
        if arguments.args.iter().any(|value| known(value).is_some()) {
            let args: Vec<Value> = arguments.args.iter().map(|arg| known(arg).unwrap_or_else(|| arg.clone())).collect();
            return self.apply_name(name, Arguments::new(&args, arguments.kwargs));
        }
        self.apply_name(name, arguments)
    }

    fn apply_name(&mut self, name: &Rc<Name>, arguments: Arguments<'_>) -> Folded {
        let path = (&*name.module, &*name.qualname);
        if !may_fold(path) {
            return Err(Fault::Unfollowed);
        }
        let folders = [
            trampoline::fold,
            iterate::fold,
            operation::fold,
            mathematics::fold,
            bytes::fold,
            stream::fold,
            codec::fold,
            packing::fold,
            literal::fold,
            pattern::fold,
            library::fold,
            library::encodings,
        ];
        if let Some(value) = library::undone(path, arguments) {
            return Ok(value);
        }
        for fold in folders {
            if let Some(value) = fold(self, path, arguments)? {
                return Ok(value);
            }
        }
        method::unbound(self, name, arguments)
    }

    /// `class.__new__(class, …)`.
    pub(crate) fn construct(&mut self, class: &Value, args: &[Value], kwargs: &[(Arc<str>, Value)]) -> Folded {
        let Some(name) = class.as_name() else {
            return Err(Fault::Unfollowed);
        };
        let made_by_new = match (&*name.module, &*name.qualname) {
            ("functools", "partial") | ("operator", "attrgetter" | "itemgetter" | "methodcaller") => true,
            ("types", "MethodType" | "SimpleNamespace") => &*name.qualname == "MethodType",
            ("builtins", "list") => return Ok(Value::list([])),
            ("builtins", "dict") | ("collections", "OrderedDict") => return Ok(Value::dict([])),
            ("builtins", "set") => return Ok(Value::set([])),
            ("builtins", "bytearray") => return Ok(Value::ByteArray(Arc::from([]))),
            ("builtins", _) | ("itertools", _) => true,
            _ => false,
        };
        if !made_by_new {
            return Err(Fault::Unfollowed);
        }
        self.apply(class, args, kwargs)
    }
}

/// Whether some folder may know this callable: those of the frameworks that models are written with, and of modules beside
/// the file itself, they do not, but for a few.
fn may_fold((module, qualname): (&str, &str)) -> bool {
    const FRAMEWORKS: [&str; 12] = [
        "accelerate",
        "diffusers",
        "flax",
        "huggingface_hub",
        "jax",
        "keras",
        "safetensors",
        "tensorflow",
        "timm",
        "torch",
        "transformers",
        "ultralytics",
    ];
    if module == "builtins" {
        return !is_asked(qualname);
    }
    if module == "operator" {
        return true;
    }
    let root = module.split('.').next().unwrap_or(module);
    let foreign = root.is_empty() || FRAMEWORKS.binary_search(&root).is_ok() && module != "torch._utils";
    !foreign || qualname.contains("__") || qualname.ends_with("load_module") || module.contains("cloudpickle")
}

/// Builtins that only ask or say something, and the exceptions: every third call of a program is one of them.
fn is_asked(name: &str) -> bool {
    matches!(name, "isinstance" | "issubclass" | "print" | "callable" | "super" | "id" | "hash")
        || !name.contains('.') && (name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Warning"))
}

/// The arguments of a partial with those of its call.
pub(crate) fn bound(call: &Call, args: &[Value], kwargs: &[(Arc<str>, Value)]) -> (Vec<Value>, Keywords) {
    let args = call.args.iter().chain(args).cloned().collect();
    let mut keywords = call.kwargs.clone();
    for (name, value) in kwargs {
        match keywords.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value.clone(),
            None => keywords.push((name.clone(), value.clone())),
        }
    }
    (args, keywords)
}
