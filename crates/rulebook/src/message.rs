//! Messages with placeholders: `Loading calls {callee}{args}`.
//!
//! A placeholder is a field of the fact, or one of three that are made: `{callee}` (dotted, with what was written where that
//! differs), `{args}` for kinds that have arguments (in parentheses), and `{reason}` (what is known of the callee, in a phrase).

use base::fact::Kind;

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text as it stands.
    Text(&'a str),
    /// The name between braces.
    Placeholder(&'a str),
}

/// The parts of `message`; a brace that nothing closes is text.
pub fn parts(message: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = message;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((name, after)) = rest.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            rest = after;
            return Some(Part::Placeholder(name));
        }
        let from = rest.char_indices().skip(1).find(|(_, letter)| *letter == '{');
        let (text, after) = from.and_then(|(at, _)| rest.split_at_checked(at)).unwrap_or((rest, ""));
        rest = after;
        Some(Part::Text(text))
    })
}

/// Whether facts of `kind` can fill `{name}`.
pub fn fills(kind: Kind, name: &str) -> bool {
    let has = |field: &str| kind.fields().iter().any(|(known, _, _)| *known == field);
    match name {
        "callee" | "reason" => has("module") && has("name"),
        name => has(name),
    }
}

/// The first placeholder of `message` that facts of `kind` cannot fill.
pub fn unfilled(message: &str, kind: Kind) -> Option<&str> {
    parts(message).find_map(|part| match part {
        Part::Placeholder(name) if !fills(kind, name) => Some(name),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_split_at_placeholders() {
        let all: Vec<_> = parts("a {b}{c} {d").collect();
        let text = Part::Text;
        assert_eq!(all, [text("a "), Part::Placeholder("b"), Part::Placeholder("c"), text(" "), text("{d")]);
        assert_eq!(unfilled("{callee} {reason} {args} {how}", Kind::Call), None);
        assert_eq!(unfilled("{callee}", Kind::Flaw), Some("callee"));
        assert_eq!(unfilled("{args}", Kind::Import), Some("args"));
    }
}
