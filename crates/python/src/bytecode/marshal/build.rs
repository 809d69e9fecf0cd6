//! A code object of the parts that marshal stores, in each version's order.

use base::fact::Str;
use base::stop::Stop;
use eval::Value;

use super::{Head, Object, Reader, name};
use crate::bytecode::{
    code::{Code, Const, Numbers, Part},
    version::Layout,
};

impl Reader<'_> {
    /// The code object whose parts lie on the stack, its last one on top.
    pub(super) fn code(&mut self, head: &Head) -> Result<Object, Stop> {
        let mut code = Code::default();
        code.code_at = head.at as u64;
        code.numbers = self.numbers(head);
        let odd = &mut code.odd;
        if self.raw.layout == Layout::Merged {
            code.handlers = self.bytes(odd);
            code.lines = self.bytes(odd);
            code.qualname = self.name(odd);
            code.name = self.name(odd);
            self.part();
            // CO_FAST_FREE: names of functions around this one stand last.
            let kinds = self.bytes(odd);
            code.free = kinds.iter().rev().take_while(|kind| *kind & 0x80 != 0).count();
        } else {
            code.lines = self.bytes(odd);
            code.name = self.name(odd);
            code.qualname = code.name.clone();
            self.part();
            let (cells, free) = (self.names(odd)?, self.names(odd)?);
            code.free = free.len();
            code.cells = cells.into_iter().chain(free).collect();
        }
        code.locals = self.names(odd)?;
        code.names = self.names(odd)?;
        code.consts = self.consts(odd)?;
        code.code = self.bytes(odd);
        self.codes.push(code);
        Ok(Object::Code(self.codes.len().saturating_sub(1)))
    }

    /// The last part that was not taken yet.
    fn part(&mut self) -> Object {
        self.stack.pop().unwrap_or(Object::Null)
    }

    fn bytes(&mut self, odd: &mut bool) -> Part {
        match self.part() {
            Object::Bytes(range) => {
                let window = self.blob.slice(range.start as u64..range.end as u64);
                window.map_or_else(Part::default, Part::Window)
            }
            Object::Value(Value::Bytes(bytes)) => Part::Shared(bytes),
            // Bytes that read as text were taken for text of Python 2.
            Object::Value(Value::Str(text)) => Part::Shared(text.into()),
            _ => {
                *odd = true;
                Part::default()
            }
        }
    }

    fn name(&mut self, odd: &mut bool) -> Str {
        let part = self.part();
        match self.raw.value(part) {
            Value::Str(text) => text,
            _ => {
                *odd = true;
                "?".into()
            }
        }
    }

    fn consts(&mut self, odd: &mut bool) -> Result<Vec<Const>, Stop> {
        match self.part() {
            Object::Consts(consts) => Ok(consts),
            Object::Items(items) => {
                self.pay_copies(items.len())?;
                Ok(items.to_vec())
            }
            Object::Value(Value::Tuple(items)) => {
                self.pay_copies(items.len())?;
                Ok(items.iter().cloned().map(Const::Value).collect())
            }
            _ => {
                *odd = true;
                Ok(Vec::new())
            }
        }
    }

    fn names(&mut self, odd: &mut bool) -> Result<Vec<Str>, Stop> {
        match self.part() {
            Object::Names(names) => Ok(names),
            Object::Value(Value::Tuple(items)) => {
                self.pay_copies(items.len())?;
                Ok(items.iter().cloned().map(name).collect())
            }
            _ => {
                *odd = true;
                Ok(Vec::new())
            }
        }
    }

    fn numbers(&self, head: &Head) -> Numbers {
        let ([a, b, c, d, e, f], line) = (head.numbers, head.line);
        match self.raw.layout {
            Layout::Two => Numbers { arguments: a, stack: c, flags: d, line, ..Numbers::default() },
            Layout::KeywordOnly => {
                Numbers { arguments: a, keyword_only: b, stack: d, flags: e, line, ..Numbers::default() }
            }
            Layout::PositionalOnly => {
                Numbers { arguments: a, positional_only: b, keyword_only: c, stack: e, flags: f, line }
            }
            Layout::Merged => Numbers { arguments: a, positional_only: b, keyword_only: c, stack: d, flags: e, line },
        }
    }
}
