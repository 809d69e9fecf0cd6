//! Characters that nobody sees: tags, direction overrides, and runs of zero-width letters that can carry text.

use base::{fact::Flaw, location::Place, sink::Sink, stop::Stop};

/// Zero-width characters in a row, beyond what joiners and variation selectors of honest text make.
const RUN: usize = 4;
/// The black flag, behind which tags spell a region.
const FLAG: char = '\u{1f3f4}';

/// The kinds of invisible character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hidden {
    Tag,
    Direction,
    ZeroWidth,
}

fn hidden(letter: char) -> Option<Hidden> {
    match letter {
        '\u{e0000}'..='\u{e007f}' => Some(Hidden::Tag),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(Hidden::Direction),
        '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2064}'
        | '\u{180e}'
        | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0100}'..='\u{e01ef}' => Some(Hidden::ZeroWidth),
        _ => None,
    }
}

/// The flaws of `text`, each kind once: id, offset of the first, how many characters.
pub(super) fn flaws(text: &str) -> Vec<(&'static str, usize, usize)> {
    let mut found: Vec<(&'static str, usize, usize)> = Vec::new();
    let mut run = 0_usize;
    let mut flagged = false;
    for (at, letter) in text.char_indices() {
        let kind = hidden(letter);
        run = if kind == Some(Hidden::ZeroWidth) { run.saturating_add(1) } else { 0 };
        flagged = letter == FLAG || flagged && kind == Some(Hidden::Tag);
        let id = match kind {
            Some(Hidden::Tag) if !flagged => "tag-characters",
            Some(Hidden::Direction) => "direction-override",
            Some(Hidden::ZeroWidth) if run >= RUN => "zero-width-text",
            _ => continue,
        };
        match found.iter_mut().find(|(known, _, _)| *known == id) {
            Some((_, _, count)) => *count = count.saturating_add(1),
            None => found.push((id, at, 1)),
        }
    }
    found
}

/// States the flaws of a template's own text.
pub(super) fn state(text: &str, sink: &mut Sink<'_>) -> Result<(), Stop> {
    for (id, at, count) in flaws(text) {
        let detail = format!("{count} such characters, the first at byte {at}").into();
        sink.fact(Place::bytes(at as u64, 0), Flaw { id: id.into(), detail, part: "".into() })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_hides_text_is_a_flaw() {
        assert_eq!(flaws("a\u{e0041}\u{e0042}"), [("tag-characters", 1, 2)]);
        assert_eq!(flaws("\u{202e}txt"), [("direction-override", 0, 1)]);
        assert_eq!(flaws(&"\u{200b}".repeat(8)).len(), 1);
        assert!(flaws("👨\u{200d}👩\u{200d}👧 ❤\u{fe0f} 🏴\u{e0067}\u{e0062}\u{e007f} שלום\u{200f}").is_empty());
    }
}
