//! One codec over any bytes: what comes out does not depend on how it is asked for.

use std::io::{Cursor, Read};

use base::sink::Codec;

use crate::limits;

/// Bytes that are decoded at most.
const OUT: usize = 1 << 20;

/// Decodes `bytes` in large and in small helpings.
pub fn check(codec: &'static Codec, bytes: &[u8]) {
    let (large, small) = (decode(codec, bytes, 64 << 10), decode(codec, bytes, 251));
    assert_eq!(large.is_some(), small.is_some(), "{} opens only sometimes", codec.id);
    let (Some((large, failed)), Some((small, failed_too))) = (large, small) else { return };
    // How much of a broken stream comes out before its error is the decoder's choice, what comes out is not.
    let same = large.iter().zip(&small).all(|(one, other)| one == other);
    assert!(same, "{} yields other bytes in other helpings", codec.id);
    if !failed || !failed_too {
        assert_eq!((large.len(), failed), (small.len(), failed_too), "{} ends elsewhere in other helpings", codec.id);
    }
}

/// What comes out, and whether it ended in an error.
fn decode(codec: &'static Codec, bytes: &[u8], helping: usize) -> Option<(Vec<u8>, bool)> {
    let mut decoder = (codec.open)(Box::new(Cursor::new(bytes.to_vec())), &limits()).ok()?;
    let mut buffer = vec![0; helping];
    let mut out = Vec::new();
    let failed = loop {
        // Both helpings end at the same byte.
        let room = (OUT - out.len()).min(helping);
        if room == 0 {
            break false;
        }
        match decoder.read(&mut buffer[..room]) {
            Ok(0) => break false,
            Ok(count) => out.extend(&buffer[..count]),
            Err(_) => break true,
        }
    };
    assert!(decoder.consumed() <= bytes.len() as u64, "{} consumed what is not there", codec.id);
    Some((out, failed))
}
