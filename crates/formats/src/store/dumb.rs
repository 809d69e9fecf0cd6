//! The index of `dbm.dumb` (`dbm/dumb.py`): a line a key, with the place and size of its value in the file beside it.

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Flaw, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    sink::Sink,
    source::Access,
    stop::Stop,
};

/// The index of a store of `dbm.dumb`.
pub const FORMAT: Format = Format {
    id: "dumb-dbm-index",
    name: "Index of a dbm.dumb store",
    extensions: &["dir", "bak"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Flaw],
    detect,
    explain: None,
    parse,
};

/// Values begin at multiples of this.
const BLOCK: u64 = 512;
/// Bytes of a line.
const LINE: usize = 1 << 20;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    let line = head.first.split(|byte| *byte == b'\n').next()?;
    place(line).map(|_| Certainty::Possible)
}

/// Place and size of `'key', (512, 27)`; of the key only that it is one literal.
fn place(line: &[u8]) -> Option<(u64, u64)> {
    let text = std::str::from_utf8(line).ok()?.trim_end();
    let (key, pair) = text.strip_suffix(')')?.rsplit_once(", (")?;
    let quote = key.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let inner = key.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut escaped = false;
    for letter in inner.chars() {
        if letter == quote && !escaped {
            return None;
        }
        escaped = letter == '\\' && !escaped;
    }
    let (at, size) = pair.split_once(", ")?;
    (!escaped).then_some((at.parse().ok()?, size.parse().ok()?))
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    while !reader.at_end()? {
        let at = reader.offset();
        meter.steps(1)?;
        let line = reader.line(LINE, "a line of an index")?;
        let (value, size) = place(&line).ok_or_else(|| Stop::malformed(at, "a line that is no place of a value"))?;
        if value.checked_rem(BLOCK) != Some(0) {
            let detail = format!("the value of {size} bytes at {value} begins inside a block, where no writer puts one");
            let length = reader.offset().saturating_sub(at);
            sink.fact(Place::bytes(at, length), Flaw { id: "misplaced-value".into(), detail: detail.into(), part: "".into() })?;
        }
    }
    sink.claim(0..reader.offset(), Claim::Read);
    sink.milestone()
}

#[cfg(test)]
mod tests {
    use crate::reading;

    #[test]
    fn values_that_begin_inside_a_block_are_told() {
        let read = |text: &str| {
            let reading = reading::read(&super::FORMAT, "x.dir", text.as_bytes())?;
            Some((reading.complete(), reading.facts.len()))
        };
        assert_eq!(read("'a', (0, 5)\n'it\\'s', (512, 3)\n"), Some((true, 0)));
        assert_eq!(read("'a', (0, 5)\n'b', (513, 3)\n"), Some((true, 1)));
        assert_eq!(read("'a', (0, 5)\n__import__('os'), (0, 3)\n").map(|read| read.0), Some(false));
        assert_eq!(read("'a' + x('b'), (0, 5)\n"), None);
        assert_eq!(read("some text\n"), None);
    }
}
