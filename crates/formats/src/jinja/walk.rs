//! The walk over the statements: every branch is walked, loops over constants are unrolled, and what is given out is kept as far as it is known.

use std::collections::{HashMap, HashSet};

use base::{
    expr::Expr as Shown,
    fact::{Data, Flaw, Operator, Reference},
    location::Place,
    reason::Reason,
    sink::Sink,
    stop::Stop,
};
use eval::Value as Constant;

use super::{
    chain::Given,
    escape::GAP,
    gate::{Gate, Open, is_markup},
    invisible,
    syntax::{Branch, Expr, Kind, Loop, Macro, Node, Span, StepKind, Target},
    value::{Origin, TEXT, Value, items},
};

/// Nesting of statements, expressions and macros together.
const DEPTH: usize = 256;
/// Iterations of unrolled loops and calls of macros, over the whole template.
const ROUNDS: usize = 4096;
/// Times that a macro is walked within itself.
const RECURSION: usize = 2;
/// Values that one variable is remembered to have had.
const VALUES: usize = 32;
/// Distinct facts of one template.
const STATED: usize = 4096;
/// Conditions remembered.
const GATES: usize = 1024;

/// The state of a walk.
pub(super) struct Walk<'t, 'k, 'b> {
    source: &'t str,
    lines: Vec<usize>,
    pub(super) sink: &'k mut Sink<'b>,
    /// Values of each variable, the newest last.
    variables: HashMap<String, Vec<Value<'t>>>,
    pub(super) gates: Vec<Gate>,
    open: Vec<Open>,
    stated: HashSet<String>,
    /// Names of attributes that were stated.
    pub(super) reached: HashSet<String>,
    /// Names that were stated as texts.
    pub(super) mentioned: HashSet<String>,
    /// Names that expressions of the statement being walked may come to.
    pub(super) candidates: Vec<String>,
    depth: usize,
    rounds: usize,
    /// The first limit that was met.
    pub(super) stop: Option<Stop>,
    /// Macros that are being walked.
    entered: Vec<&'t str>,
}

impl<'t, 'k, 'b> Walk<'t, 'k, 'b> {
    /// A walk over the template `source`.
    pub(super) fn new(source: &'t str, sink: &'k mut Sink<'b>) -> Self {
        let lines = memchr::memchr_iter(b'\n', source.as_bytes()).map(|at| at.saturating_add(1)).collect();
        Self {
            source,
            lines,
            sink,
            variables: HashMap::new(),
            gates: Vec::new(),
            open: Vec::new(),
            stated: HashSet::new(),
            reached: HashSet::new(),
            mentioned: HashSet::new(),
            candidates: Vec::new(),
            depth: 0,
            rounds: 0,
            stop: None,
            entered: Vec::new(),
        }
    }

    /// Walks the whole template.
    pub(super) fn template(&mut self, nodes: &'t [Node<'t>]) -> Result<(), Stop> {
        // Macros may be called before the line that defines them is reached again in a loop.
        for node in nodes {
            if let Node::Macro(definition) = node {
                self.remember(definition.name.to_owned(), Value::Macro(definition));
            }
        }
        for node in nodes {
            self.candidates.clear();
            match self.body(std::slice::from_ref(node)) {
                Err(stop @ Stop::Limit(Reason::Depth)) => {
                    // What is beside the deep part is read all the same.
                    (self.depth, self.stop) = (0, self.stop.take().or(Some(stop)));
                    self.open.clear();
                    self.entered.clear();
                }
                other => other.map(drop)?,
            }
        }
        self.stop.take().map_or(Ok(()), Err)
    }

    /// Walks nodes; the text that they give out.
    pub(super) fn body(&mut self, nodes: &'t [Node<'t>]) -> Result<String, Stop> {
        let mut text = String::new();
        self.descend()?;
        for node in nodes {
            self.sink.meter().steps(1)?;
            let part = self.node(node)?;
            if text.len().saturating_add(part.len()) > TEXT {
                text = GAP.to_string();
            } else {
                text.push_str(&part);
            }
        }
        self.ascend();
        // A block, a macro or a set block is its text.
        if !text.trim().contains(char::is_whitespace) {
            self.mentions(&Value::text(text.trim()), &(0..0))?;
        }
        Ok(text)
    }

    pub(super) fn descend(&mut self) -> Result<(), Stop> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEPTH { Err(Stop::Limit(Reason::Depth)) } else { Ok(()) }
    }

    pub(super) fn ascend(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn node(&mut self, node: &'t Node<'t>) -> Result<String, Stop> {
        match node {
            Node::Data(text, span) => {
                self.spoken(text, span)?;
                Ok((*text).to_owned())
            }
            Node::Output(value) => {
                let shown = self.value(value)?.shown();
                self.spoken(&shown, &value.span)?;
                Ok(shown)
            }
            Node::If(branches) => self.branches(branches),
            Node::For(repetition) => self.repetition(repetition),
            Node::Set(targets, value) => {
                let mark = self.candidates.len();
                let result = self.value(value)?;
                self.fields(targets, value)?;
                self.assign(targets, result, &value.span)?;
                for lost in self.lost_since(mark) {
                    targets.iter().for_each(|target| self.may_be(&target.path(), &lost));
                }
                Ok(String::new())
            }
            Node::SetBody(targets, steps, body) => {
                let value = Value::text(self.body(body)?);
                let value = self.steps(value, None, steps)?;
                self.assign(targets, value, &(0..0))?;
                Ok(String::new())
            }
            Node::Macro(definition) => {
                self.remember(definition.name.to_owned(), Value::Macro(definition));
                self.enter(definition, Given::default()).map(|_| String::new())
            }
            Node::Call(value, body) => {
                let caller = self.body(body)?;
                self.remember("caller".to_owned(), Value::text(caller));
                self.value(value).map(|value| value.shown())
            }
            Node::Filter(steps, body) => {
                let value = Value::text(self.body(body)?);
                self.steps(value, None, steps).map(|value| value.shown())
            }
            Node::Body(values, body) => {
                for value in values {
                    self.value(value)?;
                }
                self.body(body)
            }
            Node::Reference(word, template, names) => self.reference(word, template, names),
        }
    }

    fn reference(&mut self, word: &str, template: &'t Expr<'t>, names: &[&'t str]) -> Result<String, Stop> {
        let target = self.value(template)?.shown().replace(GAP, "…");
        let fact = Reference { kind: "file".into(), target: target.into(), role: word.into() };
        self.state(&template.span, fact)?;
        for name in names {
            self.remember((*name).to_owned(), Value::data());
        }
        Ok(GAP.to_string())
    }

    /// Walks every branch; the text of the only one that can be taken, where that is known.
    fn branches(&mut self, branches: &'t [Branch<'t>]) -> Result<String, Stop> {
        let mut gate = None;
        let mut taken: Option<String> = None;
        let mut known = true;
        for branch in branches {
            let condition = match &branch.condition {
                Some(condition) => Some(self.value(condition)?),
                None => None,
            };
            let open = match condition.as_ref().and_then(Value::origin) {
                Some(Origin::Gate(found)) => {
                    gate = gate.or(Some(found));
                    Some(self.opened(found, false))
                }
                _ => gate.map(|gate| self.opened(gate, true)),
            };
            self.open.extend(open);
            let text = self.body(&branch.body);
            if open.is_some() {
                self.open.pop();
            }
            let text = text?;
            match condition.as_ref().map(|value| value.constant().and_then(truth)) {
                Some(Some(false)) => {}
                Some(Some(true)) | None if known => taken = taken.or(Some(text)),
                _ => known = false,
            }
        }
        if !known && taken.is_none() {
            return Ok(GAP.to_string());
        }
        Ok(taken.unwrap_or_default())
    }

    /// A loop over constants item by item; over anything else once.
    fn repetition(&mut self, repetition: &'t Loop<'t>) -> Result<String, Stop> {
        let over = self.value(&repetition.iterable)?;
        let mut text = String::new();
        match over.constant().and_then(items) {
            Some(items) => {
                for item in items {
                    self.rounds = self.rounds.saturating_add(1);
                    if self.rounds > ROUNDS {
                        // The rest of the rounds is not walked, the rest of the template is.
                        self.stop.get_or_insert(Stop::Limit(Reason::Time));
                        break;
                    }
                    text.push_str(&self.round(repetition, Value::Known(item))?);
                    if text.len() > TEXT {
                        text = GAP.to_string();
                    }
                }
            }
            None => {
                let item = match over.origin() {
                    Some(origin) => Value::Unknown(origin),
                    None => Value::data(),
                };
                self.round(repetition, item)?;
                text.push(GAP);
            }
        }
        self.body(&repetition.otherwise)?;
        Ok(text)
    }

    fn round(&mut self, repetition: &'t Loop<'t>, item: Value<'t>) -> Result<String, Stop> {
        self.assign(&repetition.targets, item, &(0..0))?;
        match &repetition.filter {
            Some(filter) => {
                let condition = self.value(filter)?;
                self.behind(&condition, false, |walk| walk.body(&repetition.body))
            }
            None => self.body(&repetition.body),
        }
    }

    /// The fields of `namespace(field=value)`, as variables of their own.
    fn fields(&mut self, targets: &[Target<'t>], value: &'t Expr<'t>) -> Result<(), Stop> {
        let ([target], Kind::Chain(head, steps)) = (targets, &value.kind) else { return Ok(()) };
        let (Kind::Name("namespace"), [step]) = (&head.kind, steps.as_slice()) else { return Ok(()) };
        if let StepKind::Call(arguments) = &step.kind {
            for (field, value) in &arguments.named {
                let value = self.value(value)?;
                self.remember(format!("{}.{field}", target.name), value);
            }
        }
        Ok(())
    }

    fn assign(&mut self, targets: &[Target<'t>], value: Value<'t>, span: &Span) -> Result<(), Stop> {
        if let Some(text) = value.as_text() {
            let text = text.to_owned();
            self.spoken(&text, span)?;
        }
        let parts = value.constant().filter(|_| targets.len() > 1).and_then(items);
        for (index, target) in targets.iter().enumerate() {
            let part = match &parts {
                Some(parts) => parts.get(index).cloned().map_or_else(Value::data, Value::Known),
                None if targets.len() > 1 && value.constant().is_some() => Value::data(),
                None => value.clone(),
            };
            let name = self.identifier(&target.path())?.into_owned();
            let part = self.flagged(part);
            self.remember(name, part);
        }
        Ok(())
    }

    /// A constant that is set only behind a condition on words says whether that condition held.
    fn flagged(&self, value: Value<'t>) -> Value<'t> {
        let natural = |open: &&Open| self.gates.get(open.gate).is_some_and(Gate::is_natural);
        let short = match value.constant() {
            Some(Constant::Str(text)) => text.len() <= 16,
            Some(constant) => !matches!(constant, Constant::List(_) | Constant::Dict(_) | Constant::Tuple(_)),
            None => false,
        };
        match self.open.iter().rev().find(natural) {
            Some(open) if short => Value::Unknown(Origin::Gate(open.gate)),
            _ => value,
        }
    }

    pub(super) fn remember(&mut self, name: String, value: Value<'t>) {
        let values = self.variables.entry(name).or_default();
        if values.len() >= VALUES {
            values.pop();
        }
        values.push(value);
    }

    /// A variable that has a value may also have this one.
    pub(super) fn may_be(&mut self, name: &str, text: &str) {
        let Some(values) = self.variables.get_mut(name) else { return };
        if values.len() < VALUES && !values.iter().any(|value| value.as_text() == Some(text)) {
            values.insert(0, Value::text(text));
        }
    }

    /// The values that a variable may have, the newest last.
    pub(super) fn variable(&self, name: &str) -> &[Value<'t>] {
        self.variables.get(name).map_or(&[], Vec::as_slice)
    }

    /// Walks a macro with these arguments; what it gives out.
    pub(super) fn enter(
        &mut self,
        definition: &'t Macro<'t>,
        given: Given<'t>,
    ) -> Result<Value<'t>, Stop> {
        self.rounds = self.rounds.saturating_add(1);
        // A macro that calls itself is walked two levels down.
        let within = self.entered.iter().filter(|name| **name == definition.name).count();
        if within >= RECURSION || self.depth > DEPTH / 2 || self.rounds > ROUNDS {
            return Ok(Value::data());
        }
        self.mention(definition.name, &(0..0))?;
        let mut named = given.named;
        let mut positional = given.positional.into_iter();
        for (name, default) in &definition.parameters {
            let name = self.identifier(name)?;
            self.mention(&name, &(0..0))?;
            let by_name = named.extract_if(.., |(given, _)| *given == name).map(|(_, value)| value).next();
            let value = match (positional.next().or(by_name), default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.value(default)?,
                (None, None) => Value::data(),
            };
            self.remember(name.clone().into_owned(), value);
            given.lost.iter().for_each(|lost| self.may_be(&name, lost));
        }
        let pairs: Vec<_> = named.iter().map(|(name, value)| (Constant::str(name.as_ref()), value.gapped())).collect();
        let extra: Vec<_> = positional.map(|value| value.gapped()).collect();
        if !extra.is_empty() {
            self.remember("varargs".to_owned(), Value::Known(Constant::list(extra)));
        }
        if !pairs.is_empty() {
            self.remember("kwargs".to_owned(), Value::Known(Constant::dict(pairs)));
        }
        self.entered.push(definition.name);
        let text = self.body(&definition.body)?;
        self.entered.pop();
        Ok(Value::text(text))
    }

    /// Remembers a condition.
    pub(super) fn gate(&mut self, kind: &'static str, literal: &str, span: &Span) -> Value<'t> {
        if kind == "content" && !literal.chars().any(char::is_alphanumeric) {
            return Value::data();
        }
        if self.gates.len() >= GATES {
            return Value::Unknown(Origin::Gate(GATES.saturating_sub(1)));
        }
        let kind = if kind == "content" && is_markup(literal) { "markup" } else { kind };
        self.gates.push(Gate { kind, literal: literal.to_owned(), written: self.written(span), negated: false });
        Value::Unknown(Origin::Gate(self.gates.len().saturating_sub(1)))
    }

    /// A branch behind a condition.
    fn opened(&self, gate: usize, otherwise: bool) -> Open {
        let negated = self.gates.get(gate).is_some_and(|gate| gate.negated);
        Open { gate, otherwise: otherwise != negated }
    }

    /// The opposite of a condition.
    pub(super) fn negated(&mut self, value: Value<'t>) -> Value<'t> {
        let Some(Origin::Gate(gate)) = value.origin() else { return value };
        let Some(gate) = self.gates.get(gate).filter(|_| self.gates.len() < GATES) else { return value };
        let gate = Gate { negated: !gate.negated, ..gate.clone() };
        self.gates.push(gate);
        Value::Unknown(Origin::Gate(self.gates.len().saturating_sub(1)))
    }

    /// Runs `inner` behind a condition.
    pub(super) fn behind<T>(
        &mut self,
        condition: &Value<'t>,
        otherwise: bool,
        inner: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let open = match condition.origin() {
            Some(Origin::Gate(gate)) => Some(self.opened(gate, otherwise)),
            _ => None,
        };
        self.open.extend(open);
        let result = inner(self);
        if open.is_some() {
            self.open.pop();
        }
        result
    }

    /// Text that is given out: stated where it depends on a condition, searched for what nobody sees.
    pub(super) fn spoken(&mut self, text: &str, span: &Span) -> Result<(), Stop> {
        if let Some((id, _, count)) = invisible::flaws(text).first().copied() {
            let detail = format!("{count} such characters in text that is given out").into();
            self.state(span, Flaw { id: id.into(), detail, part: "".into() })?;
        }
        let natural = |open: &&Open| !open.otherwise || self.gates.get(open.gate).is_some_and(Gate::is_natural);
        let Some(open) = self.open.iter().rev().find(natural).copied() else { return Ok(()) };
        let Some(gate) = self.gates.get(open.gate).cloned() else { return Ok(()) };
        let text = text.replace(GAP, " ");
        if !text.chars().any(char::is_alphabetic) {
            return Ok(());
        }
        let name = format!("text-{}-{}", if open.otherwise { "unless" } else { "if" }, gate.kind);
        let args = vec![Shown::str(gate.literal), Shown::str(text)];
        self.operator(span, &name, gate.written, args)
    }

    /// States an operator of this domain.
    pub(super) fn operator(&mut self, span: &Span, name: &str, node: String, args: Vec<Shown>) -> Result<(), Stop> {
        self.state(span, Operator { domain: "jinja".into(), name: name.into(), node: node.into(), args, ..Operator::default() })
    }

    /// States a fact, unless the same was stated before.
    pub(super) fn state(&mut self, span: &Span, data: impl Into<Data>) -> Result<(), Stop> {
        let data = data.into();
        let key = base::fact::Fact::new(Place::default(), data.clone());
        let key = format!("{} {} {}", key, key.subject(), key.evidence());
        if self.stated.len() >= STATED {
            return Err(Stop::Limit(Reason::Entries));
        }
        if !self.stated.insert(key) {
            return Ok(());
        }
        let place = self.place(span);
        self.sink.fact(place, data)
    }

    fn place(&self, span: &Span) -> Place {
        let line = self.lines.partition_point(|start| *start <= span.start);
        let start = line.checked_sub(1).and_then(|index| self.lines.get(index)).copied().unwrap_or(0);
        let column = self.source.get(start..span.start).map_or(0, |text| text.chars().count());
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
        let length = span.end.saturating_sub(span.start) as u64;
        Place::bytes(span.start as u64, length).line(small(line), small(column))
    }

    /// The source of a span, shortened.
    pub(super) fn written(&self, span: &Span) -> String {
        let text = self.source.get(span.clone()).unwrap_or_default();
        let (start, cut) = base::expr::shorten(text, 160);
        format!("{start}{}", if cut { "…" } else { "" })
    }
}

/// Whether a constant is true, for the constants that conditions are made of.
pub(super) fn truth(constant: &Constant) -> Option<bool> {
    match constant {
        Constant::None => Some(false),
        Constant::Bool(truth) => Some(*truth),
        Constant::Int(number) => Some(*number != 0),
        Constant::Str(text) if text.contains(GAP) => None,
        Constant::Str(text) => Some(!text.is_empty()),
        _ => None,
    }
}
