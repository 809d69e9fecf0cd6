//! A value in eight bytes: what kind it is, and where the rest of it can be found.

/// What kind of thing a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Nothing is known.
    Unknown,
    /// `None`.
    None,
    /// `True` or `False`.
    Bool,
    /// An integer of at most 56 bits.
    Int,
    /// A float whose last eight bits are zero.
    Float,
    /// Text of less than 64 KiB: UTF-8 as it stands in the stream.
    Text,
    /// Bytes of less than 64 KiB as they stand in the stream.
    Bytes,
    /// Text that is the name of a method or attribute by which an object acts (see [`HOOKS`]).
    Hook,
    /// A node: text or bytes that are long or need decoding, or a float of full precision.
    Constant,
    /// A tuple: a run of cells.
    Tuple,
    /// A frozen set: a run of cells.
    FrozenSet,
    /// A node: a list.
    List,
    /// A node: a dict.
    Dict,
    /// A node: a set.
    Set,
    /// A node: the result of a call, with the class in the value itself.
    Object,
    /// A name that was imported.
    Global,
    /// A node: something that was computed.
    Known,
}

/// Names by which an object acts when pickle touches it: planted ones are called later.
pub(crate) const HOOKS: &[&str] = &[
    "__setstate__",
    "append",
    "extend",
    "add",
    "__setitem__",
    "__call__",
    "__new__",
    "__init__",
    "__class__",
    "__dict__",
    "__getattr__",
    "__getattribute__",
    "__hash__",
    "__eq__",
    "__del__",
    "__getinitargs__",
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__setattr__",
    "__missing__",
    "__iter__",
    "__next__",
    "__len__",
    "__repr__",
    "__str__",
    "__enter__",
    "__exit__",
    "__getitem__",
    "__import__",
    "find_class",
    "persistent_load",
];

const PAYLOAD: u64 = (1 << 56) - 1;
const LENGTH_BITS: u32 = 16;
/// Lengths that fit into a value.
pub(crate) const MAX_INLINE: usize = (1 << LENGTH_BITS) - 1;
/// The class of an object that is not a plain name.
pub(crate) const NO_CLASS: u32 = (1 << 24) - 1;

/// A packed value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Value(u64);

const KINDS: [Kind; 17] = [
    Kind::Unknown,
    Kind::None,
    Kind::Bool,
    Kind::Int,
    Kind::Float,
    Kind::Text,
    Kind::Bytes,
    Kind::Hook,
    Kind::Constant,
    Kind::Tuple,
    Kind::FrozenSet,
    Kind::List,
    Kind::Dict,
    Kind::Set,
    Kind::Object,
    Kind::Global,
    Kind::Known,
];

impl Value {
    /// Nothing is known.
    pub(crate) const UNKNOWN: Self = Self::new(Kind::Unknown, 0);
    /// `None`.
    pub(crate) const NONE: Self = Self::new(Kind::None, 0);
    /// `True`.
    pub(crate) const TRUE: Self = Self::new(Kind::Bool, 1);
    /// `False`.
    pub(crate) const FALSE: Self = Self::new(Kind::Bool, 0);
    /// `()`.
    pub(crate) const EMPTY_TUPLE: Self = Self::new(Kind::Tuple, 0);

    /// A value of `kind` with 56 bits of its own.
    #[inline]
    pub(crate) const fn new(kind: Kind, payload: u64) -> Self {
        Self((kind as u64) << 56 | payload & PAYLOAD)
    }

    /// A run of `len` things from `start`; [`Value::UNKNOWN`] beyond the first TiB.
    #[inline]
    pub(crate) const fn run(kind: Kind, start: u64, len: usize) -> Self {
        if start >> 40 != 0 || len > MAX_INLINE {
            return Self::UNKNOWN;
        }
        Self::new(kind, start << LENGTH_BITS | len as u64)
    }

    /// A small integer.
    #[inline]
    pub(crate) const fn small(value: u32) -> Self {
        Self::new(Kind::Int, value as u64)
    }

    /// An integer, if it has at most 56 bits.
    #[inline]
    pub(crate) fn int(value: i64) -> Option<Self> {
        let kept = (value << 8) >> 8;
        (kept == value).then(|| Self::new(Kind::Int, value.cast_unsigned()))
    }

    /// A float, if its last eight bits are zero.
    #[inline]
    pub(crate) fn float(value: f64) -> Option<Self> {
        let bits = value.to_bits();
        (bits & 0xff == 0).then(|| Self::new(Kind::Float, bits >> 8))
    }

    /// An object of the class `class` (an index of the table of globals) in node `serial`.
    #[inline]
    pub(crate) const fn object(class: u32, serial: u32) -> Self {
        Self::new(Kind::Object, (class as u64) << 32 | serial as u64)
    }

    /// What kind of thing it is.
    #[inline]
    pub(crate) fn kind(self) -> Kind {
        usize::try_from(self.0 >> 56).ok().and_then(|tag| KINDS.get(tag)).copied().unwrap_or(Kind::Unknown)
    }

    /// The 56 bits.
    #[inline]
    pub(crate) const fn payload(self) -> u64 {
        self.0 & PAYLOAD
    }

    /// Where a run begins.
    #[inline]
    pub(crate) const fn start(self) -> u64 {
        self.payload() >> LENGTH_BITS
    }

    /// How long a run is.
    #[inline]
    pub(crate) const fn len(self) -> usize {
        (self.0 & 0xffff) as usize
    }

    /// Whether a run has no items.
    #[inline]
    pub(crate) const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The integer.
    #[inline]
    pub(crate) fn as_int(self) -> Option<i64> {
        (self.kind() == Kind::Int).then(|| (self.0 << 8).cast_signed() >> 8)
    }

    /// The float.
    pub(crate) fn as_float(self) -> Option<f64> {
        (self.kind() == Kind::Float).then(|| f64::from_bits(self.payload() << 8))
    }

    /// The class of an object: an index of the table of globals, or [`NO_CLASS`].
    #[inline]
    pub(crate) const fn class(self) -> u32 {
        (self.payload() >> 32) as u32
    }

    /// The node of an object.
    #[inline]
    pub(crate) const fn serial(self) -> u64 {
        match self.0 >> 56 {
            tag if tag == Kind::Object as u64 => self.0 & 0xffff_ffff,
            _ => self.payload(),
        }
    }

    /// The index of a global.
    pub(crate) const fn global(self) -> Option<u32> {
        if self.0 >> 56 == Kind::Global as u64 { Some((self.0 & 0xffff_ffff) as u32) } else { None }
    }

    /// Whether it is a number, text, bytes or `None`: something that cannot act.
    #[inline]
    pub(crate) fn is_constant(self) -> bool {
        let tag = self.0 >> 56;
        tag != Kind::Unknown as u64 && tag <= Kind::Constant as u64
    }

    /// Whether it is the name of a hook.
    #[inline]
    pub(crate) const fn is_hook(self) -> bool {
        self.0 >> 56 == Kind::Hook as u64
    }

    /// Whether it holds other values.
    #[inline]
    pub(crate) fn is_container(self) -> bool {
        let tag = self.0 >> 56;
        tag >= Kind::Tuple as u64 && tag <= Kind::Object as u64
    }

    /// Whether it may be text.
    pub(crate) fn may_be_text(self) -> bool {
        matches!(self.kind(), Kind::Text | Kind::Hook | Kind::Constant | Kind::Known | Kind::Object | Kind::Unknown)
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}:{:x}", self.kind(), self.payload())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_what_fits() {
        for value in [0, 1, -1, i64::from(i32::MIN), (1 << 55) - 1, -(1 << 55)] {
            assert_eq!(Value::int(value).and_then(Value::as_int), Some(value));
        }
        assert_eq!(Value::int(1 << 55), None);
        assert_eq!(Value::float(-1.5).and_then(Value::as_float), Some(-1.5));
        assert_eq!(Value::float(0.1), None);
        let run = Value::run(Kind::Text, 1 << 39, 65_535);
        assert_eq!((run.kind(), run.start(), run.len()), (Kind::Text, 1 << 39, 65_535));
        let object = Value::object(NO_CLASS, u32::MAX);
        assert_eq!((object.class(), object.serial()), (NO_CLASS, u64::from(u32::MAX)));
        assert!(KINDS.iter().enumerate().all(|(index, kind)| *kind as usize == index));
    }
}
