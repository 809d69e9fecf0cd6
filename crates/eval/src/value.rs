//! A Python value as far as it is known: constants in full, everything else by where it comes from.

use std::{
    borrow::Cow,
    rc::Rc,
    sync::{Arc, LazyLock},
};

use num_bigint::BigInt;

use crate::name::Name;

/// Depth that one value may have, so that it can be walked, compared and dropped without fear.
pub const MAX_NESTING: u16 = 100;
/// Items that one container may have.
pub const MAX_ITEMS: usize = 1 << 20;

/// A value. Containers are immutable and shared; the constructors keep them within [`MAX_NESTING`].
#[derive(Clone, Debug)]
pub enum Value {
    /// `None`.
    None,
    /// `...`.
    Ellipsis,
    /// A truth value.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// An integer that does not fit; [`Value::integer`] chooses.
    BigInt(Arc<BigInt>),
    /// A floating-point number.
    Float(f64),
    /// Text without lone surrogates.
    Str(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A bytearray.
    ByteArray(Arc<[u8]>),
    /// A memoryview of unsigned bytes.
    MemoryView(Arc<[u8]>),
    /// A tuple.
    Tuple(Items),
    /// A list; also a deque.
    List(Items),
    /// A set, in order of insertion; Python's own order of iteration is not known.
    Set(Items),
    /// A frozen set, in order of insertion.
    FrozenSet(Items),
    /// A dict; also an `OrderedDict`.
    Dict(Pairs),
    /// A range: start, stop, step (never zero).
    Range(Span<i64>),
    /// A slice: start, stop, step, each `None` or an integer.
    Slice(Box<Span<Option<i64>>>),
    /// An iterator with these items left.
    Iterator(Items),
    /// An iterator that computes as it is read: the call of `map`, `zip`, `itertools.starmap` … that made it.
    Lazy(Rc<Call>),
    /// `functools.partial`.
    Partial(Rc<Call>),
    /// `operator.attrgetter` of these dotted names.
    AttributeGetter(Arc<[Arc<str>]>),
    /// `operator.itemgetter` of these keys.
    ItemGetter(Items),
    /// `operator.methodcaller`: the callee of the call is the method's name.
    MethodCaller(Rc<Call>),
    /// A module (no qualified name) or what a module holds, canonical.
    Global(Rc<Name>),
    /// An attribute that is no global: a bound method of a constant or of an object.
    Attribute(Rc<Access>),
    /// An item that could not be looked up: `of[key]`; the key is [`Access::name`].
    Item(Rc<Access<Value>>),
    /// An object of a class that was built without being called.
    Instance(Rc<Call>),
    /// The result of a call that could not be evaluated.
    Call(Rc<Call>),
    /// An `io.BytesIO` with these bytes left to read.
    BytesIo(Arc<[u8]>),
    /// An `io.StringIO` with this text left to read.
    StringIo(Arc<str>),
    /// An object that a loader supplies: a persistent id, an out-of-band buffer.
    External(Arc<str>),
    /// Nothing is known, for this reason.
    Unknown(Why),
}

/// Why nothing is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Evaluating it raises: loading ends here. A hint; never a reason to stop looking.
    Raises(Exception),
    /// It would be larger, deeper or longer to compute than the caps allow; a [`crate::Note`] says so.
    OverCap,
    /// It is not followed.
    Unfollowed,
}

/// What Python raises, as far as anything depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// `TypeError`.
    Type,
    /// `ValueError`, with `UnicodeError` and `binascii.Error` below it.
    Value,
    /// `IndexError`.
    Index,
    /// `KeyError`.
    Key,
    /// `AttributeError`.
    Attribute,
    /// `ZeroDivisionError`.
    ZeroDivision,
    /// `OverflowError`.
    Overflow,
    /// `StopIteration`.
    StopIteration,
    /// Any other.
    Other,
}

/// The items of a container, shared.
#[derive(Clone, Debug)]
pub struct Items(Rc<[Value]>, u16);

/// The entries of a dict in order of insertion, shared.
#[derive(Clone, Debug)]
pub struct Pairs(Rc<[(Value, Value)]>, u16);

/// A callee and what it is called with.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is called.
    pub callee: Value,
    /// Positional arguments.
    pub args: Vec<Value>,
    /// Keyword arguments.
    pub kwargs: Vec<(Arc<str>, Value)>,
    depth: u16,
}

/// `of.name` or `of[name]`.
#[derive(Clone, Debug)]
pub struct Access<N = Arc<str>> {
    /// Of what.
    pub of: Value,
    /// The attribute's name or the item's key.
    pub name: N,
    depth: u16,
}

/// Start, stop and step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<T> {
    /// The first.
    pub start: T,
    /// The end, exclusive.
    pub stop: T,
    /// The distance.
    pub step: T,
}

impl std::ops::Deref for Items {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl std::ops::Deref for Pairs {
    type Target = [(Value, Value)];
    fn deref(&self) -> &[(Value, Value)] {
        &self.0
    }
}

/// One more than the deepest of `values`.
fn above<'a>(values: impl IntoIterator<Item = &'a Value>) -> u16 {
    values.into_iter().map(Value::depth).max().unwrap_or(0).saturating_add(1)
}

/// `make` unless the value would be too deep.
fn bounded(depth: u16, make: impl FnOnce() -> Value) -> Value {
    if depth > MAX_NESTING { Value::Unknown(Why::OverCap) } else { make() }
}

impl Value {
    /// Text.
    pub fn str(text: impl Into<Arc<str>>) -> Self {
        Self::Str(text.into())
    }

    /// Bytes.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Bytes(bytes.into())
    }

    /// An integer of any size.
    pub fn integer(value: impl Into<BigInt>) -> Self {
        let value = value.into();
        i64::try_from(&value).map_or_else(|_| Self::BigInt(Arc::new(value)), Self::Int)
    }

    /// The module of this name, canonical.
    pub fn module(module: &str) -> Self {
        crate::name::name(module, "", false)
    }

    /// `module.qualname`, canonical.
    pub fn global(module: &str, qualname: &str) -> Self {
        crate::name::name(module, qualname, false)
    }

    /// A slice.
    pub fn slice(span: Span<Option<i64>>) -> Self {
        Self::Slice(Box::new(span))
    }

    /// A tuple.
    pub fn tuple(items: impl Into<Rc<[Self]>>) -> Self {
        Self::items(items, Self::Tuple)
    }

    /// A list.
    pub fn list(items: impl Into<Rc<[Self]>>) -> Self {
        Self::items(items, Self::List)
    }

    /// A set of items that the caller knows to be distinct.
    pub fn set(items: impl Into<Rc<[Self]>>) -> Self {
        Self::items(items, Self::Set)
    }

    /// A frozen set of items that the caller knows to be distinct.
    pub fn frozen_set(items: impl Into<Rc<[Self]>>) -> Self {
        Self::items(items, Self::FrozenSet)
    }

    /// An iterator over these.
    pub fn iterator(items: impl Into<Rc<[Self]>>) -> Self {
        Self::items(items, Self::Iterator)
    }

    /// `operator.itemgetter` of these keys.
    pub fn item_getter(keys: impl Into<Rc<[Self]>>) -> Self {
        Self::items(keys, Self::ItemGetter)
    }

    fn items(items: impl Into<Rc<[Self]>>, variant: fn(Items) -> Self) -> Self {
        let items = items.into();
        let depth = above(items.iter());
        bounded(depth, || variant(Items(items, depth)))
    }

    /// A dict of entries whose keys the caller knows to be distinct.
    pub fn dict(entries: impl Into<Rc<[(Self, Self)]>>) -> Self {
        let entries = entries.into();
        let depth = above(entries.iter().flat_map(|(key, value)| [key, value]));
        bounded(depth, || Self::Dict(Pairs(entries, depth)))
    }

    fn with_call(variant: fn(Rc<Call>) -> Self, callee: Self, args: Vec<Self>, kwargs: Keywords) -> Self {
        let depth = above(std::iter::once(&callee).chain(&args).chain(kwargs.iter().map(|(_, value)| value)));
        bounded(depth, || variant(Rc::new(Call { callee, args, kwargs, depth })))
    }

    /// The result of a call that is not evaluated.
    pub fn called(callee: Self, args: Vec<Self>, kwargs: Keywords) -> Self {
        Self::with_call(Self::Call, callee, args, kwargs)
    }

    /// An object of `class` that was built, not called.
    pub fn instance(class: Self, args: Vec<Self>, kwargs: Keywords) -> Self {
        Self::with_call(Self::Instance, class, args, kwargs)
    }

    /// An iterator that `callee` makes.
    pub fn lazy(callee: Self, args: Vec<Self>, kwargs: Keywords) -> Self {
        Self::with_call(Self::Lazy, callee, args, kwargs)
    }

    /// `functools.partial`.
    pub fn partial(callee: Self, args: Vec<Self>, kwargs: Keywords) -> Self {
        Self::with_call(Self::Partial, callee, args, kwargs)
    }

    /// `operator.methodcaller`.
    pub fn method_caller(name: Arc<str>, args: Vec<Self>, kwargs: Keywords) -> Self {
        Self::with_call(Self::MethodCaller, Self::Str(name), args, kwargs)
    }

    /// `of.name`, not resolved: see [`crate::attribute`] for one that is.
    pub fn attribute_of(of: Self, name: impl Into<Arc<str>>) -> Self {
        let depth = above([&of]);
        bounded(depth, || Self::Attribute(Rc::new(Access { of, name: name.into(), depth })))
    }

    /// `of[key]`, not looked up: see [`crate::item`] for one that is.
    pub fn item_of(of: Self, key: Self) -> Self {
        let depth = above([&of, &key]);
        bounded(depth, || Self::Item(Rc::new(Access { of, name: key, depth })))
    }

    /// What raises `exception`.
    pub const fn raises(exception: Exception) -> Self {
        Self::Unknown(Why::Raises(exception))
    }

    /// Nesting; 0 for a value without parts.
    pub fn depth(&self) -> u16 {
        match self {
            Self::Tuple(items)
            | Self::List(items)
            | Self::Set(items)
            | Self::FrozenSet(items)
            | Self::Iterator(items)
            | Self::ItemGetter(items) => items.1,
            Self::Dict(entries) => entries.1,
            Self::Lazy(call)
            | Self::Partial(call)
            | Self::MethodCaller(call)
            | Self::Instance(call)
            | Self::Call(call) => call.depth,
            Self::Attribute(access) => access.depth,
            Self::Item(access) => access.depth,
            _ => 0,
        }
    }
}

/// Keyword arguments in order.
pub type Keywords = Vec<(Arc<str>, Value)>;

/// What kind of thing a value is.
impl Value {
    /// The name of the Python type where it is known: `str`, `dict`, `functools.partial`.
    pub fn type_name(&self) -> Option<&'static str> {
        Some(match self {
            Self::None => "NoneType",
            Self::Ellipsis => "ellipsis",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::BigInt(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::ByteArray(_) => "bytearray",
            Self::MemoryView(_) => "memoryview",
            Self::Tuple(_) => "tuple",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::FrozenSet(_) => "frozenset",
            Self::Dict(_) => "dict",
            Self::Range(_) => "range",
            Self::Slice(_) => "slice",
            Self::Iterator(_) | Self::Lazy(_) => "iterator",
            Self::Partial(_) => "partial",
            Self::AttributeGetter(_) => "attrgetter",
            Self::ItemGetter(_) => "itemgetter",
            Self::MethodCaller(_) => "methodcaller",
            Self::BytesIo(_) => "BytesIO",
            Self::StringIo(_) => "StringIO",
            Self::Global(name) if name.is_module() => "module",
            Self::Global(_)
            | Self::Attribute(_)
            | Self::Item(_)
            | Self::Instance(_)
            | Self::Call(_)
            | Self::External(_)
            | Self::Unknown(_) => return None,
        })
    }

    /// Whether this is a constant of a builtin data type, whose methods are known.
    pub fn is_constant(&self) -> bool {
        matches!(
            self,
            Self::None
                | Self::Bool(_)
                | Self::Int(_)
                | Self::BigInt(_)
                | Self::Float(_)
                | Self::Str(_)
                | Self::Bytes(_)
                | Self::ByteArray(_)
                | Self::MemoryView(_)
                | Self::Tuple(_)
                | Self::List(_)
                | Self::Set(_)
                | Self::FrozenSet(_)
                | Self::Dict(_)
                | Self::Range(_)
                | Self::Slice(_)
                | Self::Iterator(_)
                | Self::Lazy(_)
                | Self::BytesIo(_)
                | Self::StringIo(_)
        )
    }

    /// The text of a text constant.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of a constant that holds bytes.
    pub fn as_bytes(&self) -> Option<&Arc<[u8]>> {
        match self {
            Self::Bytes(bytes) | Self::ByteArray(bytes) | Self::MemoryView(bytes) | Self::BytesIo(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The name, if this is a module or what a module holds.
    pub fn as_name(&self) -> Option<&Rc<Name>> {
        match self {
            Self::Global(name) => Some(name),
            _ => None,
        }
    }

    /// By what name knowledge lists this when it is called: a global; a method of an object by the class or function
    /// that made the object (`code.InteractiveInterpreter.runcode`); a method of a constant by its type (`str.join`);
    /// a partial by its function.
    pub fn callee_name(&self) -> Option<Cow<'_, Name>> {
        match self {
            Self::Global(name) => Some(Cow::Borrowed(name)),
            Self::Partial(call) => call.callee.callee_name(),
            Self::Attribute(access) => access.of.class_name().map(|class| Cow::Owned(class.member(&access.name))),
            _ => None,
        }
    }

    /// The class, or the function, that made this.
    pub(crate) fn class_name(&self) -> Option<Cow<'_, Name>> {
        let named = |module: &str, name: &str| Some(Cow::Owned(Name::new(module, name)));
        match self {
            // The most frequent ones are at hand.
            Self::Str(_) => Some(Cow::Borrowed(&TEXT)),
            Self::List(_) => Some(Cow::Borrowed(&LIST)),
            Self::Dict(_) => Some(Cow::Borrowed(&DICT)),
            Self::Instance(call) | Self::Call(call) => call.made_by(),
            Self::Attribute(access) => {
                access.of.class_name().map(|class| path_of(Cow::Owned(class.member(&access.name))))
            }
            Self::Partial(_) => named("functools", "partial"),
            Self::AttributeGetter(_) => named("operator", "attrgetter"),
            Self::ItemGetter(_) => named("operator", "itemgetter"),
            Self::MethodCaller(_) => named("operator", "methodcaller"),
            Self::BytesIo(_) => named("io", "BytesIO"),
            Self::StringIo(_) => named("io", "StringIO"),
            _ if self.is_constant() => self.type_name().and_then(|name| named("builtins", name)),
            _ => None,
        }
    }
}

impl Call {
    /// What made the result: `path / "name"` is made by what made the path.
    fn made_by(&self) -> Option<Cow<'_, Name>> {
        let name = self.callee.callee_name()?;
        if name.is("operator", "truediv") {
            let path = self.args.iter().find_map(Value::class_name);
            return path.filter(|path| &*path.module == "pathlib").or(Some(name));
        }
        Some(path_of(name))
    }
}

static TEXT: LazyLock<Name> = LazyLock::new(|| Name::new("builtins", "str"));
static LIST: LazyLock<Name> = LazyLock::new(|| Name::new("builtins", "list"));
static DICT: LazyLock<Name> = LazyLock::new(|| Name::new("builtins", "dict"));

/// Methods and attributes of a path that give another path.
const OF_PATHS: &[&str] = &[
    "absolute",
    "cwd",
    "expanduser",
    "home",
    "joinpath",
    "parent",
    "readlink",
    "resolve",
    "with_name",
    "with_stem",
    "with_suffix",
];

/// The class of the path that a method of a path gives.
fn path_of(name: Cow<'_, Name>) -> Cow<'_, Name> {
    if &*name.module == "pathlib"
        && let Some((class, method)) = name.qualname.split_once('.')
        && OF_PATHS.contains(&method)
    {
        return Cow::Owned(Name { qualname: class.into(), ..Name::clone(&name) });
    }
    name
}
