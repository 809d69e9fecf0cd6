//! The text of a document as UTF-8, whatever encoding it has, for a parser that reads bytes.

use std::{
    cell::{Cell, RefCell},
    io,
    rc::Rc,
};

use base::{reader::Reader, reason::Reason, stop::Stop};

use crate::text::encoding::{Decoder, Encoding};

/// Bytes given to the parser at a time.
pub(super) const BLOCK: usize = 16 << 10;
/// Bytes that one tag, comment or run of text may have: the parser holds them.
const EVENT: u64 = 32 << 20;

/// How far the text was read: shared with the one who drives the parser.
#[derive(Clone, Default)]
pub(super) struct Progress {
    offset: Rc<Cell<u64>>,
    /// Bytes given out since the last event.
    given: Rc<Cell<u64>>,
    stop: Rc<RefCell<Option<Stop>>>,
}

impl Progress {
    /// Where the next character comes from.
    pub(super) fn offset(&self) -> u64 {
        self.offset.get()
    }

    /// An event is complete.
    pub(super) fn event(&self) {
        self.given.set(0);
    }

    /// Why the text ended early.
    pub(super) fn stop(&self) -> Option<Stop> {
        self.stop.borrow().clone()
    }
}

/// Characters as UTF-8 bytes. Text that is not valid in its encoding is read as Latin-1 when it says so itself.
pub(super) struct Letters<'a> {
    text: Decoder<'a>,
    encoding: Encoding,
    progress: Progress,
}

impl<'a> Letters<'a> {
    /// XML 1.0, appendix F: the first bytes tell the family of the encoding.
    pub(super) fn new(mut reader: Reader<'a>) -> Result<Self, Stop> {
        let first = reader.peek(1024)?;
        let (encoding, mark) = Encoding::guess(first);
        let line = first.get(..first.len().min(256)).unwrap_or_default().to_ascii_lowercase();
        let eight_bit = [&b"iso-8859-1"[..], b"windows-1252", b"latin1"];
        let latin = encoding == Encoding::Utf8
            && line.starts_with(b"<?xml")
            && eight_bit.iter().any(|name| line.windows(name.len()).any(|window| window == *name));
        let encoding = if latin { Encoding::Latin1 } else { encoding };
        Ok(Self { text: Decoder::new(reader, encoding, mark), encoding, progress: Progress::default() })
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress.clone()
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Encodes characters into `into`, as many as fit.
    fn fill(&mut self, into: &mut [u8]) -> Result<usize, Stop> {
        let mut count = 0_usize;
        while let Some(room) = into.get_mut(count..).filter(|room| room.len() >= 4) {
            match self.text.next()? {
                Some(letter) => count = count.saturating_add(letter.encode_utf8(room).len()),
                None => break,
            }
        }
        self.progress.offset.set(self.text.offset());
        let given = self.progress.given.get().saturating_add(count as u64);
        self.progress.given.set(given);
        if given > EVENT { Err(Stop::Limit(Reason::Memory)) } else { Ok(count) }
    }
}

impl io::Read for Letters<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.fill(into).map_err(|stop| {
            *self.progress.stop.borrow_mut() = Some(stop.clone());
            io::Error::from(stop)
        })
    }
}

/// Refuses an encoding that would make other text of the same bytes.
pub(super) fn declared(declaration: &quick_xml::events::BytesDecl<'_>) -> Result<(), Stop> {
    let Some(name) = declaration.encoding() else {
        return Ok(());
    };
    let name = name.map_err(|error| Stop::malformed(0, error.to_string()))?;
    let name = name.to_ascii_lowercase();
    let known = [
        "utf-8",
        "utf8",
        "utf-16",
        "utf-16le",
        "utf-16be",
        "utf-32",
        "ucs-2",
        "us-ascii",
        "ascii",
        "iso-8859-1",
        "latin1",
        "windows-1252",
    ];
    match known.contains(&name.as_str()) {
        true => Ok(()),
        false => Err(Stop::Unsupported(format!("the encoding {}", base::escape::line(&name)))),
    }
}
