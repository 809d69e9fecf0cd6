//! A pickle assembler: one opcode a line, by the names that CPython's `pickletools` gives them.
//!
//! ```text
//! PROTO 4
//! FRAME                                # no operand: the true length, up to the next FRAME, the STOP or the end
//! SHORT_BINUNICODE "os"
//! MEMOIZE
//! GLOBAL posix system                  # text operands: as they stand, without quotes
//! STRING 'echo hi'                     # the operand of STRING keeps its quotes: they belong to the opcode
//! UNICODE "caf\u00e9"                  # becomes raw-unicode-escape
//! SHORT_BINBYTES b"\x00\xff"
//! BINBYTES8@1099511627776 b"abc"       # states another length than it has
//! LONG1 -129                           # or LONG1 b"\x7f\xff"
//! RAW 80 04 b"anything" ff             # bytes that no opcode would write
//! STOP
//! ```
//!
//! `#` begins a comment at the start of a line or after a blank; blank lines are ignored. Numbers are decimal or `0x`.
//! Quoted literals know `\n \r \t \0 \a \b \f \v \\ \" \'`, `\xNN`, and in text `\uNNNN` and `\UNNNNNNNN`
//! (lone surrogates are encoded as Python's `surrogatepass` does). Where bytes are wanted text is encoded as UTF-8;
//! a text operand given as `b"..."` is written raw, followed by its newline.

mod literal;
mod opcode;

use std::fmt;

use literal::{Token, tokens};
use opcode::{OPCODES, Opcode, Operand, Width};

/// Why a text could not be assembled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it, as a sentence without a full stop.
    pub reason: String,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for Error {}

/// Assembles `text` into the bytes of a pickle; it need not be one that loads.
///
/// # Errors
/// The first line that names no opcode, or whose operand the opcode cannot hold.
pub fn assemble(text: &str) -> Result<Vec<u8>, Error> {
    let mut assembly = Assembly::default();
    for (index, line) in text.lines().enumerate() {
        assembly.line(line).map_err(|reason| Error { line: index + 1, reason })?;
    }
    assembly.close_frame();
    Ok(assembly.bytes)
}

/// The bytes so far, and where the length of the frame still open is to be written.
#[derive(Default)]
struct Assembly {
    bytes: Vec<u8>,
    frame: Option<usize>,
}

impl Assembly {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim_start();
        if word == "RAW" {
            self.bytes.extend(raw(rest)?);
            return Ok(());
        }
        let (name, stated) = match word.split_once('@') {
            Some((name, stated)) => (name, Some(literal::number(stated)?)),
            None => (word, None),
        };
        let opcode = opcode::named(name).ok_or_else(|| unknown(name))?;
        if stated.is_some() && !matches!(opcode.operand, Operand::Counted(_) | Operand::Long(_)) {
            return Err(format!("{name} has no length that `@` could state"));
        }
        if name == "FRAME" {
            self.close_frame();
        }
        self.bytes.push(opcode.code);
        if name == "FRAME" && tokens(rest)?.is_empty() {
            self.frame = Some(self.bytes.len());
            self.bytes.extend([0; 8]);
            return Ok(());
        }
        self.bytes.extend(operand(opcode, stated, rest)?);
        if name == "STOP" {
            self.close_frame();
        }
        Ok(())
    }

    /// Writes the true length of the frame still open, if any.
    fn close_frame(&mut self) {
        if let Some(at) = self.frame.take() {
            let length = (self.bytes.len() - at - 8) as u64;
            self.bytes[at..at + 8].copy_from_slice(&length.to_le_bytes());
        }
    }
}

/// The bytes behind an opcode; `stated` is the length after `@`.
fn operand(opcode: &Opcode, stated: Option<i128>, rest: &str) -> Result<Vec<u8>, String> {
    let name = opcode.name;
    match opcode.operand {
        Operand::Nothing if tokens(rest)?.is_empty() => Ok(Vec::new()),
        Operand::Nothing => Err(format!("{name} takes no operand")),
        Operand::Number(width) => little_endian(name, width, single(name, rest, "a number")?.number()?),
        Operand::Float => Ok(single(name, rest, "a number")?.float()?.to_be_bytes().to_vec()),
        Operand::Counted(width) => {
            let bytes = single(name, rest, "\"text\" or b\"bytes\"")?
                .quoted()
                .ok_or_else(|| format!("the operand of {name} must be quoted: \"text\" or b\"bytes\""))?;
            counted(name, width, stated, &bytes)
        }
        Operand::Long(width) => {
            let token = single(name, rest, "a number or b\"bytes\"")?;
            let bytes = match token.quoted() {
                Some(bytes) => bytes,
                None => long_bytes(token.number()?),
            };
            counted(name, width, stated, &bytes)
        }
        Operand::Line => terminated(name, literal::line(rest, false)?),
        Operand::QuotedLine => terminated(name, literal::line(rest, true)?),
        Operand::UnicodeLine => terminated(name, literal::unicode_line(rest)?),
        Operand::TwoLines => match tokens(rest)?.as_slice() {
            [module, qualified] => Ok([module.bytes(), qualified.bytes(), Vec::new()].join(&b'\n')),
            _ => Err(format!("{name} takes a module and a name: {name} os system")),
        },
    }
}

fn little_endian(name: &str, width: Width, value: i128) -> Result<Vec<u8>, String> {
    let (least, most) = width.bounds();
    if value < least || value > most {
        return Err(format!("{name} holds {least} to {most}, not {value}; write other bytes with RAW"));
    }
    Ok(value.to_le_bytes()[..width.bytes()].to_vec())
}

fn counted(name: &str, width: Width, stated: Option<i128>, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let length = little_endian(name, width, stated.unwrap_or(bytes.len() as i128)).map_err(|_| match stated {
        Some(stated) => format!("{name} cannot state the length {stated} in {} bytes", width.bytes()),
        None => format!("{} bytes are too many for {name}", bytes.len()),
    })?;
    Ok([&length, bytes].concat())
}

fn terminated(name: &str, text: Option<Vec<u8>>) -> Result<Vec<u8>, String> {
    let mut line = text.ok_or_else(|| missing(name, "a text"))?;
    line.push(b'\n');
    Ok(line)
}

fn raw(rest: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for token in tokens(rest)? {
        match token {
            Token::Bare(digits) => bytes.extend(literal::hexadecimal(&digits)?),
            quoted => bytes.extend(quoted.bytes()),
        }
    }
    Ok(bytes)
}

/// The shortest little-endian two's complement of `value`, as LONG1 and LONG4 want it: zero has no bytes.
fn long_bytes(value: i128) -> Vec<u8> {
    if value == 0 {
        return Vec::new();
    }
    let mut bytes = value.to_le_bytes().to_vec();
    let sign = if value < 0 { 0xff } else { 0 };
    while let [.., before, last] = bytes.as_slice() {
        if *last != sign || (before ^ sign) & 0x80 != 0 {
            break;
        }
        bytes.pop();
    }
    bytes
}

fn single(name: &str, rest: &str, what: &str) -> Result<Token, String> {
    let mut found = tokens(rest)?;
    match (found.pop(), found.len()) {
        (Some(token), 0) => Ok(token),
        (None, _) => Err(missing(name, what)),
        (Some(_), more) => Err(format!("{name} takes {what}, one operand; here are {}", more + 1)),
    }
}

fn missing(name: &str, what: &str) -> String {
    format!("{name} needs {what}")
}

/// Names the opcode that shares the longest beginning with what was written.
fn unknown(name: &str) -> String {
    let shared =
        |opcode: &&Opcode| opcode.name.bytes().zip(name.to_uppercase().bytes()).take_while(|(a, b)| a == b).count();
    match OPCODES.iter().max_by_key(shared).filter(|opcode| shared(opcode) > 1) {
        Some(near) => format!("there is no opcode {name}; did you mean {}?", near.name),
        None => format!("there is no opcode {name}; the names are those of pickletools, or RAW"),
    }
}

#[cfg(test)]
mod tests;
