//! One line of an INI-like text.

/// What a trimmed line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Nothing, or a comment.
    Comment,
    /// `[name]` or `[[name]]`.
    Section(&'a str),
    /// `key = value`, `key: value`.
    Member {
        /// Without quotation marks.
        key: &'a str,
        /// What follows the sign.
        value: &'a str,
        /// Whether the sign is `=`.
        equals: bool,
    },
    /// Neither: the value before it goes on.
    Other,
}

impl<'a> Line<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        if line.is_empty() || line.starts_with(['#', ';']) {
            return Self::Comment;
        }
        if let Some((name, rest)) =
            line.strip_prefix('[').and_then(|inner| inner.trim_start_matches('[').split_once(']'))
        {
            let rest = rest.trim_start_matches(']').trim_start();
            if rest.is_empty() || rest.starts_with(['#', ';']) {
                return Self::Section(name.trim());
            }
        }
        match line.find(['=', ':']).and_then(|at| line.split_at_checked(at)) {
            Some((key, rest)) if is_key(key.trim()) => {
                let equals = rest.starts_with('=');
                let value = rest.get(1..).unwrap_or_default().trim();
                Self::Member { key: key.trim().trim_matches(['"', '\'']), value, equals }
            }
            _ => Self::Other,
        }
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && !key.starts_with(['{', '[', '(', '<', ',']) && !key.contains(['{', '[', '(', '<', ','])
}

/// Words before an equals sign inside a value: the keys of TOML's inline tables, and perhaps more.
pub(super) fn inline_keys(value: &str) -> impl Iterator<Item = &str> {
    // Each piece is looked at once: a line of a megabyte may hold as many signs.
    let pieces = value.split('=').take(value.matches('=').count());
    pieces
        .filter_map(|before| before.trim_end().rsplit(['{', ',', ' ', '\t']).next())
        .map(|key| key.trim_matches(['"', '\'']))
}
