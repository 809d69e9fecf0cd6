//! The symbolic pickle machine: reads a stream as CPython's C unpickler would and says what loading it would do, without doing it.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::string_slice,
        clippy::unreachable
    )
)]

mod ambiguous;
mod arena;
mod buffers;
mod build;
mod calls;
mod children;
mod code;
mod constants;
mod cursor;
mod dispatch;
mod dtype;
mod effects;
mod flaw;
mod graph_source;
mod imports;
mod items;
mod known;
mod leftover;
mod legacy;
mod legacy_tar;
mod listing;
mod lite;
mod literal;
mod machine;
mod memo;
mod names;
mod numpy_wrapper;
pub mod opcode;
mod receivers;
mod resources;
mod side_effects;
mod stack;
mod stated;
mod store;
mod stream;
mod tensor_view;
#[cfg(test)]
mod tests;
mod text;
mod value;

pub use legacy::element_size;
pub use listing::explain;
pub use stream::{looks_like_pickle, read};
