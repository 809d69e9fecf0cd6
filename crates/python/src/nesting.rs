//! How deep and how large the tree of a text would be, told from its tokens: what is too deep is refused before anything
//! recurses, and of what is too large only the beginning is parsed.

use base::{budget::Meter, reason::Reason, stop::Stop};
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

/// Depth of the deepest tree that is parsed. CPython refuses 200 nested brackets and 100 indentations.
pub(crate) const MAX_DEPTH: usize = 3_000;

/// What one open bracket holds: links of a chain since the last separator, and lambdas, whose own commas separate nothing.
#[derive(Clone, Copy, Default)]
struct Level {
    links: usize,
    lambdas: usize,
}

/// What one bracket weighs: the functions between it and what stands inside.
const BRACKET: usize = 8;

/// What a token may cost in memory: itself, its part of the tree and the parser's error about it, in vectors that grow
/// by doubling.
pub(crate) const TOKEN: u64 = 128;
/// What one that no Python knows costs beside it: an error more.
const UNKNOWN: u64 = 24;

/// Refuses a text whose tree could be deeper than [`MAX_DEPTH`], and tells what memory its tree takes; `None`: over `most`.
///
/// # Errors
/// [`Reason::Depth`], or the budget's end.
pub(crate) fn check(text: &str, most: u64, meter: &Meter) -> Result<Option<u64>, Stop> {
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut open = vec![Level::default()];
    let mut depth = 0_usize;
    let mut held = 0_u64;
    loop {
        let kind = lexer.next_token();
        meter.steps(1)?;
        held = held.saturating_add(TOKEN).saturating_add(if kind == TokenKind::Unknown { UNKNOWN } else { 0 });
        if held > most {
            return Ok(None);
        }
        match kind {
            TokenKind::EndOfFile => return Ok(Some(held)),
            TokenKind::Indent => depth = depth.saturating_add(BRACKET),
            TokenKind::Dedent => depth = depth.saturating_sub(BRACKET),
            kind if opens(kind) => {
                depth = depth.saturating_add(BRACKET);
                open.push(Level::default());
            }
            kind if closes(kind) => {
                if open.len() > 1 {
                    let closed = open.pop().unwrap_or_default();
                    depth = depth.saturating_sub(BRACKET).saturating_sub(closed.links).saturating_sub(closed.lambdas);
                }
                // A closed bracket stays a link of its chain: f(a)(b)(c) is three deep.
                link(&mut open, &mut depth, false);
            }
            TokenKind::Comma | TokenKind::Newline | TokenKind::Semi => {
                if let Some(level) = open.last_mut() {
                    depth = depth.saturating_sub(std::mem::take(&mut level.links));
                    if kind != TokenKind::Comma {
                        depth = depth.saturating_sub(std::mem::take(&mut level.lambdas));
                    }
                }
            }
            kind if chains(kind) => link(&mut open, &mut depth, kind == TokenKind::Lambda),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(Stop::Limit(Reason::Depth));
        }
    }
}

/// Lines that are looked at for where a text is cut.
const NEAR: usize = 1_000;

/// The first half of a text, up to a line that begins a statement of the module where there is one near.
pub(crate) fn half(text: &str) -> &str {
    let head = text.get(..text.floor_char_boundary(text.len() / 2)).unwrap_or_default();
    let begins = |at: &usize| {
        text.as_bytes().get(at.saturating_add(1)).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'@')
    };
    let line = head.rmatch_indices('\n').map(|(at, _)| at).take(NEAR).find(begins).or_else(|| head.rfind('\n'));
    line.and_then(|at| head.get(..at.saturating_add(1))).unwrap_or(head)
}

fn opens(kind: TokenKind) -> bool {
    use TokenKind::{FStringStart, Lbrace, Lpar, Lsqb, TStringStart};
    matches!(kind, Lpar | Lsqb | Lbrace | FStringStart | TStringStart)
}

fn closes(kind: TokenKind) -> bool {
    use TokenKind::{FStringEnd, Rbrace, Rpar, Rsqb, TStringEnd};
    matches!(kind, Rpar | Rsqb | Rbrace | FStringEnd | TStringEnd)
}

/// One more link of a chain at the innermost level.
fn link(open: &mut [Level], depth: &mut usize, lambda: bool) {
    if let Some(level) = open.last_mut() {
        let count = if lambda { &mut level.lambdas } else { &mut level.links };
        *count = count.saturating_add(1);
        *depth = depth.saturating_add(1);
    }
}

/// Whether a token may put what follows, or what came before, one level deeper.
fn chains(kind: TokenKind) -> bool {
    use TokenKind as T;
    let flat = matches!(
        kind,
        T::Name
            | T::Int
            | T::Float
            | T::Complex
            | T::String
            | T::Comment
            | T::NonLogicalNewline
            | T::FStringMiddle
            | T::TStringMiddle
            | T::True
            | T::False
            | T::None
            | T::Ellipsis
            | T::Import
            | T::IpyEscapeCommand
    );
    !flat
}
