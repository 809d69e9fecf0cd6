//! Loops that nothing ends while they are executed for their value: one round says as much as all that could be paid for.

use ruff_python_ast::{
    Expr, Stmt, StmtWhile,
    helpers::{any_over_body, any_over_expr},
    visitor::{Visitor, walk_expr, walk_stmt},
};

/// Whether [`crate::machine::Machine::execute`] goes round this loop for as long as it may: its condition is written out,
/// nothing that is executed in it leaves it or yields.
pub(crate) fn never_ends(node: &StmtWhile) -> bool {
    node.test.is_literal_expr() && !leaves(&node.body, true)
}

/// Whether executing `body` may end the loop around it, or yields; `own`: a `break` is that loop's. As in execution,
/// handlers and what stands behind a body that raises nothing do not count. Depth is bounded by [`crate::nesting`].
fn leaves(body: &[Stmt], own: bool) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Return(_) | Stmt::ClassDef(_) | Stmt::Match(_) | Stmt::Raise(_) => true,
        Stmt::Break(_) => own,
        Stmt::If(node) => {
            let mut clauses = node.elif_else_clauses.iter();
            gives(&node.test)
                || leaves(&node.body, own)
                || clauses.any(|clause| clause.test.as_ref().is_some_and(gives) || leaves(&clause.body, own))
        }
        Stmt::For(node) => gives(&node.iter) || leaves(&node.body, false) || leaves(&node.orelse, own),
        Stmt::While(node) => gives(&node.test) || leaves(&node.body, false),
        Stmt::Try(node) => leaves(&node.body, own),
        Stmt::With(node) => node.items.iter().any(|item| gives(&item.context_expr)) || leaves(&node.body, own),
        simple => any_over_body(std::slice::from_ref(simple), yields),
    })
}

fn gives(expr: &Expr) -> bool {
    any_over_expr(expr, yields)
}

fn yields(expr: &Expr) -> bool {
    matches!(expr, Expr::Yield(_) | Expr::YieldFrom(_))
}

/// The names that executing `body` binds.
pub(crate) fn assigned(body: &[Stmt]) -> Vec<&str> {
    let mut names = Names(Vec::new());
    names.visit_body(body);
    names.0
}

struct Names<'t>(Vec<&'t str>);

impl<'t> Visitor<'t> for Names<'t> {
    fn visit_stmt(&mut self, statement: &'t Stmt) {
        match statement {
            // What these bind in their own bodies is theirs.
            Stmt::FunctionDef(node) => self.0.push(&node.name),
            Stmt::ClassDef(node) => self.0.push(&node.name),
            other => walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, expr: &'t Expr) {
        if let Expr::Name(name) = expr
            && name.ctx.is_store()
        {
            self.0.push(&name.id);
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(source: &str) -> bool {
        let parsed = ruff_python_parser::parse_module(source).unwrap();
        let Some(Stmt::While(node)) = parsed.suite().first() else { panic!("a loop") };
        !never_ends(node)
    }

    #[test]
    fn what_a_loop_assigns_is_found() {
        let source = "for i, (j, *k) in a:\n x.y = z[b] = c\n if (d := e):\n  with f as g: h += 1\ndef m(): n = 1\n";
        let parsed = ruff_python_parser::parse_module(source).unwrap();
        assert_eq!(assigned(parsed.suite()), ["i", "j", "k", "d", "g", "h", "m"]);
    }

    #[test]
    fn a_loop_ends_only_by_what_is_executed() {
        assert!(!ends("while True:\n try:\n  i = next(x)\n except StopIteration:\n  break\n"));
        assert!(!ends("while 1:\n for a in b:\n  break\n i += 1\n"));
        assert!(ends("while i < 3:\n i += 1\n"));
        assert!(ends("while True:\n if i > 3:\n  break\n"));
        assert!(ends("while True:\n for a in b:\n  return a\n"));
        assert!(ends("while True:\n with a:\n  raise b\n"));
        assert!(ends("while True:\n yield i\n"));
        assert!(!ends("while True:\n try:\n  i += 1\n except E:\n  yield i\n else:\n  yield a\n"));
    }
}
