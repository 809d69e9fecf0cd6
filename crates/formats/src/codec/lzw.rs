//! LZW as compress(1) writes it: codes of 9 to 16 bits in groups of eight, with or without a code that clears the table.

use std::io::{self, BufRead, Read};

use base::{
    limits::Limits,
    sink::{Codec, Decode},
    stop::Stop,
};

use super::input::Input;

/// The stream of compress(1), behind its own magic.
pub(crate) const LZW: Codec = Codec { id: "lzw", open };

const WHAT: &str = "an LZW stream";
/// Bits of the first codes.
const FIRST_BITS: u32 = 9;
const MOST_BITS: u32 = 16;
/// The code that clears the table, in a stream that has one.
const CLEAR: u16 = 256;

fn open(input: Box<dyn Read + Send>, _: &Limits) -> Result<Box<dyn Decode>, Stop> {
    Ok(Box::new(Lzw {
        input: Input::new(input),
        begun: false,
        codes: Codes { most: MOST_BITS, bits: FIRST_BITS, group: Vec::new(), at: 0 },
        clears: false,
        free: 0,
        previous: None,
        last: 0,
        table: vec![(0, 0); 1 << MOST_BITS],
        ready: Vec::new(),
        failed: false,
    }))
}

/// The codes of a stream: eight at a time are packed into as many bytes as a code has bits.
struct Codes {
    most: u32,
    bits: u32,
    group: Vec<u8>,
    /// Bits of the group that were used.
    at: usize,
}

impl Codes {
    /// The next code; `None` at the end.
    fn next(&mut self, input: &mut Input) -> io::Result<Option<u16>> {
        let width = usize::try_from(self.bits).unwrap_or_default();
        if self.at.saturating_add(width) > self.group.len().saturating_mul(8) {
            self.group.clear();
            self.at = 0;
            while self.group.len() < width {
                let seen = input.fill_buf()?;
                let count = seen.len().min(width.saturating_sub(self.group.len()));
                if count == 0 {
                    break;
                }
                self.group.extend_from_slice(seen.get(..count).unwrap_or_default());
                input.consume(count);
            }
            if self.group.len().saturating_mul(8) < width {
                return Ok(None);
            }
        }
        let start = self.at >> 3;
        let three = (0..3).rev().map(|byte| u32::from(*self.group.get(start.saturating_add(byte)).unwrap_or(&0)));
        let word = three.fold(0_u32, |word, byte| word << 8 | byte) >> (self.at & 7);
        self.at = self.at.saturating_add(width);
        Ok(u16::try_from(word & power(self.bits).saturating_sub(1)).ok())
    }

    /// Codes have this width from now on: what is left of the group is filling.
    fn width(&mut self, bits: u32) {
        self.bits = bits;
        self.group.clear();
        self.at = 0;
    }
}

/// 2 to the power of `bits`.
fn power(bits: u32) -> u32 {
    1_u32.checked_shl(bits).unwrap_or(u32::MAX)
}

struct Lzw {
    input: Input,
    begun: bool,
    codes: Codes,
    /// Whether 256 clears the table.
    clears: bool,
    /// The next entry of the table.
    free: u32,
    previous: Option<u16>,
    /// The first byte of what the last code stood for.
    last: u8,
    /// What a code stands for: another one, and a byte behind it.
    table: Vec<(u16, u8)>,
    /// Bytes that come next, last one first.
    ready: Vec<u8>,
    failed: bool,
}

impl Lzw {
    fn begin(&mut self) -> io::Result<()> {
        let [one, two, flags] = self.input.array(WHAT)?;
        let most = u32::from(flags & 0x1f);
        if (one, two) != (0x1f, 0x9d) || !(FIRST_BITS..=MOST_BITS).contains(&most) {
            return Err(self.input.malformed(WHAT));
        }
        self.codes.most = most;
        self.clears = flags & 0x80 != 0;
        self.free = if self.clears { 257 } else { 256 };
        self.begun = true;
        Ok(())
    }

    /// Makes ready what the next code stands for; `false` at the end.
    fn advance(&mut self) -> io::Result<bool> {
        if self.free > power(self.codes.bits).saturating_sub(1) && self.codes.bits < self.codes.most {
            self.codes.width(self.codes.bits.saturating_add(1));
        }
        let Some(code) = self.codes.next(&mut self.input)? else { return Ok(false) };
        if code == CLEAR && self.clears {
            self.codes.width(FIRST_BITS);
            // The entry made by the next code is never used: 256 has its meaning.
            self.free = 256;
            return Ok(true);
        }
        let Some(previous) = self.previous else {
            let literal = u8::try_from(code).map_err(|_| self.input.malformed(WHAT))?;
            (self.previous, self.last) = (Some(code), literal);
            self.ready.push(literal);
            return Ok(true);
        };
        let mut at = code;
        if u32::from(code) >= self.free {
            if u32::from(code) > self.free {
                return Err(self.input.malformed("an LZW code that nothing defines"));
            }
            self.ready.push(self.last);
            at = previous;
        }
        while at > 255 {
            let (before, byte) = self.table.get(usize::from(at)).copied().unwrap_or_default();
            self.ready.push(byte);
            if self.ready.len() > self.table.len() {
                return Err(self.input.malformed("an LZW code that stands for itself"));
            }
            at = before;
        }
        self.last = u8::try_from(at).unwrap_or_default();
        self.ready.push(self.last);
        if self.free < power(self.codes.most) {
            let entry = usize::try_from(self.free).ok().and_then(|free| self.table.get_mut(free));
            entry.into_iter().for_each(|entry| *entry = (previous, self.last));
            self.free = self.free.saturating_add(1);
        }
        self.previous = Some(code);
        Ok(true)
    }
}

impl Read for Lzw {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            return Err(self.input.malformed(WHAT));
        }
        if !self.begun {
            self.begin()?;
        }
        let mut count = 0_usize;
        for to in into {
            while self.ready.is_empty() {
                match self.advance() {
                    Ok(true) => {}
                    Ok(false) => return Ok(count),
                    // What came out before is real: the next reading tells the error.
                    Err(_) if count > 0 => {
                        self.failed = true;
                        return Ok(count);
                    }
                    Err(error) => return Err(error),
                }
            }
            *to = self.ready.pop().unwrap_or_default();
            count = count.saturating_add(1);
        }
        Ok(count)
    }
}

impl Decode for Lzw {
    fn consumed(&self) -> u64 {
        self.input.consumed()
    }
}
