//! Loops that nothing ends while they are executed for their value: one round says as much as all that could be paid for.

use ruff_python_ast::{Expr, Stmt, StmtWhile, helpers::any_over_body};

/// Whether [`crate::machine::Machine::execute`] goes round this loop for as long as it may: its condition is written out,
/// nothing in it leaves it (handlers are not executed), and it yields nothing.
pub(crate) fn never_ends(node: &StmtWhile) -> bool {
    let yields = |expr: &Expr| matches!(expr, Expr::Yield(_) | Expr::YieldFrom(_));
    node.test.is_literal_expr() && !leaves(&node.body, true) && !any_over_body(&node.body, yields)
}

/// Whether executing `body` may end the loop around it; `own`: a `break` is that loop's. Depth is bounded by [`crate::nesting`].
fn leaves(body: &[Stmt], own: bool) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Return(_) | Stmt::ClassDef(_) | Stmt::Match(_) | Stmt::Raise(_) => true,
        Stmt::Break(_) => own,
        Stmt::If(node) => {
            leaves(&node.body, own) || node.elif_else_clauses.iter().any(|clause| leaves(&clause.body, own))
        }
        Stmt::For(node) => leaves(&node.body, false) || leaves(&node.orelse, own),
        Stmt::While(node) => leaves(&node.body, false),
        Stmt::Try(node) => leaves(&node.body, own),
        Stmt::With(node) => leaves(&node.body, own),
        _ => false,
    })
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
    fn a_loop_ends_only_by_what_is_executed() {
        assert!(!ends("while True:\n try:\n  i = next(x)\n except StopIteration:\n  break\n"));
        assert!(!ends("while 1:\n for a in b:\n  break\n i += 1\n"));
        assert!(ends("while i < 3:\n i += 1\n"));
        assert!(ends("while True:\n if i > 3:\n  break\n"));
        assert!(ends("while True:\n for a in b:\n  return a\n"));
        assert!(ends("while True:\n with a:\n  raise b\n"));
        assert!(ends("while True:\n yield i\n"));
    }
}
