//! Listings of what has no lines of its own: what a reading states, a line each, in the order of the bytes.

use base::{
    blob::Blob,
    budget::Meter,
    fact::{Data, Fact},
    listing::{Line, Listing, MAX_LINES},
    location::Place,
    sink::{Child, Receiver, Sink},
    stop::Stop,
};

/// How a reading looks as a program.
pub(crate) struct Style {
    /// The word for highlighting.
    pub(crate) language: &'static str,
    /// What begins a comment.
    pub(crate) comment: &'static str,
    /// What joins a module and a name.
    pub(crate) join: &'static str,
    /// What stands before a class that is built, and before a name that is imported.
    pub(crate) new: &'static str,
    pub(crate) import: &'static str,
}

/// A parser, as formats have it.
type Parse = fn(&Blob, &mut Sink<'_>) -> Result<(), Stop>;

/// Lists what `parse` states of `blob`.
pub(crate) fn list(blob: &Blob, meter: &Meter, parse: Parse, style: &Style) -> Result<Listing, Stop> {
    let mut told = Told { style, meter: meter.clone(), lines: Vec::new(), held: 0, omitted: 0, stop: None };
    let outcome = {
        let mut sink = Sink::new(&mut told, meter.clone(), false, "");
        parse(blob, &mut sink)
    };
    // Stable: facts of one place keep their order.
    told.lines.sort_by_key(|(place, _)| place.offset);
    let mut listing = Listing::new(style.language);
    listing.omitted = told.omitted;
    listing.broken = outcome.err();
    for (place, text) in told.lines {
        listing.push(Line { text, place, uses: Vec::new() });
    }
    meter.release(told.held);
    match told.stop {
        Some(stop) => Err(stop),
        None => Ok(listing),
    }
}

struct Told<'s> {
    style: &'s Style,
    meter: Meter,
    lines: Vec<(Place, String)>,
    held: u64,
    omitted: u64,
    stop: Option<Stop>,
}

impl Receiver for Told<'_> {
    fn fact(&mut self, fact: Fact) {
        if let Some(text) = self.style.line(&fact) {
            // What is said of all of it stands at its beginning: findings point to the lines behind.
            let whole = matches!(fact.data, Data::Identity(_) | Data::Opaque(_) | Data::Flaw(_));
            let length = if whole { 0 } else { fact.at.length };
            self.add(Place { length, ..fact.at }, text);
        }
    }

    fn child(&mut self, child: Child) -> Result<(), Stop> {
        let name = base::escape::line(&String::from_utf8_lossy(&child.name)).into_owned();
        let text = format!("{} {} bytes of its own: {name}", self.style.comment, child.place.length);
        self.add(child.place, text);
        Ok(())
    }
}

impl Told<'_> {
    fn add(&mut self, place: Place, text: String) {
        let size = (text.len() as u64).saturating_add(96);
        if self.lines.len() >= MAX_LINES || self.stop.is_some() {
            self.omitted = self.omitted.saturating_add(1);
            return;
        }
        match self.meter.hold(size) {
            Ok(()) => {
                self.held = self.held.saturating_add(size);
                self.lines.push((place, text));
            }
            Err(stop) => self.stop = Some(stop),
        }
    }
}

impl Style {
    /// The line of a fact; none where it is no part of the program.
    fn line(&self, fact: &Fact) -> Option<String> {
        let Self { comment, join, .. } = self;
        let named = |module: &str, name: &str| {
            let module = module.split_once(':').map_or(module, |(_, module)| module);
            let inner =
                if module.is_empty() || matches!(module, "_G" | "native") || name.is_empty() { "" } else { join };
            let module = if module == "_G" || module == "native" { "" } else { module };
            format!("{module}{inner}{name}")
        };
        let text = match &fact.data {
            Data::Call(call) => {
                let new = if matches!(&*call.how, "build" | "newobj") { self.new } else { "" };
                let args = base::fact::Value::Exprs(&call.args).to_string();
                let called = format!("{new}{}({args})", named(&call.module, &call.name));
                format!("{called}{}", self.remark(fact, &call.when))
            }
            Data::Import(import) => {
                let from =
                    if import.written.is_empty() { String::new() } else { format!("  {comment} {}", import.written) };
                let runs = if import.when.is_empty() || &*import.when == "load" {
                    String::new()
                } else {
                    self.remark(fact, &import.when)
                };
                match &*import.origin {
                    "kernel" => format!("syscall {}", import.name),
                    "looked-up" | "name-in-data" => format!("{comment} a name to ask for: {}", import.name),
                    _ => format!("{}{}{from}{runs}", self.import, named(&import.module, &import.name)),
                }
            }
            Data::Identity(identity) => format!("{comment} {}: {}", identity.key, identity.value),
            Data::Reference(reference) => {
                format!("{comment} {} {}: {}", reference.role, reference.kind, reference.target)
            }
            Data::Flaw(flaw) => format!("{comment} {}: {}", flaw.id, flaw.detail),
            Data::Opaque(opaque) => format!("{comment} {}", opaque.detail),
            Data::Tensor(tensor) => format!("{comment} a tensor {} of {}", tensor.shape, tensor.dtype),
            Data::Operator(operator) if &*operator.domain == "shell" => format!("{comment} text: {}", operator.node),
            Data::Operator(operator) => format!("{}{join}{}", operator.domain, operator.name),
            Data::Text(text) => format!("{comment} {}: {}", text.role, text.text),
            Data::Entry(_) | Data::Match(_) | Data::Attribute(_) | Data::Graph(_) => return None,
        };
        Some(base::escape::line(&text).into_owned())
    }

    /// Behind a line: where it stands, and when it runs.
    fn remark(&self, fact: &Fact, when: &str) -> String {
        let place = fact.at.pointer.as_ref().map(|pointer| pointer.text()).unwrap_or_default();
        let when = match when {
            "called" => "when it is called",
            "conditional" => "behind a condition",
            "perhaps" => "if something calls it",
            "import" | "load" | "" => "",
            other => other,
        };
        let parts: Vec<&str> = [&*place, when].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { String::new() } else { format!("  {} {}", self.comment, parts.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use base::fact::{Call, Flaw, Import};

    use super::*;

    const STYLE: Style = Style { language: "lua", comment: "--", join: ".", new: "new ", import: "import " };

    fn stated(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let call = |name: &str, when: &str| Call {
            module: "lua:os".into(),
            name: name.into(),
            when: when.into(),
            args: vec![base::expr::Expr::str("id")],
            ..Call::default()
        };
        sink.fact(Place::bytes(8, 4), call("execute", "called"))?;
        sink.fact(
            Place::bytes(4, 4),
            Import { module: "native".into(), name: "execve".into(), when: "load".into(), ..Import::default() },
        )?;
        sink.fact(Place::bytes(0, 4), Flaw { id: "lie".into(), detail: "a\nb".into(), part: "".into() })?;
        sink.child(Child::window("f.lua", Place::bytes(16, 2), blob.clone()))?;
        Err(Stop::truncated(18, "more"))
    }

    #[test]
    fn what_is_stated_is_a_line() {
        let listing = list(&Blob::from_bytes("x"), &Meter::unlimited(), stated, &STYLE).unwrap();
        let lines: Vec<&str> = listing.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            lines,
            [
                "-- lie: a\\u{a}b",
                "import execve",
                "os.execute('id')  -- when it is called",
                "-- 2 bytes of its own: f.lua"
            ]
        );
        assert!(listing.broken.is_some() && listing.lines[2].place.offset == 8);
    }
}
