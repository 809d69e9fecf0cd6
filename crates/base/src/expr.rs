//! What a value is, as far as it is known without running anything: the small expression language of call arguments.

use std::{
    fmt::{self, Display, Write},
    sync::Arc,
};

/// Nodes that one expression may have; what lies beyond is [`Expr::Elided`].
pub const MAX_NODES: usize = 256;
/// Depth that one expression may have.
pub const MAX_DEPTH: usize = 8;
/// Bytes of a constant kept in an expression.
pub const MAX_CONSTANT: usize = 64 << 10;

/// A symbolic value. Built by parsers within [`MAX_NODES`] and [`MAX_DEPTH`], so it can be walked and dropped without fear.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// Python's `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// An integer that does not fit, in decimal or `0x` text.
    BigInt(Arc<str>),
    /// A floating-point number.
    Float(f64),
    /// Text; lone surrogates are written as U+FFFD.
    Str(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// `module.name`, canonical.
    Global {
        /// Dotted module.
        module: Arc<str>,
        /// Dotted name inside the module.
        name: Arc<str>,
    },
    /// The result of a call.
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// Positional arguments.
        args: Vec<Expr>,
        /// Keyword arguments.
        kwargs: Vec<(Arc<str>, Expr)>,
    },
    /// An attribute that could not be resolved to a global.
    Attribute {
        /// Of what.
        of: Box<Expr>,
        /// Its name.
        name: Arc<str>,
    },
    /// An item `of[key]` that could not be resolved.
    Item {
        /// Of what.
        of: Box<Expr>,
        /// The key.
        key: Box<Expr>,
    },
    /// A tuple.
    Tuple(Vec<Expr>),
    /// A list.
    List(Vec<Expr>),
    /// A set or frozen set.
    Set(Vec<Expr>),
    /// A dict.
    Dict(Vec<(Expr, Expr)>),
    /// An object a loader supplies: persistent ids, out-of-band buffers.
    External(Arc<str>),
    /// Nothing is known.
    Unknown,
    /// Left out to keep the expression small.
    Elided,
}

impl Expr {
    /// A text constant.
    pub fn str(text: impl Into<Arc<str>>) -> Self {
        Self::Str(text.into())
    }

    /// A global.
    pub fn global(module: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self::Global { module: module.into(), name: name.into() }
    }

    /// The text, if it is a text constant.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The dotted name of what is called or named: `os.system`, `obj.method`.
    pub fn dotted(&self) -> Option<String> {
        match self {
            Self::Global { module, name } if name.is_empty() => Some(module.to_string()),
            Self::Global { module, name } => Some(format!("{module}.{name}")),
            Self::Attribute { of, name } => Some(format!("{}.{name}", of.dotted()?)),
            _ => None,
        }
    }

    /// The direct parts, in order.
    pub fn children(&self) -> Vec<&Self> {
        let mut parts = Vec::new();
        self.push_children(&mut parts);
        parts.reverse();
        parts
    }

    /// Adds the direct parts to `parts`, the last one first.
    fn push_children<'e>(&'e self, parts: &mut Vec<&'e Self>) {
        match self {
            Self::Call { callee, args, kwargs } => {
                parts.extend(kwargs.iter().rev().map(|(_, value)| value));
                parts.extend(args.iter().rev());
                parts.push(callee);
            }
            Self::Attribute { of, .. } => parts.push(of),
            Self::Item { of, key } => parts.extend([&**key, of]),
            Self::Tuple(items) | Self::List(items) | Self::Set(items) => parts.extend(items.iter().rev()),
            Self::Dict(items) => parts.extend(items.iter().rev().flat_map(|(key, value)| [value, key])),
            _ => {}
        }
    }

    /// Every node of the expression, itself first.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        let mut next = Some(self);
        let mut queue = Vec::new();
        std::iter::from_fn(move || {
            let node = next.take().or_else(|| queue.pop())?;
            node.push_children(&mut queue);
            Some(node)
        })
    }
}

/// Written as Python would, long constants shortened.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(value) => write!(f, "{value}"),
            Self::BigInt(text) => f.write_str(shorten(text, 40).0),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Str(text) => write_text(f, text),
            Self::Bytes(bytes) => write_bytes(f, bytes),
            Self::Global { module, name } if name.is_empty() => f.write_str(module),
            Self::Global { module, name } => write_parts(f, &[module, ".", name]),
            Self::Call { callee, args, kwargs } => {
                callee.fmt(f)?;
                f.write_str("(")?;
                write_list(f, args)?;
                for (index, (name, value)) in kwargs.iter().enumerate() {
                    let comma = if index > 0 || !args.is_empty() { ", " } else { "" };
                    write_parts(f, &[comma, name, "="])?;
                    value.fmt(f)?;
                }
                f.write_str(")")
            }
            Self::Attribute { of, name } => {
                of.fmt(f)?;
                write_parts(f, &[".", name])
            }
            Self::Item { of, key } => {
                of.fmt(f)?;
                f.write_str("[")?;
                key.fmt(f)?;
                f.write_str("]")
            }
            Self::Tuple(items) => {
                f.write_str("(")?;
                write_list(f, items)?;
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Self::List(items) => {
                f.write_str("[")?;
                write_list(f, items)?;
                f.write_str("]")
            }
            Self::Set(items) => {
                f.write_str("{")?;
                write_list(f, items)?;
                f.write_str("}")
            }
            Self::Dict(items) => {
                f.write_str("{")?;
                for (index, (key, value)) in items.iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    key.fmt(f)?;
                    f.write_str(": ")?;
                    value.fmt(f)?;
                }
                f.write_str("}")
            }
            Self::External(what) => write_parts(f, &["<", what, ">"]),
            Self::Unknown => f.write_str("?"),
            Self::Elided => f.write_str("…"),
        }
    }
}

fn write_parts(f: &mut fmt::Formatter<'_>, parts: &[&str]) -> fmt::Result {
    parts.iter().try_for_each(|part| f.write_str(part))
}

fn write_list(f: &mut fmt::Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

/// Characters of a text constant shown.
const SHOWN: usize = 160;

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let (mut rest, cut) = shorten(text, SHOWN);
    f.write_str("'")?;
    while let Some(letter) = rest.chars().next() {
        // Most texts are plain from end to end.
        let plain = rest.bytes().take_while(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'\'' | b'\\'));
        let (run, after) = rest.split_at_checked(plain.count().max(letter.len_utf8())).unwrap_or((rest, ""));
        rest = after;
        match letter {
            '\'' => f.write_str("\\'")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            ' '..='~' => f.write_str(run)?,
            letter => f.write_str(&crate::escape::visible(letter))?,
        }
    }
    f.write_str(if cut { "…'" } else { "'" })
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str("b'")?;
    for byte in bytes.iter().take(SHOWN) {
        match byte {
            b'\'' | b'\\' => f.write_str(if *byte == b'\'' { "\\'" } else { "\\\\" })?,
            b'\n' => f.write_str("\\n")?,
            0x20..=0x7e => f.write_char(char::from(*byte))?,
            byte => write!(f, "\\x{byte:02x}")?,
        }
    }
    f.write_str(if bytes.len() > SHOWN { "…'" } else { "'" })
}

/// The first `limit` characters of `text`, and whether something was cut.
pub fn shorten(text: &str, limit: usize) -> (&str, bool) {
    if text.len() <= limit {
        return (text, false);
    }
    match text.char_indices().nth(limit) {
        Some((end, _)) => (text.get(..end).unwrap_or(text), true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_python() {
        let call = Expr::Call {
            callee: Box::new(Expr::global("os", "system")),
            args: vec![Expr::str("it's\n\u{202e}"), Expr::Tuple(vec![Expr::Int(1)])],
            kwargs: vec![("k".into(), Expr::Bytes(b"\0a".as_slice().into()))],
        };
        assert_eq!(call.to_string(), r"os.system('it\'s\n\u{202e}', (1,), k=b'\x00a')");
        assert_eq!(call.walk().count(), 6);
    }
}
