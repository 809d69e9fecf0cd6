//! Plain text: prose, word lists, licences. No loader gives it meaning; what one does is told by name in `loads.toml`.

pub(crate) mod encoding;
mod marker;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Identity, Kind, Text},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    sink::{Child, Packed, Sink},
    source::Access,
    stop::Stop,
};

use crate::codec;

use self::{
    encoding::{Decoder, Encoding},
    marker::Markers,
};

/// Plain text, the last of the inert formats.
pub const PLAIN: Format = Format {
    id: "text",
    name: "Plain text",
    extensions: &["txt", "md", "rst", "log"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Inert,
    facts: &[Kind::Identity, Kind::Text],
    detect,
    explain: None,
    parse,
};

/// Bytes looked at before a trial.
const GLANCE: usize = 4 << 10;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    let glance = head.first.get(..head.first.len().min(GLANCE)).unwrap_or_default();
    let marked = matches!(Encoding::marked(glance), Some((encoding, _)) if encoding != Encoding::Utf8);
    // In blocks without a way out, of which a processor looks at many bytes at a time.
    let controls = |block: &[u8]| block.iter().fold(false, |found, byte| found | is_control(*byte));
    let plausible = !glance.is_empty() && (marked || !glance.chunks(128).any(controls));
    plausible.then_some(Certainty::Possible)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut markers = Markers::default();
    let (name, end) = read(blob, sink, &mut markers)?;
    sink.milestone()?;
    if name.starts_with("utf-16") || name.starts_with("utf-32") {
        recoded(blob, sink, end)?;
    } else {
        sink.claim(0..end, Claim::Read);
    }
    for marker in markers.found {
        sink.fact(Place::bytes(0, end), Text { role: "marker".into(), text: marker.into() })?;
    }
    sink.fact(Place::bytes(0, end), Identity { key: "encoding".into(), value: name.into() })
}

/// Gives back what wide characters say: a program in them is one to whoever decodes before loading.
fn recoded(blob: &Blob, sink: &mut Sink<'_>, end: u64) -> Result<(), Stop> {
    let name = if sink.name().is_empty() { "content" } else { sink.name() };
    let packed = Packed { from: blob.clone(), codec: &codec::UTF_16, size: None, crc32: None };
    sink.claim(0..end, Claim::Child);
    sink.child(Child::packed(name, Place::bytes(0, end), packed))
}

/// Decodes to the end; the name of the encoding and the length.
fn read(blob: &Blob, sink: &Sink<'_>, markers: &mut Markers) -> Result<(&'static str, u64), Stop> {
    let mut reader = Reader::new(blob, sink.meter());
    match Encoding::marked(reader.peek(4)?) {
        Some((encoding, mark)) if encoding != Encoding::Utf8 => {
            let mut decoder = Decoder::new(reader, encoding, mark);
            let mut block = String::new();
            while let Some(letter) = decoder.next()? {
                if letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\x0c' | '\u{85}')
                    || letter == '\u{fffe}'
                {
                    return Err(Stop::malformed(decoder.offset(), "a control character in text"));
                }
                block.push(letter);
                if block.len() >= GLANCE {
                    markers.feed(block.as_bytes());
                    block.clear();
                }
            }
            markers.feed(block.as_bytes());
            Ok((encoding.name(), decoder.offset()))
        }
        _ => match utf8(&mut reader, markers)? {
            true => Ok(("utf-8", reader.offset())),
            false => eight_bit(Reader::new(blob, sink.meter()), markers).map(|end| ("8-bit", end)),
        },
    }
}

/// Reads UTF-8 to the end; `false` where the bytes are not UTF-8.
fn utf8(reader: &mut Reader<'_>, markers: &mut Markers) -> Result<bool, Stop> {
    loop {
        let offset = reader.offset();
        let seen = reader.peek(64 << 10)?;
        if seen.is_empty() {
            return Ok(true);
        }
        let valid = match std::str::from_utf8(seen) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        if valid == 0 {
            return Ok(false);
        }
        let text = seen.get(..valid).unwrap_or_default();
        refuse_controls(text, offset)?;
        markers.feed(text);
        reader.consume(valid);
    }
}

/// Reads an unknown 8-bit encoding to the end: mostly ASCII, so that numbers do not pass for text.
fn eight_bit(mut reader: Reader<'_>, markers: &mut Markers) -> Result<u64, Stop> {
    let mut ascii = 0_u64;
    loop {
        let offset = reader.offset();
        let seen = reader.peek(64 << 10)?;
        let count = seen.len();
        if count == 0 {
            break;
        }
        refuse_controls(seen, offset)?;
        markers.feed(seen);
        ascii = ascii.saturating_add(seen.iter().filter(|byte| byte.is_ascii()).count() as u64);
        reader.consume(count);
    }
    let end = reader.offset();
    if ascii.saturating_mul(10) < end.saturating_mul(7) {
        return Err(Stop::malformed(0, "neither UTF-8 nor mostly ASCII"));
    }
    Ok(end)
}

fn refuse_controls(bytes: &[u8], offset: u64) -> Result<(), Stop> {
    match bytes.iter().position(|byte| is_control(*byte)) {
        Some(at) => Err(Stop::malformed(offset.saturating_add(at as u64), "a control character in text")),
        None => Ok(()),
    }
}

/// Control characters that text does not hold.
pub(crate) const fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c) || byte == 0x7f
}

#[cfg(test)]
mod tests;
