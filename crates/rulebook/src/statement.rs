//! Facts as text, for the examples of rules: one a line, as a fact prints itself, with fewer quotes.
//!
//! `call module=os name=system args=('id', ?) how=reduce when=load repeats=3 @0x10`: a kind, then fields. Text is a bare word
//! or stands in double quotes; lists of words are separated by commas; expressions are read by [`expression`]. `#` at the start of a line
//! begins a comment.

mod expression;

use base::{
    expr::Expr,
    fact::{
        Attribute, Call, Data, Entry, Fact, Flaw, Graph, Identity, Import, Kind, Match, Opaque, Operator, Reference,
        Str, Tensor, Text,
    },
    location::Place,
};

use expression::Cursor;
pub use expression::expression;

/// Reads a block of facts.
///
/// # Errors
/// The line in the block, from 1, and what is wrong with it.
pub fn facts(block: &str) -> Result<Vec<Fact>, (usize, String)> {
    let lines =
        block.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    lines.map(|(line, number)| fact(line).map_err(|reason| (number, reason))).collect()
}

/// Reads one fact.
///
/// # Errors
/// What is wrong with the line.
pub fn fact(line: &str) -> Result<Fact, String> {
    let mut cursor = Cursor::new(line.trim());
    let word = cursor.word();
    let kind = Kind::parse(&word).ok_or_else(|| format!("unknown kind of fact {word:?}"))?;
    let mut draft = Draft { data: empty(kind), kind };
    let mut at = Place::default();
    loop {
        cursor.blanks();
        if cursor.done() {
            return Ok(Fact { at, data: draft.data });
        }
        if cursor.takes("@") {
            let offset = cursor.word();
            let digits = offset.strip_prefix("0x");
            let offset = digits.map_or_else(|| offset.parse(), |digits| u64::from_str_radix(digits, 16));
            at = Place::bytes(offset.map_err(|_| "an offset is expected behind @")?, 1);
            continue;
        }
        let field = cursor.field();
        if !cursor.takes("=") {
            return Err(format!("= is expected behind {field:?}"));
        }
        draft.fill(&field, &mut cursor)?;
    }
}

/// A fact of `kind` that states nothing yet.
fn empty(kind: Kind) -> Data {
    match kind {
        Kind::Identity => Identity::default().into(),
        Kind::Import => Import::default().into(),
        Kind::Call => Call::default().into(),
        Kind::Operator => Operator::default().into(),
        Kind::Reference => Reference::default().into(),
        Kind::Entry => Entry::default().into(),
        Kind::Text => Text::default().into(),
        Kind::Match => Match::default().into(),
        Kind::Attribute => Attribute::default().into(),
        Kind::Tensor => Tensor::default().into(),
        Kind::Graph => Graph::default().into(),
        Kind::Flaw => Flaw::default().into(),
        Kind::Opaque => Opaque::default().into(),
    }
}

/// A fact while its line is read.
struct Draft {
    data: Data,
    kind: Kind,
}

/// Where the value of a field goes.
enum Slot<'a> {
    Text(&'a mut Str),
    Number(&'a mut u64),
    Exprs(&'a mut Vec<Expr>),
    Words(&'a mut Vec<Str>),
}

macro_rules! slots {
    ($data:expr, $field:expr; $( $kind:ident { $( $name:ident : $slot:ident ),+ } )+) => {
        match $data { $( Data::$kind(data) => match $field { $( stringify!($name) => Some(Slot::$slot(&mut data.$name)), )+ _ => None } ),+ }
    };
}

impl Draft {
    fn slot(&mut self, field: &str) -> Option<Slot<'_>> {
        slots! { &mut self.data, field;
            Identity { key: Text, value: Text }
            Import { module: Text, name: Text, written: Text, origin: Text, when: Text }
            Call { module: Text, name: Text, written: Text, how: Text, when: Text, args: Exprs, keywords: Words, repeats: Number }
            Operator { domain: Text, name: Text, node: Text, args: Exprs, when: Text }
            Reference { kind: Text, target: Text, role: Text }
            Entry { name: Text, kind: Text, size: Number, packed: Number, method: Text }
            Text { role: Text, text: Text }
            Match { rule: Text, text: Text, digest: Text }
            Attribute { kind: Text, target: Text, name: Text, value: Exprs }
            Tensor { name: Text, dtype: Text, shape: Text, bytes: Number, stored: Number }
            Graph { name: Text, nodes: Number }
            Flaw { id: Text, detail: Text, part: Text }
            Opaque { kind: Text, detail: Text }
        }
    }

    fn fill(&mut self, field: &str, cursor: &mut Cursor<'_>) -> Result<(), String> {
        let id = self.kind.id();
        match self.slot(field).ok_or_else(|| format!("a fact of kind {id} has no field {field:?}"))? {
            Slot::Text(text) => *text = cursor.text()?.into(),
            Slot::Number(number) => {
                let word = cursor.word();
                *number = word.parse().map_err(|_| format!("{field}: {word:?} is no number"))?;
            }
            Slot::Exprs(exprs) => *exprs = cursor.arguments()?,
            Slot::Words(words) => *words = cursor.text()?.split(',').map(|word| word.trim().into()).collect(),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_read_back_as_it_prints_itself() {
        let lines = [
            r#"call module="os" name="system" written="posix.system" how="reduce" args=('it\'s\n', b'\x00a', -3, 2.5, ?) repeats=2 @0x10+1"#,
            r#"flaw id="trailing-data" detail="12 bytes \"after\" STOP" part="" @0x0+1"#,
            r#"attribute kind="module" target="torch._utils" name="x" value=(builtins.eval, [None, True], {'a': (1,)}) @0x3+1"#,
        ];
        for line in lines {
            let fact = fact(&line.replace("+1", "")).unwrap();
            let line = line.replace(" part=\"\"", "");
            assert_eq!(fact.to_string(), line);
        }
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let block = "call module=os\n# fine\n\ncall modul=os";
        assert_eq!(facts(block), Err((4, "a fact of kind call has no field \"modul\"".into())));
        assert!(fact("cal module=os").unwrap_err().contains("unknown kind"));
        assert!(fact("call repeats=many").unwrap_err().contains("no number"));
        assert!(fact("call args=(1").unwrap_err().contains("expected"));
        assert!(fact(&format!("call args={}", "(".repeat(100))).unwrap_err().contains("deep"));
    }

    #[test]
    fn every_field_of_every_kind_can_be_filled() {
        for kind in Kind::ALL {
            for (field, _, _) in kind.fields() {
                assert!(Draft { data: empty(*kind), kind: *kind }.slot(field).is_some(), "{} {field}", kind.id());
            }
        }
    }
}
