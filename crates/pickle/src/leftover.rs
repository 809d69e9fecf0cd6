//! What old values left in a store: whether a pickle that begins anywhere in it could name a callable.

use crate::opcode;

/// Longest name that is looked for.
const NAME: usize = 200;

/// Whether an opcode that binds a name could stand in these bytes, wherever a reader begins: GLOBAL or INST with two lines,
/// or STACK_GLOBAL behind a text or a memo's opcode.
pub(crate) fn names_something(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| {
        let (before, rest) = bytes.split_at_checked(at).unwrap_or_default();
        match rest {
            [opcode::GLOBAL | opcode::INST, lines @ ..] => two_names(lines),
            [opcode::STACK_GLOBAL, ..] => behind_text(before),
            _ => false,
        }
    })
}

fn two_names(bytes: &[u8]) -> bool {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let name = |line: Option<&[u8]>| {
        let letters = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte) || !byte.is_ascii();
        line.is_some_and(|line| !line.is_empty() && line.len() < NAME && line.iter().all(letters))
    };
    name(lines.next()) && name(lines.next()) && lines.next().is_some()
}

/// Whether what stands in front ends with a text, or with what keeps or takes a value of the memo.
fn behind_text(before: &[u8]) -> bool {
    let back = |count: usize| before.len().checked_sub(count).and_then(|at| before.get(at)).copied();
    let memo = matches!(back(1), Some(opcode::MEMOIZE | b'\n'))
        || matches!(back(2), Some(opcode::BINPUT | opcode::BINGET))
        || matches!(back(5), Some(opcode::LONG_BINPUT | opcode::LONG_BINGET));
    let short = |length: usize| {
        let told = back(length.saturating_add(1)).map(usize::from) == Some(length);
        let opcode = back(length.saturating_add(2));
        told && matches!(opcode, Some(opcode::SHORT_BINUNICODE | opcode::SHORT_BINSTRING))
            || before.len().checked_sub(length.saturating_add(5)).and_then(|at| before.get(at..)).is_some_and(|text| {
                matches!(text, [opcode::BINUNICODE | opcode::BINSTRING, a, 0, 0, 0, ..] if usize::from(*a) == length)
            })
    };
    memo || (1..NAME).any(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_seen_wherever_they_stand() {
        assert!(names_something(b"123cos\nsystem\n."));
        assert!(names_something(b"\0\0(ios\nsystem\n."));
        assert!(names_something(b"\x8c\x02os\x8c\x06system\x93."));
        assert!(names_something(b"\x8c\x02os\x94\x8c\x06system\x94\x93."));
        assert!(names_something(b"\x8c\x02osq\x01\x8c\x06systemq\x02\x93."));
        assert!(names_something(b"\x8c\x02osr\x01\0\0\0\x8c\x06systemr\x02\0\0\0\x93."));
        assert!(!names_something(b"K\x01K\x93K\x02cats\nand dogs\n!\x93"));
    }
}
