//! Filters and tests: those that make text from text, those that reach attributes, and those that ask about content.

use base::{expr::Expr as Shown, stop::Stop};
use eval::{Span as Slice, Value as Constant};

use super::{
    chain::Given,
    escape::GAP,
    evaluate::literal,
    gate::keeps,
    syntax::Span,
    value::{Origin, Value, items},
    walk::Walk,
};

/// Filters that take the name of an attribute, and where: first, or only by name.
const BY_ATTRIBUTE: &[(&str, usize)] = &[
    ("map", usize::MAX),
    ("selectattr", 0),
    ("rejectattr", 0),
    ("groupby", 0),
    ("sort", 2),
    ("unique", 1),
    ("min", 1),
    ("max", 1),
    ("sum", 0),
    ("join", 1),
    ("list", usize::MAX),
];

/// Items that a mapped filter is followed on.
const MAPPED: usize = 256;

/// A text without comments and without what stands between angle brackets.
fn without_tags(text: &str) -> String {
    let mut pieces = text.split("<!--");
    let first = pieces.next().unwrap_or_default().to_owned();
    let text = pieces.fold(first, |kept, piece| kept + piece.split_once("-->").map_or("", |(_, after)| after));
    let mut inside = false;
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '<' => inside = true,
            '>' if inside => inside = false,
            letter if !inside => plain.push(letter),
            _ => {}
        }
    }
    plain
}

impl<'t> Walk<'t, '_, '_> {
    /// `value|name(given)`.
    pub(super) fn filter(
        &mut self,
        value: &Value<'t>,
        name: &str,
        given: &Given<'t>,
        span: &Span,
    ) -> Result<Value<'t>, Stop> {
        self.operator(span, "filter", name.to_owned(), Vec::new())?;
        if name == "attr" {
            return self.attribute(value, given, span);
        }
        if name == "map"
            && let Some(filter) = given.text(0, "").map(str::to_owned)
        {
            return self.mapped(value, &filter, given, span);
        }
        let attribute = self.by_attribute(value, name, given, span)?;
        if let Some(found) = self.folded(value, name, given)? {
            return Ok(found);
        }
        self.lose(value);
        for given in given.positional.iter().chain(given.named.iter().map(|(_, value)| value)) {
            self.lose(given);
        }
        let Some(origin) = value.origin() else {
            return Ok(match name {
                "select" | "reject" | "map" => Value::Unknown(Origin::Engine("generator")),
                "random" => Value::Unknown(Origin::Chance),
                _ => Value::data(),
            });
        };
        Ok(match (name, origin) {
            ("random", _) => Value::Unknown(Origin::Chance),
            ("string", Origin::Engine(_)) => Value::text(value.shown()),
            ("default" | "d", origin) => {
                if let Some(text) = given.text(0, "default_value") {
                    let text = text.to_owned();
                    self.spoken(&text, span)?;
                }
                Value::Unknown(origin)
            }
            ("replace", origin) => {
                self.rewrite(origin, given, span)?;
                Value::Unknown(origin)
            }
            ("selectattr" | "rejectattr", Origin::Messages) if attribute == Some(Origin::Content) => {
                match given.at(2, "value").and_then(Value::constant).and_then(literal) {
                    Some(literal) => {
                        self.gate("content", &literal, span)
                    }
                    None => Value::Unknown(origin),
                }
            }
            ("map", _) => Value::Unknown(attribute.unwrap_or(origin)),
            ("string" | "tojson" | "join" | "pprint", Origin::Messages) => Value::Unknown(Origin::Content),
            (name, Origin::Content | Origin::Messages) if !keeps(name) => Value::data(),
            (_, origin) => Value::Unknown(origin),
        })
    }

    /// `value|map(filter, …)`: the filter on each item.
    fn mapped(
        &mut self,
        value: &Value<'t>,
        filter: &str,
        given: &Given<'t>,
        span: &Span,
    ) -> Result<Value<'t>, Stop> {
        let positional = given.positional.iter().skip(1).cloned().collect();
        let given = Given { positional, named: given.named.clone(), lost: given.lost.clone() };
        let Some(items) = value.constant().and_then(items) else {
            // A mapped filter may be `map` again.
            self.descend()?;
            let result = self.filter(value, filter, &given, span);
            self.ascend();
            return result;
        };
        let mut results = Vec::new();
        self.descend()?;
        for item in items.into_iter().take(MAPPED) {
            self.sink.meter().steps(1)?;
            results.push(self.filter(&Value::Known(item), filter, &given, span)?.gapped());
        }
        self.ascend();
        Ok(Value::Known(Constant::list(results)))
    }

    /// `value|attr(name)`: nothing but an attribute can be meant.
    fn attribute(&mut self, value: &Value<'t>, given: &Given<'t>, span: &Span) -> Result<Value<'t>, Stop> {
        for key in &given.lost {
            self.reach(value, key, span)?;
        }
        match given.text(0, "name") {
            Some(key) if !key.contains(GAP) => {
                let key = key.to_owned();
                self.reach(value, &key, span)
            }
            key => {
                let key = key.map_or_else(|| GAP.to_string(), str::to_owned);
                let written = self.written(span);
                self.operator(span, "computed-attribute", written, vec![Shown::str(key)])?;
                Ok(Value::Unknown(Origin::Engine("")))
            }
        }
    }

    /// A text as `striptags` of MarkupSafe leaves it: without tags, its entities decoded.
    pub(super) fn stripped(&self, text: &str) -> Result<Value<'t>, Stop> {
        self.called(&Constant::global("html", "unescape"), &[Constant::str(without_tags(text))], &[])
    }

    /// States the attributes that a filter over items reaches; where the last of them leads.
    fn by_attribute(
        &mut self,
        value: &Value<'t>,
        name: &str,
        given: &Given<'t>,
        span: &Span,
    ) -> Result<Option<Origin>, Stop> {
        let Some((_, position)) = BY_ATTRIBUTE.iter().find(|(known, _)| *known == name) else { return Ok(None) };
        let Some(path) = given.at(*position, "attribute") else { return Ok(None) };
        let Some(path) = path.as_text().map(str::to_owned) else {
            if path.constant().is_none() {
                let written = self.written(span);
                self.operator(span, "computed-attribute", written, vec![Shown::str(GAP.to_string())])?;
            }
            return Ok(None);
        };
        let mut reached = value.clone();
        for part in path.split(['.', ',']) {
            if !part.is_empty() && part.parse::<u64>().is_err() {
                reached = self.reach(&reached, part, span)?;
            }
        }
        Ok(reached.origin())
    }

    /// A filter on a constant, by the function of Python that does the same.
    fn folded(&mut self, value: &Value<'t>, name: &str, given: &Given<'t>) -> Result<Option<Value<'t>>, Stop> {
        let Some(constant) = value.constant() else { return Ok(None) };
        let method = match name {
            "lower" | "upper" | "title" | "capitalize" | "replace" => Some(name),
            "trim" => Some("strip"),
            "center" => Some("center"),
            _ => None,
        };
        let args: Vec<Constant> = given.positional.iter().map(Value::gapped).collect();
        if let (Some(method), Constant::Str(_)) = (method, constant) {
            return self.called(&eval::attribute(constant, method), &args, &[]).map(Some);
        }
        let found = match name {
            "string" | "safe" | "e" | "escape" | "forceescape" | "urlencode" | "indent" | "wordwrap" => {
                Value::text(value.shown())
            }
            "striptags" => self.stripped(&value.shown())?,
            "truncate" => match given.at(0, "length").and_then(Value::constant) {
                Some(Constant::Int(length)) => {
                    let length = usize::try_from(*length).unwrap_or(0);
                    let end = given.text(2, "end").unwrap_or("...");
                    let start: String = value.shown().chars().take(length.saturating_sub(end.chars().count())).collect();
                    Value::text(format!("{start}{end}"))
                }
                _ => value.clone(),
            },
            "max" | "min" => {
                let texts = items(constant).unwrap_or_default();
                let texts = texts.iter().filter_map(Constant::as_str);
                let found = if name == "max" { texts.max() } else { texts.min() };
                found.map_or_else(Value::data, Value::text)
            }
            "tojson" if constant.as_str().is_some() => Value::text(format!("\"{}\"", value.shown())),
            "batch" => {
                let size = match given.at(0, "linecount").and_then(Value::constant) {
                    Some(Constant::Int(size)) => usize::try_from(*size).unwrap_or(1).max(1),
                    _ => return Ok(None),
                };
                let Some(items) = items(constant) else { return Ok(None) };
                Value::Known(Constant::list(items.chunks(size).map(|items| Constant::list(items.to_vec())).collect::<Vec<_>>()))
            }
            "join" => {
                let between = given.text(0, "d").unwrap_or_default();
                let parts: Option<Vec<String>> =
                    items(constant).map(|items| items.into_iter().map(|item| Value::Known(item).shown()).collect());
                parts.map_or_else(Value::data, |parts| Value::text(parts.join(between)))
            }
            "format" => self.operation("mod", &[constant.clone(), Constant::tuple(args)])?,
            "reverse" => {
                let backwards = Slice { start: None, stop: None, step: Some(-1) };
                let found = match constant {
                    Constant::Str(_) => eval::item(constant, &Constant::slice(backwards)),
                    _ => Constant::list(items(constant).unwrap_or_default().into_iter().rev().collect::<Vec<_>>()),
                };
                Value::Known(found)
            }
            "list" => items(constant).map_or_else(Value::data, |items| Value::Known(Constant::list(items))),
            "first" => {
                items(constant).and_then(|items| items.into_iter().next()).map_or_else(Value::data, Value::Known)
            }
            "last" => items(constant).and_then(|items| items.into_iter().last()).map_or_else(Value::data, Value::Known),
            "default" | "d" => value.clone(),
            "int" => self.called(&Constant::global("builtins", "int"), std::slice::from_ref(constant), &[])?,
            "length" | "count" => match items(constant) {
                Some(items) => Value::Known(Constant::Int(i64::try_from(items.len()).unwrap_or(i64::MAX))),
                None => Value::data(),
            },
            _ => return Ok(None),
        };
        Ok(Some(found))
    }

    /// `value is name(given)`.
    pub(super) fn test(
        &mut self,
        value: &Value<'t>,
        name: &str,
        given: &Given<'t>,
        span: &Span,
    ) -> Result<Value<'t>, Stop> {
        self.operator(span, "test", name.to_owned(), Vec::new())?;
        let other = given.positional.first();
        let content = |value: &Value<'t>| value.origin() == Some(Origin::Content);
        let literal = match other {
            Some(other) if content(value) => other.constant().map(|_| other.shown()),
            Some(other) if content(other) => value.constant().map(|_| value.shown()),
            _ => None,
        };
        if let Some(literal) = literal {
            return Ok(self.gate("content", &literal.replace(GAP, ""), span));
        }
        Ok(match value.origin() {
            Some(origin @ Origin::Gate(_)) => Value::Unknown(origin),
            _ => Value::data(),
        })
    }
}
