//! The stack with its marks and the fence below which nothing may be popped (`Pdata` and `marks` of `_pickle.c`).

use crate::value::Value;

/// Values from which a stack counts as high.
const HIGH: usize = 1 << 16;
/// Copies that are written out at once.
const MOST_COPIES: usize = 16 << 20;

/// The object stack and the mark stack.
#[derive(Clone, Default)]
pub(crate) struct Stack {
    values: Vec<Value>,
    /// Copies that DUP made of values on a high stack: position and how many more there are.
    runs: Vec<(usize, u32)>,
    /// Copies in all runs.
    copies: usize,
    /// Whether so many copies were asked for at once that they were not written out.
    overflowed: bool,
    marks: Vec<u32>,
    fence: usize,
    /// The most values there were at once.
    deepest: usize,
}

impl Stack {
    /// Puts a value on top.
    #[inline]
    pub(crate) fn push(&mut self, value: Value) {
        self.values.push(value);
    }

    /// Takes the top value; `None` at the fence.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Value> {
        if self.values.len() <= self.fence {
            return None;
        }
        if self.runs.is_empty() { self.values.pop() } else { self.pop_copy() }
    }

    /// Takes a copy of the top value where there are some.
    #[cold]
    fn pop_copy(&mut self) -> Option<Value> {
        let top = self.values.len().checked_sub(1)?;
        let Some((_, copies)) = self.runs.last_mut().filter(|(position, _)| *position == top) else {
            return self.values.pop();
        };
        *copies = copies.saturating_sub(1);
        if *copies == 0 {
            self.runs.pop();
        }
        self.copies = self.copies.saturating_sub(1);
        self.values.last().copied()
    }

    /// Puts a copy of the top value on top; a high stack only counts it.
    pub(crate) fn duplicate(&mut self) -> Option<Value> {
        let top = self.top()?;
        if self.values.len() < HIGH {
            self.values.push(top);
            return Some(top);
        }
        let position = self.values.len().saturating_sub(1);
        self.copies = self.copies.saturating_add(1);
        match self.runs.last_mut() {
            Some((run, copies)) if *run == position && *copies < u32::MAX => *copies = copies.saturating_add(1),
            Some((run, _)) if *run == position => self.values.push(top),
            _ => self.runs.push((position, 1)),
        }
        Some(top)
    }

    /// Writes out the copies of the values from `start` up.
    #[cold]
    fn write_out(&mut self, start: usize) {
        if self.copies > MOST_COPIES {
            self.overflowed = true;
            return;
        }
        let first = self.runs.partition_point(|(position, _)| *position < start);
        for (position, copies) in self.runs.split_off(first).into_iter().rev() {
            let count = copies as usize;
            if let Some(value) = self.values.get(position).copied() {
                self.values.splice(position..position, std::iter::repeat_n(value, count));
            }
            self.copies = self.copies.saturating_sub(count);
        }
    }

    /// Whether copies were asked for that were too many to be written out.
    pub(crate) fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// The top value; `None` at the fence.
    #[inline]
    pub(crate) fn top(&self) -> Option<Value> {
        if self.values.len() <= self.fence { None } else { self.values.last().copied() }
    }

    /// POP: an empty mark on top goes first. `false` at the fence.
    #[inline]
    pub(crate) fn discard(&mut self) -> bool {
        let len = self.values.len();
        if self.marks.last().is_some_and(|mark| *mark as usize == len) {
            self.unmark();
            return true;
        }
        self.pop().is_some()
    }

    /// Puts a mark. `false` when the stack is too high to be marked.
    #[inline]
    pub(crate) fn mark(&mut self) -> bool {
        let len = self.values.len();
        self.deepest = self.deepest.max(len.saturating_add(self.marks.len()));
        let Ok(mark) = u32::try_from(len) else {
            return false;
        };
        self.marks.push(mark);
        self.fence = len;
        true
    }

    /// Takes the last mark: where its values begin.
    #[inline]
    pub(crate) fn unmark(&mut self) -> Option<usize> {
        let mark = self.marks.pop()? as usize;
        self.fence = self.marks.last().map_or(0, |mark| *mark as usize);
        if !self.runs.is_empty() {
            self.write_out(mark);
        }
        Some(mark)
    }

    /// The values from `start` up.
    #[inline]
    pub(crate) fn from(&self, start: usize) -> &[Value] {
        self.values.get(start..).unwrap_or_default()
    }

    /// Drops the values from `start` up.
    #[inline]
    pub(crate) fn cut(&mut self, start: usize) {
        self.values.truncate(start);
        while self.runs.last().is_some_and(|(position, _)| *position >= start) {
            let copies = self.runs.pop().map_or(0, |(_, copies)| copies as usize);
            self.copies = self.copies.saturating_sub(copies);
        }
    }

    /// The value below position `start`; `None` when it lies below the fence.
    #[inline]
    pub(crate) fn below(&self, start: usize) -> Option<Value> {
        if start > self.values.len() || start <= self.fence {
            return None;
        }
        self.values.get(start.checked_sub(1)?).copied()
    }

    /// The last `count` values; `None` when the fence is nearer.
    #[inline]
    pub(crate) fn last(&mut self, count: usize) -> Option<(usize, &[Value])> {
        if !self.runs.is_empty() {
            self.write_out(self.values.len().saturating_sub(count));
        }
        let start = self.values.len().checked_sub(count).filter(|start| *start >= self.fence)?;
        Some((start, self.values.get(start..)?))
    }

    /// How many values there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.values.len().saturating_add(self.copies)
    }

    /// The most values and marks there were at once.
    pub(crate) fn deepest(&self) -> usize {
        self.deepest.max(self.values.len())
    }

    /// Bytes held. Gives back what a high stack no longer needs.
    pub(crate) fn bytes(&mut self) -> u64 {
        if self.marks.capacity() > 1 << 16 && self.marks.len() < self.marks.capacity() / 4 {
            self.marks.shrink_to(self.marks.len().saturating_mul(2));
        }
        if self.values.capacity() > 1 << 16 && self.values.len() < self.values.capacity() / 4 {
            self.values.shrink_to(self.values.len().saturating_mul(2));
        }
        let values = (self.values.len() as u64).saturating_mul(8);
        values.saturating_add((self.marks.len() as u64).saturating_mul(4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_on_a_high_stack_are_counted_and_written_out() {
        let mut stack = Stack::default();
        for number in 0..70_000 {
            stack.push(Value::small(number));
        }
        assert!(stack.mark());
        stack.push(Value::TRUE);
        for _ in 0..9 {
            assert_eq!(stack.duplicate(), Some(Value::TRUE));
        }
        stack.push(Value::NONE);
        assert_eq!((stack.len(), stack.pop(), stack.pop()), (70_011, Some(Value::NONE), Some(Value::TRUE)));
        assert_eq!(stack.last(3).map(|(start, values)| (start, values.len())), Some((70_006, 3)));
        assert_eq!(stack.duplicate(), Some(Value::TRUE));
        let start = stack.unmark().unwrap();
        assert_eq!(stack.from(start), [Value::TRUE; 10]);
        stack.cut(start);
        assert_eq!((stack.len(), stack.pop(), stack.overflowed()), (70_000, Some(Value::small(69_999)), false));
    }

    #[test]
    fn marks_fence_what_lies_below() {
        let mut stack = Stack::default();
        stack.push(Value::NONE);
        assert!(stack.mark());
        assert_eq!((stack.pop(), stack.top()), (None, None));
        stack.push(Value::TRUE);
        assert_eq!(stack.last(2), None);
        assert_eq!(stack.below(1), None);
        assert!(stack.discard());
        assert!(stack.discard(), "an empty mark is popped");
        assert_eq!(stack.pop(), Some(Value::NONE));
        assert!(!stack.discard());
        assert_eq!(stack.unmark(), None);
    }
}
