//! Python source: handed to the parser and walker of `modelward-python`.

use base::{
    fact::Kind,
    format::{Certainty, Class, Depth, Format, Head},
    source::Access,
};

use crate::identified::{extension, interpreted};

/// A Python module or script. Certain by its name or interpreter line; text without either is tried.
pub const FORMAT: Format = Format {
    id: "python-source",
    name: "Python source",
    extensions: &["py", "pyw", "pyi"],
    depth: Depth::Values,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Import, Kind::Call, Kind::Attribute, Kind::Flaw],
    detect,
    explain: Some(::python::list),
    parse: ::python::read,
};

/// Text that is tried is no longer than this; what a decoding yields seldom is.
const MAX_TRIED: u64 = 1 << 20;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    let named = ["py", "pyw", "pyi"].iter().any(|known| extension(head).eq_ignore_ascii_case(known));
    if named || interpreted(head, &["python", "pypy"]) {
        return Some(Certainty::Certain);
    }
    // A name with an extension says what its content is for; Python under `.txt` is text.
    let short = head.len.is_some_and(|len| len <= MAX_TRIED);
    (extension(head).is_empty() && short && ::python::looks_like_python(head)).then_some(Certainty::Possible)
}
