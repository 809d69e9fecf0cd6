//! Making hostile text harmless to look at: control characters, bidirectional marks and invisible letters become visible.

use std::borrow::Cow;

/// Whether `letter` could move the cursor, change direction or hide itself where it is shown.
pub fn is_hostile(letter: char) -> bool {
    letter.is_control()
        || matches!(u32::from(letter),
            0x00AD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF
            | 0xFFA0 | 0xFFF0..=0xFFFB | 0xE0000..=0xE0FFF)
}

/// `letter` as it may be shown: itself, or `\u{…}`.
pub fn visible(letter: char) -> Cow<'static, str> {
    if is_hostile(letter) { letter.escape_unicode().to_string().into() } else { letter.to_string().into() }
}

/// `text` with every hostile character written as `\u{…}`, line breaks included.
pub fn line(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_hostile) { text.chars().map(visible).collect::<String>().into() } else { text.into() }
}

/// `text` cut to `limit` characters, with an ellipsis where something was left out, and harmless.
pub fn bounded(text: &str, limit: usize) -> String {
    let (start, cut) = crate::expr::shorten(text, limit);
    let mut shown = line(start).into_owned();
    if cut {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hostile_passes() {
        assert_eq!(line("a\u{1b}[31m\u{202e}b\n"), "a\\u{1b}[31m\\u{202e}b\\u{a}");
        assert_eq!(line("plain ünïcode 模型"), "plain ünïcode 模型");
        assert_eq!(bounded("abcdef", 3), "abc…");
    }
}
