//! Source text of a small language: one pass over its tokens with a stack of open brackets and blocks, never recursive.
//!
//! It follows names, members, joined texts and calls with their arguments, and takes everything else for an operator. What
//! breaks the language's grammar is stepped over: a reader for findings, not for running.

mod brackets;
mod frame;

use base::{expr::Expr, location::Place, stop::Stop};

use self::frame::{Frame, Kind};
use super::{
    Program,
    lexer::{At, Lexer, Token},
    small, text,
};

/// How a language is written.
pub(crate) struct Syntax {
    pub(crate) line_comment: &'static str,
    /// Lua's `[[...]]`.
    pub(crate) long_brackets: bool,
    pub(crate) operators: Operators,
    /// Names may hold dots.
    pub(crate) dotted_names: bool,
    pub(crate) blocks: Blocks,
    /// Names under which a function is called by whatever loads the source, or starts with it.
    pub(crate) hooks: &'static [&'static str],
}

pub(crate) struct Operators {
    /// Joins texts; empty where a function does.
    pub(crate) concat: &'static str,
    pub(crate) assign: &'static [&'static str],
    /// Stands between a package and its name.
    pub(crate) namespace: &'static [&'static str],
    pub(crate) member: &'static [&'static str],
}

/// What opens and closes a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blocks {
    /// `function`, `if`, `do`, `repeat` to `end` and `until`; a line may hold several statements.
    Words,
    /// Braces; a line ends a statement.
    Braces,
}

/// Arguments, items or joined parts that are kept.
const KEPT: usize = 64;

/// Reads source text and states what it calls.
pub(crate) fn read(source: &str, syntax: &Syntax, program: &mut Program<'_, '_>) -> Result<(), Stop> {
    let mut lexer = Lexer::new(source, syntax);
    let mut walk = Walk {
        syntax,
        program,
        outermost: Frame::new(Kind::Block),
        stack: Vec::new(),
        functions: 0,
        conditions: 0,
        header: None,
        bodiless: false,
        member: None,
        conditional: false,
        hooked: false,
    };
    while let Some((token, at)) = lexer.next() {
        walk.program.sink.meter().steps(1)?;
        walk.token(token, at)?;
    }
    while !walk.stack.is_empty() {
        walk.close()?;
    }
    walk.statement();
    Ok(())
}

struct Walk<'w, 'p, 's> {
    syntax: &'w Syntax,
    program: &'w mut Program<'p, 's>,
    outermost: Frame,
    stack: Vec<Frame>,
    functions: usize,
    conditions: usize,
    /// Open parentheses of a function's head, which is stepped over.
    header: Option<usize>,
    /// Behind the head of a function without a block so far.
    bodiless: bool,
    /// An operator for members was read: a name follows, that of a method or of another member.
    member: Option<bool>,
    /// `if` or `while` was read in a language of braces.
    conditional: bool,
    /// In a function that loading calls by its name.
    hooked: bool,
}

impl Walk<'_, '_, '_> {
    fn top(&mut self) -> &mut Frame {
        self.stack.last_mut().unwrap_or(&mut self.outermost)
    }

    fn when(&self) -> &'static str {
        match (self.functions > 0 || self.bodiless, self.conditions > 0) {
            (true, _) if self.hooked => "import",
            (true, _) => "called",
            (false, true) => "conditional",
            _ => "import",
        }
    }

    fn token(&mut self, token: Token<'_>, at: At) -> Result<(), Stop> {
        if let Some(depth) = self.header {
            self.header = match token {
                Token::Mark("(") => Some(depth.saturating_add(1)),
                Token::Mark(")") if depth <= 1 => None,
                Token::Mark(")") => Some(depth.saturating_sub(1)),
                _ => Some(depth),
            };
            return Ok(());
        }
        match token {
            Token::Name(name) => self.name(name, at),
            Token::Text(bytes) => self.text(&bytes, at),
            Token::Number(number) => {
                let number = number.trim_end_matches('L');
                let value = number.parse().map(Expr::Int).or_else(|_| number.parse().map(Expr::Float));
                self.operand(value.unwrap_or(Expr::Unknown));
                Ok(())
            }
            Token::Mark(mark) => self.mark(mark, at),
            Token::Newline => {
                let block = matches!(self.top().kind, Kind::Block | Kind::Condition | Kind::Function);
                if self.syntax.blocks == Blocks::Braces && block && self.top().last.is_some() {
                    self.statement();
                }
                Ok(())
            }
        }
    }

    /// A value begins: what stands before it was a statement.
    fn operand(&mut self, value: Expr) {
        if self.top().last.is_some() {
            self.statement();
        }
        let frame = self.top();
        frame.bare = None;
        frame.last = Some(value);
    }

    /// Ends the expression of the innermost frame.
    fn statement(&mut self) {
        self.bodiless = false;
        self.hooked &= self.functions > 0;
        let frame = self.top();
        let value = frame.finish();
        let target = frame.targets.pop_front();
        frame.targets.clear();
        frame.names.clear();
        if let (Some(target), Some(value)) = (target, value) {
            self.program.assign(&target, value);
        }
    }

    fn text(&mut self, bytes: &[u8], at: At) -> Result<(), Stop> {
        // Lua calls with one text need no parentheses.
        if self.syntax.long_brackets && matches!(self.top().last, Some(Expr::Global { .. })) {
            let callee = self.top().last.take().unwrap_or(Expr::Unknown);
            let value = self.program.call(&place(at), &callee, vec![text(bytes)], self.when())?;
            let frame = self.top();
            frame.bare = None;
            frame.last = Some(value);
            return Ok(());
        }
        self.operand(text(bytes));
        Ok(())
    }

    fn name(&mut self, name: &str, at: At) -> Result<(), Stop> {
        if let Some(method) = self.member.take() {
            let of = self.top().last.take().unwrap_or(Expr::Unknown);
            let when = self.when();
            let value = self.program.field(&place(at), &of, name, when)?;
            let frame = self.top();
            frame.bare = None;
            frame.last = Some(value);
            frame.receiver = Some(of).filter(|of| method && matches!(of, Expr::Str(_) | Expr::Bytes(_)));
            return Ok(());
        }
        match (self.syntax.blocks, name) {
            (_, "function") => {
                self.header = Some(0);
                if self.functions == 0 {
                    let hooks = self.syntax.hooks;
                    self.hooked = self.top().targets.front().is_some_and(|name| hooks.contains(&name.as_str()));
                }
                if self.syntax.blocks == Blocks::Words {
                    self.open(Kind::Function);
                } else {
                    self.bodiless = true;
                }
                return Ok(());
            }
            (Blocks::Words, "if") => {
                self.statement();
                self.open(Kind::Condition);
            }
            (Blocks::Words, "do" | "repeat") => {
                self.statement();
                self.open(Kind::Block);
            }
            (Blocks::Words, "end" | "until") => {
                self.statement();
                self.end()?;
            }
            (Blocks::Words, "or") => {
                let frame = self.top();
                frame.preferred = frame.last.clone().filter(|value| matches!(value, Expr::Global { .. }));
                self.operator();
            }
            (Blocks::Words, "and" | "not") => self.operator(),
            (
                Blocks::Words,
                "then" | "else" | "elseif" | "return" | "local" | "for" | "while" | "in" | "break" | "goto",
            ) => {
                self.statement();
            }
            (Blocks::Braces, "if" | "while" | "for" | "else" | "repeat" | "in") => {
                self.conditional |= matches!(name, "if" | "while");
                self.operator();
            }
            (_, "nil" | "NULL") => self.operand(Expr::None),
            (_, "true" | "TRUE") => self.operand(Expr::Bool(true)),
            (_, "false" | "FALSE") => self.operand(Expr::Bool(false)),
            _ => {
                // An assignment in front of it ends first.
                if self.top().last.is_some() {
                    self.statement();
                }
                let value = self.program.name(name);
                self.operand(value);
                self.top().bare = Some(name.to_owned());
            }
        }
        Ok(())
    }

    /// An operator that joins no text.
    fn operator(&mut self) {
        let frame = self.top();
        let last = frame.last.take();
        if frame.parts.len() < KEPT {
            frame.parts.extend(last.map(small));
        }
        frame.plain = false;
        frame.bare = None;
    }

    /// A comma between statements: between names that are assigned to, or between what they get.
    fn comma(&mut self) {
        let frame = self.top();
        let bare = frame.bare.take();
        let value = frame.finish();
        match (frame.targets.pop_front(), value) {
            (Some(target), Some(value)) => self.program.assign(&target, value),
            (None, _) if frame.names.len() < KEPT => frame.names.extend(bare),
            _ => {}
        }
    }

    fn mark(&mut self, mark: &str, at: At) -> Result<(), Stop> {
        let operators = &self.syntax.operators;
        match mark {
            "(" => match self.top().last.take() {
                Some(callee) if !matches!(callee, Expr::None | Expr::Bool(_) | Expr::Int(_)) => {
                    let receiver = self.top().receiver.take();
                    self.open(Kind::Call(callee, at));
                    self.top().items.extend(receiver);
                }
                _ => self.open(Kind::Parenthesis),
            },
            "[" if self.top().last.is_some() => {
                let of = self.top().last.take().unwrap_or(Expr::Unknown);
                self.open(Kind::Index(of, at));
            }
            "{" if self.syntax.blocks == Blocks::Braces => {
                let kind = match (self.bodiless, self.conditional) {
                    (true, _) => Kind::Function,
                    (_, true) => Kind::Condition,
                    _ => Kind::Block,
                };
                (self.bodiless, self.conditional) = (false, false);
                self.open(kind);
            }
            "{" => self.open(Kind::Table),
            ")" | "]" | "}" => return self.bracket(mark),
            "," | ";"
                if matches!(self.top().kind, Kind::Call(..) | Kind::Table | Kind::Parenthesis | Kind::Index(..)) =>
            {
                self.bodiless = false;
                self.top().item();
            }
            "," => self.comma(),
            ";" => self.statement(),
            mark if !operators.concat.is_empty() && mark == operators.concat => {
                let frame = self.top();
                let last = frame.last.take();
                frame.plain &= frame.parts.len() < KEPT;
                if frame.plain {
                    frame.parts.extend(last.map(small));
                }
                frame.bare = None;
            }
            mark if operators.assign.contains(&mark) => {
                let frame = self.top();
                let block = matches!(frame.kind, Kind::Block | Kind::Condition | Kind::Function);
                frame.targets = frame.names.drain(..).chain(frame.bare.take()).filter(|_| block).collect();
                frame.last = None;
                frame.parts.clear();
                frame.plain = true;
            }
            mark if operators.member.contains(&mark) => self.member = Some(mark == ":"),
            mark if operators.namespace.contains(&mark) => self.member = Some(false),
            _ => self.operator(),
        }
        Ok(())
    }
}

fn place(at: At) -> Place {
    Place::bytes(at.offset as u64, 0).line(at.line, at.column)
}
