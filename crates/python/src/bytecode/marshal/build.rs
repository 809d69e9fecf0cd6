//! A code object of the parts that marshal stores, in each version's order.

use std::sync::Arc;

use base::fact::Str;
use eval::Value;

use super::{Node, Object, Reader};
use crate::bytecode::{
    code::{Code, Const, Numbers},
    version::Layout,
};

impl Reader<'_> {
    /// The code object of these numbers and parts.
    pub(super) fn code(&mut self, numbers: [u32; 6], line: u32, parts: &[Node]) -> Object {
        let mut code = Code::default();
        code.code_at = parts.first().map_or(0, |node| node.at as u64);
        code.numbers = self.numbers(numbers, line);
        let odd = &mut code.odd;
        let merged = self.layout == Layout::Merged;
        code.code = bytes(parts.first(), "code", odd);
        code.consts = consts(parts.get(1), odd);
        code.names = names(parts.get(2), odd);
        code.locals = names(parts.get(3), odd);
        if merged {
            code.name = text(parts.get(6), odd);
            code.qualname = text(parts.get(7), odd);
            code.lines = bytes(parts.get(8), "line table", odd);
            code.handlers = bytes(parts.get(9), "exception table", odd);
            // CO_FAST_FREE: names of functions around this one stand last.
            let kinds = bytes(parts.get(4), "kinds of names", odd);
            code.free = kinds.iter().rev().take_while(|kind| *kind & 0x80 != 0).count();
        } else {
            let (free, cells) = (names(parts.get(4), odd), names(parts.get(5), odd));
            code.free = free.len();
            code.cells = cells.into_iter().chain(free).collect();
            code.name = text(parts.get(7), odd);
            code.qualname = code.name.clone();
            code.lines = bytes(parts.get(8), "line table", odd);
        }
        self.codes.push(code);
        Object::Code(self.codes.len().saturating_sub(1))
    }

    fn numbers(&self, numbers: [u32; 6], line: u32) -> Numbers {
        let [a, b, c, d, e, f] = numbers;
        match self.layout {
            Layout::Two => Numbers { arguments: a, flags: d, line, ..Numbers::default() },
            Layout::KeywordOnly => Numbers { arguments: a, keyword_only: b, flags: e, line, ..Numbers::default() },
            Layout::PositionalOnly => Numbers { arguments: a, positional_only: b, keyword_only: c, flags: f, line },
            Layout::Merged => Numbers { arguments: a, positional_only: b, keyword_only: c, flags: e, line },
        }
    }
}

fn bytes(node: Option<&Node>, what: &'static str, odd: &mut Option<&'static str>) -> Arc<[u8]> {
    match node.map(|node| &node.object) {
        Some(Object::Value(Value::Bytes(bytes))) => bytes.clone(),
        // Bytes that read as text were taken for text of Python 2.
        Some(Object::Value(Value::Str(text))) => text.as_bytes().into(),
        _ => {
            *odd = Some(what);
            Arc::default()
        }
    }
}

fn text(node: Option<&Node>, odd: &mut Option<&'static str>) -> Str {
    match node.map(|node| &node.object) {
        Some(Object::Value(Value::Str(text))) => text.clone(),
        _ => {
            *odd = Some("name");
            "?".into()
        }
    }
}

fn consts(node: Option<&Node>, odd: &mut Option<&'static str>) -> Vec<Const> {
    match node.and_then(|node| node.object.consts()) {
        Some(consts) => consts,
        None => {
            *odd = Some("constants");
            Vec::new()
        }
    }
}

fn names(node: Option<&Node>, odd: &mut Option<&'static str>) -> Vec<Str> {
    let Some(Object::Value(Value::Tuple(items))) = node.map(|node| &node.object) else {
        *odd = Some("names");
        return Vec::new();
    };
    let name = |item: &Value| match item {
        Value::Str(text) => text.clone(),
        _ => "?".into(),
    };
    items.iter().map(name).collect()
}
