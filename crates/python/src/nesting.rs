//! How deep and how large the tree of a text would be, told from its tokens: what is too deep is refused before anything
//! of ours recurses, and of what is too large only the beginning is parsed.

use base::{budget::Meter, reason::Reason, stop::Stop};
use ruff_python_ast::token::{TokenKind, Tokens};
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

/// Bytes and signs of a text that is parsed before its depth is known: the parser takes more stack where it needs it, and
/// neither that nor dropping the tree can come to much.
const SMALL: usize = 128 << 10;
const FEW: usize = 24 << 10;

/// What memory the tree of a text takes at most; `None`: over `most`. A large text is refused where its tree could be
/// deeper than [`MAX_DEPTH`], a small one by [`refuse`].
///
/// # Errors
/// [`Reason::Depth`], or the budget's end.
pub(crate) fn check(text: &str, most: u64, meter: &Meter) -> Result<Option<u64>, Stop> {
    // No token is shorter than a byte, but for the end of a block, which began with some.
    let worst = (text.len() as u64).saturating_add(1).saturating_mul(TOKEN.saturating_add(UNKNOWN));
    let small = text.len() <= SMALL && worst <= most / 4;
    if small && signs(text) <= FEW {
        return Ok(Some(worst));
    }
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut depth = Depth::default();
    let mut held = 0_u64;
    loop {
        let kind = lexer.next_token();
        meter.steps(1)?;
        held = held.saturating_add(TOKEN).saturating_add(if kind == TokenKind::Unknown { UNKNOWN } else { 0 });
        if held > most {
            return Ok(None);
        }
        if kind == TokenKind::EndOfFile {
            return Ok(Some(held));
        }
        depth.next(kind)?;
    }
}

/// How many signs a text has; in blocks whose counts fit a byte, of which a processor adds many at a time.
fn signs(text: &str) -> usize {
    let count =
        |block: &[u8]| block.iter().fold(0_u8, |sum, byte| sum.wrapping_add(u8::from(byte.is_ascii_punctuation())));
    text.as_bytes().chunks(128).fold(0_usize, |sum, block| sum.saturating_add(usize::from(count(block))))
}

/// Refuses a tree of these tokens that could be deeper than [`MAX_DEPTH`].
///
/// # Errors
/// [`Reason::Depth`], or the budget's end.
pub(crate) fn refuse(tokens: &Tokens, meter: &Meter) -> Result<(), Stop> {
    meter.steps(tokens.len() as u64)?;
    let mut depth = Depth::default();
    tokens.iter().try_for_each(|token| depth.next(token.kind()))
}

/// How deep the tree is at a token.
#[derive(Default)]
struct Depth {
    /// The innermost level.
    level: Level,
    /// Those around it.
    open: Vec<Level>,
    depth: usize,
}

impl Depth {
    fn next(&mut self, kind: TokenKind) -> Result<(), Stop> {
        use TokenKind as T;
        let level = &mut self.level;
        match kind {
            // These put neither what follows nor what came before one level deeper.
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
            | T::IpyEscapeCommand => return Ok(()),
            T::Indent => self.depth = self.depth.saturating_add(BRACKET),
            T::Dedent => self.depth = self.depth.saturating_sub(BRACKET),
            T::Lpar | T::Lsqb | T::Lbrace | T::FStringStart | T::TStringStart => {
                self.depth = self.depth.saturating_add(BRACKET);
                self.open.push(std::mem::take(level));
            }
            T::Rpar | T::Rsqb | T::Rbrace | T::FStringEnd | T::TStringEnd => {
                if let Some(outer) = self.open.pop() {
                    let closed = std::mem::replace(level, outer);
                    let inside = BRACKET.saturating_add(closed.links).saturating_add(closed.lambdas);
                    self.depth = self.depth.saturating_sub(inside);
                }
                // A closed bracket stays a link of its chain: f(a)(b)(c) is three deep.
                self.link();
            }
            T::Comma | T::Newline | T::Semi => {
                self.depth = self.depth.saturating_sub(std::mem::take(&mut level.links));
                if kind != T::Comma {
                    self.depth = self.depth.saturating_sub(std::mem::take(&mut level.lambdas));
                }
            }
            T::Lambda => {
                level.lambdas = level.lambdas.saturating_add(1);
                self.depth = self.depth.saturating_add(1);
            }
            _ => self.link(),
        }
        if self.depth > MAX_DEPTH { Err(Stop::Limit(Reason::Depth)) } else { Ok(()) }
    }

    /// One more link of a chain at the innermost level.
    fn link(&mut self) {
        self.level.links = self.level.links.saturating_add(1);
        self.depth = self.depth.saturating_add(1);
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
