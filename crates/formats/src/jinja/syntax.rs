//! The syntax tree of a template. Chains and operators of one level are lists, so that only real nesting makes it deep.

use std::{borrow::Cow, ops::Range};

/// Bytes of the source.
pub(super) type Span = Range<usize>;

/// A statement or what stands between two.
#[derive(Debug)]
pub(super) enum Node<'s> {
    /// Text that is given out as it is.
    Data(&'s str, Span),
    /// `{{ … }}`, `do`, and other expressions whose value is given out or dropped.
    Output(Expr<'s>),
    /// `if`, `elif`, `else`; the last may have no condition.
    If(Vec<Branch<'s>>),
    /// `for`.
    For(Box<Loop<'s>>),
    /// `set` and `with`: targets and the value.
    Set(Vec<Target<'s>>, Expr<'s>),
    /// `set` with a body, through filters.
    SetBody(Vec<Target<'s>>, Vec<Step<'s>>, Vec<Node<'s>>),
    /// `macro`.
    Macro(Macro<'s>),
    /// `call`: an expression that gets the body as `caller()`.
    Call(Expr<'s>, Vec<Node<'s>>),
    /// `filter`: the body through filters.
    Filter(Vec<Step<'s>>, Vec<Node<'s>>),
    /// `block`, `with`, `generation`, `autoescape`, `trans`: a body with expressions in its head.
    Body(Vec<Expr<'s>>, Vec<Node<'s>>),
    /// `include`, `import`, `from`, `extends`: another template.
    Reference(&'s str, Expr<'s>, Vec<&'s str>),
}

/// A condition and what it guards.
#[derive(Debug)]
pub(super) struct Branch<'s> {
    pub(super) condition: Option<Expr<'s>>,
    pub(super) body: Vec<Node<'s>>,
}

/// `for targets in iterable if filter`.
#[derive(Debug)]
pub(super) struct Loop<'s> {
    pub(super) targets: Vec<Target<'s>>,
    pub(super) iterable: Expr<'s>,
    pub(super) filter: Option<Expr<'s>>,
    pub(super) body: Vec<Node<'s>>,
    pub(super) otherwise: Vec<Node<'s>>,
}

/// A variable, or an attribute of a namespace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'s> {
    pub(super) name: &'s str,
    pub(super) attribute: Option<&'s str>,
}

impl Target<'_> {
    /// The target as written.
    pub(super) fn path(&self) -> String {
        match self.attribute {
            Some(attribute) => format!("{}.{attribute}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// A macro: its parameters with their defaults, and its body.
#[derive(Debug)]
pub(super) struct Macro<'s> {
    pub(super) name: &'s str,
    pub(super) parameters: Vec<(&'s str, Option<Expr<'s>>)>,
    pub(super) body: Vec<Node<'s>>,
}

/// An expression and where it stands.
#[derive(Debug)]
pub(super) struct Expr<'s> {
    pub(super) kind: Kind<'s>,
    pub(super) span: Span,
}

/// What an expression is.
#[derive(Debug)]
pub(super) enum Kind<'s> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Name(&'s str),
    List(Vec<Expr<'s>>),
    Tuple(Vec<Expr<'s>>),
    Dict(Vec<(Expr<'s>, Expr<'s>)>),
    /// A value and what is done to it in turn.
    Chain(Box<Expr<'s>>, Vec<Step<'s>>),
    /// `not`, `-`, `+`.
    Unary(&'static str, Box<Expr<'s>>),
    /// Operators of one level, from left to right.
    Infix(Box<Expr<'s>>, Vec<(&'static str, Expr<'s>)>),
    /// `then if condition else otherwise`.
    Choice(Box<[Expr<'s>; 2]>, Option<Box<Expr<'s>>>),
}

/// One link of a chain.
#[derive(Debug)]
pub(super) struct Step<'s> {
    pub(super) kind: StepKind<'s>,
    pub(super) span: Span,
}

/// What a link does.
#[derive(Debug)]
pub(super) enum StepKind<'s> {
    /// `.name`.
    Attribute(&'s str),
    /// `[key]`.
    Item(Expr<'s>),
    /// `[start:stop:step]`.
    Slice([Option<Expr<'s>>; 3]),
    /// `(…)`.
    Call(Arguments<'s>),
    /// `|name(…)`.
    Filter(String, Arguments<'s>),
    /// `is name(…)`, `is not name(…)`.
    Test(String, Arguments<'s>),
}

/// The arguments of a call.
#[derive(Debug, Default)]
pub(super) struct Arguments<'s> {
    pub(super) positional: Vec<Expr<'s>>,
    pub(super) named: Vec<(Cow<'s, str>, Expr<'s>)>,
    /// `*a` and `**a`, where what they hold is not written out.
    pub(super) spread: Vec<Expr<'s>>,
}
