//! Brackets and blocks that are open, and the expression that is being read in each.

use std::collections::VecDeque;

use base::expr::Expr;

use super::KEPT;
use crate::program::{joined, lexer::At, small};

/// What a bracket or block is.
pub(super) enum Kind {
    Call(Expr, At),
    Parenthesis,
    Index(Expr, At),
    Table,
    Block,
    Condition,
    Function,
}

/// An open bracket or block, and the expression that is being read in it.
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) items: Vec<Expr>,
    pub(super) parts: Vec<Expr>,
    /// Joined by nothing but the operator that joins texts.
    pub(super) plain: bool,
    pub(super) last: Option<Expr>,
    /// The text whose method `last` is.
    pub(super) receiver: Option<Expr>,
    /// The name that `last` is, while nothing was done to it.
    pub(super) bare: Option<String>,
    /// The names that are assigned to, the next one first.
    pub(super) targets: VecDeque<String>,
    /// Names in front of a comma, which may become targets.
    pub(super) names: Vec<String>,
    /// What the expression is where its left side holds: `a or b`.
    pub(super) preferred: Option<Expr>,
}

impl Frame {
    pub(super) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            items: Vec::new(),
            parts: Vec::new(),
            plain: true,
            last: None,
            receiver: None,
            bare: None,
            targets: VecDeque::new(),
            names: Vec::new(),
            preferred: None,
        }
    }

    /// Ends the expression.
    pub(super) fn finish(&mut self) -> Option<Expr> {
        self.bare = None;
        let last = self.last.take();
        let mut parts = std::mem::take(&mut self.parts);
        let (plain, preferred) = (std::mem::replace(&mut self.plain, true), self.preferred.take());
        if parts.is_empty() && plain {
            return last;
        }
        parts.extend(last);
        match (plain, parts.is_empty()) {
            (_, true) => None,
            (true, _) => Some(joined(&parts, b"")),
            _ => Some(preferred.unwrap_or(Expr::Unknown)),
        }
    }

    pub(super) fn item(&mut self) {
        self.targets.clear();
        let value = self.finish();
        if self.items.len() < KEPT {
            self.items.extend(value.map(small));
        }
    }
}
