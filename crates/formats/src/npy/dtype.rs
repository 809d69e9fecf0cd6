//! NumPy element types as `descr` states them: how many bytes, and whether objects (pickles) are among them.

use super::literal::Literal;

/// An element type.
pub(super) struct Dtype {
    /// As stated; `record` for a type of several fields.
    pub name: String,
    /// Bytes of an element.
    pub size: u64,
    /// Whether elements hold Python objects.
    pub has_object: bool,
}

impl Dtype {
    /// The type that a literal describes. The literal's depth is bounded by its parser.
    pub(super) fn of(descr: &Literal) -> Option<Self> {
        match descr {
            Literal::Text(text) => Self::plain(text),
            Literal::List(fields) => Self::record(fields),
            // `(base, shape)` and `(base, new type)`: only the former is ever written.
            Literal::Tuple(parts) => match parts.as_slice() {
                [base, shape] => Self::of(base)?.times(shape),
                _ => None,
            },
            _ => None,
        }
    }

    /// `<f4`, `|S10`, `<U5`, `<M8[ns]`.
    fn plain(text: &str) -> Option<Self> {
        let code = text.trim_start_matches(['<', '>', '=', '|']);
        let mut letters = code.chars();
        let kind = letters.next()?;
        let rest = letters.as_str().split('[').next().unwrap_or_default();
        let count = if rest.is_empty() { None } else { Some(rest.parse::<u64>().ok()?) };
        let size = match (kind, count) {
            ('O', None | Some(4 | 8)) => 8,
            ('b' | 'i' | 'u' | 'f' | 'c' | 'm' | 'M' | 'V' | 'S' | 'a', Some(size)) => size,
            ('U', Some(letters)) => letters.checked_mul(4)?,
            ('?' | 'b' | 'B', None) => 1,
            ('h' | 'H' | 'e', None) => 2,
            ('i' | 'I' | 'f', None) => 4,
            ('l' | 'L' | 'q' | 'Q' | 'd', None) => 8,
            ('S' | 'U' | 'V', None) => 0,
            _ => return None,
        };
        Some(Self { name: text.to_owned(), size, has_object: kind == 'O' })
    }

    /// Fields: `(name, type)` or `(name, type, shape)`.
    fn record(fields: &[Literal]) -> Option<Self> {
        let mut record = Self { name: "record".into(), size: 0, has_object: false };
        for field in fields {
            let Literal::Tuple(parts) = field else { return None };
            let field = match parts.as_slice() {
                [_, kind] => Self::of(kind)?,
                [_, kind, shape] => Self::of(kind)?.times(shape)?,
                _ => return None,
            };
            record.size = record.size.checked_add(field.size)?;
            record.has_object |= field.has_object;
        }
        Some(record)
    }

    /// The same type, a shape of it.
    fn times(mut self, shape: &Literal) -> Option<Self> {
        let sizes = match shape {
            Literal::Tuple(sizes) => sizes.as_slice(),
            number => std::slice::from_ref(number),
        };
        for size in sizes {
            let Literal::Number(size) = size else { return None };
            self.size = self.size.checked_mul(u64::try_from(*size).ok()?)?;
        }
        Some(self)
    }
}
