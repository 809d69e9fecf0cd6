//! What a reading states: a closed vocabulary, made by one table.
//!
//! Parsers say what is there, never that it is bad. Rules name the kinds and fields of this table and nothing else.

use std::sync::Arc;

use crate::{expr::Expr, location::Place};

/// Shared text.
pub type Str = Arc<str>;

/// The value of a field, as a rule sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Number(u64),
    /// A truth value.
    Flag(bool),
    /// Expressions: arguments.
    Exprs(&'a [Expr]),
    /// A list of words.
    Words(&'a [Str]),
}

/// Reads one field of the facts of one kind.
pub type Reader = fn(&Data) -> Option<Value<'_>>;

/// A type that a field may have.
pub trait Field {
    /// The word for the type in documentation.
    const TYPE: &'static str;
    /// The value as rules see it.
    fn value(&self) -> Value<'_>;
}

macro_rules! field_types {
    ($($type:ty, $name:literal, $value:expr;)+) => { $(
        impl Field for $type {
            const TYPE: &'static str = $name;
            fn value(&self) -> Value<'_> { let convert: fn(&Self) -> Value<'_> = $value; convert(self) }
        }
    )+ };
}
field_types! {
    Str, "text", |text| Value::Text(text);
    u64, "number", |number| Value::Number(*number);
    bool, "flag", |flag| Value::Flag(*flag);
    Vec<Expr>, "expressions", |exprs| Value::Exprs(exprs);
    Vec<Str>, "words", |words| Value::Words(words);
}

macro_rules! facts {
    ($(
        $(#[doc = $doc:literal])+
        $kind:ident = $id:literal { $( $(#[doc = $field_doc:literal])+ $field:ident : $type:ty ),+ $(,)? }
        subject [$($subject:ident),+] evidence [$($evidence:ident),*]
    )+) => {
        /// The kinds of fact.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $( $(#[doc = $doc])+ $kind ),+ }

        impl Kind {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];
            /// The word that rules use.
            pub const fn id(self) -> &'static str { match self { $(Self::$kind => $id),+ } }
            /// The kind with this word.
            pub fn parse(id: &str) -> Option<Self> { match id { $($id => Some(Self::$kind),)+ _ => None } }
            /// What a fact of this kind states.
            pub const fn describe(self) -> &'static str { match self { $(Self::$kind => concat!($($doc, "\n"),+)),+ } }
            /// Its fields: name, type, meaning.
            pub fn fields(self) -> &'static [(&'static str, &'static str, &'static str)] {
                match self { $(Self::$kind => &[$((stringify!($field), <$type as Field>::TYPE, concat!($($field_doc, "\n"),+))),+]),+ }
            }
            /// What reads its field `name`, if it has it.
            pub fn reader(self, name: &str) -> Option<Reader> {
                match self { $(Self::$kind => match name { $(stringify!($field) => Some(|data| match data {
                    Data::$kind(data) => Some(data.$field.value()),
                    _ => None,
                }),)+ _ => None }),+ }
            }
            /// The fields that say what a finding is about.
            pub const fn subject(self) -> &'static [&'static str] { match self { $(Self::$kind => &[$(stringify!($subject)),+]),+ } }
            /// The fields that tell two findings about one subject apart.
            pub const fn evidence(self) -> &'static [&'static str] { match self { $(Self::$kind => &[$(stringify!($evidence)),*]),+ } }
        }

        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, PartialEq, Default)]
            pub struct $kind { $( $(#[doc = $field_doc])+ pub $field: $type ),+ }

            impl From<$kind> for Data { fn from(data: $kind) -> Self { Self::$kind(data) } }
        )+

        /// What one fact states.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Data { $( $(#[doc = $doc])+ $kind($kind) ),+ }

        impl Data {
            /// Its kind.
            pub const fn kind(&self) -> Kind { match self { $(Self::$kind(_) => Kind::$kind),+ } }
            /// The field `name`, if this kind has it.
            pub fn field(&self, name: &str) -> Option<Value<'_>> {
                match self { $(Self::$kind(data) => match name { $(stringify!($field) => Some(data.$field.value()),)+ _ => None }),+ }
            }
        }
    };
}

facts! {
    /// What the artifact says of itself: format version, producer, framework.
    Identity = "identity" {
        /// Which statement: `producer`, `version`, `framework`, `title`.
        key: Str,
        /// The statement.
        value: Str,
    } subject [key] evidence [value]

    /// A name that loading binds by importing its module. Stated once a name, spelling and origin.
    Import = "import" {
        /// Dotted module, canonical (after Python-2 names and aliases).
        module: Str,
        /// Dotted name inside the module, canonical; empty for the module itself.
        name: Str,
        /// Module and name as written, when they differ from the canonical ones; else empty.
        written: Str,
        /// How the name came about: `global`, `computed` (assembled at load), `attribute` (reached through an object or another module), `extension` (a registry code), `import` (a statement), `handed` (it runs code and is given to somebody), `taken` (it runs code and is put somewhere as a value), `symbol` (native code or WebAssembly asks for it).
        origin: Str,
        /// When it runs: `load`, `import`, `conditional`, `perhaps` (while importing, if something calls it), `called`.
        when: Str,
    } subject [module, name] evidence []

    /// A call that loading makes.
    Call = "call" {
        /// Dotted module of the callee, canonical; empty when the callee is not a global.
        module: Str,
        /// Dotted name of the callee inside its module; for a method of an unknown object its name.
        name: Str,
        /// The callee as written, when it differs from `module.name`; else empty.
        written: Str,
        /// How it is called: `reduce`, `inst`, `obj`, `newobj` (only built), `build` (state set), `append`, `setitem`, `apply` (called by another callable), `call` (source or bytecode), `deferred` (kept to be called later), `planted` (in place of a method that loading looks up).
        how: Str,
        /// When it runs: `load`, `import`, `conditional`, `perhaps` (while importing, if something calls it), `called`, `use` (kept for a later use of the object).
        when: Str,
        /// Positional arguments.
        args: Vec<Expr>,
        /// Names of keyword arguments, parallel to the last of `args`.
        keywords: Vec<Str>,
        /// How often this very call is made.
        repeats: u64,
    } subject [module, name] evidence [args]

    /// An operator of a graph, a layer or another step that a runtime executes.
    Operator = "operator" {
        /// Whose operator: `onnx`, `tensorflow`, `keras`, `tflite`, a custom domain.
        domain: Str,
        /// Its type.
        name: Str,
        /// The node's own name.
        node: Str,
        /// Its arguments or attributes, as far as they matter.
        args: Vec<Expr>,
        /// When it runs, where that is known: `load`, `called`.
        when: Str,
    } subject [domain, name] evidence [node]

    /// Something outside the artifact that it names: a URL, a file, another shard.
    Reference = "reference" {
        /// What is named: `url`, `file`, `host`, `command`, `package`, `link`.
        kind: Str,
        /// The name as written.
        target: Str,
        /// The role it plays: `external-data`, `shard`, `member`, `link-target`, `requirement`.
        role: Str,
    } subject [kind, target] evidence [role]

    /// A member of a container.
    Entry = "entry" {
        /// Its name, as reports show it.
        name: Str,
        /// What it is: `file`, `folder`, `symlink`, `hardlink`, `device`, `fifo`, `hidden`.
        kind: Str,
        /// Stated size in bytes.
        size: u64,
        /// Bytes that it takes in the container.
        packed: u64,
        /// Compression: `stored`, `deflate`, …
        method: Str,
    } subject [name] evidence [kind]

    /// A piece of text with a role: metadata, a comment, a template, a command.
    Text = "text" {
        /// The role.
        role: Str,
        /// The text, redacted and bounded.
        text: Str,
    } subject [role] evidence [text]

    /// A pattern that was found in the bytes.
    Match = "match" {
        /// The rule whose pattern it is.
        rule: Str,
        /// What matched, redacted.
        text: Str,
        /// A short digest of what matched, to tell two apart.
        digest: Str,
    } subject [rule] evidence [digest]

    /// An attribute or item that loading writes on something that is not a plain new object.
    Attribute = "attribute" {
        /// What is written on: a module, class, function, or `object`.
        kind: Str,
        /// Its dotted name.
        target: Str,
        /// The attribute.
        name: Str,
        /// The value.
        value: Vec<Expr>,
    } subject [target, name] evidence [value]

    /// A tensor.
    Tensor = "tensor" {
        /// Its name.
        name: Str,
        /// Element type.
        dtype: Str,
        /// Shape, `2x3x4`; empty for a scalar.
        shape: Str,
        /// Bytes that dtype and shape need.
        bytes: u64,
        /// Bytes that are there.
        stored: u64,
    } subject [name] evidence [dtype, shape]

    /// A graph in compact form.
    Graph = "graph" {
        /// Its name.
        name: Str,
        /// Number of nodes.
        nodes: u64,
    } subject [name] evidence []

    /// Something in the artifact that breaks its format's rules, lies, or is there for no honest reason.
    Flaw = "flaw" {
        /// Which: a kebab-case word that says what is wrong, such as `name-mismatch` or `trailing-data`.
        id: Str,
        /// What exactly, with the values.
        detail: Str,
        /// The name of the member or part concerned; may be empty.
        part: Str,
    } subject [id, part] evidence [detail]

    /// Code or data that cannot be looked into: encrypted, native, a proprietary engine.
    Opaque = "opaque" {
        /// What: `encrypted`, `native`, `native-program`, `native-extension`, `native-plugin`, `virtual-machine`, `engine`, `compressed`.
        kind: Str,
        /// More about it.
        detail: Str,
    } subject [kind] evidence [detail]
}

/// A statement and the place in its artifact.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Where in the artifact's own bytes.
    pub at: Place,
    /// What.
    pub data: Data,
}

impl Fact {
    /// A fact.
    pub fn new(at: Place, data: impl Into<Data>) -> Self {
        Self { at, data: data.into() }
    }

    /// Its kind.
    pub const fn kind(&self) -> Kind {
        self.data.kind()
    }

    /// The subject: the fields that say what it is about, joined by a dot, empty ones left out.
    pub fn subject(&self) -> String {
        self.join(self.kind().subject(), ".")
    }

    /// The evidence: the fields that tell two facts of one subject apart.
    pub fn evidence(&self) -> String {
        self.join(self.kind().evidence(), " ")
    }

    fn join(&self, fields: &[&str], separator: &str) -> String {
        let parts = fields.iter().filter_map(|field| self.data.field(field)).map(|value| value.to_string());
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(separator)
    }
}

/// Written for people; expressions as an argument list without parentheses.
impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Exprs(exprs) => {
                for (index, expr) in exprs.iter().enumerate() {
                    write!(f, "{}{expr}", if index > 0 { ", " } else { "" })?;
                }
                Ok(())
            }
            Self::Words(words) => f.write_str(&words.join(", ")),
        }
    }
}

/// One line, as goldens show it: `call os.system args='id' @0x10+5`.
impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.kind().id())?;
        for (name, _, _) in self.kind().fields() {
            let Some(value) = self.data.field(name) else {
                continue;
            };
            let shown = match value {
                Value::Text("") | Value::Number(0) | Value::Flag(false) | Value::Exprs([]) | Value::Words([]) => {
                    continue;
                }
                Value::Text(text) => format!("{:?}", crate::escape::line(text)),
                Value::Exprs(_) => format!("({value})"),
                value => value.to_string(),
            };
            write!(f, " {name}={shown}")?;
        }
        write!(f, " @{:#x}", self.at.offset)?;
        if self.at.length > 0 {
            write!(f, "+{}", self.at.length)?;
        }
        if self.at.line > 0 {
            write!(f, " line {}:{}", self.at.line, self.at.column)?;
        }
        match &self.at.pointer {
            Some(pointer) => write!(f, " [{pointer}]"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_answers_for_every_kind() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.id()), Some(*kind));
            let names: Vec<_> = kind.fields().iter().map(|(name, _, _)| *name).collect();
            assert!(kind.subject().iter().chain(kind.evidence()).all(|field| names.contains(field)));
            assert!(names.iter().all(|name| kind.reader(name).is_some()) && kind.reader("no_such_field").is_none());
        }
    }

    #[test]
    fn a_call_names_its_subject_and_evidence() {
        let call = Call { module: "os".into(), name: "system".into(), args: vec![Expr::str("id")], ..Call::default() };
        let fact = Fact::new(Place::bytes(16, 1), call);
        assert_eq!((fact.subject().as_str(), fact.evidence().as_str()), ("os.system", "'id'"));
        assert_eq!(fact.to_string(), r#"call module="os" name="system" args=('id') @0x10+1"#);
        let read = |kind: Kind| kind.reader("module").and_then(|reader| reader(&fact.data));
        assert_eq!((read(Kind::Call), read(Kind::Import)), (fact.data.field("module"), None));
    }
}
