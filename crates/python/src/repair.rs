//! Python 2 rewritten as Python 3 of the same length, token by token, so that its calls can be followed and its places hold.
//!
//! `print x` becomes `yield x`, `exec x` becomes `exec|x`, `ur''` loses its `u`, `0777` becomes its value, and so on: what
//! comes out is no program that anyone would run, but has the calls and names of the one that was written.

use base::{budget::Meter, stop::Stop};
use ruff_python_ast::{ModModule, token::TokenKind};
use ruff_python_parser::Parsed;
use ruff_text_size::Ranged;

/// A token and its text.
#[derive(Clone, Copy)]
struct Token<'t> {
    kind: TokenKind,
    start: usize,
    end: usize,
    text: &'t str,
}

/// `text` with what only Python 2 accepts rewritten; `None` where there is nothing of it.
pub(crate) fn python2(text: &str, parsed: &Parsed<ModModule>, meter: &Meter) -> Result<Option<String>, Stop> {
    let mut bytes = text.as_bytes().to_vec();
    backticks(text, &mut bytes);
    let mut tokens: [Option<Token<'_>>; 3] = [None; 3];
    let mut raised = Raised::default();
    for token in parsed.tokens() {
        meter.steps(1)?;
        let (kind, start, end) = (token.kind(), token.start().to_usize(), token.end().to_usize());
        if !matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline) {
            tokens.rotate_left(1);
            let [_, before, last] = &mut tokens;
            *last = Some(Token { kind, start, end, text: text.get(start..end).unwrap_or_default() });
            raised.token(*before, *last, &mut bytes);
            rewrite(tokens, &mut bytes);
        }
    }
    Ok(if bytes == text.as_bytes() { None } else { String::from_utf8(bytes).ok() })
}

/// Looks at three tokens in a row and rewrites the middle one, or the first two.
fn rewrite(tokens: [Option<Token<'_>>; 3], bytes: &mut [u8]) {
    let [before, Some(token), Some(after)] = tokens else { return };
    let begins = before.is_none_or(|before| {
        use TokenKind::{Colon, Dedent, Indent, Newline, Semi};
        matches!(before.kind, Newline | Indent | Dedent | Semi | Colon)
    });
    let joined = token.end == after.start;
    match (token.kind, token.text) {
        (TokenKind::Name, "print") if begins && after.kind == TokenKind::RightShift => {
            put(bytes, token.start, "yield");
            put(bytes, after.start, "  ");
        }
        (TokenKind::Name, "print") if begins && starts_operand(after.kind) => put(bytes, token.start, "yield"),
        (TokenKind::Name, "exec") if begins && starts_operand(after.kind) => {
            if let Some(gap) = bytes.get_mut(token.end..after.start).and_then(<[u8]>::first_mut) {
                *gap = b'|';
            }
        }
        (TokenKind::Name, "ur" | "uR" | "Ur" | "UR") if joined && after.kind == TokenKind::String => {
            put(bytes, token.start, if begins { "-r" } else { " r" });
        }
        (TokenKind::Int | TokenKind::Unknown, number) if is_old_octal(number) => octal(bytes, token),
        (TokenKind::Int, _) if joined && matches!(after.text, "L" | "l") => put(bytes, after.start, " "),
        (TokenKind::Int, number)
            if joined && after.kind == TokenKind::Int && is_old_octal(&[number, after.text].concat()) =>
        {
            octal(bytes, Token { end: after.end, ..token });
        }
        (TokenKind::Less, _) if joined && after.kind == TokenKind::Greater => put(bytes, token.start, "!="),
        _ => {}
    }
}

/// Whether a token begins an operand, so that a name before it can be no function: `print x`.
fn starts_operand(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Name
            | T::String
            | T::Int
            | T::Float
            | T::Complex
            | T::FStringStart
            | T::Lambda
            | T::Not
            | T::True
            | T::False
            | T::None
            | T::Lbrace
            | T::Unknown
            | T::Tilde
    ) || kind.is_soft_keyword()
}

/// `0777`: an octal number as Python 2 writes it.
fn is_old_octal(text: &str) -> bool {
    text.len() > 1
        && text.starts_with('0')
        && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte))
        && !text.trim_start_matches('0').is_empty()
}

/// Writes the value of an octal number in its place: it is never longer.
fn octal(bytes: &mut [u8], token: Token<'_>) {
    let Some(digits) = bytes.get(token.start..token.end).and_then(|digits| std::str::from_utf8(digits).ok()) else {
        return;
    };
    let Ok(value) = u64::from_str_radix(digits, 8) else { return };
    let width = token.end.saturating_sub(token.start);
    put(bytes, token.start, &format!("{value:>width$}"));
}

/// Writes `text` over what is there.
fn put(bytes: &mut [u8], at: usize, text: &str) {
    for (byte, new) in bytes.iter_mut().skip(at).zip(text.bytes()) {
        *byte = new;
    }
}

/// `` `x` `` becomes `(x)`. Text in strings and comments may change with it: that happens in files that do not parse.
fn backticks(text: &str, bytes: &mut [u8]) {
    let mut at = 0_usize;
    for line in text.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        let ticks: Vec<usize> = code.match_indices('`').map(|(index, _)| index).collect();
        if ticks.len().is_multiple_of(2) && !code.contains(['\'', '"']) || ticks.len() == 2 && !code.contains("\"\"\"")
        {
            for pair in ticks.chunks_exact(2) {
                if let [open, close] = pair {
                    put(bytes, at.saturating_add(*open), "(");
                    put(bytes, at.saturating_add(*close), ")");
                }
            }
        }
        at = at.saturating_add(line.len());
    }
}

/// `raise E, "message"` becomes `raise E| "message"`; the parameter `(a, b)` of a function becomes `a, b`.
#[derive(Default)]
struct Raised {
    raising: bool,
    defining: bool,
    depth: u32,
    inner: bool,
}

impl Raised {
    fn token(&mut self, before: Option<Token<'_>>, token: Option<Token<'_>>, bytes: &mut [u8]) {
        use TokenKind as T;
        let Some(token) = token else { return };
        match token.kind {
            T::Raise => (self.raising, self.depth) = (true, 0),
            T::Def | T::Lambda => {
                (self.defining, self.depth, self.inner) = (true, u32::from(token.kind == T::Lambda), false)
            }
            T::Newline | T::Semi => *self = Self::default(),
            T::Colon if self.depth <= 1 => self.defining = false,
            T::Comma if self.raising && self.depth == 0 => put(bytes, token.start, "|"),
            T::Lpar => {
                self.depth = self.depth.saturating_add(1);
                let opens = before.is_some_and(|before| matches!(before.kind, T::Lpar | T::Comma | T::Lambda));
                if self.defining && self.depth == 2 && opens {
                    self.inner = true;
                    put(bytes, token.start, " ");
                }
            }
            T::Rpar => {
                if self.inner && self.depth == 2 {
                    self.inner = false;
                    put(bytes, token.start, " ");
                }
                self.depth = self.depth.saturating_sub(1);
            }
            _ => {}
        }
    }
}
