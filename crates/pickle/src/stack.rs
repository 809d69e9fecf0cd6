//! The stack with its marks and the fence below which nothing may be popped (`Pdata` and `marks` of `_pickle.c`).

use crate::value::Value;

/// The object stack and the mark stack.
#[derive(Default)]
pub(crate) struct Stack {
    values: Vec<Value>,
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
        if self.values.len() <= self.fence { None } else { self.values.pop() }
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
    pub(crate) fn last(&self, count: usize) -> Option<(usize, &[Value])> {
        let start = self.values.len().checked_sub(count).filter(|start| *start >= self.fence)?;
        Some((start, self.values.get(start..)?))
    }

    /// How many values there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.values.len()
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
