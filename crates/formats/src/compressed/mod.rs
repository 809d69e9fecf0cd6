//! Files that are one compressed stream: each gives one packed child, named as the file without its suffix.
//!
//! Header, body and checksum all belong to the child: the engine decodes, and sees what its decoder did not consume.

mod detect;
mod gzip;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::Kind,
    format::{Class, Depth, Format},
    location::Place,
    sink::{Child, Codec, Packed, Sink},
    source::Access,
    stop::Stop,
};

use crate::codec;

macro_rules! compressed {
    ($($(#[doc = $doc:literal])+ $constant:ident = $id:literal, $name:literal, $extensions:expr, $codec:expr;)+) => { $(
        $(#[doc = $doc])+
        pub const $constant: Format = Format {
            id: $id,
            name: $name,
            extensions: $extensions,
            depth: Depth::Structure,
            access: Access::Forward,
            class: Class::Active,
            facts: &[Kind::Flaw],
            detect: detect::$constant,
            explain: None,
            parse: |blob, sink| give(blob, sink, &$codec, $extensions),
        };
    )+ };
}
compressed! {
    /// gzip (RFC 1952), one or more members.
    GZIP = "gzip", "gzip", &["gz", "tgz", "gzip"], codec::GZIP;
    /// zlib (RFC 1950).
    ZLIB = "zlib", "zlib stream", &["zlib", "z", "zz"], codec::ZLIB;
    /// bzip2, one or more streams.
    BZIP2 = "bzip2", "bzip2", &["bz2", "tbz2", "tbz", "bz"], codec::BZIP2;
    /// xz, one or more streams.
    XZ = "xz", "xz", &["xz", "txz"], codec::XZ;
    /// The older `.lzma` form.
    LZMA = "lzma-alone", "LZMA alone", &["lzma", "tlz"], codec::LZMA;
    /// lzip, one or more members.
    LZIP = "lzip", "lzip", &["lz", "tlz"], codec::LZIP;
    /// Zstandard (RFC 8878), one or more frames.
    ZSTD = "zstd", "Zstandard", &["zst", "tzst", "zstd"], codec::ZSTD;
    /// LZ4 frames, with the legacy one.
    LZ4 = "lz4", "LZ4 frame", &["lz4", "tlz4"], codec::LZ4;
    /// Framed snappy.
    SNAPPY = "snappy", "Snappy frames", &["sz", "snappy"], codec::SNAPPY;
    /// LZW of compress(1).
    COMPRESS = "compress", "compress (LZW)", &["z"], codec::LZW;
    /// Brotli (RFC 7932): has no magic, so only a suffix and a trial show it.
    BROTLI = "brotli", "Brotli", &["br"], codec::BROTLI;
}

/// The first form of joblib's compressed pickles: `ZF`, the size in hexadecimal in 19 columns, and a zlib stream.
pub const ZFILE: Format = Format {
    id: "zfile",
    name: "joblib Z-file",
    extensions: &["z"],
    depth: Depth::Structure,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Flaw],
    detect: detect::ZFILE,
    explain: None,
    parse: give_zfile,
};

fn give(blob: &Blob, sink: &mut Sink<'_>, codec: &'static Codec, extensions: &[&str]) -> Result<(), Stop> {
    sink.milestone()?;
    if codec.id == codec::GZIP.id {
        gzip::header(blob, sink)?;
    }
    let name = content_name(sink.name(), extensions);
    give_packed(blob.clone(), sink, 0, name, codec, None)
}

fn give_zfile(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    sink.milestone()?;
    let head = blob.bytes_at(0, detect::ZFILE_HEADER.saturating_add(1))?;
    // joblib up to 0.8.4 under Python 2 wrote one more blank.
    let blank = u64::from(head.last() == Some(&b' '));
    let start = blank.saturating_add(detect::ZFILE_HEADER as u64);
    sink.claim(0..start, Claim::Read);
    let size = detect::zfile_size(&head);
    let name = content_name(sink.name(), ZFILE.extensions);
    match blob.from(start) {
        Some(from) => give_packed(from, sink, start, name, &codec::ZLIB, size),
        None => Err(Stop::truncated(start, "the header of a Z-file")),
    }
}

fn give_packed(
    from: Blob,
    sink: &mut Sink<'_>,
    start: u64,
    name: String,
    codec: &'static Codec,
    size: Option<u64>,
) -> Result<(), Stop> {
    // A forward source is open-ended: the engine closes the claim where its child ended.
    let end = from.len().map_or(u64::MAX, |len| start.saturating_add(len));
    sink.claim(start..end, Claim::Child);
    let packed = Packed { from, codec, size, crc32: None };
    sink.child(Child::packed(name, Place::bytes(start, end.saturating_sub(start)), packed))
}

/// `model.pkl.gz` holds `model.pkl`, `model.tgz` holds `model.tar`, anything else holds `content`.
fn content_name(name: &str, extensions: &[&str]) -> String {
    let own = name.rsplit('/').next().unwrap_or(name);
    let Some((stem, suffix)) = own.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) else {
        return "content".to_owned();
    };
    let suffix = suffix.to_ascii_lowercase();
    if !extensions.contains(&suffix.as_str()) {
        return "content".to_owned();
    }
    let tar = suffix.starts_with('t') && suffix.len() <= 4;
    if tar { format!("{stem}.tar") } else { stem.to_owned() }
}

#[cfg(test)]
mod tests;
