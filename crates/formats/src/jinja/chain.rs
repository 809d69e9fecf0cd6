//! Chains: attributes, items and calls one behind the other, and the names that they reach.

use std::{borrow::Cow, sync::Arc};

use base::{expr::Expr as Shown, fact::Call, stop::Stop};
use eval::Value as Constant;

use super::{
    escape::GAP,
    gate::{is_content, is_placeholder, keeps, looks_for},
    syntax::{Arguments, Expr, Kind, Span, Step, StepKind},
    value::{Origin, Value, items},
    walk::Walk,
};

/// Names under which an object of Python shows the namespace that it lives in.
const NAMESPACES: &[&str] = &["__globals__", "func_globals", "f_globals", "__dict__"];

/// Objects of engines that hold values by key, and names that callers give to data of their own.
const KEYED: &[&str] = &[
    "kwargs", "varargs", "loop", "namespace", "dict", "range", "config", "session", "g", "app", "application", "environment", "time",
    "datetime", "now",
];

/// Arguments that were evaluated.
#[derive(Default)]
pub(super) struct Given<'t> {
    pub(super) positional: Vec<Value<'t>>,
    pub(super) named: Vec<(Cow<'t, str>, Value<'t>)>,
    /// Names that the arguments may come to.
    pub(super) lost: Vec<String>,
}

impl<'t> Given<'t> {
    /// The text of the argument at this position or under this name.
    pub(super) fn text(&self, position: usize, name: &str) -> Option<&str> {
        self.at(position, name).and_then(Value::as_text)
    }

    /// The argument at this position or under this name.
    pub(super) fn at(&self, position: usize, name: &str) -> Option<&Value<'t>> {
        let named = self.named.iter().find(|(given, _)| *given == name).map(|(_, value)| value);
        named.or_else(|| self.positional.get(position))
    }
}

impl<'t> Walk<'t, '_, '_> {
    /// Follows the links of a chain from `value`, which `head` wrote.
    pub(super) fn steps(
        &mut self,
        mut value: Value<'t>,
        head: Option<&'t Expr<'t>>,
        steps: &'t [Step<'t>],
    ) -> Result<Value<'t>, Stop> {
        // The name by which the value was reached, and what it was reached from: the receiver of a call.
        let mut reached: Option<(String, Value<'t>)> = None;
        let name = head.and_then(|head| if let Kind::Name(name) = head.kind { Some(name) } else { None });
        for (index, step) in steps.iter().enumerate() {
            let before = value.clone();
            value = match &step.kind {
                StepKind::Attribute(key) => {
                    let field = name.filter(|_| index == 0).map(|name| format!("{name}.{key}"));
                    let set = field.and_then(|field| self.variable(&field).last().cloned());
                    let found = self.reach(&value, key, &step.span)?;
                    reached = Some(((*key).to_owned(), before));
                    set.unwrap_or(found)
                }
                StepKind::Item(key) => {
                    let mark = self.candidates.len();
                    let key = self.value(key)?;
                    for lost in self.lost_since(mark) {
                        self.reach(&value, &lost, &step.span)?;
                    }
                    let result = self.item(&value, &key, &step.span)?;
                    let field = name.filter(|_| index == 0).zip(key.as_text());
                    let set = field.and_then(|(name, key)| self.variable(&format!("{name}.{key}")).last().cloned());
                    reached = key.as_text().map(|key| (key.to_owned(), before));
                    set.unwrap_or(result)
                }
                StepKind::Slice(parts) => self.slice(&value, parts)?,
                StepKind::Call(arguments) => {
                    let given = self.given(arguments)?;
                    let called = reached.take();
                    if let Some(name) = name.filter(|_| index == 1 && called.is_some()) {
                        self.keep(name, &given);
                    }
                    self.call(&value, called, name, given, &step.span)?
                }
                StepKind::Filter(name, arguments) => {
                    let given = self.given(arguments)?;
                    if name == "attr" {
                        reached = given.text(0, "name").map(|key| (key.to_owned(), before));
                    }
                    self.filter(&value, name, &given, &step.span)?
                }
                StepKind::Test(name, arguments) => {
                    let given = self.given(arguments)?;
                    self.test(&value, name, &given, &step.span)?
                }
            };
            self.mentions(&value, &step.span)?;
        }
        Ok(value)
    }

    /// Evaluates arguments.
    pub(super) fn given(&mut self, arguments: &'t Arguments<'t>) -> Result<Given<'t>, Stop> {
        let mark = self.candidates.len();
        let mut given = Given { positional: Vec::new(), named: Vec::new(), lost: Vec::new() };
        for argument in &arguments.positional {
            given.positional.push(self.value(argument)?);
        }
        for (name, argument) in &arguments.named {
            let name = match name {
                Cow::Borrowed(name) => self.identifier(name)?,
                Cow::Owned(name) => Cow::Borrowed(name.as_str()),
            };
            self.mention(&name, &argument.span)?;
            given.named.push((name, self.value(argument)?));
        }
        for argument in &arguments.spread {
            let value = self.value(argument)?;
            self.lose(&value);
            match value.constant() {
                Some(Constant::Dict(pairs)) => given.named.extend(pairs.iter().filter_map(|(key, value)| {
                    Some((Cow::Owned(key.as_str()?.to_owned()), Value::Known(value.clone())))
                })),
                Some(constant) => {
                    given.positional.extend(items(constant).unwrap_or_default().into_iter().map(Value::Known));
                }
                None => given.positional.push(value),
            }
        }
        given.lost = self.lost_since(mark);
        Ok(given)
    }

    /// A text of a dict that is chosen by what somebody wrote is given out if that is its key.
    fn looked_up(&mut self, of: &Value<'t>, key: &Value<'t>, span: &Span) -> Result<(), Stop> {
        let (Some(Constant::Dict(pairs)), Some(Origin::Content)) = (of.constant(), key.origin()) else { return Ok(()) };
        for (literal, text) in pairs.iter() {
            let (Some(literal), Some(text)) = (literal.as_str(), text.as_str()) else { continue };
            let gate = self.gate("content", literal, span);
            self.behind(&gate, false, |walk| walk.spoken(text, span))?;
        }
        Ok(())
    }

    /// A method of a variable may keep what it is given: `append`, `update`.
    fn keep(&mut self, name: &str, given: &Given<'t>) {
        let mark = self.candidates.len();
        let values = given.positional.iter().chain(given.named.iter().map(|(_, value)| value));
        values.for_each(|value| self.lose(value));
        for lost in self.lost_since(mark) {
            self.may_be(name, &lost);
        }
    }

    /// `of.key`: states the name, once, and follows it.
    pub(super) fn reach(&mut self, of: &Value<'t>, key: &str, span: &Span) -> Result<Value<'t>, Stop> {
        if key.contains(GAP) {
            return self.computed(of, key, span);
        }
        if !self.reached.contains(key) {
            self.reached.insert(key.to_owned());
            let written = self.written(span);
            self.operator(span, "attribute", written, vec![Shown::str(key)])?;
        }
        Ok(self.follow(of, key))
    }

    /// A name that is known in parts only: stated where nothing but an attribute can be meant, or a part tells.
    fn computed(&mut self, of: &Value<'t>, key: &str, span: &Span) -> Result<Value<'t>, Stop> {
        if is_object(of) || of.as_text().is_some() || key.contains("__") {
            let written = self.written(span);
            self.operator(span, "computed-attribute", written, vec![Shown::str(key)])?;
        }
        Ok(self.follow(of, key))
    }

    fn follow(&self, of: &Value<'t>, key: &str) -> Value<'t> {
        match (of, key) {
            (_, "__builtins__") => Value::Known(Constant::module("builtins")),
            (Value::Unknown(Origin::Globals), key) => Value::Known(Constant::module(key)),
            (Value::Known(constant @ Constant::Global(_)), key) => match eval::attribute(constant, key) {
                found @ Constant::Global(_) => Value::Known(found),
                _ => Value::Unknown(Origin::Engine("")),
            },
            (_, key) if NAMESPACES.contains(&key) => Value::Unknown(Origin::Globals),
            (Value::Known(constant), key) => match constant {
                Constant::Dict(_) => Value::Known(eval::item(constant, &Constant::str(key))),
                _ => Value::Known(Constant::attribute_of(constant.clone(), key)),
            },
            (Value::Macro(_), _) => Value::Unknown(Origin::Engine("")),
            (Value::Unknown(origin), key) => Value::Unknown(derived(*origin, key)),
        }
    }

    /// `of[key]`.
    fn item(&mut self, of: &Value<'t>, value: &Value<'t>, span: &Span) -> Result<Value<'t>, Stop> {
        let Some(constant) = value.constant() else {
            self.lose(of);
            self.looked_up(of, value, span)?;
            // A request is what somebody sends: no key of it names data of the template.
            if is_object(of) || value.origin() == Some(Origin::Engine("request")) {
                let written = self.written(span);
                self.operator(span, "computed-attribute", written, vec![Shown::str(GAP.to_string())])?;
            }
            return Ok(match of.origin() {
                Some(origin) => Value::Unknown(origin),
                None => Value::data(),
            });
        };
        let constant = constant.clone();
        match (&constant, of) {
            (Constant::Str(text), Value::Known(Constant::Dict(_))) => {
                let found = eval::item(&of.gapped(), &constant);
                self.reach(of, text, span)?;
                Ok(if found.is_constant() { Value::Known(found) } else { Value::data() })
            }
            (Constant::Str(text), _) => self.reach(of, text, span),
            (_, Value::Known(known)) if known.is_constant() => {
                let found = eval::item(known, &constant);
                Ok(if found.is_constant() { Value::Known(found) } else { Value::data() })
            }
            _ => Ok(of.origin().map_or_else(Value::data, Value::Unknown)),
        }
    }

    fn call(
        &mut self,
        callee: &Value<'t>,
        reached: Option<(String, Value<'t>)>,
        name: Option<&'t str>,
        given: Given<'t>,
        span: &Span,
    ) -> Result<Value<'t>, Stop> {
        match callee {
            Value::Macro(definition) => return self.enter(definition, given),
            Value::Known(constant @ Constant::Global(_)) => return self.python(constant, &given, span),
            _ => {}
        }
        given.positional.iter().chain(given.named.iter().map(|(_, value)| value)).for_each(|value| self.lose(value));
        if let Some((method, receiver)) = reached {
            self.lose(&receiver);
            return self.method(callee, &method, &receiver, &given, span);
        }
        let name = name.unwrap_or_default();
        self.operator(span, "call", name.to_owned(), Vec::new())?;
        let Value::Unknown(Origin::Engine(engine)) = callee else { return Ok(Value::data()) };
        Ok(match *engine {
            "strftime_now" | "now" => Value::Unknown(Origin::Time),
            "range" => {
                let args: Vec<_> = given.positional.iter().map(Value::gapped).collect();
                self.called(&Constant::global("builtins", "range"), &args, &[])?
            }
            "dict" => {
                let pairs: Vec<_> =
                    given.named.iter().map(|(name, value)| (Constant::str(name.as_ref()), value.gapped())).collect();
                Value::Known(Constant::dict(pairs))
            }
            "caller" => self.variable("caller").last().cloned().unwrap_or_else(Value::data),
            "lipsum" | "raise_exception" => Value::data(),
            engine => Value::Unknown(Origin::Engine(engine)),
        })
    }

    /// A call of a function of Python that the chain has reached.
    fn python(&mut self, callee: &Constant, given: &Given<'t>, span: &Span) -> Result<Value<'t>, Stop> {
        let args: Vec<Constant> = given.positional.iter().map(Value::gapped).collect();
        let kwargs: Vec<(Arc<str>, Constant)> =
            given.named.iter().map(|(name, value)| (Arc::from(name.as_ref()), value.gapped())).collect();
        if let Constant::Global(name) = callee {
            let call = Call {
                module: name.module.clone(),
                name: name.qualname.clone(),
                written: self.written(span).into(),
                how: "call".into(),
                when: "use".into(),
                args: args.iter().chain(kwargs.iter().map(|(_, value)| value)).map(Constant::to_expr).collect(),
                keywords: kwargs.iter().map(|(name, _)| name.clone()).collect(),
                repeats: 1,
            };
            self.state(span, call)?;
        }
        let result = eval::call(callee, &args, &kwargs, self.sink.meter())?.result;
        Ok(match result {
            Constant::Global(_) => Value::Known(result),
            _ => Value::Unknown(Origin::Engine("")),
        })
    }

    /// A call of a method: text made from text, items by key, and questions about what somebody wrote.
    fn method(
        &mut self,
        callee: &Value<'t>,
        method: &str,
        receiver: &Value<'t>,
        given: &Given<'t>,
        span: &Span,
    ) -> Result<Value<'t>, Stop> {
        let by_key = matches!(method, "get" | "pop" | "__getitem__" | "__getattribute__" | "setdefault");
        if let Some(key) = given.text(0, "key").filter(|_| by_key) {
            let key = key.to_owned();
            let value = self.reach(receiver, &key, span)?;
            return Ok(if receiver.constant().is_some() { Value::data() } else { value });
        }
        if let Some(key) = given.at(0, "key").filter(|_| by_key) {
            self.looked_up(receiver, key, span)?;
        }
        if let (Some(pattern), "format" | "format_map") = (receiver.as_text(), method) {
            let fields = fields(pattern);
            let of = given.positional.first().or_else(|| given.named.first().map(|(_, value)| value));
            let of = of.filter(|_| method == "format").cloned().unwrap_or_else(Value::data);
            for path in fields {
                let mut reached = of.clone();
                for key in path {
                    reached = self.reach(&reached, &key, span)?;
                }
            }
        }
        match receiver {
            Value::Known(constant) => {
                // Methods of the escaped text that `safe` makes.
                if constant.as_str().is_some() && method == "striptags" {
                    return self.stripped(&receiver.shown());
                }
                if constant.as_str().is_some() && method == "unescape" {
                    return self.called(&Constant::global("html", "unescape"), std::slice::from_ref(constant), &[]);
                }
                let args: Vec<Constant> = given.positional.iter().map(Value::gapped).collect();
                let kwargs: Vec<(Arc<str>, Constant)> =
                    given.named.iter().map(|(name, value)| (Arc::from(name.as_ref()), value.gapped())).collect();
                self.called(&eval::attribute(constant, method), &args, &kwargs)
            }
            Value::Unknown(Origin::Content) if looks_for(method) => {
                let literal = given.positional.first().map(Value::shown).unwrap_or_default();
                Ok(self.gate("content", &literal.replace(GAP, ""), span))
            }
            Value::Unknown(origin) => {
                if method == "replace" {
                    self.rewrite(*origin, given, span)?;
                }
                Ok(Value::Unknown(derived(*origin, method)))
            }
            Value::Macro(_) => Ok(match callee.origin() {
                Some(origin) => Value::Unknown(origin),
                None => Value::data(),
            }),
        }
    }

    /// States that text of messages is replaced by other text.
    pub(super) fn rewrite(&mut self, origin: Origin, given: &Given<'t>, span: &Span) -> Result<(), Stop> {
        let (Some(old), Some(new)) = (given.text(0, "old"), given.text(1, "new")) else { return Ok(()) };
        if origin != Origin::Content || new.is_empty() {
            return Ok(());
        }
        let name = if is_placeholder(old) { "markup-rewrite" } else { "content-rewrite" };
        let args = vec![Shown::str(old), Shown::str(new)];
        let written = self.written(span);
        self.operator(span, name, written, args)
    }
}

/// Whether a value is an object of Python's that holds no data to be looked up: what an application calls `config`, or the fields
/// of a namespace, may be read by a key that is computed.
fn is_object(value: &Value<'_>) -> bool {
    match value {
        Value::Unknown(Origin::Engine(name)) => !KEYED.contains(name),
        Value::Unknown(Origin::Globals) | Value::Macro(_) => true,
        _ => false,
    }
}

/// The attributes and items that the fields of a format string reach: `{0.a.b[c]}`.
pub(super) fn fields(pattern: &str) -> Vec<Vec<String>> {
    let open = pattern.split('{').skip(1).take(64).filter_map(|rest| rest.split('}').next());
    let paths = open.map(|field| {
        let field = field.split(['!', ':']).next().unwrap_or_default();
        let keys = field.split(['.', '[', ']']).skip(1).filter(|key| !key.is_empty() && key.parse::<u64>().is_err());
        keys.map(str::to_owned).collect::<Vec<String>>()
    });
    paths.filter(|path| !path.is_empty()).collect()
}

/// Where an attribute or method of a value comes from.
fn derived(origin: Origin, key: &str) -> Origin {
    match (origin, key) {
        (Origin::Messages | Origin::Data | Origin::Content, "content" | "text") => Origin::Content,
        (Origin::Messages, key) if is_content(key) => Origin::Content,
        (Origin::Engine("loop"), "previtem" | "nextitem") => Origin::Messages,
        (Origin::Content, "type" | "role" | "name" | "id") => Origin::Data,
        (Origin::Content, key) if !keeps(key) => Origin::Data,
        (Origin::Messages, _) => Origin::Data,
        (origin, _) => origin,
    }
}
