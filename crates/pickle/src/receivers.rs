//! Methods that a stream fetches from an object and calls: the object changes, and so does what its other methods see.

use base::stop::Stop;
use eval::Value as Known;

use crate::{
    arena::Node,
    known,
    machine::Machine,
    value::{Kind, Value},
};

/// Methods remembered.
const MAX_RECEIVERS: usize = 1 << 16;

impl Machine<'_, '_> {
    /// What `getattr(object, name)` gives where the machine knows more than `eval` does: an attribute that a state has set, or a
    /// method whose object is remembered.
    pub(crate) fn fetched(&mut self, callee: &Known, args: Value, result: &Known) -> Result<Option<Value>, Stop> {
        let (Some(name), Known::Attribute(_)) = (callee.as_name(), result) else {
            return Ok(None);
        };
        let fetches = matches!(
            (&*name.module, &*name.qualname),
            ("builtins", "getattr" | "object.__getattribute__" | "type.__getattribute__" | "super.__getattribute__")
                | ("inspect", "getattr_static")
                | ("dill._dill", "_get_attr")
        );
        let Some([object, key, ..]) = self.arena.items_of_run(args).filter(|_| fetches) else {
            return Ok(None);
        };
        let (object, key) = (*object, *key);
        if let Some(value) = self.attribute_by_state(object, key) {
            return Ok(Some(value));
        }
        if !matches!(object.kind(), Kind::List | Kind::Dict | Kind::Set | Kind::Known) {
            return Ok(None);
        }
        let method = self.arena.known(result.clone());
        if self.receivers.len() >= MAX_RECEIVERS {
            self.limit("more than 65,536 methods fetched from objects")?;
        } else {
            self.receivers.insert(method, object);
        }
        Ok(Some(method))
    }

    /// What stands under `key` in the state of an object.
    fn attribute_by_state(&self, object: Value, key: Value) -> Option<Value> {
        let Node::Object { state, .. } = self.arena.look(object).filter(|_| object.kind() == Kind::Object)? else {
            return None;
        };
        let wanted = self.texts.text(&self.arena, key)?;
        let halves = match state.kind() {
            Kind::Tuple => self.arena.items_of_run(*state)?.to_vec(),
            _ => vec![*state],
        };
        let dicts = halves.into_iter().filter(|half| half.kind() == Kind::Dict);
        let mut pairs = dicts.filter_map(|dict| self.arena.items(dict)).flat_map(|(items, _)| items.rchunks_exact(2));
        pairs.find_map(|pair| match pair {
            [name, value] if self.texts.text(&self.arena, *name).as_deref() == Some(&*wanted) => Some(*value),
            _ => None,
        })
    }

    /// A call has changed the object whose method it was, or its first argument.
    pub(crate) fn receiver_changed(&mut self, receiver: Option<Value>, callee: &Known, args: Value, changed: &Known) {
        let of = match callee {
            Known::Attribute(_) => receiver,
            Known::Global(name) if changes_its_argument(name) => {
                self.arena.items_of_run(args).and_then(|items| items.first()).copied()
            }
            _ => None,
        };
        match (of, changed) {
            (Some(of), Known::List(items)) if of.kind() == Kind::List => self.refill(of, items.iter()),
            (Some(of), Known::Set(items)) if of.kind() == Kind::Set => self.refill(of, items.iter()),
            (Some(of), Known::Dict(pairs)) if of.kind() == Kind::Dict => {
                self.refill(of, pairs.iter().flat_map(|(key, value)| [key, value]));
            }
            (Some(of), _) if self.view().known(of).type_name() == changed.type_name() => {
                self.arena.renew(of, changed.clone());
            }
            _ => {}
        }
    }

    fn refill<'k>(&mut self, container: Value, items: impl Iterator<Item = &'k Known>) {
        let cells: Vec<Value> = items
            .take(crate::arena::MAX_ITEMS)
            .map(|item| known::flat(&mut self.arena, &mut self.names, item))
            .collect();
        self.arena.replace(container, &cells);
    }
}

/// Whether this function leaves its first argument in another state: `next`, `operator.setitem`, `list.append`.
fn changes_its_argument(name: &eval::Name) -> bool {
    match &*name.module {
        "builtins" => &*name.qualname == "next" || name.qualname.contains('.'),
        "operator" => true,
        "collections" | "io" => name.qualname.contains('.'),
        _ => false,
    }
}
