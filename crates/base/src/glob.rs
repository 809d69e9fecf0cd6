//! Patterns of paths: `*` and `?` stay within a part, `**` crosses them. A match takes time in proportion to both lengths.

/// A pattern over `/`-separated paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    text: String,
    tokens: Vec<Token>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Letter(char),
    /// Any one character but `/`.
    Any,
    /// Any characters but `/`.
    Part,
    /// Any characters.
    Parts,
    /// Nothing, or any characters that end with `/`: `**/`.
    Folders,
}

/// Characters of a pattern.
const LONGEST: usize = 1024;

impl Glob {
    /// Reads a pattern. Paths are relative: a leading `./` is dropped, a trailing `/` means all that lies below.
    ///
    /// # Errors
    /// In words: an empty or endless pattern, an absolute one, one with `[`, `{` or `\`, which mean nothing here.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("./").unwrap_or(text);
        if rest.is_empty() || rest.len() > LONGEST {
            return Err(format!("a pattern has 1 to {LONGEST} characters"));
        }
        if rest.starts_with('/') {
            return Err("paths are relative to the target: write the pattern without the leading /".into());
        }
        if let Some(odd) = rest.chars().find(|letter| matches!(letter, '[' | ']' | '{' | '}' | '\\')) {
            return Err(format!("{odd:?} means nothing in a pattern; there are *, ** and ?"));
        }
        let whole = if rest.ends_with('/') { format!("{rest}**") } else { rest.to_owned() };
        let mut tokens = Vec::new();
        let mut letters = whole.chars().peekable();
        while let Some(letter) = letters.next() {
            tokens.push(match letter {
                '*' if letters.next_if_eq(&'*').is_some() => {
                    while letters.next_if_eq(&'*').is_some() {}
                    let first = matches!(tokens.last(), None | Some(Token::Letter('/')));
                    if first && letters.next_if_eq(&'/').is_some() { Token::Folders } else { Token::Parts }
                }
                '*' => Token::Part,
                '?' => Token::Any,
                letter => Token::Letter(letter),
            });
        }
        Ok(Self { text: text.to_owned(), tokens })
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `path` fits.
    pub fn matches(&self, path: &str) -> bool {
        // `reached[i]`: the first i tokens fit what was read of the path.
        let size = self.tokens.len().saturating_add(1);
        let mut reached = vec![false; size];
        let mut next = vec![false; size];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        self.skip_empty(&mut reached);
        for letter in path.chars() {
            next.fill(false);
            for (at, token) in self.tokens.iter().enumerate().filter(|(at, _)| reached.get(*at) == Some(&true)) {
                let after = at.saturating_add(1);
                let (stays, goes) = match token {
                    Token::Letter(wanted) => (false, *wanted == letter),
                    Token::Any => (false, letter != '/'),
                    Token::Part => (letter != '/', false),
                    Token::Parts => (true, false),
                    Token::Folders => (true, letter == '/'),
                };
                for (place, holds) in [(at, stays), (after, goes)] {
                    if let Some(cell) = next.get_mut(place) {
                        *cell |= holds;
                    }
                }
            }
            // A folder's end was seen: `**/` may end here, but only here.
            self.skip_after(&mut next, &reached);
            std::mem::swap(&mut reached, &mut next);
        }
        reached.last() == Some(&true)
    }

    /// Tokens that may stand for nothing are passed at the start.
    fn skip_empty(&self, reached: &mut [bool]) {
        for (at, token) in self.tokens.iter().enumerate() {
            let empty = matches!(token, Token::Part | Token::Parts | Token::Folders);
            if empty
                && reached.get(at) == Some(&true)
                && let Some(cell) = reached.get_mut(at.saturating_add(1))
            {
                *cell = true;
            }
        }
    }

    /// The same after a character: a token just arrived at may stand for nothing; `**/` inside its run may not.
    fn skip_after(&self, next: &mut [bool], before: &[bool]) {
        for (at, token) in self.tokens.iter().enumerate() {
            let arrived = next.get(at) == Some(&true);
            let empty = match token {
                Token::Part | Token::Parts => arrived,
                Token::Folders => arrived && before.get(at) != Some(&true),
                _ => false,
            };
            if empty && let Some(cell) = next.get_mut(at.saturating_add(1)) {
                *cell = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, path: &str) -> bool {
        Glob::parse(pattern).unwrap().matches(path)
    }

    #[test]
    fn stars_stay_within_a_part_and_double_stars_do_not() {
        for (pattern, path) in [
            ("*.pt", "a.pt"),
            ("**/*.pt", "a.pt"),
            ("**/*.pt", "x/y/a.pt"),
            ("models/**", "models/a/b"),
            ("models/", "models/a/b"),
            ("./models/a?.pt", "models/a1.pt"),
            ("a/**/b", "a/b"),
            ("a/**/b", "a/x/y/b"),
            ("a**b", "a/x/b"),
            ("*", ""),
            ("a*b*c", "aXbYbZc"),
            ("**/x/**/y", "p/x/q/x/y"),
        ] {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("*.pt", "x/a.pt"),
            ("*.pt", "a.ptx"),
            ("a/**/b", "axb"),
            ("a/**/b", "a/xb"),
            ("**/b", "xb"),
            ("**/b", "x/yb"),
            ("a?", "a/"),
            ("models/", "models"),
            ("a", ""),
        ] {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for pattern in ["", "./", "/a", "[a]", "{a,b}", "a\\b"] {
            assert!(Glob::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn many_stars_over_a_long_path_end_soon() {
        let pattern = "*a".repeat(200);
        assert!(!fits(&pattern, &"a/".repeat(5_000)));
        assert!(fits(&"**a".repeat(200), &"a".repeat(5_000)));
    }
}
