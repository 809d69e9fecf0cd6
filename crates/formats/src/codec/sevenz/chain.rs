//! The coders of 7z (Methods.txt), one behind the other.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use base::{limits::Limits, sink::Decode, stop::Stop};
use lzma_rust2::filter::{bcj::BcjReader, delta::DeltaReader};

use super::{
    super::{BZIP2, DEFLATE, DEFLATE64, ZSTD, blocks, cabinet, input::Input, lzma},
    Coder,
};

/// Methods by their ids.
mod method {
    pub(super) const COPY: u64 = 0;
    pub(super) const DELTA: u64 = 3;
    pub(super) const LZMA2: u64 = 0x21;
    pub(super) const LZMA: u64 = 0x03_0101;
    pub(super) const DEFLATE: u64 = 0x04_0108;
    pub(super) const DEFLATE64: u64 = 0x04_0109;
    pub(super) const BZIP2: u64 = 0x04_0202;
    pub(super) const ZSTD: u64 = 0x04f7_1101;
    pub(super) const X86: [u64; 2] = [4, 0x0303_0103];
    pub(super) const PPC: [u64; 2] = [5, 0x0303_0205];
    pub(super) const IA64: [u64; 2] = [6, 0x0303_0401];
    pub(super) const ARM: [u64; 2] = [7, 0x0303_0501];
    pub(super) const ARM_THUMB: [u64; 2] = [8, 0x0303_0701];
    pub(super) const SPARC: [u64; 2] = [9, 0x0303_0805];
    pub(super) const ARM64: u64 = 10;
}

/// Data blocks of a cabinet: a number of our own, as the folders of cabinets come out of the same codec.
pub(crate) const CABINET: u64 = 0x4d53_4346_0000_0000;

/// Blocks of a file system: a number of our own, too.
pub(crate) const BLOCKS: u64 = 0x4d53_4346_0000_0001;

/// The name of a method that can be decoded: the first of a chain, or a filter behind it.
pub(crate) fn supported(method: u64) -> Option<&'static str> {
    Some(match method {
        method::COPY => "copy",
        method::DELTA => "delta",
        method::LZMA2 => "lzma2",
        method::LZMA => "lzma",
        method::DEFLATE => "deflate",
        method::DEFLATE64 => "deflate64",
        method::BZIP2 => "bzip2",
        method::ZSTD => "zstd",
        method::ARM64 => "arm64",
        id if method::X86.contains(&id) => "bcj",
        id if method::PPC.contains(&id) => "ppc",
        id if method::IA64.contains(&id) => "ia64",
        id if method::ARM.contains(&id) => "arm",
        id if method::ARM_THUMB.contains(&id) => "armt",
        id if method::SPARC.contains(&id) => "sparc",
        _ => return None,
    })
}

/// Whether a method encrypts: 7-Zip's AES and the older ciphers beside it.
pub(crate) fn is_encryption(method: u64) -> bool {
    method >> 24 == 6
}

/// Opens the chain over the packed stream; `consumed` follows what its first coder takes.
pub(super) fn open(
    coders: &[Coder],
    packed: Box<dyn Read + Send>,
    limits: &Limits,
    consumed: &Arc<AtomicU64>,
) -> Result<Box<dyn Read + Send>, Stop> {
    let mut coders = coders.iter();
    let first = coders.next().ok_or_else(|| Stop::malformed(0, "a 7z folder without a coder"))?;
    let decoder = decoder(first, packed, limits)?;
    let counted = Counted { decoder, consumed: consumed.clone() };
    let mut content: Box<dyn Read + Send> = Box::new(Stated::new(Box::new(counted), first.size));
    for coder in coders {
        content = Box::new(Stated::new(layer(coder, content, limits)?, coder.size));
    }
    Ok(content)
}

/// A coder over another one.
fn layer(coder: &Coder, from: Box<dyn Read + Send>, limits: &Limits) -> Result<Box<dyn Read + Send>, Stop> {
    Ok(match coder.method {
        method::DELTA => {
            let distance = coder.properties.first().copied().map_or(0, usize::from).saturating_add(1);
            Box::new(DeltaReader::new(from, distance))
        }
        method::ARM64 => Box::new(BcjReader::new_arm64(from, start(coder)?)),
        id if method::X86.contains(&id) => Box::new(BcjReader::new_x86(from, start(coder)?)),
        id if method::PPC.contains(&id) => Box::new(BcjReader::new_ppc(from, start(coder)?)),
        id if method::IA64.contains(&id) => Box::new(BcjReader::new_ia64(from, start(coder)?)),
        id if method::ARM.contains(&id) => Box::new(BcjReader::new_arm(from, start(coder)?)),
        id if method::ARM_THUMB.contains(&id) => Box::new(BcjReader::new_arm_thumb(from, start(coder)?)),
        id if method::SPARC.contains(&id) => Box::new(BcjReader::new_sparc(from, start(coder)?)),
        _ => Box::new(Counted { decoder: decoder(coder, from, limits)?, consumed: Arc::default() }),
    })
}

/// The address that a branch filter counts from: newer archives may state it.
fn start(coder: &Coder) -> Result<usize, Stop> {
    match *coder.properties {
        [] | [0, 0, 0, 0] => Ok(0),
        _ => Err(Stop::Unsupported("a branch filter that does not start at zero".into())),
    }
}

fn decoder(coder: &Coder, from: Box<dyn Read + Send>, limits: &Limits) -> Result<Box<dyn Decode>, Stop> {
    match coder.method {
        method::COPY => Ok(Box::new(Copied { input: Input::new(from), left: coder.size })),
        method::LZMA => match *coder.properties {
            [properties, a, b, c, d] => {
                lzma::open_raw(from, properties, u32::from_le_bytes([a, b, c, d]), coder.size, limits)
            }
            _ => Err(Stop::Unsupported("LZMA properties of another size".into())),
        },
        method::LZMA2 => match *coder.properties {
            [properties] => lzma::open_raw2(from, properties, coder.size, limits),
            _ => Err(Stop::Unsupported("LZMA2 properties of another size".into())),
        },
        method::DEFLATE => (DEFLATE.open)(from, limits),
        method::DEFLATE64 => (DEFLATE64.open)(from, limits),
        method::BZIP2 => (BZIP2.open)(from, limits),
        method::ZSTD => (ZSTD.open)(from, limits),
        CABINET => cabinet::Blocks::open(from, &coder.properties),
        BLOCKS => blocks::Blocks::open(from, &coder.properties, limits),
        // A filter next to the packed stream filters what is stored.
        id if supported(id).is_some() => {
            let copied = Box::new(Copied { input: Input::new(from), left: coder.size });
            let consumed = Arc::new(AtomicU64::new(0));
            let counted = Box::new(Counted { decoder: copied, consumed: consumed.clone() });
            Ok(Box::new(Filtered { content: layer(coder, counted, limits)?, consumed }))
        }
        id => Err(Stop::Unsupported(format!("7z method {id:x}"))),
    }
}

/// A filter over stored bytes.
struct Filtered {
    content: Box<dyn Read + Send>,
    consumed: Arc<AtomicU64>,
}

impl Read for Filtered {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.content.read(into)
    }
}

impl Decode for Filtered {
    fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }
}

/// Stored bytes, as many as are stated.
struct Copied {
    input: Input,
    left: u64,
}

impl Read for Copied {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.input.read(into.get_mut(..room).unwrap_or_default())?;
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

impl Decode for Copied {
    fn consumed(&self) -> u64 {
        self.input.consumed()
    }
}

/// A decoder that tells how much it consumed to someone who does not own it.
struct Counted {
    decoder: Box<dyn Decode>,
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(into);
        self.consumed.store(self.decoder.consumed(), Ordering::Relaxed);
        read
    }
}

/// What comes out of a coder, held to its stated size: neither less nor more.
struct Stated {
    inner: Box<dyn Read + Send>,
    size: u64,
    left: u64,
}

impl Stated {
    fn new(inner: Box<dyn Read + Send>, size: u64) -> Self {
        Self { inner, size, left: size }
    }
}

impl Read for Stated {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            return match self.inner.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(Stop::malformed(self.size, "more comes out of a 7z coder than is stated").into()),
            };
        }
        let room = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.inner.read(into.get_mut(..room).unwrap_or_default())?;
        if count == 0 {
            return Err(Stop::truncated(self.size.saturating_sub(self.left), "what a 7z coder gives").into());
        }
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}
