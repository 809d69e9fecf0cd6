//! Messages: placeholders filled from the fact, bounded and harmless.

use base::{
    escape,
    fact::{Data, Value},
};
use rulebook::message::{Part, parts};

use crate::standing::Known;

/// Characters that a placeholder may fill.
const SHOWN: usize = 400;

/// `message` with its placeholders filled.
pub(crate) fn message(message: &str, data: &Data, known: Option<Known>) -> String {
    let mut text = String::new();
    for part in parts(message) {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Placeholder("callee") => text.push_str(&callee(data)),
            Part::Placeholder("reason") => text.push_str(&reason(known)),
            Part::Placeholder(name) => text.push_str(&field(data, name)),
        }
    }
    // A fact may have nothing to add behind the colon.
    let said = text.trim_end_matches([' ', ':']).len();
    text.truncate(said);
    text
}

/// The dotted name of the callable, with what was written where that differs.
pub(crate) fn callee(data: &Data) -> String {
    let (module, name, written) = match data {
        Data::Call(call) => (&call.module, &call.name, &call.written),
        Data::Import(import) => (&import.module, &import.name, &import.written),
        _ => return String::new(),
    };
    let parts = [&**module, &**name];
    let dotted = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
    let dotted = if dotted.is_empty() { "a value that could not be resolved".to_owned() } else { dotted };
    let dotted = escape::bounded(&dotted, SHOWN);
    if written.is_empty() || **written == *dotted {
        dotted
    } else {
        format!("{dotted} (written {})", escape::bounded(written, SHOWN))
    }
}

fn reason(known: Option<Known>) -> String {
    let Some(known) = known else { return String::new() };
    let reason = if known.reason.is_empty() { "nothing is known of it" } else { known.reason };
    // Only advisories are worth a reader's look-up; other sources say where a row came from.
    let advisory = ["CVE-", "GHSA-"].iter().any(|prefix| known.source.contains(prefix));
    if advisory { format!("{reason} ({})", known.source) } else { reason.to_owned() }
}

fn field(data: &Data, name: &str) -> String {
    match data.field(name) {
        Some(Value::Exprs(exprs)) => format!("({})", escape::bounded(&Value::Exprs(exprs).to_string(), SHOWN)),
        Some(value) => escape::bounded(&value.to_string(), SHOWN),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use base::fact::Flaw;

    use super::*;

    #[test]
    fn a_message_without_a_detail_ends_without_a_colon() {
        let flaw = |detail: &str| Flaw { id: "traversal".into(), detail: detail.into(), part: "../x".into() }.into();
        let of = |detail| message("{part} leads out of its folder: {detail}", &flaw(detail), None);
        assert_eq!(of(""), "../x leads out of its folder");
        assert_eq!(of("it is long"), "../x leads out of its folder: it is long");
    }
}
