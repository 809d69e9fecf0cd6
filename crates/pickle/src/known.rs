//! Between the packed values of the machine and what `eval` understands.

use std::{cell::Cell, sync::Arc};

use base::{budget::Meter, expr::Expr, stop::Stop};
use eval::Value as Known;

use crate::{
    arena::{Arena, Node},
    names::Names,
    text::Texts,
    value::{HOOKS, Kind, Value},
};

/// Values unfolded for one call.
const MAX_VALUES: usize = 1 << 17;
/// Nesting unfolded for one call.
const MAX_DEPTH: u32 = 40;

/// Bytes of a constant that are copied for the price of one step.
const COPIED_IN_A_STEP: u64 = 64;

/// Nesting unfolded to be shown.
const SHOWN_DEPTH: u32 = 8;

/// What is needed to know a value.
pub(crate) struct View<'a> {
    /// Containers and objects.
    pub(crate) arena: &'a Arena,
    /// Constants.
    pub(crate) texts: &'a Texts,
    /// Imported names.
    pub(crate) names: &'a Names,
    /// Whether something was left out: too much, too deep, or no longer kept.
    pub(crate) cut: Cell<bool>,
    /// Values looked at.
    pub(crate) looked_at: Cell<u64>,
}

impl View<'_> {
    /// The value in full, as far as it is kept and small enough.
    pub(crate) fn known(&self, value: Value) -> Known {
        self.unfold(value, &mut { MAX_VALUES }, MAX_DEPTH)
    }

    /// The value as a small expression.
    pub(crate) fn expr(&self, value: Value) -> Expr {
        self.shown(value).to_expr()
    }

    /// As much of the value as is shown.
    pub(crate) fn shown(&self, value: Value) -> Known {
        self.unfold(value, &mut { base::expr::MAX_NODES }, SHOWN_DEPTH)
    }

    /// Pays for what was looked at.
    pub(crate) fn pay(&self, meter: &Meter) -> Result<(), Stop> {
        meter.steps(self.looked_at.get())
    }

    /// What stands in place of something that is left out.
    fn left_out(&self) -> Known {
        self.cut.set(true);
        Known::Unknown(eval::Why::OverCap)
    }

    /// The values of a tuple or list, as arguments; `None` when they are no longer kept.
    pub(crate) fn arguments(&self, args: Value) -> Option<Vec<Known>> {
        let mut left = MAX_VALUES;
        let cells = match args.kind() {
            Kind::Tuple | Kind::List => self.cells(args),
            Kind::Known => {
                return match self.known(args) {
                    Known::Tuple(items) | Known::List(items) => Some(items.to_vec()),
                    _ => None,
                };
            }
            _ => return None,
        };
        Some(cells?.iter().map(|item| self.unfold(*item, &mut left, MAX_DEPTH)).collect())
    }

    /// The cells of a container; `None` when they are no longer kept.
    fn cells(&self, container: Value) -> Option<&[Value]> {
        let (cells, total) = match container.kind() {
            Kind::Tuple | Kind::FrozenSet => self.arena.items_of_run(container).map(|cells| (cells, 0)),
            _ => self.arena.items(container),
        }
        .or_else(|| {
            self.cut.set(true);
            None
        })?;
        // A tuple of the greatest length may have been longer.
        if total > cells.len() as u64 || cells.len() >= crate::arena::MAX_ITEMS {
            self.cut.set(true);
        }
        Some(cells)
    }

    /// The recursion is bounded by `depth`.
    fn unfold(&self, value: Value, left: &mut usize, depth: u32) -> Known {
        let (Some(rest), Some(below)) = (left.checked_sub(1), depth.checked_sub(1)) else {
            return self.left_out();
        };
        *left = rest;
        let size = self.texts.size(self.arena, value) / COPIED_IN_A_STEP;
        self.looked_at.set(self.looked_at.get().wrapping_add(1).wrapping_add(size));
        match value.kind() {
            Kind::None => Known::None,
            Kind::Bool => Known::Bool(value == Value::TRUE),
            Kind::Int => Known::Int(value.as_int().unwrap_or_default()),
            Kind::Float => Known::Float(value.as_float().unwrap_or_default()),
            Kind::Text => self.texts.text(self.arena, value).map_or_else(unknown, Known::str),
            Kind::Hook => {
                let index = usize::try_from(value.payload()).unwrap_or(usize::MAX);
                HOOKS.get(index).map_or_else(unknown, |name| Known::str(*name))
            }
            Kind::Bytes => self.texts.read(value.start(), value.len() as u64).map_or_else(unknown, Known::bytes),
            Kind::Constant => self.texts.constant(self.arena, value).unwrap_or_else(unknown),
            Kind::Tuple | Kind::FrozenSet | Kind::List | Kind::Set | Kind::Dict => self.container(value, left, below),
            Kind::Global => value
                .global()
                .and_then(|index| self.names.at(index))
                .map_or_else(unknown, |global| global.known.clone()),
            Kind::Object => self.object(value, left, below),
            Kind::Known => match self.arena.look(value) {
                Some(Node::Known(known)) => Known::clone(known),
                _ => self.left_out(),
            },
            Kind::Unknown => unknown(),
        }
    }

    fn container(&self, value: Value, left: &mut usize, depth: u32) -> Known {
        let kind = value.kind();
        let Some(cells) = self.cells(value) else {
            return unknown();
        };
        let mut items = Vec::with_capacity(cells.len().min(1024));
        for cell in cells {
            if *left == 0 {
                self.cut.set(true);
                break;
            }
            items.push(self.unfold(*cell, left, depth));
        }
        match kind {
            Kind::Tuple => Known::tuple(items),
            Kind::FrozenSet => Known::frozen_set(items),
            Kind::List => Known::list(items),
            Kind::Set => Known::set(items),
            _ => {
                let mut pairs: Vec<(Known, Known)> = Vec::with_capacity(items.len() / 2);
                let mut items = items.into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    pairs.push((key, value));
                }
                Known::dict(pairs)
            }
        }
    }

    fn object(&self, value: Value, left: &mut usize, depth: u32) -> Known {
        if let Some((content, position)) = crate::buffers::state(self.arena, self.names, value) {
            match self.unfold(content, left, depth) {
                Known::Bytes(bytes) => return Known::BytesIo(bytes.get(position..).unwrap_or_default().into()),
                Known::Str(text) => return Known::StringIo(text.get(position..).unwrap_or_default().into()),
                _ => {}
            }
        }
        let class = self.names.at(value.class()).map(|global| global.known.clone());
        match self.arena.look(value) {
            Some(Node::Object { callee, args, .. }) => {
                let callee = class.unwrap_or_else(|| self.unfold(*callee, left, depth));
                let args = match self.unfold(*args, left, depth) {
                    Known::Tuple(items) | Known::List(items) => items.to_vec(),
                    other => vec![other],
                };
                Known::called(callee, args, Vec::new())
            }
            _ => {
                let arguments = self.left_out();
                class.map_or_else(unknown, |class| Known::called(class, vec![arguments], Vec::new()))
            }
        }
    }
}

/// Nothing is known.
pub(crate) fn unknown() -> Known {
    Known::Unknown(eval::Why::Unfollowed)
}

/// Puts a computed value back into the machine: containers become containers that can be added to.
pub(crate) fn pack(arena: &mut Arena, names: &mut Names, known: &Known) -> Value {
    match known {
        Known::None => Value::NONE,
        Known::Bool(true) => Value::TRUE,
        Known::Bool(false) => Value::FALSE,
        Known::Int(number) => Value::int(*number).unwrap_or_else(|| arena.known(known.clone())),
        Known::Global(_) => Value::new(Kind::Global, u64::from(names.add_computed(known))),
        Known::Str(text) => match HOOKS.iter().position(|hook| **hook == **text) {
            Some(index) => Value::new(Kind::Hook, index as u64),
            None => arena.known(known.clone()),
        },
        Known::List(items) => filled(arena, names, Kind::List, items),
        Known::Set(items) => filled(arena, names, Kind::Set, items),
        Known::Dict(pairs) => {
            let dict = arena.container(Kind::Dict);
            for (key, value) in pairs.iter() {
                let pair = [flat(arena, names, key), flat(arena, names, value)];
                arena.extend(dict, &pair);
            }
            dict
        }
        other => arena.known(other.clone()),
    }
}

fn filled(arena: &mut Arena, names: &mut Names, kind: Kind, items: &[Known]) -> Value {
    let container = arena.container(kind);
    let cells: Vec<Value> = items.iter().take(crate::arena::MAX_ITEMS).map(|item| flat(arena, names, item)).collect();
    arena.extend(container, &cells);
    container
}

/// As [`pack`], but what is inside a container stays as it was computed.
pub(crate) fn flat(arena: &mut Arena, names: &mut Names, known: &Known) -> Value {
    match known {
        Known::List(_) | Known::Set(_) | Known::Dict(_) => arena.known(known.clone()),
        other => pack(arena, names, other),
    }
}

/// Keyword arguments of a dict with text keys.
pub(crate) fn keywords(known: &Known) -> Vec<(Arc<str>, Known)> {
    let Known::Dict(pairs) = known else {
        return Vec::new();
    };
    pairs.iter().filter_map(|(key, value)| Some((Arc::from(key.as_str()?), value.clone()))).collect()
}
