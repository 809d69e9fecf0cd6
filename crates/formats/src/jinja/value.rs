//! What an expression may come to: constants in full, everything else by where it comes from.

use eval::Value as Constant;

use super::{escape::GAP, syntax::Macro};

/// Bytes of a text that is followed.
pub(super) const TEXT: usize = 16 << 10;

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value<'t> {
    /// A constant, or a name of Python; text may have gaps.
    Known(Constant),
    /// Only where it comes from is known.
    Unknown(Origin),
    /// A macro.
    Macro(&'t Macro<'t>),
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// What the caller hands over: tools, documents, flags.
    Data,
    /// An object of the engine or of the application: `lipsum`, `cycler`, `request`.
    Engine(&'static str),
    /// The list of messages, or one of them.
    Messages,
    /// The clock.
    Time,
    /// A random choice.
    Chance,
    /// What somebody wrote in a message.
    Content,
    /// The namespace of a function or module.
    Globals,
    /// Whether something holds of the above: an index into the conditions.
    Gate(usize),
}

impl<'t> Value<'t> {
    /// Text; what is too long is a gap.
    pub(super) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        let text = if text.len() > TEXT { GAP.to_string() } else { text };
        Self::Known(Constant::str(text))
    }

    /// A value of which only the origin is known.
    pub(super) fn data() -> Self {
        Self::Unknown(Origin::Data)
    }

    /// The constant, where it is one.
    pub(super) fn constant(&self) -> Option<&Constant> {
        match self {
            Self::Known(constant) if constant.is_constant() => Some(constant),
            _ => None,
        }
    }

    /// The text, where it is one; it may have gaps.
    pub(super) fn as_text(&self) -> Option<&str> {
        self.constant().and_then(Constant::as_str)
    }

    /// The origin; of a constant none.
    pub(super) fn origin(&self) -> Option<Origin> {
        match self {
            Self::Unknown(origin) => Some(*origin),
            Self::Known(_) | Self::Macro(_) => None,
        }
    }

    /// As a constant: what is not known becomes a gap.
    pub(super) fn gapped(&self) -> Constant {
        match self.constant() {
            Some(constant) => constant.clone(),
            None => Constant::str(GAP.to_string()),
        }
    }

    /// As text, the way `~` and output make it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Known(Constant::Str(text)) => text.to_string(),
            Self::Known(Constant::Int(number)) => number.to_string(),
            Self::Known(Constant::None) => "None".to_owned(),
            Self::Known(Constant::Bool(true)) => "True".to_owned(),
            Self::Known(Constant::Bool(false)) => "False".to_owned(),
            // What Python shows of these objects before their address: enough to pick letters from.
            Self::Unknown(Origin::Engine("lipsum")) => format!("<function generate_lorem_ipsum at 0x{GAP}"),
            Self::Unknown(Origin::Engine("generator")) => format!("<generator object select_or_reject at 0x{GAP}"),
            _ => GAP.to_string(),
        }
    }
}

/// The items that a loop or filter sees of a constant; of a dict its keys.
pub(super) fn items(constant: &Constant) -> Option<Vec<Constant>> {
    Some(match constant {
        Constant::List(items) | Constant::Tuple(items) | Constant::Set(items) | Constant::Iterator(items) => {
            items.to_vec()
        }
        Constant::Dict(pairs) => pairs.iter().map(|(key, _)| key.clone()).collect(),
        Constant::Str(text) => text.chars().map(|letter| Constant::str(letter.to_string())).collect(),
        Constant::Range(span) => {
            let mut numbers = Vec::new();
            let mut next = span.start;
            while numbers.len() < 1024 && (span.step > 0 && next < span.stop || span.step < 0 && next > span.stop) {
                numbers.push(Constant::Int(next));
                next = next.saturating_add(span.step);
            }
            numbers
        }
        _ => return None,
    })
}
