//! Formats to whose content no model loader gives meaning: images, sound, fonts, documents. Each is checked to its end,
//! and what follows the end is given back.

mod audio;
mod document;
mod font;
mod image;
mod raster;
mod riff;
mod video;

#[cfg(test)]
mod tests;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Flaw, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};

/// One row a format: name of the constant, id, name, extensions, how it is recognised, and the walk to its end.
macro_rules! inert {
    ($($constant:ident, $id:literal, $name:literal, [$($extension:literal),*], $detect:path, $walk:path;)+) => { $(
        #[doc = concat!($name, ".")]
        pub const $constant: Format = Format {
            id: $id,
            name: $name,
            extensions: &[$($extension),*],
            depth: Depth::Structure,
            access: Access::Random,
            class: Class::Inert,
            facts: &[Kind::Flaw],
            detect: $detect,
            explain: None,
            parse: |blob: &Blob, sink: &mut Sink<'_>| read(blob, sink, $walk),
        };
    )+ };
}

inert! {
    PNG, "png", "PNG image", ["png"], image::is_png, image::png;
    JPEG, "jpeg", "JPEG image", ["jpg", "jpeg"], image::is_jpeg, image::jpeg;
    GIF, "gif", "GIF image", ["gif"], image::is_gif, image::gif;
    BMP, "bmp", "BMP image", ["bmp"], raster::is_bmp, raster::bmp;
    ICO, "ico", "Icon", ["ico", "cur"], raster::is_ico, raster::ico;
    TIFF, "tiff", "TIFF image", ["tif", "tiff"], raster::is_tiff, raster::tiff;
    WEBP, "webp", "WebP image", ["webp"], riff::is_webp, riff::chunks;
    WAV, "wav", "WAVE sound", ["wav"], riff::is_wav, riff::chunks;
    FLAC, "flac", "FLAC sound", ["flac"], audio::is_flac, audio::flac;
    OGG, "ogg", "Ogg sound or video", ["ogg", "oga", "ogv", "opus"], audio::is_ogg, audio::ogg;
    MP3, "mp3", "MPEG sound", ["mp3"], audio::is_mp3, audio::mp3;
    SFNT, "sfnt", "TrueType or OpenType font", ["ttf", "otf"], font::is_sfnt, font::sfnt;
    WOFF, "woff", "Web font", ["woff", "woff2"], font::is_woff, font::woff;
    PDF, "pdf", "PDF document", ["pdf"], document::is_pdf, document::pdf;
    MP4, "mp4", "MPEG-4 video", ["mp4", "m4a", "mov"], video::is_mp4, video::mp4;
}

/// Walks to the end of the format: the offset behind it.
type Walk = fn(&mut Reader<'_>) -> Result<u64, Stop>;

/// Walks, claims, and gives back what follows.
fn read(blob: &Blob, sink: &mut Sink<'_>, walk: Walk) -> Result<(), Stop> {
    let mut reader = Reader::new(blob, sink.meter());
    let end = walk(&mut reader)?;
    sink.milestone()?;
    sink.claim(0..end, Claim::Read);
    trailing(blob, sink, end)
}

/// Gives back what follows the end of a format at `end` as a child.
pub(crate) fn trailing(blob: &Blob, sink: &mut Sink<'_>, end: u64) -> Result<(), Stop> {
    let mut reader = Reader::at(blob, sink.meter(), end);
    if reader.at_end()? {
        return Ok(());
    }
    let len = match blob.len() {
        Some(len) => len,
        None => read_out(&mut reader)?,
    };
    let place = Place::bytes(end, len.saturating_sub(end));
    let detail = "bytes follow the end of the format".into();
    sink.fact(place.clone(), Flaw { id: "trailing-data".into(), detail, part: "".into() })?;
    sink.claim(end..len, Claim::Child);
    match blob.slice(end..len) {
        Some(rest) => sink.child(Child::window("trailing", place, rest)),
        None => Ok(()),
    }
}

/// Reads to the end of a source that does not know its length: the length.
fn read_out(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    loop {
        match reader.peek(64 << 10)?.len() {
            0 => return Ok(reader.offset()),
            count => reader.consume(count),
        }
    }
}

/// Certain when `found`.
fn certain(found: bool) -> Option<Certainty> {
    found.then_some(Certainty::Certain)
}

/// Worth a trial when `found`.
fn possible(found: bool) -> Option<Certainty> {
    found.then_some(Certainty::Possible)
}

/// The little-endian `u32` at `offset` of the head.
fn u32_at(head: &Head<'_>, offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*head.at(offset, 4)?.first_chunk()?))
}

/// The end of a part, refused where it lies beyond the end of the file.
fn within(reader: &Reader<'_>, end: u64, what: &str) -> Result<u64, Stop> {
    match reader.blob().len() {
        Some(len) if end > len => Err(Stop::truncated(len, what)),
        _ => Ok(end),
    }
}
