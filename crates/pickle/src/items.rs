//! The opcodes that fill lists, dicts and sets, or call the methods of whatever stands in their place.

use base::stop::Stop;

use crate::{
    calls::How,
    machine::Machine,
    value::{Kind, Value},
};

impl Machine<'_, '_> {
    pub(crate) fn list(&mut self) -> Result<(), Stop> {
        let start = self.stack.unmark().ok_or_else(|| self.no_mark())?;
        let list = self.arena.container(Kind::List);
        self.arena.extend(list, self.stack.from(start));
        self.stack.cut(start);
        self.stack.push(list);
        Ok(())
    }

    pub(crate) fn dict(&mut self) -> Result<(), Stop> {
        let start = self.stack.unmark().ok_or_else(|| self.no_mark())?;
        if !self.stack.from(start).len().is_multiple_of(2) {
            return Err(self.fail("odd-items", "DICT with a key without value".to_owned()));
        }
        let dict = self.arena.container(Kind::Dict);
        self.fill_dict(dict, start)?;
        self.stack.push(dict);
        Ok(())
    }

    pub(crate) fn frozen_set(&mut self) -> Result<(), Stop> {
        let start = self.stack.unmark().ok_or_else(|| self.no_mark())?;
        let value = self.arena.run(Kind::FrozenSet, self.stack.from(start));
        self.stack.cut(start);
        self.stack.push(value);
        Ok(())
    }

    pub(crate) fn append(&mut self) -> Result<(), Stop> {
        let start = self.stack.last(1).map(|(start, _)| start).ok_or_else(|| self.underflow())?;
        self.extend_at(start)
    }

    pub(crate) fn appends(&mut self) -> Result<(), Stop> {
        let start = self.stack.unmark().ok_or_else(|| self.no_mark())?;
        self.extend_at(start)
    }

    /// `do_append`: a list grows, anything else has its `extend` called, or `append` for each.
    fn extend_at(&mut self, start: usize) -> Result<(), Stop> {
        let target = self.stack.below(start).ok_or_else(|| self.underflow())?;
        if self.stack.from(start).is_empty() {
            return Ok(());
        }
        if target.kind() == Kind::List && !self.planted.any() {
            self.arena.extend(target, self.stack.from(start));
            self.stack.cut(start);
            return Ok(());
        }
        let items = self.stack.from(start).to_vec();
        self.stack.cut(start);
        if let Some(planted) = self.planted_on(target, "extend") {
            let all = self.arena.container(Kind::List);
            self.arena.extend(all, &items);
            return self.call_planted(&planted, &[all]);
        }
        if let Some(planted) = self.planted_on(target, "append") {
            return self.call_planted_each(&planted, &items);
        }
        self.arena.extend_if_items(target, &items);
        self.method(target, "extend", &items, How::Append)
    }

    pub(crate) fn set_item(&mut self) -> Result<(), Stop> {
        let start = self.stack.last(2).map(|(start, _)| start).ok_or_else(|| self.underflow())?;
        self.set_items_at(start)
    }

    pub(crate) fn set_items(&mut self) -> Result<(), Stop> {
        let start = self.stack.unmark().ok_or_else(|| self.no_mark())?;
        self.set_items_at(start)
    }

    /// `do_setitems`: whatever supports item assignment.
    fn set_items_at(&mut self, start: usize) -> Result<(), Stop> {
        let target = self.stack.below(start).ok_or_else(|| self.underflow())?;
        let items = self.stack.from(start);
        if items.is_empty() {
            return Ok(());
        }
        if !items.len().is_multiple_of(2) {
            return Err(self.fail("odd-items", "SETITEMS with a key without value".to_owned()));
        }
        if target.kind() == Kind::Dict && self.planted_class(target).is_none() {
            return self.fill_dict(target, start);
        }
        let items = items.to_vec();
        self.stack.cut(start);
        if let Some(planted) = self.planted_on_class(target, "__setitem__") {
            return self.call_planted_each_pair(&planted, &items);
        }
        for pair in items.chunks_exact(2) {
            if let [key, value] = pair {
                self.plant(target, *key, *value)?;
                self.item_written(target, *key, *value)?;
            }
        }
        self.method(target, "__setitem__", &items, How::Setitem)
    }

    /// Moves the values from `start` up into `dict`; names by which objects act are remembered for good.
    fn fill_dict(&mut self, dict: Value, start: usize) -> Result<(), Stop> {
        let hooks = self.stack.from(start).iter().step_by(2).any(|key| key.is_hook());
        if hooks {
            for pair in self.stack.from(start).to_vec().chunks_exact(2) {
                if let [key, value] = pair {
                    self.plant(dict, *key, *value)?;
                }
            }
        }
        self.arena.extend(dict, self.stack.from(start));
        self.stack.cut(start);
        Ok(())
    }

    /// ADDITEMS: a set grows, anything else has its `add` called for each.
    pub(crate) fn add_items(&mut self) -> Result<(), Stop> {
        let start = self.stack.unmark().ok_or_else(|| self.no_mark())?;
        let target = self.stack.below(start).ok_or_else(|| self.underflow())?;
        if self.stack.from(start).is_empty() {
            return Ok(());
        }
        if target.kind() == Kind::Set {
            self.arena.extend(target, self.stack.from(start));
            self.stack.cut(start);
            return Ok(());
        }
        let items = self.stack.from(start).to_vec();
        self.stack.cut(start);
        if let Some(planted) = self.planted_on(target, "add") {
            return self.call_planted_each(&planted, &items);
        }
        self.method(target, "add", &items, How::Append)
    }
}
