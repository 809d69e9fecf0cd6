//! Escapes in strings, as `unicode-escape` decodes them: Jinja hands the text of a literal to that codec.

use base::budget::Meter;
use eval::Value as Constant;

/// Stands for text that is not known: U+FFFC, the object replacement character.
pub(super) const GAP: char = '\u{fffc}';

/// The text between the quotes, decoded.
pub(crate) fn decoded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        rest = escape(rest, &mut plain);
    }
    plain.push_str(rest);
    plain
}

/// Decodes the escape that follows a backslash; what comes after it.
fn escape<'s>(rest: &'s str, plain: &mut String) -> &'s str {
    let mut letters = rest.chars();
    let Some(letter) = letters.next() else {
        plain.push('\\');
        return rest;
    };
    let after = letters.as_str();
    let simple = match letter {
        '\n' => return after,
        '\\' | '\'' | '"' => letter,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' => return coded(after, 2, letter, plain),
        'u' => return coded(after, 4, letter, plain),
        'U' => return coded(after, 8, letter, plain),
        '0'..='7' => return octal(rest, plain),
        'N' if after.starts_with('{') => {
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            plain.push_str(&character(name.strip_prefix('{').unwrap_or(name)));
            return tail;
        }
        _ => {
            plain.push('\\');
            letter
        }
    };
    plain.push(simple);
    after
}

/// The character of this Unicode name.
fn character(name: &str) -> String {
    let lookup = Constant::global("unicodedata", "lookup");
    let found = eval::call(&lookup, &[Constant::str(name)], &[], &Meter::unlimited()).map(|outcome| outcome.result);
    found.ok().as_ref().and_then(Constant::as_str).map_or_else(|| GAP.to_string(), str::to_owned)
}

/// A character by `count` hexadecimal digits.
fn coded<'s>(after: &'s str, count: usize, letter: char, plain: &mut String) -> &'s str {
    let digits = after.get(..count).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        Some(code) => {
            plain.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            after.get(count..).unwrap_or_default()
        }
        None => {
            plain.push('\\');
            plain.push(letter);
            after
        }
    }
}

/// A character by up to three octal digits.
fn octal<'s>(rest: &'s str, plain: &mut String) -> &'s str {
    let count = rest.bytes().take(3).take_while(|digit| (b'0'..=b'7').contains(digit)).count();
    let (digits, after) = rest.split_at_checked(count).unwrap_or((rest, ""));
    let code = u32::from_str_radix(digits, 8).unwrap_or(0);
    plain.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_what_python_makes_of_them() {
        for (text, plain) in [
            (r"\x5f\137\u005f\U0000005f", "____"),
            (r"a\nb\\\'\q", "a\nb\\'\\q"),
            ("a\\\nb", "ab"),
            (r"\x5", r"\x5"),
            (r"\N{LOW LINE}x", "_x"),
            (r"\N{NO SUCH NAME}x", "\u{fffc}x"),
            (r"\N{LOW", "\u{fffc}"),
            ("\\", "\\"),
            (r"\xé", r"\xé"),
        ] {
            assert_eq!(decoded(text), plain, "{text}");
        }
    }
}
