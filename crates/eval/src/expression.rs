//! Values as the bounded expressions that facts carry.

use std::hash::{Hash, Hasher};

use base::expr::{Expr, MAX_CONSTANT, MAX_DEPTH, MAX_NODES};

use crate::{
    name::Name,
    value::{Call, Value},
};

impl Value {
    /// This value as an expression within [`MAX_NODES`] and [`MAX_DEPTH`].
    pub fn to_expr(&self) -> Expr {
        Writer { left: MAX_NODES }.write(self, MAX_DEPTH)
    }
}

impl Name {
    /// This name as an expression.
    pub fn to_expr(&self) -> Expr {
        Expr::global(self.module.clone(), self.qualname.clone())
    }
}

impl Value {
    /// Feeds `state` with what [`Value::to_expr`] would show, and bounded like it.
    pub fn digest(&self, state: &mut impl Hasher) {
        Digest { left: MAX_NODES, state }.value(self, MAX_DEPTH);
    }
}

struct Digest<'s, H> {
    left: usize,
    state: &'s mut H,
}

impl<H: Hasher> Digest<'_, H> {
    fn value(&mut self, value: &Value, depth: usize) {
        let (Some(left), Some(below)) = (self.left.checked_sub(1), depth.checked_sub(1)) else {
            return self.state.write_u8(0xff);
        };
        self.left = left;
        std::mem::discriminant(value).hash(self.state);
        match value {
            Value::Tuple(items)
            | Value::List(items)
            | Value::Set(items)
            | Value::FrozenSet(items)
            | Value::Iterator(items)
            | Value::ItemGetter(items) => self.values(items, below),
            Value::Dict(entries) => {
                self.state.write_usize(entries.len());
                for (key, value) in entries.iter() {
                    self.value(key, below);
                    self.value(value, below);
                    if self.left == 0 {
                        break;
                    }
                }
            }
            Value::Partial(call)
            | Value::MethodCaller(call)
            | Value::Lazy(call)
            | Value::Instance(call)
            | Value::Call(call) => {
                self.value(&call.callee, below);
                self.values(&call.args, below);
                for (name, value) in call.kwargs.iter().take(self.left) {
                    name.hash(self.state);
                    self.value(value, below);
                }
            }
            Value::Attribute(access) => {
                self.value(&access.of, below);
                access.name.hash(self.state);
            }
            Value::Item(access) => {
                self.value(&access.of, below);
                self.value(&access.name, below);
            }
            Value::AttributeGetter(names) => names.hash(self.state),
            Value::Global(name) => (&name.module, &name.qualname).hash(self.state),
            Value::Bool(value) => value.hash(self.state),
            Value::Int(value) => value.hash(self.state),
            Value::BigInt(value) => value.hash(self.state),
            Value::Float(value) => value.to_bits().hash(self.state),
            Value::Str(text) | Value::StringIo(text) | Value::External(text) => text.hash(self.state),
            Value::Bytes(bytes) | Value::ByteArray(bytes) | Value::MemoryView(bytes) | Value::BytesIo(bytes) => {
                (bytes.len(), bytes.get(..MAX_CONSTANT).unwrap_or(bytes)).hash(self.state);
            }
            Value::Range(span) => [span.start, span.stop, span.step].hash(self.state),
            Value::Slice(span) => [span.start, span.stop, span.step].hash(self.state),
            Value::None | Value::Ellipsis | Value::Unknown(_) => {}
        }
    }

    fn values(&mut self, items: &[Value], depth: usize) {
        self.state.write_usize(items.len());
        for item in items {
            self.value(item, depth);
            if self.left == 0 {
                break;
            }
        }
    }
}

struct Writer {
    left: usize,
}

impl Writer {
    fn write(&mut self, value: &Value, depth: usize) -> Expr {
        let (Some(left), Some(below)) = (self.left.checked_sub(1), depth.checked_sub(1)) else {
            return Expr::Elided;
        };
        self.left = left;
        match value {
            Value::Tuple(items) => Expr::Tuple(self.list(items, below)),
            Value::List(items) => Expr::List(self.list(items, below)),
            Value::Set(items) | Value::FrozenSet(items) => Expr::Set(self.list(items, below)),
            Value::Dict(entries) => Expr::Dict(self.entries(entries, below)),
            Value::Iterator(items) => self.made("builtins", "iter", items, below),
            Value::ItemGetter(items) => self.made("operator", "itemgetter", items, below),
            Value::AttributeGetter(names) => {
                let names: Vec<_> = names.iter().cloned().map(Value::Str).collect();
                self.made("operator", "attrgetter", &names, below)
            }
            Value::Partial(call) => self.partial("functools", "partial", call, below),
            Value::MethodCaller(call) => self.partial("operator", "methodcaller", call, below),
            Value::Lazy(call) | Value::Instance(call) | Value::Call(call) => self.call(call, below),
            Value::Attribute(access) => {
                Expr::Attribute { of: Box::new(self.write(&access.of, below)), name: access.name.clone() }
            }
            Value::Item(access) => Expr::Item {
                of: Box::new(self.write(&access.of, below)),
                key: Box::new(self.write(&access.name, below)),
            },
            Value::ByteArray(bytes) => self.made("builtins", "bytearray", &[Value::Bytes(bytes.clone())], below),
            Value::MemoryView(bytes) => self.made("builtins", "memoryview", &[Value::Bytes(bytes.clone())], below),
            Value::BytesIo(bytes) => self.made("io", "BytesIO", &[Value::Bytes(bytes.clone())], below),
            Value::StringIo(text) => self.made("io", "StringIO", &[Value::Str(text.clone())], below),
            Value::Range(span) => {
                self.made("builtins", "range", &[span.start, span.stop, span.step].map(Value::Int), below)
            }
            Value::Slice(span) => {
                let parts = [span.start, span.stop, span.step].map(|part| part.map_or(Value::None, Value::Int));
                self.made("builtins", "slice", &parts, below)
            }
            simple => leaf(simple),
        }
    }

    fn list(&mut self, items: &[Value], depth: usize) -> Vec<Expr> {
        let mut written = Vec::new();
        for item in items {
            written.push(self.write(item, depth));
            if self.left == 0 {
                break;
            }
        }
        written
    }

    fn entries(&mut self, entries: &[(Value, Value)], depth: usize) -> Vec<(Expr, Expr)> {
        let mut written = Vec::new();
        for (key, value) in entries {
            written.push((self.write(key, depth), self.write(value, depth)));
            if self.left == 0 {
                break;
            }
        }
        written
    }

    fn made(&mut self, module: &str, name: &str, args: &[Value], depth: usize) -> Expr {
        let args = self.list(args, depth);
        Expr::Call { callee: Box::new(Expr::global(module, name)), args, kwargs: Vec::new() }
    }

    fn partial(&mut self, module: &str, name: &str, call: &Call, depth: usize) -> Expr {
        let mut args = vec![self.write(&call.callee, depth)];
        args.extend(self.list(&call.args, depth));
        let kwargs = self.keywords(call, depth);
        Expr::Call { callee: Box::new(Expr::global(module, name)), args, kwargs }
    }

    fn call(&mut self, call: &Call, depth: usize) -> Expr {
        let callee = Box::new(self.write(&call.callee, depth));
        let args = self.list(&call.args, depth);
        Expr::Call { callee, args, kwargs: self.keywords(call, depth) }
    }

    fn keywords(&mut self, call: &Call, depth: usize) -> Vec<(std::sync::Arc<str>, Expr)> {
        let mut written = Vec::new();
        for (name, value) in &call.kwargs {
            written.push((name.clone(), self.write(value, depth)));
            if self.left == 0 {
                break;
            }
        }
        written
    }
}

fn leaf(value: &Value) -> Expr {
    match value {
        Value::None => Expr::None,
        Value::Bool(value) => Expr::Bool(*value),
        Value::Int(value) => Expr::Int(*value),
        // Hexadecimal, since decimal text of a huge number takes quadratic time.
        Value::BigInt(value) if value.bits() > 4096 => Expr::BigInt(cut(&format!("{:#x}", &**value)).into()),
        Value::BigInt(value) => Expr::BigInt(value.to_string().into()),
        Value::Float(value) => Expr::Float(*value),
        Value::Str(text) if text.len() > MAX_CONSTANT => Expr::str(cut(text)),
        Value::Str(text) => Expr::Str(text.clone()),
        Value::Bytes(bytes) => match bytes.get(..MAX_CONSTANT) {
            Some(start) if bytes.len() > MAX_CONSTANT => Expr::Bytes(start.into()),
            _ => Expr::Bytes(bytes.clone()),
        },
        Value::Global(name) => name.to_expr(),
        Value::Ellipsis => Expr::global("builtins", "Ellipsis"),
        Value::External(what) => Expr::External(what.clone()),
        _ => Expr::Unknown,
    }
}

/// At most [`MAX_CONSTANT`] bytes, cut between characters.
fn cut(text: &str) -> &str {
    let end = (0..=MAX_CONSTANT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or(text)
}
