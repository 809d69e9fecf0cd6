//! What opens and closes: brackets of calls, tables and subscripts, and blocks.

use base::{expr::Expr, stop::Stop};

use super::{
    Blocks, KEPT, Walk,
    frame::{Frame, Kind},
    place,
};
use crate::program::constant;

/// Brackets and blocks that are open at once.
const OPEN: usize = 4096;

impl Walk<'_, '_, '_> {
    /// Opens one; beyond the limit what is in it belongs to the one around it.
    pub(super) fn open(&mut self, kind: Kind) {
        if self.stack.len() >= OPEN {
            return;
        }
        match kind {
            Kind::Function => self.functions = self.functions.saturating_add(1),
            Kind::Condition => self.conditions = self.conditions.saturating_add(1),
            _ => {}
        }
        self.stack.push(Frame::new(kind));
    }

    /// A closing bracket: everything inside it ends. One that nothing opened is stepped over.
    pub(super) fn bracket(&mut self, mark: &str) -> Result<(), Stop> {
        let braces = self.syntax.blocks == Blocks::Braces;
        let fits = |frame: &Frame| match (&frame.kind, mark) {
            (Kind::Call(..) | Kind::Parenthesis, ")") | (Kind::Index(..), "]") | (Kind::Table, "}") => true,
            (Kind::Block | Kind::Condition | Kind::Function, "}") => braces,
            _ => false,
        };
        let Some(depth) = self.stack.iter().rev().take(KEPT).position(fits) else { return Ok(()) };
        for _ in 0..=depth {
            self.close()?;
        }
        Ok(())
    }

    /// The word that ends a block.
    pub(super) fn end(&mut self) -> Result<(), Stop> {
        let block = |frame: &Frame| matches!(frame.kind, Kind::Block | Kind::Condition | Kind::Function);
        let Some(depth) = self.stack.iter().rev().take(KEPT).position(block) else { return Ok(()) };
        for _ in 0..=depth {
            self.close()?;
        }
        Ok(())
    }

    /// Closes the innermost frame and hands its value to the one around it.
    pub(super) fn close(&mut self) -> Result<(), Stop> {
        let when = self.when();
        let Some(mut frame) = self.stack.pop() else { return Ok(()) };
        self.member = None;
        let value = match &frame.kind {
            Kind::Block | Kind::Condition | Kind::Function => {
                let (target, value) = (frame.targets.pop_front(), frame.finish());
                if let (Some(target), Some(value)) = (target, value) {
                    self.program.assign(&target, value);
                }
                match frame.kind {
                    Kind::Function => self.functions = self.functions.saturating_sub(1),
                    Kind::Condition => self.conditions = self.conditions.saturating_sub(1),
                    _ => {}
                }
                // A function is a value, another block is none.
                if !matches!(frame.kind, Kind::Function) {
                    return Ok(());
                }
                Expr::Unknown
            }
            Kind::Call(..) => {
                frame.item();
                let Kind::Call(callee, at) = frame.kind else { return Ok(()) };
                self.program.call(&place(at), &callee, frame.items, when)?
            }
            Kind::Index(..) => {
                let key = frame.finish();
                let Kind::Index(of, at) = frame.kind else { return Ok(()) };
                match key.as_ref().and_then(constant) {
                    Some(key) => {
                        let key = String::from_utf8_lossy(&key).into_owned();
                        let environment = matches!(&of, Expr::Global { name, .. } if name.is_empty());
                        match self.program.field(&place(at), &of, &key, when)? {
                            Expr::Global { name, .. } if environment && *name == *key => self.program.name(&key),
                            value => value,
                        }
                    }
                    None => {
                        self.program.computed(&place(at), &of, when)?;
                        Expr::Unknown
                    }
                }
            }
            Kind::Table => {
                frame.item();
                Expr::List(frame.items)
            }
            Kind::Parenthesis => {
                frame.item();
                match frame.items.pop() {
                    Some(value) if frame.items.is_empty() => value,
                    _ => Expr::Unknown,
                }
            }
        };
        let outer = self.top();
        outer.bare = None;
        outer.last = Some(value);
        Ok(())
    }
}
