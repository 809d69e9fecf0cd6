//! What a Python expression evaluates to, and what it calls on the way, found without running anything.
//!
//! [`call`] answers for one call: the value that comes out where it can be known, the further calls that it makes
//! ([`Invocation`]), and what decoding yielded ([`Decoded`]). [`attribute`] and [`item`] follow names through modules,
//! namespaces and objects; [`name`] reads a module and qualified name as a pickle writes them. Whether a call is
//! dangerous is not a question for this crate.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::string_slice,
        clippy::unreachable
    )
)]

mod arguments;
mod attribute;
mod base_n;
mod bytes;
mod call;
mod codec;
mod compare;
mod compression;
mod container;
mod encoding;
mod escape;
mod evaluator;
mod expression;
mod format;
mod holder;
mod integer;
mod iterate;
mod itertools;
mod library;
mod literal;
mod mathematics;
mod method;
mod name;
mod number;
mod operation;
mod packing;
mod pattern;
mod puny;
mod repr;
mod sequence;
mod stream;
mod text;
mod trampoline;
mod value;

pub use attribute::{attribute, item};
pub use call::{call, construct, follow};
pub use evaluator::{Decoded, Invocation, Note, Outcome, When};
pub use knowledge::{gives_names, is_named, is_stdlib, loads, names_below, names_of, python2};
pub use name::{Name, name};
pub use num_bigint::BigInt;
pub use operation::operate;
pub use sequence::{display, with_entry, with_item};
pub use trampoline::looks_up;
pub use value::{Access, Call, Exception, Items, Keywords, MAX_ITEMS, MAX_NESTING, Pairs, Span, Value, Why};
