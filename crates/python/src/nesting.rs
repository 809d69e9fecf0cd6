//! How deep the tree of a text would be, told from its tokens: what is too deep is refused before anything recurses.

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

/// Refuses a text whose tree could be deeper than [`MAX_DEPTH`].
///
/// # Errors
/// [`Reason::Depth`], or the budget's end.
pub(crate) fn check(text: &str, meter: &Meter) -> Result<(), Stop> {
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut open = vec![Level::default()];
    let mut depth = 0_usize;
    loop {
        let kind = lexer.next_token();
        meter.steps(1)?;
        match kind {
            TokenKind::EndOfFile => return Ok(()),
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
