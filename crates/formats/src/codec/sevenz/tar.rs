//! The tar archive as which a folder of several files comes out: GNU's form, which has names and sizes without end.

use super::File;

const BLOCK: usize = 512;
/// Bytes of the name field.
const NAME: usize = 100;
/// The largest size that the octal digits of a header hold.
const OCTAL: u64 = 0o777_7777_7777;

/// What stands in front of a file's content.
pub(super) fn header(name: &[u8], size: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if name.len() >= NAME {
        let length = (name.len() as u64).saturating_add(1);
        bytes.extend(block(b"././@LongLink", length, b'L'));
        bytes.extend(name);
        bytes.push(0);
        bytes.append(&mut padding(length));
    }
    bytes.extend(block(name, size, b'0'));
    bytes
}

/// Zeros up to the next block behind `size` bytes.
pub(super) fn padding(size: u64) -> Vec<u8> {
    let over = usize::try_from(size.checked_rem(BLOCK as u64).unwrap_or_default()).unwrap_or_default();
    vec![0; if over == 0 { 0 } else { BLOCK.saturating_sub(over) }]
}

/// The two blocks that end an archive.
pub(super) fn trailer() -> Vec<u8> {
    vec![0; BLOCK.saturating_mul(2)]
}

/// Bytes that a file takes in all.
pub(super) fn member(file: &File) -> Option<u64> {
    let around = header(&file.name, file.size).len().checked_add(padding(file.size).len())?;
    file.size.checked_add(around as u64)
}

fn block(name: &[u8], size: u64, kind: u8) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        let field = block.get_mut(at..).unwrap_or_default();
        for (to, from) in field.iter_mut().zip(bytes) {
            *to = *from;
        }
    };
    put(0, name.get(..NAME).unwrap_or(name));
    put(100, b"0000644\x000000000\x000000000\0");
    match size {
        0..=OCTAL => put(124, format!("{size:011o}\0").as_bytes()),
        _ => put(124, &[&[0x80, 0, 0, 0][..], &size.to_be_bytes()].concat()),
    }
    put(136, b"00000000000\0        ");
    put(156, &[kind]);
    put(257, b"ustar  \0");
    let sum = block.iter().fold(0_u32, |sum, byte| sum.saturating_add(u32::from(*byte)));
    let digits = format!("{sum:06o}\0 ");
    for (to, from) in block.iter_mut().skip(148).zip(digits.bytes()) {
        *to = from;
    }
    block
}
