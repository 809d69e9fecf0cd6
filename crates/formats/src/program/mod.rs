//! Programs of small languages: values that are followed through names, and the calls and references that come of them.
//!
//! The readers of Lua, R and their like differ in how they write a program; what they state of it is the same. A name of
//! such a language carries the language in front: `lua:os` `execute`, `r:base` `system`.

mod lexer;
pub(crate) mod listing;
pub(crate) mod source;

use std::collections::{HashMap, HashSet};

use base::{
    blob::Blob,
    expr::Expr,
    fact::{Call, Import, Str},
    location::Place,
    sink::{Child, Sink},
    stop::Stop,
};

/// What sets one language apart.
pub(crate) struct Language {
    /// What a bare name stands for.
    pub(crate) global: fn(&str) -> Expr,
    /// The member `key` of a value.
    pub(crate) field: fn(&Expr, &str) -> Expr,
    /// What a call gives, where that is known without running it.
    pub(crate) fold: fn(&str, &str, &[Expr]) -> Option<Expr>,
    /// What a call of this callable calls in turn: the function given, and its arguments.
    pub(crate) applies: fn(&str, &str, &[Expr]) -> Option<Applied>,
    /// Whether any member of this may be had by a computed name only to hide which.
    pub(crate) guarded: fn(&str, &str) -> bool,
    /// Whether the first argument of this callable is a program in the language.
    pub(crate) evaluates: fn(&str, &str) -> bool,
    /// The module that a call of this callable loads.
    pub(crate) imports: fn(&str, &str, &[Expr]) -> Option<String>,
    /// The name of a child that holds such a program.
    pub(crate) child: &'static str,
}

/// A callable and its arguments.
pub(crate) type Applied = (Expr, Vec<Expr>);

/// Facts of one program that are told apart; beyond, all are stated.
const TOLD: usize = 1 << 14;
/// Names that assignments are remembered of.
const NAMES: usize = 1 << 12;
/// Programs given back from one.
const CHILDREN: usize = 256;
/// Bytes of a text that values are folded into.
const FOLDED: usize = 1 << 20;

/// Calls through functions that call what they are given.
const HOPS: usize = 4;

/// A program that is being read.
pub(crate) struct Program<'p, 's> {
    language: &'p Language,
    pub(crate) sink: &'p mut Sink<'s>,
    stated: HashSet<String>,
    names: HashMap<String, Expr>,
    children: usize,
    held: u64,
}

impl<'p, 's> Program<'p, 's> {
    pub(crate) fn new(language: &'p Language, sink: &'p mut Sink<'s>) -> Self {
        Self { language, sink, stated: HashSet::new(), names: HashMap::new(), children: 0, held: 0 }
    }

    /// What `name` stands for, as far as it was assigned.
    pub(crate) fn name(&self, name: &str) -> Expr {
        self.names.get(name).cloned().unwrap_or_else(|| (self.language.global)(name))
    }

    /// An assignment to a name.
    pub(crate) fn assign(&mut self, name: &str, value: Expr) {
        let value = small(value);
        if matches!(value, Expr::Unknown) {
            self.names.remove(name);
        } else if self.names.len() < NAMES {
            self.names.insert(name.to_owned(), value);
        }
    }

    /// The member of a value; a name of a module that is reached is stated.
    pub(crate) fn field(&mut self, place: &Place, of: &Expr, key: &str, when: &'static str) -> Result<Expr, Stop> {
        let value = (self.language.field)(of, key);
        if let Expr::Global { module, name } = &value {
            self.refer(place, module, name, when)?;
        }
        Ok(value)
    }

    /// A member under a name that is not known, of something whose members matter.
    pub(crate) fn computed(&mut self, place: &Place, of: &Expr, when: &'static str) -> Result<(), Stop> {
        let Expr::Global { module, name } = of else { return Ok(()) };
        if !(self.language.guarded)(module, name) || !self.first(format!("{when} {module} {name} [?]")) {
            return Ok(());
        }
        let import = Import {
            module: module.clone(),
            name: name.clone(),
            written: format!("{}[?]", if name.is_empty() { module } else { name }).into(),
            origin: "computed".into(),
            when: when.into(),
        };
        self.sink.fact(place.clone(), import)
    }

    /// States a name that is used.
    pub(crate) fn refer(&mut self, place: &Place, module: &str, name: &str, when: &'static str) -> Result<(), Stop> {
        if name.is_empty() || !self.first(format!("{when} {module} {name}")) {
            return Ok(());
        }
        let import = Import {
            module: module.into(),
            name: name.into(),
            written: "".into(),
            origin: "attribute".into(),
            when: when.into(),
        };
        self.sink.fact(place.clone(), import)
    }

    /// A call, and what it gives.
    pub(crate) fn call(
        &mut self,
        place: &Place,
        callee: &Expr,
        args: Vec<Expr>,
        when: &'static str,
    ) -> Result<Expr, Stop> {
        let (mut callee, mut args) = (callee.clone(), args);
        for _ in 0..HOPS {
            let Expr::Global { module, name } = &callee else { break };
            let Some((next, given)) = (self.language.applies)(module, name, &args) else { break };
            (callee, args) = (next, given);
        }
        let Expr::Global { module, name } = &callee else { return Ok(Expr::Unknown) };
        if let Some(value) = (self.language.fold)(module, name, &args) {
            return Ok(value);
        }
        // Who runs over a library's members chooses among them.
        if let ("pairs" | "next", [library @ Expr::Global { name, .. }]) = (&**name, args.as_slice())
            && matches!(&**name, "os" | "io" | "debug" | "ffi")
        {
            self.computed(place, library, when)?;
        }
        if (self.language.evaluates)(module, name) {
            self.program(place, &args)?;
        }
        let loaded = (self.language.imports)(module, name, &args);
        let args: Vec<Expr> = args.into_iter().take(16).map(small).collect();
        if self.first(format!("{when} {module} {name} {}", Shown(&args))) {
            let call = Call {
                module: module.clone(),
                name: name.clone(),
                how: "call".into(),
                when: when.into(),
                args,
                repeats: 1,
                ..Call::default()
            };
            self.sink.fact(place.clone(), call)?;
        }
        let Some(loaded) = loaded else { return Ok(Expr::Unknown) };
        let value = (self.language.global)(&loaded);
        if self.first(format!("{when} import {loaded}")) {
            let module = match (self.language.field)(&value, "x") {
                Expr::Global { module, .. } => module,
                _ => Str::from(loaded),
            };
            let import = Import { module, origin: "import".into(), when: when.into(), ..Import::default() };
            self.sink.fact(place.clone(), import)?;
        }
        Ok(value)
    }

    /// A text that the language evaluates is a program of its own.
    fn program(&mut self, place: &Place, args: &[Expr]) -> Result<(), Stop> {
        let text: &[u8] = match args.first() {
            Some(Expr::Str(text)) => text.as_bytes(),
            Some(Expr::Bytes(bytes)) => bytes,
            _ => return Ok(()),
        };
        self.children = self.children.saturating_add(1);
        if text.len() < 4 || self.children > CHILDREN {
            return Ok(());
        }
        self.held = self.held.saturating_add(text.len() as u64);
        self.sink.meter().hold(text.len() as u64)?;
        self.sink.child(Child::window(self.language.child, place.clone(), Blob::from_bytes(text.to_vec())))
    }

    fn first(&mut self, key: String) -> bool {
        self.stated.len() >= TOLD || self.stated.insert(key)
    }
}

struct Shown<'a>(&'a [Expr]);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|arg| write!(f, "{arg},"))
    }
}

/// A value as it is remembered: constants, names, and short lists of them.
pub(crate) fn small(value: Expr) -> Expr {
    match value {
        Expr::List(items) if items.len() <= 64 => Expr::List(items.into_iter().map(leaf).collect()),
        value => leaf(value),
    }
}

fn leaf(value: Expr) -> Expr {
    match value {
        Expr::List(_) | Expr::Tuple(_) | Expr::Set(_) | Expr::Dict(_) | Expr::Call { .. } | Expr::Item { .. } => {
            Expr::Unknown
        }
        Expr::Attribute { .. } => Expr::Unknown,
        value => value,
    }
}

/// A number as a value: whole where it is.
pub(crate) fn number(value: f64) -> Expr {
    #[allow(clippy::cast_possible_truncation, reason = "compared with what it came from")]
    let whole = value as i32;
    // Zero has two signs.
    if f64::from(whole).to_bits() == value.to_bits() { Expr::Int(i64::from(whole)) } else { Expr::Float(value) }
}

/// Bytes as a value: text where they are.
pub(crate) fn text(bytes: &[u8]) -> Expr {
    match std::str::from_utf8(bytes) {
        Ok(text) => Expr::str(text),
        Err(_) => Expr::Bytes(bytes.into()),
    }
}

/// The bytes of a constant that joins to a text.
pub(crate) fn constant(value: &Expr) -> Option<Vec<u8>> {
    match value {
        Expr::Str(text) => Some(text.as_bytes().to_vec()),
        Expr::Bytes(bytes) => Some(bytes.to_vec()),
        Expr::Int(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

/// The texts of `values` in a row with `between` between them; unknown where one is, or where the text grows too long.
pub(crate) fn joined(values: &[Expr], between: &[u8]) -> Expr {
    let mut all = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let Some(bytes) = constant(value) else { return Expr::Unknown };
        if index > 0 {
            all.extend_from_slice(between);
        }
        all.extend_from_slice(&bytes);
        if all.len() > FOLDED {
            return Expr::Unknown;
        }
    }
    text(&all)
}
