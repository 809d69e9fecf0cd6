//! One scalar value, watched as it streams by for what some loader acts on.

/// Characters kept to see the form of a value.
const KEPT: usize = 200;

/// What is known of a value so far.
#[derive(Default)]
pub(crate) struct Scalar {
    start: String,
    /// Characters in all.
    count: u64,
    last: Option<char>,
    /// Which bracket was opened last, and whether a letter followed it.
    opened: Option<(Bracket, bool)>,
    expression: bool,
    statement: bool,
    resolver: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Expression,
    Statement,
    Interpolation,
}

impl Scalar {
    /// A value that is known as a whole.
    pub(crate) fn of(text: &str) -> Self {
        let mut value = Self::default();
        for letter in text.chars() {
            value.push(letter);
        }
        value
    }

    /// The next character.
    #[inline]
    pub(crate) fn push(&mut self, letter: char) {
        if self.start.len() < KEPT {
            self.start.push(letter);
        }
        self.count = self.count.saturating_add(1);
        match letter {
            '{' | '%' | '}' | ':' => self.bracket(letter),
            letter if letter.is_alphabetic() => {
                if let Some((_, word)) = &mut self.opened {
                    *word = true;
                }
            }
            _ => {}
        }
        self.last = Some(letter);
    }

    /// Follows `{{ … }}`, `{% … %}` and `${name:…}`.
    fn bracket(&mut self, letter: char) {
        match (self.last, letter, self.opened) {
            (Some('{'), '{', _) => self.opened = Some((Bracket::Expression, false)),
            (Some('{'), '%', _) => self.opened = Some((Bracket::Statement, false)),
            (Some('$'), '{', _) => self.opened = Some((Bracket::Interpolation, false)),
            (Some('}'), '}', Some((Bracket::Expression, true))) => self.expression = true,
            (Some('%'), '}', Some((Bracket::Statement, true))) => self.statement = true,
            (_, ':', Some((Bracket::Interpolation, true))) => self.resolver = true,
            _ => {}
        }
    }

    /// The markers of this value under `key`; without a key for an item of a list.
    pub(crate) fn markers(&self, key: Option<&str>) -> Vec<String> {
        let mut markers = Vec::new();
        for (holds, marker) in [(self.expression, "{{"), (self.statement, "{%"), (self.resolver, "${")] {
            if holds {
                markers.push(marker.to_owned());
            }
        }
        if self.count == 0 || key.is_some_and(|key| key.is_empty() || key.len() > super::KEY) {
            return markers;
        }
        let called = self.start.strip_prefix('$').and_then(|rest| rest.chars().next());
        if called.is_some_and(|first| first.is_alphabetic() || matches!(first, '_' | '@' | '(' | '[')) && key.is_some()
        {
            markers.push("$".to_owned());
        }
        let whole = self.count <= KEPT as u64 && self.start.len() < KEPT;
        match key {
            Some(key) if whole && is_dotted(&self.start) => markers.push(format!("dotted:{key}")),
            Some(key) if whole && is_repository(&self.start) => markers.push(format!("repository:{key}")),
            _ => {}
        }
        markers
    }
}

/// `module.name`: identifiers joined by dots or one colon, at least two.
fn is_dotted(text: &str) -> bool {
    let identifier = |part: &str| {
        part.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    text.contains(['.', ':']) && text.split(['.', ':']).all(identifier)
}

/// `owner/name`, as hubs write it.
fn is_repository(text: &str) -> bool {
    let name =
        |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_alphanumeric() || "-_.".contains(letter));
    text.split_once('/').is_some_and(|(owner, rest)| name(owner) && name(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_say_what_loaders_act_on() {
        for (key, text, expected) in [
            (Some("chat"), "{% for m in messages %}{{ m }}{% endfor %}", &["{{", "{%"][..]),
            (Some("token"), "{{ }}", &[]),
            (Some("token"), "{{", &[]),
            (Some("path"), "${oc.env:HOME}/x", &["${"]),
            (Some("path"), "${data.root}/x", &[]),
            (Some("x"), "$import os", &["$"]),
            (Some("x"), "$@network", &["$"]),
            (Some("price"), "$5", &[]),
            (None, "$import os", &[]),
            (Some("target"), "ldm.models.Diffusion", &["dotted:target"]),
            (Some("service"), "service:svc", &["dotted:service"]),
            (Some("version"), "1.2.3", &[]),
            (Some("attn"), "someone/kernels", &["repository:attn"]),
            (Some("path"), "a/b/c", &[]),
            (Some("text"), "Ends. Here", &[]),
        ] {
            assert_eq!(Scalar::of(text).markers(key), expected, "{text}");
        }
    }
}
