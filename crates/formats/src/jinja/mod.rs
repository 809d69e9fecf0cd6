//! Jinja templates: parsed to a tree and walked with what is known of each value, never rendered.
//!
//! Facts are operators of the domain `jinja`:
//! - `attribute` (node: the chain as written; arguments: the name after every decoding; each name once) and `computed-attribute` (a
//!   name that is only known in parts, gaps written as U+FFFC, on an object of the engine or through `attr`),
//! - `text` (node: the expression; arguments: the name): a text, or part of one, that has the shape of a name of Python's own
//!   insides; each once,
//! - `filter`, `test` and `call` (node: the name), each once,
//! - `text-if-content`, `text-if-markup` (what is looked for is no words), `text-if-time`, `text-if-chance` (node: the condition;
//!   arguments: what it looks for, and text that only then is given out), `text-unless-…` for where it does not hold,
//! - `content-rewrite`, `markup-rewrite` for a placeholder (arguments: what is replaced in a message, and by what),
//!
//! calls of Python functions that a chain reaches, references to other templates, and flaws of invisible characters.

mod chain;
pub(crate) mod escape;
mod evaluate;
mod expression;
mod filter;
mod gate;
mod invisible;
mod lexer;
mod listing;
mod mention;
mod parser;
mod syntax;
mod value;
mod walk;

#[cfg(test)]
mod tests;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Identity, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::Sink,
    source::Access,
    stop::Stop,
};

use self::{parser::Parser, walk::Walk};
use crate::whole;

/// Jinja templates, by name: their text looks like any other.
pub const FORMAT: Format = Format {
    id: "jinja",
    name: "Jinja template",
    extensions: &["jinja", "jinja2", "j2", "jnj"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Operator, Kind::Call, Kind::Reference, Kind::Flaw],
    detect,
    explain: Some(listing::list),
    parse,
};

/// Bytes of a template: no honest one comes near.
const LENGTH: usize = 4 << 20;
/// Memory that tokens and tree take for one byte of the text, at worst.
const FACTOR: u64 = 24;
/// Stack for the deepest nesting that the parser and the walk allow.
const STACK: usize = 16 << 20;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    let name = crate::identified::file_name(head).to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let text = extension == "txt" && (name.contains("chat_template") || name.ends_with("_template.txt"));
    let named = name == "chat_template" || text || FORMAT.extensions.contains(&extension);
    named.then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let bytes = whole::read(blob, sink.meter(), LENGTH)?;
    let held = (bytes.len() as u64).saturating_mul(FACTOR);
    sink.meter().hold(held)?;
    let outcome = stacker::grow(STACK, || template(&bytes, sink));
    sink.meter().release(held);
    outcome
}

fn template(bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), Stop> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Stop::malformed(error.valid_up_to() as u64, "a template that is not UTF-8"))?;
    let end = bytes.len() as u64;
    invisible::state(text, sink)?;
    let (tokens, stop) = lexer::lex(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut parser = Parser::new(tokens, stop);
    let nodes = parser.template();
    Walk::new(text.strip_prefix('\u{feff}').unwrap_or(text), sink).template(&nodes)?;
    sink.claim(0..end, Claim::Read);
    sink.fact(Place::bytes(0, end), Identity { key: "encoding".into(), value: "utf-8".into() })?;
    match parser.trouble {
        Some(stop) => Err(stop),
        None => Ok(()),
    }
}
