//! numpy's element types as pickles hold them: bytes of one element, and whether it holds Python objects (`numpy/_core/src/multiarray/descriptor.c`).

use eval::Value as Known;

use crate::{
    arena::Node,
    known::View,
    value::{Kind, Value},
};

/// `NPY_ITEM_REFCOUNT`: what `dtype.hasobject` asks.
const HAS_OBJECT: i64 = 1;
/// Types within types that are followed.
const DEEPEST: u32 = 16;

/// How one element lies in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Bytes.
    pub(crate) size: u64,
    /// Whether it holds Python objects.
    pub(crate) objects: bool,
    /// The type as it is written.
    pub(crate) shown: String,
}

impl View<'_> {
    /// The layout of a value that `numpy.dtype(…)` and the BUILD behind it made; `None` where it cannot be known.
    pub(crate) fn layout(&self, dtype: Value) -> Option<Layout> {
        let Some(Node::Object { args, state, .. }) = self.arena.look(dtype) else {
            return written(&self.known(dtype), DEEPEST);
        };
        let mut layout = written(self.arguments(*args)?.first()?, DEEPEST)?;
        self.stated(*state, &mut layout);
        Some(layout)
    }

    /// `dtype.__setstate__`: the size counts for types without one of their own, the flags for all.
    fn stated(&self, state: Value, layout: &mut Layout) {
        if state.kind() != Kind::Tuple {
            return;
        }
        let Some(parts) = self.arena.items_of_run(state) else {
            return;
        };
        let number = |at: usize| parts.get(at).copied().and_then(Value::as_int);
        let letter = layout.shown.trim_start_matches(['<', '>', '=', '|']).chars().next();
        if let Some(size) = number(5).and_then(|size| u64::try_from(size).ok())
            && matches!(letter, Some('V' | 'S' | 'U' | 'a'))
        {
            layout.size = size;
        }
        if let Some(flags) = number(7) {
            layout.objects = flags & HAS_OBJECT != 0;
        }
    }
}

/// The layout that the argument of `numpy.dtype` describes.
fn written(argument: &Known, depth: u32) -> Option<Layout> {
    let below = depth.checked_sub(1)?;
    match argument {
        Known::Str(text) => listed(text),
        Known::Global(name) => listed(name.qualname.rsplit('.').next().unwrap_or_default()),
        Known::Call(call) | Known::Instance(call) => written(call.args.first()?, below),
        Known::List(fields) => fields.iter().try_fold(empty("fields"), |sum, field| {
            let Known::Tuple(parts) = field else {
                return None;
            };
            let element = written(parts.get(1)?, below)?;
            Some(add(sum, times(element, parts.get(2))?))
        }),
        Known::Tuple(parts) => times(written(parts.first()?, below)?, parts.get(1)),
        _ => None,
    }
}

fn empty(shown: &str) -> Layout {
    Layout { size: 0, objects: false, shown: shown.to_owned() }
}

fn add(sum: Layout, next: Layout) -> Layout {
    Layout { size: sum.size.saturating_add(next.size), objects: sum.objects || next.objects, shown: sum.shown }
}

/// A subarray: so many elements of one type.
fn times(element: Layout, shape: Option<&Known>) -> Option<Layout> {
    let count = match shape {
        None => 1,
        Some(Known::Int(count)) => u64::try_from(*count).ok()?,
        Some(Known::Tuple(sizes)) => sizes.iter().try_fold(1_u64, |product, size| match size {
            Known::Int(size) => product.checked_mul(u64::try_from(*size).ok()?),
            _ => None,
        })?,
        Some(_) => return None,
    };
    Some(Layout { size: element.size.checked_mul(count)?, ..element })
}

/// Types in a row as text: `f8`, `i4,f4`, `3f4`.
fn listed(text: &str) -> Option<Layout> {
    if !text.contains(',') {
        return single(text);
    }
    let parts = text.split(',').filter(|part| !part.is_empty());
    let sum = parts.map(single).try_fold(empty("fields"), |sum, part| Some(add(sum, part?)))?;
    Some(Layout { shown: text.to_owned(), ..sum })
}

/// One type: a name, or an optional count, a letter and a size, such as `<f8`, `U10`, `M8[ns]`, `V16`.
fn single(text: &str) -> Option<Layout> {
    let text = text.trim();
    let layout = |size: u64, objects: bool| Some(Layout { size, objects, shown: text.to_owned() });
    if let Some((_, size)) = NAMES.iter().find(|(name, _)| *name == text) {
        return layout(*size, false);
    }
    if matches!(text, "object" | "object_" | "ObjectDType") {
        return layout(8, true);
    }
    let plain = text.trim_start_matches(['<', '>', '=', '|']);
    let repeated = plain.len().saturating_sub(plain.trim_start_matches(|letter: char| letter.is_ascii_digit()).len());
    let (count, plain) = plain.split_at_checked(repeated)?;
    let count = if count.is_empty() { 1 } else { count.parse::<u64>().ok()? };
    let plain = plain.trim_start_matches(['<', '>', '=', '|']);
    let (letter, rest) = plain.split_at_checked(1)?;
    let digits = rest.split('[').next().unwrap_or_default();
    let number = if digits.is_empty() { None } else { Some(digits.parse::<u64>().ok()?) };
    let size = match (letter, number) {
        ("O", _) => return layout(count.checked_mul(8)?, true),
        ("U", number) => number.unwrap_or(0).checked_mul(4)?,
        ("S" | "a" | "V", number) => number.unwrap_or(0),
        ("f" | "i" | "u" | "c" | "b" | "M" | "m" | "B" | "S1", Some(number)) => number,
        ("?" | "b" | "B" | "c", None) => 1,
        ("h" | "H" | "e", None) => 2,
        ("i" | "I" | "f", None) => 4,
        ("l" | "L" | "q" | "Q" | "d" | "F" | "p" | "P" | "M" | "m" | "n" | "N", None) => 8,
        ("g" | "D", None) => 16,
        ("G", None) => 32,
        _ => return None,
    };
    layout(size.checked_mul(count)?, false)
}

/// Names of types, on 64-bit Linux, where most models are made.
const NAMES: &[(&str, u64)] = &[
    ("bool", 1),
    ("bool_", 1),
    ("int8", 1),
    ("uint8", 1),
    ("byte", 1),
    ("ubyte", 1),
    ("int16", 2),
    ("uint16", 2),
    ("float16", 2),
    ("half", 2),
    ("short", 2),
    ("ushort", 2),
    ("int32", 4),
    ("uint32", 4),
    ("float32", 4),
    ("single", 4),
    ("intc", 4),
    ("uintc", 4),
    ("int", 8),
    ("int_", 8),
    ("uint", 8),
    ("int64", 8),
    ("uint64", 8),
    ("intp", 8),
    ("uintp", 8),
    ("longlong", 8),
    ("ulonglong", 8),
    ("float", 8),
    ("float_", 8),
    ("float64", 8),
    ("double", 8),
    ("datetime64", 8),
    ("timedelta64", 8),
    ("complex64", 8),
    ("csingle", 8),
    ("complex", 16),
    ("complex_", 16),
    ("complex128", 16),
    ("cdouble", 16),
    ("longdouble", 16),
    ("float128", 16),
    ("clongdouble", 32),
    ("complex256", 32),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_elements() {
        let names = ["f8", "<i4", "|b1", "U10", "M8[ns]", "V24", "?", "c16", "b", "S", "float32", "2f4", "i4,3f8"];
        let sizes = names.map(|name| listed(name).map(|layout| layout.size));
        assert_eq!(sizes, [8, 4, 1, 40, 8, 24, 1, 16, 1, 0, 4, 8, 28].map(Some));
        assert_eq!(listed("i4,3f8").map(|layout| layout.shown).as_deref(), Some("i4,3f8"));
        let letters = ["?", "h", "e", "i", "f", "l", "L", "q", "d", "F", "p", "M", "m", "n", "N", "g", "D", "G"];
        let sizes = letters.map(|letter| single(letter).map_or(0, |layout| layout.size));
        assert_eq!(sizes, [1, 2, 2, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 16, 16, 32]);
        assert_eq!(listed("O8").map(|layout| (layout.size, layout.objects)), Some((8, true)));
        assert_eq!((listed("unheard"), listed("f8x"), listed("")), (None, None, None));
    }

    #[test]
    fn fields_are_added_up() {
        let field = |name: &str, kind: Known, shape: Option<i64>| {
            let mut parts = vec![Known::str(name), kind];
            parts.extend(shape.map(|size| Known::tuple([Known::Int(size), Known::Int(2)])));
            Known::tuple(parts)
        };
        let inner = Known::list([field("x", Known::str("u2"), None), field("y", Known::str("O"), None)]);
        let outer = Known::list([field("a", Known::str("<f4"), Some(3)), field("b", inner, None)]);
        let layout = written(&outer, DEEPEST).unwrap();
        assert_eq!((layout.size, layout.objects), (24 + 10, true));
        // A field may be another `numpy.dtype(…)`, or a class of NumPy.
        let made =
            Known::called(Known::global("numpy", "dtype"), vec![Known::str("f8"), Known::Bool(false)], Vec::new());
        let both = Known::list([field("a", made, None), field("b", Known::global("numpy", "float32"), Some(2))]);
        assert_eq!(written(&both, DEEPEST).map(|layout| layout.size), Some(8 + 16));
        // A type and a shape alone, as `numpy.dtype(("f4", (3, 2)))` has them.
        let pair = |shape: Known| written(&Known::tuple([Known::str("f4"), shape]), DEEPEST).map(|layout| layout.size);
        assert_eq!(pair(Known::tuple([Known::Int(3), Known::Int(2)])), Some(24));
        assert_eq!((pair(Known::Int(5)), pair(Known::str("x")), pair(Known::Int(-1))), (Some(20), None, None));
        let deep = (0..40).fold(Known::str("f8"), |kind, _| Known::list([field("a", kind, None)]));
        assert_eq!(written(&deep, DEEPEST), None);
    }
}
