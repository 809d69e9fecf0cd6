//! One folder a format: each turns bytes into facts and children, and never says that something is bad.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::string_slice,
        clippy::unreachable
    )
)]

use base::{format::Format, sink::Codec};

/// Declares the formats: a module with a `FORMAT` constant each (or several, as `module::NAME`).
macro_rules! formats {
    (modules { $($module:ident),* $(,)? } list { $($path:path),* $(,)? }) => {
        $(pub mod $module;)*

        /// Every format, most specific first: the one explicit list.
        pub const FORMATS: &[&Format] = &[$(&$path),*];
    };
}

/// Declares the codecs.
macro_rules! codecs {
    (modules { $($module:ident),* $(,)? } list { $($path:path),* $(,)? }) => {
        $(mod $module;)*

        /// Every codec: the one explicit list.
        pub const CODECS: &[&Codec] = &[$(&$path),*];
    };
}

formats! {
    modules {
    }
    list {
    }
}

codecs! {
    modules {
    }
    list {
    }
}

/// The format with this id.
pub fn format(id: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.id == id)
}

/// The codec with this id.
pub fn codec(id: &str) -> Option<&'static Codec> {
    CODECS.iter().copied().find(|codec| codec.id == id)
}
