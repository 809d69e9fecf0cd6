//! Objects that are nothing but bytes of the stream: what makes them, and where those bytes stand.

use eval::Value as Known;

use crate::{
    arena::{Arena, Node},
    machine::Machine,
    names::Names,
    text::Texts,
    value::{Kind, Value},
};

/// Callables whose result is the bytes or the text of their first argument.
const KEEPERS: &[(&str, &str)] = &[
    ("builtins", "bytearray"),
    ("builtins", "bytes"),
    ("builtins", "memoryview"),
    ("io", "BytesIO"),
    ("io", "StringIO"),
    ("pickle", "PickleBuffer"),
];
/// Objects of which it is remembered what they were made of.
const MAX_ORIGINS: usize = 1 << 16;
/// Objects made of objects: `BytesIO(bytearray(b'…'))`.
const MAX_STEPS: usize = 8;

/// The state that BUILD has given to an `io.BytesIO` or `io.StringIO`: content and position.
pub(crate) fn state(arena: &Arena, names: &Names, object: Value) -> Option<(Value, usize)> {
    if object.kind() != Kind::Object {
        return None;
    }
    let name = names.at(object.class())?.name()?;
    if !name.is("io", "BytesIO") && !name.is("io", "StringIO") {
        return None;
    }
    let Node::Object { state, .. } = arena.look(object)? else { return None };
    let items = arena.items_of_run(*state).filter(|_| state.kind() == Kind::Tuple)?;
    // `StringIO` has its line ending between the two.
    let (content, position) = match items {
        [content, position, _] | [content, _, position, _] => (*content, position.as_int()?),
        _ => return None,
    };
    Some((content, usize::try_from(position).ok()?))
}

impl Machine<'_, '_> {
    /// Remembers that what a call gave are the bytes of its first argument.
    pub(crate) fn keep_origin(&mut self, callee: &Known, args: Value, made: Value) {
        let keeps =
            || callee.as_name().is_some_and(|name| KEEPERS.iter().any(|(module, keeper)| name.is(module, keeper)));
        if made.kind() != Kind::Known || args.kind() != Kind::Tuple || self.origins.len() >= MAX_ORIGINS || !keeps() {
            return;
        }
        if let Some(first) = self.arena.items_of_run(args).and_then(|items| items.first()).copied() {
            self.origins.insert(made, first);
        }
    }

    /// Where the bytes of a constant, or of an object that was made of one, lie as they are: offset, length and the position to read from.
    pub(crate) fn bytes_place(&self, mut value: Value) -> Option<(u64, u64, usize)> {
        let mut position = 0;
        for _ in 0..MAX_STEPS {
            if let Some((offset, len)) = Texts::place(&self.arena, value) {
                return Some((offset, len, position));
            }
            value = match self.origins.get(&value) {
                Some(origin) => *origin,
                None => {
                    let (content, at) = state(&self.arena, &self.names, value)?;
                    position = at;
                    content
                }
            };
        }
        None
    }
}
