//! What a loaded pickle would cost: how large it is when everything shared is written out, and how deep.

use std::collections::HashMap;

use base::stop::Stop;

use crate::{
    machine::Machine,
    value::{Kind, Value},
};

/// Values looked at.
const MAX_LOOKED_AT: u64 = 1 << 20;
/// Fetches of containers below which nothing can grow out of hand.
const FEW: u64 = 16;
/// Values that no model needs when everything shared is written out, and times the values that are there.
const EXPANDED: f64 = 1e8;
/// Nesting that no model needs: Python recurses about a thousand deep.
const DEEP: u32 = 2000;

/// Size and depth of a value.
#[derive(Clone, Copy)]
struct Cost {
    size: f64,
    depth: u32,
}

const LEAF: Cost = Cost { size: 1.0, depth: 0 };

impl Machine<'_, '_> {
    /// States what loading would cost where it exceeds what a model could need.
    pub(crate) fn resources(&mut self) -> Result<(), Stop> {
        if self.stack.deepest() > 200_000 {
            let deepest = self.stack.deepest();
            self.flaw("deep-nesting", format!("{deepest} values and marks lie on the stack at once"))?;
        }
        if self.shared < FEW && self.arena.nodes() > 1 << 16 {
            return Ok(());
        }
        let mut survey = Survey { machine: self, costs: HashMap::new(), looked_at: 0 };
        let cost = survey.cost(survey.machine.result);
        let looked_at = survey.looked_at as f64;
        if cost.size > EXPANDED && cost.size > looked_at * 100.0 {
            let bytes = cost.size * 16.0;
            let detail = format!("{looked_at} values expand to {:.0e}: {bytes:.0e} bytes when written out", cost.size);
            self.flaw("expansion", detail)?;
        }
        if cost.depth > DEEP {
            self.flaw("deep-nesting", format!("values are nested {} deep", cost.depth))?;
        }
        Ok(())
    }
}

struct Survey<'m, 'a, 's> {
    machine: &'m Machine<'a, 's>,
    /// Costs of containers; a container that is being looked at counts as a leaf, so that circles end.
    costs: HashMap<Value, Cost>,
    looked_at: u64,
}

impl Survey<'_, '_, '_> {
    /// The cost of `root`, its parts first, without recursion.
    fn cost(&mut self, root: Value) -> Cost {
        let mut queue = vec![(root, false)];
        while let Some((value, parts_done)) = queue.pop() {
            if parts_done {
                let cost = self.sum(value);
                self.costs.insert(value, cost);
                continue;
            }
            if !value.is_container() || self.costs.contains_key(&value) || self.looked_at > MAX_LOOKED_AT {
                continue;
            }
            self.costs.insert(value, LEAF);
            queue.push((value, true));
            let parts = self.parts(value);
            self.looked_at = self.looked_at.saturating_add(parts.len() as u64).saturating_add(1);
            queue.extend(parts.into_iter().filter(|part| part.is_container()).map(|part| (part, false)));
        }
        self.costs.get(&root).copied().unwrap_or(LEAF)
    }

    fn sum(&self, value: Value) -> Cost {
        let mut cost = LEAF;
        for part in self.parts(value) {
            let known = if part.is_container() { self.costs.get(&part) } else { None };
            let part = known.copied().unwrap_or(LEAF);
            cost.size += part.size;
            cost.depth = cost.depth.max(part.depth.saturating_add(1));
        }
        cost
    }

    fn parts(&self, value: Value) -> Vec<Value> {
        let arena = &self.machine.arena;
        match value.kind() {
            Kind::Tuple | Kind::FrozenSet => arena.items_of_run(value).unwrap_or_default().to_vec(),
            Kind::List | Kind::Set | Kind::Dict => arena.items(value).map(|found| found.0.to_vec()).unwrap_or_default(),
            Kind::Object => match arena.look(value) {
                Some(crate::arena::Node::Object { args, state, .. }) => vec![*args, *state],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}
