//! Java: streams of serialised objects, whose classes run code of their own when they are read, and class files.

mod class;
mod code;
mod stream;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use base::{
    expr::Expr,
    fact::{Call, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::Sink,
    source::Access,
    stop::Stop,
};

use crate::told::{self, Style};

/// Java Object Serialization Specification, section 6.4: magic, version and a type code.
pub const SERIALIZED: Format = Format {
    id: "java-serialization",
    name: "Java serialised object (Weka)",
    extensions: &["ser", "model"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Call, Kind::Flaw],
    detect: |head: &Head<'_>| {
        let code = head.first.get(4).is_some_and(|code| (0x70..=0x7e).contains(code));
        (head.starts(&[0xac, 0xed, 0, 5]) && code).then_some(Certainty::Certain)
    },
    explain: Some(|blob, meter| told::list(blob, meter, stream::parse, &STYLE)),
    parse: stream::parse,
};

/// Java Virtual Machine Specification, section 4.1: a major version of at least 45.
pub const CLASS: Format = Format {
    id: "java-class",
    name: "Java class",
    extensions: &["class"],
    depth: Depth::Structure,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Call, Kind::Opaque, Kind::Operator],
    detect: |head: &Head<'_>| {
        let version = matches!(head.at(6, 2), Some([0, 45..=99]));
        (head.starts(&[0xca, 0xfe, 0xba, 0xbe]) && version).then_some(Certainty::Certain)
    },
    explain: Some(|blob, meter| told::list(blob, meter, class::parse, &STYLE)),
    parse: class::parse,
};

/// How objects and classes are listed.
const STYLE: Style = Style { language: "java", comment: "//", join: ".", new: "new ", import: "import " };

/// Names that were stated; beyond this many all are.
const STATED: usize = 1 << 14;

/// States a class that is built, or a method that is called, once. `class` may be written with slashes.
fn state(
    sink: &mut Sink<'_>,
    stated: &mut HashSet<String>,
    place: Place,
    class: &str,
    method: &str,
    how: &'static str,
    args: Vec<Expr>,
) -> Result<(), Stop> {
    let class = class.replace('/', ".");
    // Dots behind a dollar belong to the name of a class inside another.
    let outer = class.split('$').next().unwrap_or_default();
    let (package, class) = outer.rfind('.').and_then(|dot| Some((class.get(..dot)?, class.get(dot..)?.get(1..)?))).unwrap_or(("", &class));
    let name = if method.is_empty() { class.to_owned() } else { format!("{class}.{method}") };
    let module = format!("java:{package}");
    if stated.len() < STATED && !stated.insert(format!("{module} {name}")) {
        return Ok(());
    }
    let call = Call {
        module: module.into(),
        name: name.into(),
        how: if how == "initialise" { "call" } else { how }.into(),
        when: match how {
            "build" => "load",
            "initialise" => "import",
            _ => "called",
        }
        .into(),
        args,
        repeats: 1,
        ..Call::default()
    };
    sink.fact(place, call)
}
