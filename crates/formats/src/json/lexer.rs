//! The tokens of JSON, one character at a time.

use base::{reader::Reader, stop::Stop};

use crate::text::encoding::{Decoder, Encoding};

/// A value that is neither a string nor a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A number, NaN or Infinity.
    Number,
    /// `true`, `false`, and the numbers 0 and 1 that stand for them.
    Truth,
    /// `null`.
    Null,
}

/// Characters with one of look-ahead.
pub(super) struct Lexer<'a> {
    text: Decoder<'a>,
    next: Option<Option<char>>,
    /// Where the character in `next` begins, or the one that does not decode.
    at: u64,
    broken: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(reader: Reader<'a>, encoding: Encoding, mark: u64) -> Self {
        Self { text: Decoder::new(reader, encoding, mark), next: None, at: 0, broken: false }
    }

    /// Where the next character begins.
    pub(super) fn offset(&self) -> u64 {
        if self.broken || matches!(self.next, Some(Some(_))) { self.at } else { self.text.offset() }
    }

    /// The next character without stepping over it.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<Option<char>, Stop> {
        match self.next {
            Some(next) => Ok(next),
            None => {
                self.at = self.text.offset();
                self.broken = true;
                let next = self.text.next()?;
                self.broken = false;
                self.next = Some(next);
                Ok(next)
            }
        }
    }

    /// Steps over the character that was peeked.
    #[inline]
    pub(super) fn skip(&mut self) {
        self.next = None;
    }

    fn take(&mut self, what: &str) -> Result<char, Stop> {
        match self.peek()? {
            Some(letter) => {
                self.skip();
                Ok(letter)
            }
            None => Err(Stop::truncated(self.text.offset(), what)),
        }
    }

    /// Steps over white space (RFC 8259, section 2).
    pub(super) fn space(&mut self) -> Result<(), Stop> {
        while matches!(self.peek()?, Some(' ' | '\t' | '\n' | '\r')) {
            self.skip();
        }
        Ok(())
    }

    /// The stop for a missing `what`.
    pub(super) fn expected(&self, what: &str) -> Stop {
        match self.next {
            Some(None) => Stop::truncated(self.text.offset(), what),
            _ => Stop::malformed(self.offset(), format!("expected {what}")),
        }
    }

    /// Reads a string from its opening quotation mark; whether it held control characters as they are, which strict readers refuse.
    pub(super) fn string(&mut self, mut push: impl FnMut(char)) -> Result<bool, Stop> {
        self.skip();
        let mut controls = false;
        // A high surrogate whose low half may follow as another escape.
        let mut high: Option<u32> = None;
        loop {
            let letter = self.take("a string")?;
            let unit = match letter {
                '\\' => self.escape()?,
                '"' => {
                    if high.is_some() {
                        push(char::REPLACEMENT_CHARACTER);
                    }
                    return Ok(controls);
                }
                letter => {
                    controls |= letter < ' ';
                    u32::from(letter)
                }
            };
            match (high.take(), unit) {
                (Some(first), 0xdc00..=0xdfff) => push(pair(first, unit)),
                (first, unit) => {
                    if first.is_some() {
                        push(char::REPLACEMENT_CHARACTER);
                    }
                    if (0xd800..=0xdbff).contains(&unit) {
                        high = Some(unit);
                    } else {
                        push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                }
            }
        }
    }

    /// The code unit of an escape behind its backslash.
    fn escape(&mut self) -> Result<u32, Stop> {
        let at = self.offset();
        let letter = self.take("an escape")?;
        Ok(match letter {
            '"' | '\\' | '/' => u32::from(letter),
            'b' => 8,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'u' => {
                let mut unit = 0_u32;
                for _ in 0..4 {
                    let digit = self.take("an escape")?.to_digit(16);
                    let digit = digit.ok_or_else(|| Stop::malformed(at, "expected four hexadecimal digits"))?;
                    unit = unit << 4 | digit;
                }
                unit
            }
            _ => return Err(Stop::malformed(at, "unknown escape")),
        })
    }

    /// Reads a number or a word.
    pub(super) fn word(&mut self) -> Result<Word, Stop> {
        let at = self.offset();
        let mut word = String::new();
        let mut length = 0_u64;
        while let Some(letter) = self.peek()? {
            if !(letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.')) {
                break;
            }
            // Numbers may have any number of digits; their form shows in the grammar below, digit runs are cut.
            let run = word.len() >= 64 && letter.is_ascii_digit();
            if !run {
                word.push(letter);
            }
            length = length.saturating_add(1);
            self.skip();
            if word.len() > 128 {
                return Err(Stop::malformed(at, "expected a value"));
            }
        }
        match word.as_str() {
            "" => Err(self.expected("a value")),
            "null" => Ok(Word::Null),
            "true" | "false" | "0" | "1" => Ok(Word::Truth),
            "NaN" | "Infinity" | "-Infinity" => Ok(Word::Number),
            word if is_number(word) => Ok(Word::Number),
            _ if self.peek()?.is_none() => Err(Stop::truncated(self.text.offset(), "a value")),
            _ => Err(Stop::malformed(at, "expected a value")),
        }
    }
}

/// The character of a surrogate pair.
fn pair(high: u32, low: u32) -> char {
    let code = ((high & 0x3ff) << 10 | low & 0x3ff).saturating_add(0x1_0000);
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// RFC 8259, section 6.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) =
        word.split_once(['e', 'E']).map_or((word, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (whole, fraction) =
        mantissa.split_once('.').map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}
