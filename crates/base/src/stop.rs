//! Why a reading ended early: the one error type of all parsers.

use crate::reason::Reason;

/// Why a reading ended before its end. What was found until then is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The bytes at `at` break the rules of the format.
    Malformed {
        /// Offset in the artifact's own bytes.
        at: u64,
        /// What was being read or expected.
        what: String,
    },
    /// The bytes end at `at` although the format goes on.
    Truncated {
        /// Offset in the artifact's own bytes.
        at: u64,
        /// What was being read.
        what: String,
    },
    /// Valid, but this reader does not support it (encryption, an unknown method).
    Unsupported(String),
    /// A limit was reached.
    Limit(Reason),
    /// The source could not be read.
    Io(String),
}

impl Stop {
    /// A [`Stop::Malformed`].
    pub fn malformed(at: u64, what: impl Into<String>) -> Self {
        Self::Malformed { at, what: what.into() }
    }

    /// A [`Stop::Truncated`].
    pub fn truncated(at: u64, what: impl Into<String>) -> Self {
        Self::Truncated { at, what: what.into() }
    }

    /// The reason that the report will carry.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Malformed { .. } => Reason::Malformed,
            Self::Truncated { .. } => Reason::Truncated,
            Self::Unsupported(_) => Reason::UnsupportedMethod,
            Self::Limit(reason) => *reason,
            Self::Io(_) => Reason::Unreadable,
        }
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed { at, what } => write!(f, "at byte {at}: {what}"),
            Self::Truncated { at, what } => write!(f, "ends at byte {at} inside {what}"),
            Self::Unsupported(what) => write!(f, "not supported: {what}"),
            Self::Limit(reason) => f.write_str(reason.describe()),
            Self::Io(what) => write!(f, "cannot be read: {what}"),
        }
    }
}

impl std::error::Error for Stop {}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        // A decoder inside a source reports its own stop through the io error that carries it.
        match error.downcast::<Stop>() {
            Ok(stop) => stop,
            Err(error) => Self::Io(error.to_string()),
        }
    }
}

impl From<Stop> for std::io::Error {
    fn from(stop: Stop) -> Self {
        std::io::Error::other(stop)
    }
}
