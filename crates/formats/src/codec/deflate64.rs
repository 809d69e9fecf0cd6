//! Deflate64 (zip method 9): deflate with matches up to 65,538 bytes long and 64 KiB back. Its decoder pulls bits one by one,
//! so that it never takes more than the stream has.

use std::io::{self, Read};

use base::{
    limits::Limits,
    sink::{Codec, Decode},
    stop::Stop,
};

use super::input::Input;

/// Deflate64, alone.
pub(crate) const DEFLATE64: Codec = Codec { id: "deflate64", open };

const WHAT: &str = "a deflate64 stream";
const WINDOW: usize = 1 << 16;
/// Bytes that are made before they are given.
const READY: usize = 32 << 10;
/// Longest code.
const BITS: usize = 15;

/// Opens a decoder.
pub(super) fn open(input: Box<dyn Read + Send>, _: &Limits) -> Result<Box<dyn Decode>, Stop> {
    Ok(Box::new(Inflate64 {
        bits: Bits { input: Input::new(input), held: 0, count: 0 },
        window: vec![0; WINDOW],
        at: 0,
        made: 0,
        ready: Vec::new(),
        given: 0,
        block: Block::Between,
        last: false,
        failed: false,
    }))
}

/// Bits of the input, the lowest of each byte first.
struct Bits {
    input: Input,
    held: u8,
    count: u8,
}

impl Bits {
    fn bit(&mut self) -> io::Result<u16> {
        if self.count == 0 {
            [self.held] = self.input.array(WHAT)?;
            self.count = 8;
        }
        let bit = self.held & 1;
        self.held >>= 1;
        self.count = self.count.saturating_sub(1);
        Ok(bit.into())
    }

    fn number(&mut self, bits: u8) -> io::Result<usize> {
        let mut number = 0;
        for place in 0..bits {
            number |= usize::from(self.bit()?) << place;
        }
        Ok(number)
    }
}

/// A canonical Huffman code (RFC 1951, section 3.2.2).
struct Code {
    /// How many codes there are of each length.
    counts: [u16; BITS + 1],
    /// The symbols in the order of their codes.
    symbols: Vec<u16>,
}

impl Code {
    /// `None` where the lengths stand for more codes than there can be.
    fn new(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0_u16; BITS + 1];
        for length in lengths {
            let count = counts.get_mut(usize::from(*length))?;
            *count = count.saturating_add(1);
        }
        let mut left = 1_i32;
        for count in counts.iter().skip(1) {
            left = left.checked_mul(2)?.checked_sub(i32::from(*count))?;
            if left < 0 {
                return None;
            }
        }
        let mut symbols: Vec<u16> = (0..u16::try_from(lengths.len()).ok()?).collect();
        let length = |symbol: u16| lengths.get(usize::from(symbol)).copied().unwrap_or(0);
        symbols.retain(|symbol| length(*symbol) > 0);
        symbols.sort_by_key(|symbol| length(*symbol));
        Some(Self { counts, symbols })
    }

    fn decode(&self, bits: &mut Bits) -> io::Result<u16> {
        let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_u32);
        for count in self.counts.iter().skip(1).map(|count| u32::from(*count)) {
            code |= u32::from(bits.bit()?);
            if let Some(within) = code.checked_sub(first).filter(|within| *within < count) {
                let place = usize::try_from(index.saturating_add(within)).unwrap_or(usize::MAX);
                return self.symbols.get(place).copied().ok_or_else(|| bits.input.malformed(WHAT));
            }
            index = index.saturating_add(count);
            first = first.saturating_add(count) << 1;
            code <<= 1;
        }
        Err(bits.input.malformed("a code of a deflate64 stream that stands for nothing"))
    }
}

/// Where the decoder stands.
enum Block {
    Between,
    Stored(usize),
    Coded(Box<(Code, Code)>),
    Ended,
}

struct Inflate64 {
    bits: Bits,
    /// What was made last, as a ring.
    window: Vec<u8>,
    at: usize,
    /// Bytes that were made in all: no match reaches further back.
    made: u64,
    ready: Vec<u8>,
    given: usize,
    block: Block,
    last: bool,
    failed: bool,
}

impl Inflate64 {
    fn put(&mut self, byte: u8) {
        if let Some(place) = self.window.get_mut(self.at) {
            *place = byte;
        }
        self.at = self.at.saturating_add(1) & (WINDOW - 1);
        self.made = self.made.saturating_add(1);
        self.ready.push(byte);
    }

    /// Makes bytes until enough are ready, or the stream ends.
    fn fill(&mut self) -> io::Result<()> {
        while self.ready.len() < READY {
            match std::mem::replace(&mut self.block, Block::Between) {
                Block::Between if self.last => self.block = Block::Ended,
                Block::Between => self.block = self.begin()?,
                Block::Stored(0) => {}
                Block::Stored(left) => {
                    let [byte] = self.bits.input.array(WHAT)?;
                    self.put(byte);
                    self.block = Block::Stored(left.saturating_sub(1));
                }
                Block::Coded(codes) => {
                    if self.symbol(&codes.0, &codes.1)? {
                        self.block = Block::Coded(codes);
                    }
                }
                Block::Ended => {
                    self.block = Block::Ended;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> io::Result<Block> {
        self.last = self.bits.bit()? == 1;
        match self.bits.number(2)? {
            0 => {
                self.bits.count = 0;
                let [a, b, c, d] = self.bits.input.array(WHAT)?;
                if [a, b] != [!c, !d] {
                    return Err(self.bits.input.malformed("a stored block of a deflate64 stream"));
                }
                Ok(Block::Stored(u16::from_le_bytes([a, b]).into()))
            }
            1 => {
                let lengths: Vec<u8> = [(144, 8), (112, 9), (24, 7), (8, 8)]
                    .iter()
                    .flat_map(|(count, length)| std::iter::repeat_n(*length, *count))
                    .collect();
                self.codes(&lengths, &[5; 32])
            }
            2 => self.described(),
            _ => Err(self.bits.input.malformed("a block of a deflate64 stream")),
        }
    }

    fn codes(&self, literals: &[u8], distances: &[u8]) -> io::Result<Block> {
        match (Code::new(literals), Code::new(distances)) {
            (Some(literals), Some(distances)) => Ok(Block::Coded(Box::new((literals, distances)))),
            _ => Err(self.bits.input.malformed("the codes of a deflate64 block")),
        }
    }

    /// RFC 1951, section 3.2.7.
    fn described(&mut self) -> io::Result<Block> {
        const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        let literals = self.bits.number(5)?.saturating_add(257);
        let distances = self.bits.number(5)?.saturating_add(1);
        let count = self.bits.number(4)?.saturating_add(4);
        let mut lengths = [0; 19];
        for place in ORDER.iter().take(count) {
            let length = self.bits.number(3)?;
            if let Some(slot) = lengths.get_mut(*place) {
                *slot = u8::try_from(length).unwrap_or(0);
            }
        }
        let broken = |bits: &Bits| bits.input.malformed("the codes of a deflate64 block");
        let code = Code::new(&lengths).ok_or_else(|| broken(&self.bits))?;
        let all = literals.saturating_add(distances);
        let mut lengths: Vec<u8> = Vec::with_capacity(all);
        while lengths.len() < all {
            let (length, repeat) = match code.decode(&mut self.bits)? {
                16 => (*lengths.last().ok_or_else(|| broken(&self.bits))?, self.bits.number(2)?.saturating_add(3)),
                17 => (0, self.bits.number(3)?.saturating_add(3)),
                18 => (0, self.bits.number(7)?.saturating_add(11)),
                length => (u8::try_from(length).unwrap_or(0), 1),
            };
            lengths.extend(std::iter::repeat_n(length, repeat));
        }
        match lengths.split_at_checked(literals) {
            Some((literals, distances)) if lengths.len() == all => self.codes(literals, distances),
            _ => Err(broken(&self.bits)),
        }
    }

    /// One symbol; `false` at the end of the block.
    fn symbol(&mut self, literals: &Code, distances: &Code) -> io::Result<bool> {
        /// Lengths of the symbols from 257: the first value, and the bits that are added.
        const LENGTHS: [(usize, u8); 29] = [
            (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1), (19, 2),
            (23, 2), (27, 2), (31, 2), (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4), (131, 5),
            (163, 5), (195, 5), (227, 5), (3, 16),
        ];
        let symbol = literals.decode(&mut self.bits)?;
        if let Ok(byte) = u8::try_from(symbol) {
            self.put(byte);
            return Ok(true);
        }
        if symbol == 256 {
            return Ok(false);
        }
        let broken = |bits: &Bits| bits.input.malformed("a match of a deflate64 stream");
        let length = LENGTHS.get(usize::from(symbol).saturating_sub(257)).ok_or_else(|| broken(&self.bits))?;
        let length = length.0.saturating_add(self.bits.number(length.1)?);
        // Two symbols a power of two: 1, 2, 3, 4, 5, 7, 9, 13 … 49153, 65537 and so on.
        let symbol = distances.decode(&mut self.bits)?;
        let extra = u8::try_from((symbol >> 1).saturating_sub(1)).unwrap_or(0);
        let first = match symbol {
            0..2 => usize::from(symbol).saturating_add(1),
            _ => (usize::from(2 | symbol & 1) << extra).saturating_add(1),
        };
        let distance = first.saturating_add(self.bits.number(if symbol < 2 { 0 } else { extra })?);
        if symbol > 31 || distance > WINDOW || distance as u64 > self.made {
            return Err(broken(&self.bits));
        }
        for _ in 0..length {
            let from = self.at.wrapping_sub(distance) & (WINDOW - 1);
            let byte = self.window.get(from).copied().unwrap_or_default();
            self.put(byte);
        }
        Ok(true)
    }
}

impl Read for Inflate64 {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given >= self.ready.len() {
            if self.failed {
                return Err(self.bits.input.malformed(WHAT));
            }
            self.ready.clear();
            self.given = 0;
            let filled = self.fill();
            self.failed = filled.is_err();
            // What came out before the error is real: the next read tells the error.
            if self.ready.is_empty() {
                filled?;
            }
        }
        let ready = self.ready.get(self.given..).unwrap_or_default();
        let count = ready.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given = self.given.saturating_add(count);
        Ok(count)
    }
}

impl Decode for Inflate64 {
    fn consumed(&self) -> u64 {
        self.bits.input.consumed()
    }
}
