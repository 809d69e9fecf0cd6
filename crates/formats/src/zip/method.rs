//! Compression methods (APPNOTE 6.3.10, section 4.4.5).

use std::io::{Cursor, Read};

use base::{
    blob::Blob,
    limits::Limits,
    sink::{ChildBody, Codec, Packed},
    stop::Stop,
};

use crate::codec;

use super::header::{Local, Stated, flag};

/// The name of a method.
pub(super) fn name(method: u16) -> &'static str {
    match method {
        0 => "stored",
        1 => "shrink",
        2..=5 => "reduce",
        6 => "implode",
        8 => "deflate",
        9 => "deflate64",
        10 => "dcl-implode",
        12 => "bzip2",
        14 => "lzma",
        20 | 93 => "zstd",
        94 => "mp3",
        95 => "xz",
        96 => "jpeg",
        97 => "wavpack",
        98 => "ppmd",
        99 => "aes",
        _ => "unknown",
    }
}

fn decoder(method: u16) -> Option<&'static Codec> {
    match method {
        8 => Some(&codec::DEFLATE),
        9 => Some(&codec::DEFLATE64),
        12 => Some(&codec::BZIP2),
        14 => Some(&codec::ZIP_LZMA),
        20 | 93 => Some(&codec::ZSTD),
        95 => Some(&codec::XZ),
        _ => None,
    }
}

/// Whether no loader gets at a member without a key, by what is stated.
pub(super) fn is_closed(stated: &Stated) -> bool {
    stated.flags & flag::STRONG != 0 && stated.flags & flag::ENCRYPTED != 0
}

/// The body of a member: `from` read by the method that `stated` names.
///
/// The encryption bit is not believed: some loaders ignore it. Where it is true, decoding fails and the member is incomplete.
pub(super) fn body(from: Blob, stated: &Stated) -> ChildBody {
    if is_closed(stated) {
        return ChildBody::Closed(Stop::Unsupported("strong encryption".into()));
    }
    if stated.method == 0 {
        return ChildBody::Window(from);
    }
    match decoder(stated.method) {
        Some(codec) => ChildBody::Packed(Packed { from, codec, size: Some(stated.size), crc32: Some(stated.crc) }),
        None => {
            let what = format!("zip method {} ({})", stated.method, name(stated.method));
            ChildBody::Closed(Stop::Unsupported(what))
        }
    }
}

/// The body of an entry known by its local header alone: a streamed one states neither size nor CRC.
pub(super) fn forward_body(from: Blob, local: &Local) -> ChildBody {
    match body(from, &local.stated) {
        ChildBody::Packed(packed) if local.streamed() && local.stated.packed == 0 => {
            ChildBody::Packed(Packed { size: None, crc32: None, ..packed })
        }
        body => body,
    }
}

/// The decoded content where it is at most `limit` bytes: for link targets, which a parser must know.
pub(super) fn small(from: &Blob, stated: &Stated, limit: u64, limits: &Limits) -> Option<Vec<u8>> {
    let bytes = from.bytes_at(0, usize::try_from(limit).ok()?).ok()?;
    if stated.method == 0 {
        return Some(bytes);
    }
    let decoder = (decoder(stated.method)?.open)(Box::new(Cursor::new(bytes)), limits).ok()?;
    let mut content = Vec::new();
    decoder.take(limit).read_to_end(&mut content).ok()?;
    Some(content)
}
