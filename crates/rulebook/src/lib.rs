//! One rule is one Markdown file: front matter in TOML, then what it means, why it is dangerous, what to do, and examples that fire and stay quiet.
//!
//! [`page::Page::parse`] splits a file, [`load::load`] turns it into a [`rule::Rule`] and refuses whatever it does not know, with
//! file, line and reason. [`rule::Rule`] borrows where it can, so that [`emit`] can write rules as constants and a folder of
//! rules read at run time gives the same type.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::string_slice,
        clippy::unreachable
    )
)]

mod clause;
pub mod emit;
pub mod error;
pub mod example;
pub mod folder;
mod front;
pub mod load;
pub mod message;
pub mod page;
pub mod rule;
pub mod statement;
pub mod taxonomy;
pub mod vocabulary;
