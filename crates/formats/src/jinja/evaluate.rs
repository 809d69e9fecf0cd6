//! What expressions come to, by the functions of Python where their operands are known.

use std::sync::Arc;

use base::stop::Stop;
use eval::{Span as Slice, Value as Constant};

use super::{
    escape::GAP,
    gate::{is_messages, is_prompt},
    syntax::{Expr, Kind, Span},
    value::{Origin, Value, items},
    walk::{Walk, truth},
};

/// Functions and objects that an engine or an application puts into every template.
const ENGINE: &[&str] = &[
    "lipsum",
    "cycler",
    "joiner",
    "namespace",
    "range",
    "dict",
    "self",
    "super",
    "caller",
    "request",
    "config",
    "session",
    "g",
    "url_for",
    "get_flashed_messages",
    "application",
    "app",
    "environment",
    "raise_exception",
    "strftime_now",
    "now",
    "datetime",
    "time",
    "loop",
    "varargs",
    "kwargs",
];

impl<'t> Walk<'t, '_, '_> {
    /// What `expr` comes to.
    pub(super) fn value(&mut self, expr: &'t Expr<'t>) -> Result<Value<'t>, Stop> {
        self.sink.meter().steps(1)?;
        self.descend()?;
        let value = self.kind(expr)?;
        self.ascend();
        // What a variable holds was a value where it was set.
        if !matches!(expr.kind, Kind::Name(_)) {
            self.mentions(&value, &expr.span)?;
        }
        Ok(value)
    }

    fn kind(&mut self, expr: &'t Expr<'t>) -> Result<Value<'t>, Stop> {
        Ok(match &expr.kind {
            Kind::None => Value::Known(Constant::None),
            Kind::Bool(truth) => Value::Known(Constant::Bool(*truth)),
            Kind::Int(number) => Value::Known(Constant::Int(*number)),
            Kind::Float(number) => Value::Known(Constant::Float(*number)),
            Kind::Text(text) => Value::text(text.clone()),
            Kind::Name(name) => {
                let name = self.identifier(name)?;
                self.mention(&name, &expr.span)?;
                self.named(&name)
            }
            Kind::List(parts) => Value::Known(Constant::list(self.constants(parts)?)),
            Kind::Tuple(parts) => Value::Known(Constant::tuple(self.constants(parts)?)),
            Kind::Dict(entries) => {
                let mut pairs = Vec::new();
                for (key, value) in entries {
                    pairs.push((self.value(key)?.gapped(), self.value(value)?.gapped()));
                }
                Value::Known(Constant::dict(pairs))
            }
            Kind::Chain(head, steps) => {
                let first = self.value(head)?;
                self.steps(first, Some(head), steps)?
            }
            Kind::Unary(sign, operand) => self.unary(sign, operand)?,
            Kind::Infix(first, rest) => self.infix(first, rest)?,
            Kind::Choice(parts, otherwise) => self.choice(parts, otherwise.as_deref())?,
        })
    }

    fn constants(&mut self, parts: &'t [Expr<'t>]) -> Result<Vec<Constant>, Stop> {
        parts.iter().map(|part| self.value(part).map(|value| value.gapped())).collect()
    }

    /// A variable: what was set last, or what the engine or the caller supplies.
    fn named(&mut self, name: &str) -> Value<'t> {
        if let Some((value, earlier)) = self.variable(name).split_last() {
            let (value, earlier) = (value.clone(), earlier.to_vec());
            earlier.iter().for_each(|value| self.lose(value));
            return value;
        }
        let engine = ENGINE.iter().copied().find(|known| *known == name);
        match name {
            "messages" => Value::Unknown(Origin::Messages),
            name if is_messages(name) => Value::Unknown(Origin::Messages),
            name if is_prompt(name) => Value::Unknown(Origin::Content),
            _ => Value::Unknown(engine.map_or(Origin::Data, Origin::Engine)),
        }
    }

    fn unary(&mut self, sign: &str, operand: &'t Expr<'t>) -> Result<Value<'t>, Stop> {
        let value = self.value(operand)?;
        let Some(constant) = value.constant() else {
            return Ok(match value.origin() {
                Some(Origin::Gate(_)) if sign == "not" => self.negated(value),
                Some(origin @ Origin::Gate(_)) => Value::Unknown(origin),
                _ => Value::data(),
            });
        };
        Ok(match (sign, constant) {
            ("not", constant) => truth(constant).map_or_else(Value::data, |truth| Value::Known(Constant::Bool(!truth))),
            ("bool", constant) => truth(constant).map_or_else(Value::data, |truth| Value::Known(Constant::Bool(truth))),
            ("-", Constant::Int(number)) => Value::Known(Constant::Int(number.saturating_neg())),
            _ => value,
        })
    }

    /// `then if condition else otherwise`: either may be the value.
    fn choice(&mut self, parts: &'t [Expr<'t>; 2], otherwise: Option<&'t Expr<'t>>) -> Result<Value<'t>, Stop> {
        let [then, condition] = parts;
        let condition = self.value(condition)?;
        let chosen = self.behind(&condition, false, |walk| walk.heard(then))?;
        let other = match otherwise {
            Some(otherwise) => self.behind(&condition, true, |walk| walk.heard(otherwise))?,
            None => Value::text(""),
        };
        Ok(match condition.constant().and_then(truth) {
            Some(true) => chosen,
            Some(false) => other,
            None => {
                self.lose(&chosen);
                self.lose(&other);
                either(&chosen, &other)
            }
        })
    }

    /// A value that is given out if a condition holds.
    pub(super) fn heard(&mut self, expr: &'t Expr<'t>) -> Result<Value<'t>, Stop> {
        let value = self.value(expr)?;
        if let Some(text) = value.as_text() {
            let text = text.to_owned();
            self.spoken(&text, &expr.span)?;
        }
        Ok(value)
    }

    fn infix(&mut self, first: &'t Expr<'t>, rest: &'t [(&'static str, Expr<'t>)]) -> Result<Value<'t>, Stop> {
        let mut left = self.value(first)?;
        for (operator, right) in rest {
            let span = first.span.start..right.span.end;
            left = match *operator {
                "and" | "or" => {
                    let gate = left.clone();
                    let right = self.behind(&gate, *operator == "or", |walk| walk.heard(right))?;
                    self.lose(&left);
                    self.lose(&right);
                    logical(operator, &left, right)
                }
                "~" => {
                    let right = self.value(right)?;
                    joined(&left, &right)
                }
                operator => {
                    let right = self.value(right)?;
                    self.binary(&left, operator, &right, &span)?
                }
            };
        }
        Ok(left)
    }

    fn binary(&mut self, left: &Value<'t>, operator: &str, right: &Value<'t>, span: &Span) -> Result<Value<'t>, Stop> {
        if matches!(operator, "==" | "!=" | "<" | ">" | "<=" | ">=" | "in" | "not in") {
            return self.comparison(left, operator, right, span);
        }
        let textual = left.as_text().is_some() || right.as_text().is_some();
        let name = match operator {
            "+" if textual && (left.constant().is_none() || right.constant().is_none()) => {
                return Ok(joined(left, right));
            }
            "+" => "add",
            "-" => "sub",
            "*" => "mul",
            "/" => "truediv",
            "//" => "floordiv",
            "%" => "mod",
            _ => "pow",
        };
        // A text as the left operand of `%` is a pattern: what fills it may be unknown.
        if left.constant().is_some() && right.constant().is_some() || operator == "%" && left.as_text().is_some() {
            return self.operation(name, &[left.gapped(), right.gapped()]);
        }
        // A text times a condition is that text or none.
        for (text, times) in [(left, right), (right, left)] {
            if let Some(text) = text.as_text().map(str::to_owned) {
                self.behind(times, false, |walk| walk.spoken(&text, span))?;
            }
        }
        Ok(mixed(left, right))
    }

    /// A comparison; one that looks into messages, at the clock or at chance is remembered.
    fn comparison(
        &mut self,
        left: &Value<'t>,
        operator: &str,
        right: &Value<'t>,
        span: &Span,
    ) -> Result<Value<'t>, Stop> {
        for (one, other) in [(left, right), (right, left)] {
            // `x in text` looks for x; `x in ['a', 'b']` for one of those.
            match one.origin() {
                Some(origin @ Origin::Gate(_)) => return Ok(Value::Unknown(origin)),
                Some(Origin::Content) => {
                    if let Some(literal) = other.constant().and_then(literal) {
                        let gate = self.gate("content", &literal, span);
                        return Ok(if matches!(operator, "!=" | "not in") { self.negated(gate) } else { gate });
                    }
                }
                Some(Origin::Time) if other.constant().is_some() => {
                    return Ok(self.gate("time", &other.shown(), span));
                }
                Some(Origin::Chance) => return Ok(self.gate("chance", &other.shown(), span)),
                _ => {}
            }
        }
        let (Some(_), Some(_)) = (left.constant(), right.constant()) else { return Ok(Value::data()) };
        let name = match operator {
            "==" => "eq",
            "!=" => "ne",
            "<" => "lt",
            ">" => "gt",
            "<=" => "le",
            ">=" => "ge",
            _ => {
                let held = self.operation("contains", &[right.gapped(), left.gapped()])?;
                return Ok(match held.constant() {
                    Some(Constant::Bool(held)) => Value::Known(Constant::Bool(*held == (operator == "in"))),
                    _ => Value::data(),
                });
            }
        };
        self.operation(name, &[left.gapped(), right.gapped()])
    }

    /// A function of `operator` on constants.
    pub(super) fn operation(&self, name: &str, args: &[Constant]) -> Result<Value<'t>, Stop> {
        self.called(&Constant::global("operator", name), args, &[])
    }

    /// A call that Python would make, where its result can be known.
    pub(super) fn called(
        &self,
        callee: &Constant,
        args: &[Constant],
        kwargs: &[(Arc<str>, Constant)],
    ) -> Result<Value<'t>, Stop> {
        let result = eval::call(callee, args, kwargs, self.sink.meter())?.result;
        let known = result.is_constant() || matches!(result, Constant::Global(_) | Constant::Iterator(_));
        let large = result.as_str().is_some_and(|text| text.len() > super::value::TEXT);
        Ok(if known && !large { Value::Known(result) } else { Value::data() })
    }

    /// `of[start:stop:step]`.
    pub(super) fn slice(&mut self, of: &Value<'t>, parts: &'t [Option<Expr<'t>>; 3]) -> Result<Value<'t>, Stop> {
        let mut bounds = [None; 3];
        let mut known = true;
        for (part, bound) in parts.iter().zip(&mut bounds) {
            if let Some(part) = part {
                match self.value(part)?.constant() {
                    Some(Constant::Int(number)) => *bound = Some(*number),
                    Some(Constant::None) => {}
                    _ => known = false,
                }
            }
        }
        let [start, stop, step] = bounds;
        match (of.constant(), of.origin()) {
            (Some(constant), _) if known => {
                let found = eval::item(constant, &Constant::slice(Slice { start, stop, step }));
                Ok(if found.is_constant() { Value::Known(found) } else { Value::data() })
            }
            (None, Some(origin)) => Ok(Value::Unknown(origin)),
            _ => {
                self.lose(of);
                Ok(Value::text(GAP.to_string()))
            }
        }
    }
}

/// `a ~ b`, and `a + b` where one is text.
fn joined<'t>(left: &Value<'t>, right: &Value<'t>) -> Value<'t> {
    let both = [left, right];
    // Text without a known part keeps its origin.
    if both.iter().all(|value| value.constant().is_none()) {
        return mixed(left, right);
    }
    // Nothing is added to what somebody wrote.
    for (one, other) in [(left, right), (right, left)] {
        if one.origin() == Some(Origin::Content) && other.as_text().is_some_and(|text| text.trim().is_empty()) {
            return one.clone();
        }
    }
    Value::text(format!("{}{}", left.shown(), right.shown()))
}

/// What is made of two values: from where the more telling of them comes.
fn mixed<'t>(left: &Value<'t>, right: &Value<'t>) -> Value<'t> {
    let origin = [left, right].into_iter().filter_map(Value::origin).max();
    Value::Unknown(origin.unwrap_or(Origin::Data))
}

/// One of two values: from where either comes; the same constant where both are one.
pub(super) fn either<'t>(one: &Value<'t>, other: &Value<'t>) -> Value<'t> {
    match (one, other) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => mixed(one, other),
        (Value::Known(_), Value::Known(_)) if one.as_text().is_some() && one.as_text() == other.as_text() => {
            one.clone()
        }
        _ => Value::text(GAP.to_string()),
    }
}

/// `and` and `or`.
fn logical<'t>(operator: &str, left: &Value<'t>, right: Value<'t>) -> Value<'t> {
    match (left.constant().and_then(truth), operator) {
        (Some(true), "and") | (Some(false), "or") => right,
        (Some(_), _) => left.clone(),
        (None, _) => match (left.origin(), right.origin()) {
            (Some(gate @ Origin::Gate(_)), _) | (_, Some(gate @ Origin::Gate(_))) => Value::Unknown(gate),
            _ if operator == "or" => either(left, &right),
            _ => Value::data(),
        },
    }
}

/// What a comparison looks for, as text: a text, or the texts of a list.
pub(super) fn literal(constant: &Constant) -> Option<String> {
    match constant {
        Constant::Str(text) => Some(text.to_string()),
        Constant::List(_) | Constant::Tuple(_) => {
            let texts: Vec<String> =
                items(constant)?.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
            (!texts.is_empty()).then(|| texts.join(" "))
        }
        _ => None,
    }
}
