//! Variables of a script, and what their expansions give.

use std::collections::HashMap;

/// What the variables of a script hold, as far as that is known.
#[derive(Default)]
pub(super) struct Variables {
    held: HashMap<String, String>,
    expanded: usize,
}

/// Characters of a value that is kept, values that are kept, and characters that all expansions together may give.
const VALUE: usize = 4096;
const COUNT: usize = 4096;
const EXPANDED: usize = 2 << 20;

impl Variables {
    /// Sets a variable; a value that is too long is not known afterwards.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        if value.len() > VALUE || self.held.len() >= COUNT && !self.held.contains_key(name) {
            self.held.remove(name);
        } else {
            self.held.insert(name.to_owned(), value.to_owned());
        }
    }

    /// `name+=value`.
    pub(super) fn append(&mut self, name: &str, value: &str) {
        let before = self.held.get(name).cloned().unwrap_or_default();
        self.set(name, &format!("{before}{value}"));
    }

    /// Whether a letter separates the words of an expansion that is not quoted.
    pub(super) fn separates(&self, letter: char) -> bool {
        match self.held.get("IFS") {
            Some(letters) => letters.contains(letter),
            None => matches!(letter, ' ' | '\t' | '\n'),
        }
    }

    /// Makes a variable unknown.
    pub(super) fn forget(&mut self, name: &str) {
        self.held.remove(name);
    }

    /// What `${inside}` gives; `None` where that is not known.
    pub(super) fn expand(&mut self, inside: &str) -> Option<String> {
        let (counts, inside) = match inside.strip_prefix('#') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, inside),
        };
        let (indirect, inside) = inside.strip_prefix('!').map_or((false, inside), |rest| (true, rest));
        let end = inside.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(inside.len());
        let (name, rest) = match inside.strip_prefix('@') {
            Some(rest) => ("@", rest),
            None => inside.split_at_checked(end)?,
        };
        let rest = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((_, after)) => after,
            None => rest,
        };
        let mut value = self.held.get(name).map(String::as_str).or_else(|| of_shell(name)).map(str::to_owned);
        if indirect {
            value = self.held.get(&value?).cloned();
        }
        let given = operated(value, rest)?;
        let given = if counts { given.chars().count().to_string() } else { given };
        self.expanded = self.expanded.saturating_add(given.len());
        (given.len() <= VALUE && self.expanded <= EXPANDED).then_some(given)
    }
}

/// Variables that every shell sets.
fn of_shell(name: &str) -> Option<&'static str> {
    match name {
        "0" => Some("sh"),
        "SHELL" => Some("/bin/sh"),
        "BASH" => Some("/bin/bash"),
        _ => None,
    }
}

/// Parameter expansion of the POSIX shell (2.6.2) and what bash adds to it.
fn operated(value: Option<String>, operation: &str) -> Option<String> {
    let other = |text: &str| text.trim_matches(['\'', '"']).to_owned();
    let rest = operation.strip_prefix(':').unwrap_or(operation);
    match rest.chars().next() {
        Some('-' | '=') => return Some(value.unwrap_or_else(|| other(rest.get(1..).unwrap_or_default()))),
        Some('+') => return Some(value.map(|_| other(rest.get(1..).unwrap_or_default())).unwrap_or_default()),
        _ => {}
    }
    let value = value?;
    if operation.len() > rest.len() {
        return slice(&value, rest);
    }
    let plain = |text: &str| (!text.contains(['*', '?', '[', '$'])).then(|| other(text));
    match operation {
        "" | "@Q" | "@E" | "@P" => Some(value),
        ",," | "," => Some(value.to_lowercase()),
        "^^" | "^" => Some(value.to_uppercase()),
        _ => match operation.chars().next() {
            Some('/') => {
                let all = operation.starts_with("//");
                let inside = operation.get(if all { 2 } else { 1 }..)?;
                let (old, new) = inside.split_once('/').unwrap_or((inside, ""));
                let (old, new) = (plain(old)?, other(new));
                let count = if all { usize::MAX } else { 1 };
                (!old.is_empty() && new.len() <= VALUE).then(|| value.replacen(&old, &new, count))
            }
            Some('#') => Some(cut_front(&value, operation.trim_start_matches('#'), operation.starts_with("##"))),
            Some('%') => Some(cut_back(&value, operation.trim_start_matches('%'), operation.starts_with("%%"))),
            _ => None,
        },
    }
}

/// `offset` or `offset:length`.
fn slice(value: &str, range: &str) -> Option<String> {
    let (offset, length) = range.split_once(':').map_or((range, None), |(offset, length)| (offset, Some(length)));
    let count = value.chars().count();
    let from = match offset.trim().parse::<i64>().ok()? {
        at if at < 0 => count.saturating_sub(usize::try_from(at.unsigned_abs()).ok()?),
        at => usize::try_from(at).ok()?,
    };
    let rest = value.chars().skip(from);
    match length.map(|length| length.trim().parse::<i64>()) {
        None => Some(rest.collect()),
        Some(Ok(length)) if length >= 0 => Some(rest.take(usize::try_from(length).ok()?).collect()),
        Some(Ok(length)) => {
            let end = count.saturating_sub(usize::try_from(length.unsigned_abs()).ok()?);
            Some(rest.take(end.saturating_sub(from)).collect())
        }
        Some(Err(_)) => None,
    }
}

fn cut_front(value: &str, pattern: &str, longest: bool) -> String {
    let cut = match pattern.strip_prefix('*') {
        Some(mark) if longest => value.rsplit_once(mark).map(|(_, rest)| rest),
        Some(mark) => value.split_once(mark).map(|(_, rest)| rest),
        None => value.strip_prefix(pattern),
    };
    cut.unwrap_or(value).to_owned()
}

fn cut_back(value: &str, pattern: &str, longest: bool) -> String {
    let cut = match pattern.strip_suffix('*') {
        Some(mark) if longest => value.split_once(mark).map(|(rest, _)| rest),
        Some(mark) => value.rsplit_once(mark).map(|(rest, _)| rest),
        None => value.strip_suffix(pattern),
    };
    cut.unwrap_or(value).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expansions_give_what_bash_gives() {
        let mut variables = Variables::default();
        variables.set("a", "xcurlx");
        variables.set("name", "a");
        variables.set("path", "/usr/bin/a.tar.gz");
        for (inside, expected) in [
            ("a", "xcurlx"),
            ("a:1:4", "curl"),
            ("a:1:-1", "curl"),
            ("a: -2", "lx"),
            ("a/x/y", "ycurlx"),
            ("a//x/", "curl"),
            ("a^^", "XCURLX"),
            ("#a", "6"),
            ("!name", "xcurlx"),
            ("b:-curl", "curl"),
            ("a:+curl", "curl"),
            ("path##*/", "a.tar.gz"),
            ("path%.*", "/usr/bin/a.tar"),
            ("path%%.*", "/usr/bin/a"),
            ("a[@]", "xcurlx"),
            ("SHELL", "/bin/sh"),
        ] {
            assert_eq!(variables.expand(inside).as_deref(), Some(expected), "{inside}");
        }
        assert_eq!(variables.expand("unset"), None);
    }

    #[test]
    fn doubling_ends() {
        let mut variables = Variables::default();
        variables.set("a", "aaaaaaaa");
        for _ in 0..100 {
            let value = variables.expand("a").unwrap_or_default();
            variables.set("a", &value.repeat(2));
        }
        assert!(variables.expand("a").is_none_or(|value| value.len() <= VALUE));
    }
}
