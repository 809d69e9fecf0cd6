//! What is text and what is not.
use crate::reading::{facts, read};

#[test]
fn text_in_every_encoding_is_read_to_its_end() {
    for (bytes, encoding) in [
        (b"Hello\r\n\tworld\x0c".to_vec(), "utf-8"),
        ("Grüße, 世界 🎉\n".as_bytes().to_vec(), "utf-8"),
        (b"\xef\xbb\xbfmarked".to_vec(), "utf-8"),
        (b"a na\xefve caf\xe9 in Latin-1".to_vec(), "8-bit"),
        (
            [&b"\xff\xfe"[..], &"🎉 ok".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat(),
            "utf-16-le",
        ),
        (
            [&b"\xfe\xff"[..], &"ok\n".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()].concat(),
            "utf-16-be",
        ),
    ] {
        let reading = read(&super::PLAIN, "notes", &bytes).unwrap();
        assert!(reading.complete(), "{bytes:?}: {:?}", reading.stop);
        assert_eq!(facts(&reading), [format!("identity key=\"encoding\" value={encoding:?} @0x0+{:#}", bytes.len())]);
    }
}

#[test]
fn binary_is_not_text() {
    for bytes in [
        &b"text\0with zero"[..],
        b"\x7fELF",
        b"bell\x07",
        b"\xff\xfea\0\x01\0",
        b"\xff\xfe\0",
        b"\xc3\x28\xa0\xa1\xe2\x28\xa1",
        b"ends inside \x80\x80\x80\x80\x80\x80\x80\x80\x80\x80",
    ] {
        let reading = read(&super::PLAIN, "notes", bytes);
        assert!(reading.is_none_or(|reading| !reading.complete()), "{bytes:?}");
    }
    assert!(read(&super::PLAIN, "empty", b"").is_none());
}

#[test]
fn what_a_yaml_loader_would_run_is_marked() {
    let reading = read(&super::PLAIN, "notes", b"a: [!!python/name:os.system ''\n").unwrap();
    assert!(reading.complete());
    assert!(facts(&reading)[0].starts_with("text role=\"marker\" text=\"!!python\""));
}

#[test]
fn what_wide_characters_say_comes_back() {
    let bytes: Vec<u8> = "\u{feff}cposix\nsystem\n.".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let reading = read(&super::PLAIN, "notes", &bytes).unwrap();
    assert!(reading.complete());
    let base::sink::ChildBody::Packed(packed) = &reading.children[0].body else { panic!("not packed") };
    assert_eq!((packed.codec.id, packed.from.len()), ("utf-16", Some(bytes.len() as u64)));
}
