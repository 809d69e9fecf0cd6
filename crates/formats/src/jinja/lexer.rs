//! The tokens of a template: text between tags, and what stands inside them.

use std::ops::Range;

use base::{reason::Reason, stop::Stop};

use super::escape::decoded;

/// Broken tags that are stepped over: each may have been searched to the end of the text.
const BROKEN: usize = 16;
/// Tokens that one template may have.
const TOKENS: usize = 1 << 20;
/// Operators and punctuation, the longer ones first.
const SYMBOLS: &[&str] = &[
    "**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "|", ".", ",", ":", ";", "(", ")", "[", "]", "{",
    "}", "=", "<", ">",
];

/// A token and where it stands.
pub(super) struct Spanned<'s> {
    pub(super) token: Token<'s>,
    pub(super) span: Range<usize>,
}

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'s> {
    /// Text between tags, white space control applied.
    Data(&'s str),
    /// `{{`.
    OutputOpen,
    /// `{%`.
    TagOpen,
    /// `}}` or `%}`.
    Close,
    /// An identifier or keyword.
    Name(&'s str),
    /// A string, its escapes decoded.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// An operator or punctuation.
    Symbol(&'static str),
}

/// The tokens as far as they can be read, and what ended them before the end.
pub(super) fn lex(source: &str) -> (Vec<Spanned<'_>>, Option<Stop>) {
    let mut lexer = Lexer { source, at: 0, tokens: Vec::new(), trim: false, broken: Vec::new() };
    let stop = lexer.run().err();
    (lexer.tokens, lexer.broken.into_iter().next().or(stop))
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    tokens: Vec<Spanned<'s>>,
    /// Whether the last tag takes the white space behind it.
    trim: bool,
    /// What is wrong with the tags that were stepped over.
    broken: Vec<Stop>,
}

impl<'s> Lexer<'s> {
    fn run(&mut self) -> Result<(), Stop> {
        while let Some(open) = self.opening() {
            self.data(open);
            let sign = self.source.as_bytes().get(open.saturating_add(1)).copied();
            self.at = open.saturating_add(2);
            if matches!(self.byte(), Some(b'-' | b'+')) {
                self.at = self.at.saturating_add(1);
            }
            match sign {
                Some(b'#') => self.comment(open)?,
                Some(b'%') if self.raw(open)? => {}
                sign => self.tag_or_skip(open, sign == Some(b'%'))?,
            }
        }
        self.data(self.source.len());
        Ok(())
    }

    fn byte(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Where the next tag or comment opens.
    fn opening(&self) -> Option<usize> {
        let rest = self.rest();
        let mut opens = memchr::memchr_iter(b'{', rest.as_bytes());
        let found = opens.find(|at| matches!(rest.as_bytes().get(at.saturating_add(1)), Some(b'{' | b'%' | b'#')))?;
        Some(self.at.saturating_add(found))
    }

    /// The text up to `end`, without the white space that its neighbours take.
    fn data(&mut self, end: usize) {
        let mut text = self.source.get(self.at..end).unwrap_or_default();
        if self.trim {
            text = text.trim_start();
        }
        if self.source.as_bytes().get(end.saturating_add(2)) == Some(&b'-') {
            text = text.trim_end();
        }
        let span = self.at..end;
        self.at = end;
        self.trim = false;
        if !text.is_empty() {
            self.tokens.push(Spanned { token: Token::Data(text), span });
        }
    }

    fn comment(&mut self, open: usize) -> Result<(), Stop> {
        let Some(end) = self.rest().find("#}") else {
            return Err(Stop::truncated(self.source.len() as u64, "a comment"));
        };
        let end = self.at.saturating_add(end);
        self.trim = end > open.saturating_add(2) && self.source.get(..end).is_some_and(|text| text.ends_with('-'));
        self.at = end.saturating_add(2);
        Ok(())
    }

    /// Reads a `raw` block, whose content is text; `false` where the tag is another.
    fn raw(&mut self, open: usize) -> Result<bool, Stop> {
        let Some(start) = closed(self.rest().trim_start(), "raw") else {
            return Ok(false);
        };
        let start = self.source.len().saturating_sub(start.len());
        let body = self.source.get(start..).unwrap_or_default();
        for (at, _) in body.match_indices("{%") {
            let inner = body.get(at.saturating_add(2)..).unwrap_or_default();
            let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner).trim_start();
            if let Some(rest) = closed(inner, "endraw") {
                let end = start.saturating_add(at);
                let text = self.source.get(start..end).unwrap_or_default();
                self.tokens.push(Spanned { token: Token::Data(text), span: start..end });
                self.at = self.source.len().saturating_sub(rest.len());
                return Ok(true);
            }
        }
        Err(Stop::truncated(open as u64, "a raw block"))
    }

    /// Reads one tag; a broken one is left at its first closing mark, so that what follows is read.
    fn tag_or_skip(&mut self, open: usize, statement: bool) -> Result<(), Stop> {
        let (start, count) = (self.at, self.tokens.len().saturating_add(1));
        let Err(stop) = self.tag(open, statement) else { return Ok(()) };
        let close = if statement { "%}" } else { "}}" };
        let end = self.source.get(start..).and_then(|rest| rest.find(close));
        let Some(end) = end.filter(|_| self.broken.len() < BROKEN && !matches!(stop, Stop::Limit(_))) else {
            return Err(stop);
        };
        self.broken.push(stop);
        self.tokens.truncate(count);
        self.at = start.saturating_add(end);
        self.push(Token::Close, close.len())
    }

    /// Reads the tokens of one tag. Inside brackets a closing mark is none (`{{ {'a': {}} }}`).
    fn tag(&mut self, open: usize, statement: bool) -> Result<(), Stop> {
        let token = if statement { Token::TagOpen } else { Token::OutputOpen };
        self.tokens.push(Spanned { token, span: open..self.at });
        let close = if statement { "%}" } else { "}}" };
        let mut brackets = 0_usize;
        loop {
            let blank = self.rest().len().saturating_sub(self.rest().trim_start().len());
            self.at = self.at.saturating_add(blank);
            let rest = self.rest();
            if rest.is_empty() {
                return Err(Stop::truncated(self.source.len() as u64, "a tag"));
            }
            let signed = rest.strip_prefix(['-', '+']).filter(|after| after.starts_with(close));
            if brackets == 0 && (rest.starts_with(close) || signed.is_some()) {
                let length = close.len().saturating_add(usize::from(signed.is_some()));
                self.trim = rest.starts_with('-');
                self.push(Token::Close, length)?;
                return Ok(());
            }
            let (token, length) = self.token(rest)?;
            match token {
                Token::Symbol("(" | "[" | "{") => brackets = brackets.saturating_add(1),
                Token::Symbol(")" | "]" | "}") => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            self.push(token, length)?;
        }
    }

    fn push(&mut self, token: Token<'s>, length: usize) -> Result<(), Stop> {
        let span = self.at..self.at.saturating_add(length);
        self.at = span.end;
        if self.tokens.len() >= TOKENS {
            return Err(Stop::Limit(Reason::Memory));
        }
        self.tokens.push(Spanned { token, span });
        Ok(())
    }

    /// The token at the start of `rest`, and its length in bytes.
    fn token(&self, rest: &'s str) -> Result<(Token<'s>, usize), Stop> {
        let first = rest.chars().next().unwrap_or_default();
        if first == '\'' || first == '"' {
            return self.text(rest, first);
        }
        if first.is_ascii_digit() {
            return Ok(number(rest));
        }
        if first.is_alphabetic() || first == '_' {
            let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(rest.len());
            return Ok((Token::Name(rest.get(..end).unwrap_or_default()), end));
        }
        let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
        match symbol {
            Some(symbol) => Ok((Token::Symbol(symbol), symbol.len())),
            None => Err(Stop::malformed(self.at as u64, "a character that no expression has")),
        }
    }

    fn text(&self, rest: &'s str, quote: char) -> Result<(Token<'s>, usize), Stop> {
        let mut escaped = false;
        for (at, letter) in rest.char_indices().skip(1) {
            if !escaped && letter == quote {
                let inner = rest.get(1..at).unwrap_or_default();
                return Ok((Token::Text(decoded(inner)), at.saturating_add(1)));
            }
            escaped = !escaped && letter == '\\';
        }
        Err(Stop::truncated(self.source.len() as u64, "a string"))
    }
}

/// What follows `word` and the end of its tag.
fn closed<'s>(text: &'s str, word: &str) -> Option<&'s str> {
    let rest = text.strip_prefix(word)?.trim_start();
    rest.strip_prefix(['-', '+']).unwrap_or(rest).strip_prefix("%}")
}

/// A number: with a base, with underscores, with a fraction or an exponent.
fn number(rest: &str) -> (Token<'_>, usize) {
    let bytes = rest.as_bytes();
    let based = matches!((bytes.first(), bytes.get(1)), (Some(b'0'), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B')));
    let mut end = if based { 2 } else { 0 };
    let mut fraction = false;
    while let Some(byte) = bytes.get(end) {
        let next_digit = bytes.get(end.saturating_add(1)).is_some_and(u8::is_ascii_digit);
        match byte {
            b'_' | b'0'..=b'9' => {}
            b'a'..=b'f' | b'A'..=b'F' if based => {}
            b'.' if !fraction && !based && next_digit => fraction = true,
            b'e' | b'E' if next_digit => fraction = true,
            _ => break,
        }
        end = end.saturating_add(1);
    }
    let digits: String = rest.get(..end).unwrap_or_default().chars().filter(|letter| *letter != '_').collect();
    let radix = match digits.as_bytes().get(1) {
        Some(b'x' | b'X') => 16,
        Some(b'o' | b'O') => 8,
        _ => 2,
    };
    let whole = if based { digits.get(2..).map(|digits| i64::from_str_radix(digits, radix)) } else { None };
    let token = match whole.unwrap_or_else(|| digits.parse::<i64>()) {
        Ok(number) => Token::Int(number),
        Err(_) => Token::Float(digits.parse().unwrap_or(f64::NAN)),
    };
    (token, end.max(1))
}
