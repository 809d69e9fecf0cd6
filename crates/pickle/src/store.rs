//! A store that keeps what came first for good and what came last for a while, so that memory stays bounded on any input.

/// Items by address: the first `permanent` stay, of the later ones the last `ring` are alive.
pub(crate) struct Store<T> {
    items: Vec<T>,
    next: u64,
    permanent: u64,
    /// A power of two.
    ring: u64,
}

impl<T: Clone + Default> Store<T> {
    /// An empty store; `ring` must be a power of two.
    pub(crate) fn new(permanent: u32, ring: u32) -> Self {
        Self { items: Vec::new(), next: 0, permanent: u64::from(permanent), ring: u64::from(ring.next_power_of_two()) }
    }

    /// The address of the next item.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        (self.items.len() as u64).saturating_mul(size_of::<T>() as u64)
    }

    /// Where `address` lies, without asking whether it is alive.
    #[inline]
    fn slot(&self, address: u64) -> usize {
        let slot = match address.checked_sub(self.permanent) {
            None => address,
            Some(over) => self.permanent.wrapping_add(over & self.ring.wrapping_sub(1)),
        };
        usize::try_from(slot).unwrap_or(usize::MAX)
    }

    /// Whether the items `start..start + len` are still there.
    #[inline]
    fn alive(&self, start: u64, len: usize) -> bool {
        let end = start.saturating_add(len as u64);
        end <= self.next && (end <= self.permanent || start.max(self.permanent).saturating_add(self.ring) >= self.next)
    }

    /// Adds one item. In line, so that it is made where it will lie: one that is copied from where it was just made in
    /// parts has to wait for all of them.
    #[inline(always)]
    pub(crate) fn push(&mut self, item: T) -> u64 {
        let address = self.next;
        let slot = self.slot(address);
        if slot >= self.items.len() {
            self.grow();
        }
        if let Some(old) = self.items.get_mut(slot) {
            *old = item;
        }
        self.next = address.wrapping_add(1);
        address
    }

    #[cold]
    fn grow(&mut self) {
        self.items.push(T::default());
    }

    /// The item at `address`, while it is alive.
    #[inline]
    pub(crate) fn get(&self, address: u64) -> Option<&T> {
        if !self.alive(address, 1) {
            return None;
        }
        self.items.get(self.slot(address))
    }

    /// The item at `address`, while it is alive.
    #[inline]
    pub(crate) fn get_mut(&mut self, address: u64) -> Option<&mut T> {
        if !self.alive(address, 1) {
            return None;
        }
        let slot = self.slot(address);
        self.items.get_mut(slot)
    }
}

impl<T: Copy + Default> Store<T> {
    /// Adds a run of items that lie together, followed by `spare` default ones. Returns its address; a run longer than the ring is cut.
    #[inline]
    pub(crate) fn push_run(&mut self, run: &[T], spare: usize) -> u64 {
        let start = self.room(run.len().saturating_add(spare));
        let slot = self.slot(start);
        let end = slot.saturating_add(run.len()).saturating_add(spare);
        if slot == self.items.len() {
            self.items.extend_from_slice(run);
            self.items.resize(end, T::default());
        } else {
            if self.items.len() < end {
                self.items.resize(end, T::default());
            }
            copy(self.items.get_mut(slot..end).unwrap_or_default(), run);
        }
        self.next = start.saturating_add(run.len().saturating_add(spare) as u64);
        start
    }

    /// The address at which `count` items lie together.
    #[inline]
    fn room(&self, count: usize) -> u64 {
        let count = count as u64;
        let end = self.next.saturating_add(count);
        if end <= self.permanent.saturating_add(self.ring) {
            return self.next;
        }
        let inside = self.next.saturating_sub(self.permanent) & self.ring.wrapping_sub(1);
        if inside.saturating_add(count) <= self.ring {
            return self.next;
        }
        self.next.saturating_add(self.ring.saturating_sub(inside))
    }

    /// A run of items, while all of it is alive.
    #[inline]
    pub(crate) fn run(&self, start: u64, len: usize) -> Option<&[T]> {
        if !self.alive(start, len) {
            return None;
        }
        let slot = self.slot(start);
        self.items.get(slot..slot.checked_add(len)?)
    }

    /// A run of items to be written, while all of it is alive.
    #[inline]
    pub(crate) fn run_mut(&mut self, start: u64, len: usize) -> Option<&mut [T]> {
        if !self.alive(start, len) {
            return None;
        }
        let slot = self.slot(start);
        self.items.get_mut(slot..slot.checked_add(len)?)
    }
}

/// Copies `from` to the front of `to`. Most runs are short: a call of `memcpy` takes longer than they do.
#[inline]
fn copy<T: Copy>(to: &mut [T], from: &[T]) {
    match (to, from) {
        ([a, ..], [one]) => *a = *one,
        ([a, b, ..], [one, two]) => (*a, *b) = (*one, *two),
        ([a, b, c, ..], [one, two, three]) => (*a, *b, *c) = (*one, *two, *three),
        ([a, b, c, d, ..], [one, two, three, four]) => (*a, *b, *c, *d) = (*one, *two, *three, *four),
        (to, from) => to.iter_mut().zip(from).for_each(|(to, from)| *to = *from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stay_and_the_last_live_for_a_while() {
        let mut store: Store<u64> = Store::new(10, 8);
        let addresses: Vec<u64> = (0..100).map(|value| store.push(value)).collect();
        for (value, address) in addresses.iter().enumerate() {
            let expected = (!(10..92).contains(&value)).then_some(value as u64);
            assert_eq!(store.get(*address).copied(), expected, "{value}");
        }
    }

    #[test]
    fn runs_lie_together() {
        let mut store: Store<u64> = Store::new(10, 8);
        let mut runs = Vec::new();
        for round in 0..50_u64 {
            let run: Vec<u64> = (0..round % 6).map(|item| round * 10 + item).collect();
            runs.push((store.push_run(&run, 1), run));
        }
        let mut alive = 0;
        for (start, run) in &runs {
            if let Some(found) = store.run(*start, run.len()) {
                assert_eq!(found, run);
                alive += 1;
            }
        }
        assert!(alive >= 4, "{alive}");
        assert!(store.items.len() <= 18);
        assert_eq!(store.run(runs[49].0, 7), None);
    }
}
