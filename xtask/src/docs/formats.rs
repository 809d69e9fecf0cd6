//! The page of the formats: what is read, how deep, what it states, and which attacks are looked for in it.

use std::fmt::Write;

use base::{
    fact::Kind,
    format::{Class, Depth, Format},
};
use rules::Catalogue;

use super::MARK;

/// The page.
pub(super) fn page(catalogue: &Catalogue) -> String {
    let mut text = format!(
        "{MARK}# Formats\n\nContent decides the format; extensions are shown for orientation only. *Depth*: **values** and their bounds are read; the \
         **structure** is read; **recognised** only, and therefore reported as incomplete. *Inert*: no known loader gives the content meaning.\n\n\
         | id | format | usual extensions | depth |\n|---|---|---|---|\n"
    );
    for format in formats::FORMATS {
        let extensions: Vec<_> = format.extensions.iter().map(|extension| format!(".{extension}")).collect();
        let _ = writeln!(text, "| `{}` | {} | {} | {} |", format.id, format.name, extensions.join(" "), depth(format));
    }
    let codecs: Vec<_> = formats::CODECS.iter().map(|codec| format!("`{}`", codec.id)).collect();
    let _ = writeln!(text, "\nCompression that is undone on the way: {}.", codecs.join(", "));
    matrix(&mut text);
    attacks(&mut text, catalogue);
    text
}

fn depth(format: &Format) -> &'static str {
    match (format.depth, format.class) {
        (Depth::Identified, _) => "recognised",
        (_, Class::Inert) => "inert",
        (Depth::Structure, _) => "structure",
        (Depth::Values, _) => "values",
    }
}

/// Formats whose readings state something.
fn speaking() -> impl Iterator<Item = &'static Format> {
    formats::FORMATS.iter().copied().filter(|format| format.depth > Depth::Identified && !format.facts.is_empty())
}

/// Which format states which kinds of fact.
fn matrix(text: &mut String) {
    let kinds: Vec<Kind> =
        Kind::ALL.iter().copied().filter(|kind| speaking().any(|format| format.facts.contains(kind))).collect();
    let names: Vec<&str> = kinds.iter().map(|kind| kind.id()).collect();
    let _ = writeln!(text, "\n## What each states\n\nThe kinds of [fact](facts.md) that a reading can give.\n");
    let _ = writeln!(text, "| format | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    for format in speaking() {
        let cells: Vec<&str> = kinds.iter().map(|kind| if format.facts.contains(kind) { "x" } else { "" }).collect();
        let _ = writeln!(text, "| `{}` | {} |", format.id, cells.join(" | "));
    }
}

/// The categories of attack that rules can find through the facts of each format.
fn attacks(text: &mut String, catalogue: &Catalogue) {
    let _ = writeln!(
        text,
        "\n## Attacks covered\n\nThe categories of the [rules](rules.md) that judge what each format states; what its members state is judged in them.\n\n\
         | format | categories |\n|---|---|"
    );
    for format in speaking() {
        let mut categories: Vec<&str> = catalogue
            .rules()
            .iter()
            .filter(|rule| rule.kinds().iter().any(|kind| format.facts.contains(kind)))
            .map(|rule| &*rule.category)
            .collect();
        categories.sort_unstable();
        categories.dedup();
        let _ = writeln!(text, "| `{}` | {} |", format.id, categories.join(", "));
    }
}
