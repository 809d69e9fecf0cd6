//! Literals, displays and f-strings.

use std::rc::Rc;

use base::stop::Stop;
use eval::{BigInt, Value};
use ruff_python_ast::{
    ConversionFlag, Expr, ExprDict, ExprFString, FStringPart, InterpolatedElement, InterpolatedStringElement, Number,
};

use crate::{machine::Machine, scope::Known};

/// Items of a display that are kept; a larger table is data.
const MAX_DISPLAYED: usize = 1 << 16;

/// The items of a display where all are known, and the same as written where decoding took part.
type Items = (Option<Vec<Value>>, Option<Vec<Value>>);

/// A number.
pub(crate) fn number(value: &Number) -> Value {
    match value {
        Number::Int(int) => match int.as_i64() {
            Some(int) => Value::Int(int),
            None => big(&int.to_string()),
        },
        Number::Float(float) => Value::Float(*float),
        Number::Complex { .. } => Known::unknown().value,
    }
}

/// An integer beyond 64 bits; decimal ones of absurd length are left unknown.
fn big(text: &str) -> Value {
    let digits = text.replace('_', "").to_ascii_lowercase();
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, digits.get(2..)),
        Some("0o") => (8, digits.get(2..)),
        Some("0b") => (2, digits.get(2..)),
        _ => (10, Some(digits.as_str())),
    };
    // CPython itself refuses decimal literals of more than 4300 digits.
    let digits = digits.filter(|digits| radix != 10 || digits.len() <= 4300);
    let parsed = digits.and_then(|digits| BigInt::parse_bytes(digits.as_bytes(), radix));
    parsed.map_or_else(|| Known::unknown().value, Value::integer)
}

impl<'t> Machine<'t, '_, '_> {
    /// The items of a display; `None` where one of them is not known to be one item.
    pub(crate) fn items(&mut self, elements: &'t [Expr]) -> Result<Items, Stop> {
        let mut values = Vec::with_capacity(elements.len().min(MAX_DISPLAYED));
        let mut written = None;
        let mut whole = elements.len() <= MAX_DISPLAYED;
        let mut own = Vec::new();
        for element in elements {
            if let Expr::Starred(starred) = element {
                let of = self.eval(&starred.value)?;
                match self.list_of(&of)? {
                    Some(items) => values.extend(items),
                    None => whole = false,
                }
                continue;
            }
            let known = self.eval(element)?;
            if known.encoded.is_some() && written.is_none() {
                written = Some(values.clone());
            }
            if let Some(written) = &mut written {
                written.push(known.written().clone());
            }
            if self.local(&known).is_some() && own.len() < MAX_DISPLAYED {
                own.push(known.clone());
            }
            if whole {
                values.push(known.value);
            }
        }
        // What stands among what nobody knows goes out of sight with it.
        if !whole {
            self.hands(&own, &[]);
        }
        Ok((whole.then_some(values), written.filter(|_| whole)))
    }

    /// The items of a constant that can be iterated.
    pub(crate) fn list_of(&mut self, of: &Known) -> Result<Option<Vec<Value>>, Stop> {
        if !self.copies(&of.value) {
            return Ok(None);
        }
        match &of.value {
            Value::Tuple(items) | Value::List(items) | Value::Set(items) => return Ok(Some(items.to_vec())),
            Value::Range(span) if span.stop.abs_diff(span.start) > MAX_DISPLAYED as u64 => return Ok(None),
            Value::Str(_)
            | Value::Bytes(_)
            | Value::ByteArray(_)
            | Value::Range(_)
            | Value::Dict(_)
            | Value::Iterator(_) => {}
            Value::Lazy(_) if self.effort > 1_000 => self.effort = self.effort.saturating_sub(1_000),
            _ => return Ok(None),
        }
        let outcome =
            eval::call(&Value::global("builtins", "list"), std::slice::from_ref(&of.value), &[], self.sink.meter())?;
        Ok(match outcome.result {
            Value::List(items) => Some(items.to_vec()),
            _ => None,
        })
    }

    /// `{key: value}`.
    pub(crate) fn dict(&mut self, node: &'t ExprDict) -> Result<Known, Stop> {
        let mut pairs = Vec::new();
        let mut whole = node.len() <= MAX_DISPLAYED;
        for item in node.iter() {
            let key = match &item.key {
                Some(key) => Some(self.eval(key)?.value),
                None => None,
            };
            let value = self.eval(&item.value)?.value;
            match (key, value) {
                (Some(key), value) if whole => pairs.push((key, value)),
                (None, Value::Dict(more)) if whole && more.len() <= MAX_DISPLAYED => pairs.extend(more.iter().cloned()),
                _ => whole = false,
            }
        }
        if !whole {
            return Ok(Known::unknown());
        }
        self.display_of(pairs)
    }

    /// The dict of these pairs, of which later ones replace earlier ones of the same key.
    pub(crate) fn display_of(&mut self, pairs: Vec<(Value, Value)>) -> Result<Known, Stop> {
        self.sink.meter().steps((pairs.len() as u64).saturating_mul(3).saturating_add(2))?;
        let pairs = match eval::display(pairs) {
            Ok(dict) => return Ok(dict.into()),
            Err(pairs) => pairs,
        };
        let pairs: Vec<Value> = pairs.into_iter().map(|(key, value)| Value::tuple([key, value])).collect();
        Ok(Value::called(self.memo.callable("builtins", "dict"), vec![Value::list(pairs)], Vec::new()).into())
    }

    /// An f-string: folded where all parts are known, else the call of `str.join` on its parts.
    pub(crate) fn f_string(&mut self, node: &'t ExprFString) -> Result<Known, Stop> {
        let mut parts: Vec<Known> = Vec::new();
        for part in node.value.iter() {
            match part {
                FStringPart::Literal(literal) => parts.push(Value::str(literal.as_str()).into()),
                FStringPart::FString(string) => {
                    for element in string.elements.iter() {
                        parts.push(self.element(element)?);
                    }
                }
            }
        }
        self.joined(parts)
    }

    /// Parts of an f-string in one text.
    pub(crate) fn joined(&mut self, parts: Vec<Known>) -> Result<Known, Stop> {
        let values: Vec<Value> = parts.iter().map(|part| part.value.clone()).collect();
        let callee = eval::attribute(&Value::str(""), "join");
        let outcome = eval::call(&callee, &[Value::list(values)], &[], self.sink.meter())?;
        let encoded = parts.iter().any(|part| part.encoded.is_some()).then(|| {
            let written: Vec<Value> = parts.iter().map(|part| part.written().clone()).collect();
            Rc::new(Value::called(callee.clone(), vec![Value::list(written)], Vec::new()))
        });
        Ok(Known { value: outcome.result, encoded })
    }

    fn element(&mut self, element: &'t InterpolatedStringElement) -> Result<Known, Stop> {
        match element {
            InterpolatedStringElement::Literal(literal) => Ok(Value::str(&*literal.value).into()),
            InterpolatedStringElement::Interpolation(element) => self.interpolation(element),
        }
    }

    fn interpolation(&mut self, element: &'t InterpolatedElement) -> Result<Known, Stop> {
        let known = self.eval(&element.expression)?;
        let convert = match element.conversion {
            ConversionFlag::None => None,
            ConversionFlag::Str => Some("str"),
            ConversionFlag::Ascii => Some("ascii"),
            ConversionFlag::Repr => Some("repr"),
        };
        let mut spec = Vec::new();
        for part in element.format_spec.iter().flat_map(|spec| spec.elements.iter()) {
            spec.push(self.element(part)?.value);
        }
        self.interpolated(known, convert, spec)
    }

    /// One value of an f-string: converted, then formatted.
    pub(crate) fn interpolated(
        &mut self,
        mut known: Known,
        convert: Option<&'static str>,
        spec: Vec<Value>,
    ) -> Result<Known, Stop> {
        if let Some(convert) = convert {
            known = self.pure("builtins", convert, [known])?;
        }
        if matches!(known.value, Value::Str(_)) && spec.is_empty() || !known.value.is_constant() {
            return Ok(known);
        }
        let joined = spec.iter().map(Value::as_str).collect::<Option<String>>().unwrap_or_default();
        self.pure("builtins", "format", [known, Value::str(joined).into()])
    }
}
