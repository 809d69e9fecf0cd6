//! Tokens of source text, tolerant of anything: what is no token is a mark by itself.

use super::source::Syntax;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Name(&'t str),
    Text(Vec<u8>),
    Number(&'t str),
    Mark(&'t str),
    Newline,
}

/// Where a token stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct At {
    pub(super) offset: usize,
    pub(super) line: u32,
    pub(super) column: u32,
}

pub(super) struct Lexer<'t> {
    text: &'t str,
    position: usize,
    line: u32,
    line_start: usize,
    syntax: &'t Syntax,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, syntax: &'t Syntax) -> Self {
        // The first line may name an interpreter.
        let position = if text.starts_with("#!") { text.find('\n').unwrap_or(text.len()) } else { 0 };
        Self { text, position, line: 1, line_start: 0, syntax }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn advance(&mut self, count: usize) {
        let end = self.position.saturating_add(count).min(self.text.len());
        let part = self.text.as_bytes().get(self.position..end).unwrap_or_default();
        for at in memchr::memchr_iter(b'\n', part) {
            self.line = self.line.saturating_add(1);
            self.line_start = self.position.saturating_add(at).saturating_add(1);
        }
        self.position = end;
    }

    /// The next token and where it begins; none at the end.
    pub(super) fn next(&mut self) -> Option<(Token<'t>, At)> {
        loop {
            let rest = self.rest();
            let first = rest.chars().next()?;
            let column = u32::try_from(self.position.saturating_sub(self.line_start)).unwrap_or(u32::MAX);
            let at = At { offset: self.position, line: self.line, column: column.saturating_add(1) };
            if first == '\n' {
                self.advance(1);
                return Some((Token::Newline, at));
            }
            if first.is_whitespace() || first.is_control() {
                self.advance(first.len_utf8());
                continue;
            }
            if rest.starts_with(self.syntax.line_comment) {
                self.comment();
                continue;
            }
            return Some((self.token(rest, first), at));
        }
    }

    fn comment(&mut self) {
        let start = self.syntax.line_comment.len();
        let rest = self.rest();
        let bracket = rest.get(start..).and_then(long_bracket).filter(|_| self.syntax.long_brackets);
        let length = match bracket {
            Some((open, content, close)) => start.saturating_add(open).saturating_add(content).saturating_add(close),
            None => rest.find('\n').unwrap_or(rest.len()),
        };
        self.advance(length);
    }

    fn token(&mut self, rest: &'t str, first: char) -> Token<'t> {
        let dots = self.syntax.dotted_names;
        let in_name = |letter: char| letter.is_alphanumeric() || letter == '_' || dots && letter == '.';
        if first.is_alphabetic() || first == '_' || dots && first == '.' && !digit_follows(rest) {
            if let Some(raw) = self.raw(rest) {
                return raw;
            }
            let length = rest.find(|letter| !in_name(letter)).unwrap_or(rest.len());
            self.advance(length);
            return Token::Name(rest.get(..length).unwrap_or_default());
        }
        if first.is_ascii_digit() || first == '.' && digit_follows(rest) {
            let length = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '.')).unwrap_or(rest.len());
            // `1..2` joins two numbers.
            let length = rest.get(..length).and_then(|number| number.find("..")).unwrap_or(length).max(1);
            self.advance(length);
            return Token::Number(rest.get(..length).unwrap_or_default());
        }
        match first {
            '"' | '\'' => return Token::Text(self.quoted(rest, first)),
            '`' => {
                let name = rest.get(1..).and_then(|rest| rest.split(['`', '\n']).next()).unwrap_or_default();
                self.advance(name.len().saturating_add(2));
                return Token::Name(name);
            }
            '[' if self.syntax.long_brackets => {
                if let Some((open, content, close)) = long_bracket(rest) {
                    let text = rest.get(open..open.saturating_add(content)).unwrap_or_default();
                    self.advance(open.saturating_add(content).saturating_add(close));
                    return Token::Text(text.strip_prefix('\n').unwrap_or(text).as_bytes().to_vec());
                }
            }
            _ => {}
        }
        let marks =
            ["<<-", "->>", ":::", "...", "::", "<-", "->", "==", "~=", "!=", "<=", ">=", "..", "&&", "||", "|>", "//"];
        let length = marks.iter().find(|mark| rest.starts_with(**mark)).map_or(first.len_utf8(), |mark| mark.len());
        self.advance(length);
        Token::Mark(rest.get(..length).unwrap_or_default())
    }

    /// R's raw texts: `r"(...)"` with dashes and any bracket.
    fn raw(&mut self, rest: &'t str) -> Option<Token<'t>> {
        let body = rest.strip_prefix(['r', 'R']).filter(|_| self.syntax.dotted_names)?;
        let quote = body.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let open = body.get(1..)?;
        let dashes = open.len().saturating_sub(open.trim_start_matches('-').len());
        let close = match open.get(dashes..)?.chars().next()? {
            '(' => ')',
            '[' => ']',
            '{' => '}',
            _ => return None,
        };
        let content = open.get(dashes.saturating_add(1)..)?;
        let end = format!("{close}{}{quote}", "-".repeat(dashes.min(64)));
        // One that does not end is no program to R: the rest is its text.
        let length = content.find(&end).unwrap_or(content.len());
        self.advance(rest.len().saturating_sub(content.len()).saturating_add(length).saturating_add(end.len()));
        Some(Token::Text(content.get(..length)?.as_bytes().to_vec()))
    }

    /// A quoted text with its escapes undone.
    fn quoted(&mut self, rest: &'t str, quote: char) -> Vec<u8> {
        let bytes = rest.as_bytes();
        let mut text = Vec::new();
        let mut at = 1_usize;
        while let Some(byte) = bytes.get(at) {
            at = at.saturating_add(1);
            match byte {
                byte if char::from(*byte) == quote => break,
                b'\\' => at = at.saturating_add(escape(bytes.get(at..).unwrap_or_default(), &mut text)),
                byte => text.push(*byte),
            }
        }
        self.advance(at);
        text
    }
}

fn digit_follows(rest: &str) -> bool {
    rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
}

/// What stands behind a backslash; how many bytes it takes.
fn escape(rest: &[u8], text: &mut Vec<u8>) -> usize {
    let Some(first) = rest.first() else { return 0 };
    let digits = |from: usize, most: usize, known: fn(&u8) -> bool| {
        rest.iter().skip(from).take(most).take_while(|byte| known(byte)).count()
    };
    let number = |from: usize, count: usize, radix: u32| {
        let digits = rest.get(from..from.saturating_add(count)).and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| u32::from_str_radix(digits, radix).ok()).unwrap_or(0)
    };
    match first {
        b'n' => text.push(b'\n'),
        b't' => text.push(b'\t'),
        b'r' => text.push(b'\r'),
        b'x' => {
            let count = digits(1, 2, u8::is_ascii_hexdigit);
            text.extend(u8::try_from(number(1, count, 16)));
            return count.saturating_add(1);
        }
        b'u' | b'U' => {
            let brace = usize::from(rest.get(1) == Some(&b'{'));
            let from = brace.saturating_add(1);
            let count = digits(from, 8, u8::is_ascii_hexdigit);
            let letter = char::from_u32(number(from, count, 16)).unwrap_or('\u{fffd}');
            text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            return from.saturating_add(count).saturating_add(brace);
        }
        b'z' => return rest.iter().skip(1).take_while(|byte| byte.is_ascii_whitespace()).count().saturating_add(1),
        b'0'..=b'9' => {
            let count = digits(0, 3, u8::is_ascii_digit);
            text.extend(u8::try_from(number(0, count, 10)));
            return count;
        }
        other => text.push(*other),
    }
    1
}

/// The lengths of the opening, the content and the closing of `[==[...]==]`.
fn long_bracket(rest: &str) -> Option<(usize, usize, usize)> {
    let inner = rest.strip_prefix('[')?;
    let level = inner.len().saturating_sub(inner.trim_start_matches('=').len());
    let content = inner.get(level..)?.strip_prefix('[')?;
    let close = format!("]{}]", "=".repeat(level.min(1 << 12)));
    let length = content.find(&close).unwrap_or(content.len());
    Some((level.saturating_add(2), length, close.len()))
}
