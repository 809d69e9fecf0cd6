//! Each identified format knows its own beginning, and nobody else's.
use super::*;
use crate::reading::detect;

/// Hexadecimal and text mixed: `.` ends a piece of hexadecimal.
fn padded(start: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = start.to_vec();
    bytes.resize(length.max(start.len()), 0);
    bytes
}

/// A protocol buffer field of bytes.
fn field(number: u8, body: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, body.len() as u8], body].concat()
}

fn models() -> Vec<(&'static str, Vec<u8>)> {
    let node = [field(1, b"x"), field(2, b"Const")].concat();
    let graph = field(1, &node);
    let meta = [field(1, &field(4, b"serve")), field(2, &graph)].concat();
    let onnx_graph = [field(1, &field(4, b"Add")), field(2, b"g")].concat();
    let darknet = [0_u32, 2, 0, 7, 0, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
    vec![
        ("safetensors", b"\x02\0\0\0\0\0\0\0{}".to_vec()),
        ("gguf", padded(b"GGUF\x03\0\0\0", 64)),
        ("ggml", padded(b"tjgg\x03\0\0\0", 64)),
        ("hdf5", padded(b"\x89HDF\r\n\x1a\n", 64)),
        ("darknet-weights", darknet),
        ("mxnet-params", padded(b"\x12\x01\0\0\0\0\0\0", 32)),
        ("paddle-params", [&[0; 16][..], &[4, 0, 0, 0, 8, 5, 16, 1]].concat()),
        ("coreml-weights", [&padded(b"\x01\0\0\0\x02\0\0\0", 64)[..], &[0xef, 0xbe, 0xad, 0xde]].concat()),
        ("xgboost-binary", padded(b"binf\0\0\0?\x04\0\0\0", 64)),
        ("xgboost-ubj", b"{L\0\0\0\0\0\0\0\x07learner{}}".to_vec()),
        ("lightgbm", b"tree\nversion=v4\n".to_vec()),
        ("catboost", padded(b"CBM1\x10\0\0\0", 64)),
        ("vowpal-wabbit", padded(b"\x06\0\0\x008.9.0\0\x01\0\0\0\0m", 32)),
        ("fasttext", padded(b"\xba\x16\x4f\x2f\x0c\0\0\0", 32)),
        ("tiktoken", b"IQ== 0\nIg== 1\nIw== 2\nJA== 3\n".to_vec()),
        ("flax-msgpack", b"\x81\xa6params\x81\xa1w\xc7\x08\x01\x93\x90\xa1f\xc4\0".to_vec()),
        ("onnx", [&[8, 8][..], &field(2, b"pytorch"), &field(7, &onnx_graph), &field(8, &[16, 17])].concat()),
        ("tensorflow-saved-model", [&[8, 1][..], &field(2, &meta)].concat()),
        ("tensorflow-graph", graph.clone()),
        ("tensorflow-meta-graph", meta),
        ("keras-metadata", field(1, &[&[16, 1][..], &field(3, b"root"), &field(4, b"_tf_keras_model")].concat())),
        ("coreml", [&[8, 4][..], &field(2, &field(1, &field(1, b"x"))), &[0xa2, 0x1f, 2, 8, 1]].concat()),
        ("caffe", [field(1, b"net"), [&[0xa2, 6, 12][..], &field(1, b"data"), &field(2, b"Data")].concat()].concat()),
        ("paddle-program", field(1, &[&[8, 0, 16, 0][..], &field(3, b"\x0a\x01x"), &field(4, b"\x1a\x01y")].concat())),
        ("mindir", [field(1, b"0.1.0"), field(2, b"MindSpore"), field(7, &field(2, b"g"))].concat()),
        ("sentencepiece", field(1, &[&field(1, b"<unk>")[..], &[0x15, 0, 0, 0, 0, 0x18, 2]].concat())),
        ("cntk", [&[8, 1][..], &field(2, &[field(1, b"type"), field(2, b"\x08\x01")].concat())].concat()),
        ("protobuf-text", b"name: \"net\"\nlayer {\n  name: \"data\"\n}\n".to_vec()),
        ("tflite", padded(b"\x1c\0\0\0TFL3", 64)),
        ("ort", padded(b"\x1c\0\0\0ORTM", 64)),
        ("executorch", padded(b"\x1c\0\0\0ET12", 64)),
        ("tensorrt", padded(b"ptrt\x18\0\0\0", 64)),
        ("rknn", padded(b"RKNN", 64)),
        ("ncnn", b"7767517\n3 3\nInput x 0 1 x\n".to_vec()),
        ("mnn", padded(b"\x18\0\0\0", 64)),
        ("mlir-bytecode", padded(b"ML\xefR\x0d", 16)),
    ]
}

fn others() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("matlab", [&padded(b"MATLAB 5.0 MAT-file", 124)[..], b"\0\x01IM"].concat()),
        ("parquet", [&padded(b"PAR1", 32)[..], b"PAR1"].concat()),
        ("arrow", padded(b"ARROW1\0\0", 32)),
        ("avro", b"Obj\x01\x02\x16avro.schema".to_vec()),
        ("orc", [&padded(b"ORC", 32)[..], b"ORC\x10"].concat()),
        ("lmdb", [&[0; 16][..], &[0xde, 0xc0, 0xef, 0xbe]].concat()),
        ("dbm", padded(b"\0\x06\x15\x61\0\0\0\x02", 32)),
        ("leveldb-table", [&[0; 48][..], &0xdb47_7524_8b80_fb57_u64.to_le_bytes()].concat()),
        ("ocdbt", padded(b"\x0c\xdb\x3a\x2a\x20\0\0\0\0\0\0\0", 32)),
        ("ole", padded(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 64)),
        ("ape", padded(b"MZqFpD='\n", 32)),
        ("dex", padded(b"dex\n035\0", 32)),
        ("windows-shortcut", padded(b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F", 76)),
        ("javascript", b"#!/usr/bin/env node\n".to_vec()),
        ("script", b"#!/usr/bin/perl\n".to_vec()),
        ("html", b"<!DOCTYPE html>\n<html></html>\n".to_vec()),
    ]
}

fn archives() -> Vec<(&'static str, Vec<u8>)> {
    vec![("squashfs-big-endian", padded(b"sqsh", 96)), ("ar-thin", b"!<thin>\n".to_vec())]
}

/// Formats told by their name: the fixture needs it.
fn name(id: &str) -> &'static str {
    match id {
        "darknet-weights" => "yolo.weights",
        "mnn" => "net.mnn",
        _ => "",
    }
}

#[test]
fn each_fixture_is_one_format() {
    let found = |id: &str, bytes: &[u8]| -> Vec<_> {
        FORMATS.iter().filter(|format| detect(format, name(id), bytes).is_some()).map(|format| format.id).collect()
    };
    let all = models().into_iter().chain(others()).chain(archives());
    let wrong: Vec<_> = all.map(|(id, bytes)| (id, found(id, &bytes))).filter(|(id, found)| found != &[*id]).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn every_format_has_a_fixture_or_a_name() {
    let known: Vec<_> = models().into_iter().chain(others()).chain(archives()).map(|(id, _)| id).collect();
    let missing: Vec<_> = FORMATS.iter().map(|format| format.id).filter(|id| !known.contains(id)).collect();
    assert_eq!(missing, ["cython"]);
}

#[test]
fn names_take_inertness_away() {
    for (name, id) in [("a/b/Model.PYX", "cython"), ("x.mjs", "javascript")] {
        let found: Vec<_> =
            FORMATS.iter().filter(|format| detect(format, name, b"text").is_some()).map(|format| format.id).collect();
        assert_eq!(found, [id], "{name}");
    }
}

#[test]
fn ids_are_unique() {
    let mut ids: Vec<_> = crate::FORMATS.iter().map(|format| format.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

/// Numbers without a pattern, from a fixed seed (xorshift).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn noise_is_nothing() {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    for _ in 0..10_000 {
        let length = (noise.next() % 600) as usize;
        let bytes: Vec<u8> = (0..length).map(|_| noise.next() as u8).collect();
        for format in crate::FORMATS {
            assert_ne!(detect(format, "", &bytes), Some(Certainty::Certain), "{} takes {bytes:?}", format.id);
        }
    }
}

#[test]
fn small_numbers_are_nothing() {
    let mut noise = Noise(7);
    for _ in 0..2_000 {
        let words = (noise.next() % 64) as usize;
        let floats: Vec<u8> =
            (0..words).flat_map(|_| ((noise.next() % 2000) as f32 / 1000.0 - 1.0).to_le_bytes()).collect();
        let counts: Vec<u8> = (0..words).flat_map(|_| ((noise.next() % 50_000) as u32).to_le_bytes()).collect();
        for bytes in [floats, counts] {
            for format in crate::FORMATS {
                assert_ne!(detect(format, "", &bytes), Some(Certainty::Certain), "{} takes {bytes:?}", format.id);
            }
        }
    }
}

#[test]
fn every_prefix_is_looked_at_without_harm() {
    for (id, bytes) in models().into_iter().chain(others()).chain(archives()) {
        for end in 0..bytes.len() {
            for format in FORMATS {
                detect(format, name(id), &bytes[..end]);
            }
        }
    }
}
