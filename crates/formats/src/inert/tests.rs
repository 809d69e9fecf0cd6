//! Small files of each format: read to their end, cut anywhere, and with something behind them.
use super::*;
use crate::reading;

fn chunk(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(kind);
    sum.update(body);
    [&(body.len() as u32).to_be_bytes(), kind, body, &sum.sum().to_be_bytes()].concat()
}

fn png() -> Vec<u8> {
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]),
        chunk(b"IDAT", b"data"),
        chunk(b"IEND", b""),
    ]
    .concat()
}

fn fixtures() -> Vec<(&'static Format, Vec<u8>)> {
    let mp3_frame = [&[0xff, 0xfb, 0x90, 0x00][..], &[0; 413]].concat();
    let box_of = |kind: &[u8], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes(), kind, body].concat();
    let riff = |form: &[u8], body: &[u8]| [b"RIFF", &(body.len() as u32 + 4).to_le_bytes()[..], form, body].concat();
    vec![
        (&PNG, png()),
        (&JPEG, b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x02\x12\xff\0\x34\xff\xd0\x56\xff\xd9".to_vec()),
        (&GIF, b"GIF89a\x01\0\x01\0\x80\0\0abcdef\x21\xf9\x01x\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02zz\0\x3b".to_vec()),
        (&BMP, [&b"BM\x1e\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0"[..], &[1; 12]].concat()),
        (&ICO, [&b"\0\0\x01\0\x01\0\x01\x01\0\0\0\0\0\0\x08\0\0\0\x16\0\0\0\x28\0\0\0"[..], b"abcd"].concat()),
        (
            &TIFF,
            b"II*\0\x08\0\0\0\x02\0\x11\x01\x04\0\x01\0\0\0\x26\0\0\0\x17\x01\x04\0\x01\0\0\0\x02\0\0\0\0\0\0\0xy"
                .to_vec(),
        ),
        (&WEBP, riff(b"WEBP", b"VP8 \x03\0\0\0abc\0")),
        (&WAV, riff(b"WAVE", b"fmt \x02\0\0\0abdata\x02\0\0\0cd")),
        (&FLAC, [&b"fLaC\x80\0\0\x22"[..], &[0; 34], b"\xff\xf8frames"].concat()),
        (&OGG, [&b"OggS\0\x02"[..], &[0; 20], b"\x02\x01\x02abc"].concat()),
        (&MP3, [&b"ID3\x04\0\0\0\0\0\x02ab"[..], &mp3_frame, &mp3_frame].concat()),
        (&SFNT, b"\0\x01\0\0\0\x01\0\0\0\0\0\0cmap\0\0\0\0\0\0\0\x1c\0\0\0\x03abc\0".to_vec()),
        (&WOFF, [&b"wOFF\0\x01\0\0\0\0\0\x2c"[..], &[0; 32]].concat()),
        (&PDF, b"%PDF-1.4\n1 0 obj\n%%EOF\nmore\n%%EOF\n".to_vec()),
        (&MP4, [box_of(b"ftyp", b"isom"), box_of(b"moov", b"abc"), box_of(b"mdat", b"")].concat()),
    ]
}

#[test]
fn each_is_read_to_its_end() {
    for (format, bytes) in fixtures() {
        let reading = reading::read(format, "", &bytes).unwrap_or_else(|| panic!("{} is not recognised", format.id));
        assert!(reading.complete() && reading.facts.is_empty(), "{}: {:?}", format.id, reading.stop);
        let others = crate::FORMATS.iter().filter(|other| other.id != format.id && other.id != "text");
        let others: Vec<_> =
            others.filter(|other| reading::detect(other, "", &bytes) == Some(Certainty::Certain)).collect();
        assert!(others.is_empty(), "{} is also {others:?}", format.id);
    }
}

#[test]
fn what_follows_is_given_back() {
    for (format, bytes) in fixtures().into_iter().filter(|(format, _)| !["flac", "pdf"].contains(&format.id)) {
        let longer = [&bytes[..], b"\x80\x04payload."].concat();
        let reading = reading::read(format, "", &longer).unwrap();
        assert!(reading.complete(), "{}: {:?}", format.id, reading.stop);
        assert_eq!(reading.children.len(), 1, "{}", format.id);
        assert_eq!(reading.children[0].place.offset, bytes.len() as u64, "{}", format.id);
    }
}

#[test]
fn every_prefix_stops_politely() {
    for (format, bytes) in fixtures() {
        for end in 0..bytes.len() {
            if let Some(reading) = reading::read(format, "", &bytes[..end]) {
                let open_ended = ["flac", "mp3", "mp4", "pdf", "sfnt", "webp"].contains(&format.id);
                assert!(reading.stop.is_some() || open_ended, "{} cut at {end}", format.id);
            }
        }
    }
}

#[test]
fn a_wrong_checksum_is_malformed() {
    let mut bytes = png();
    bytes[20] ^= 1;
    assert!(matches!(reading::read(&PNG, "", &bytes).unwrap().stop, Some(Stop::Malformed { .. })));
}

#[test]
fn a_tiff_in_circles_ends() {
    let circle = b"II*\0\x08\0\0\0\0\0\x08\0\0\0";
    assert!(reading::read(&TIFF, "", circle).unwrap().stop.is_some());
}
