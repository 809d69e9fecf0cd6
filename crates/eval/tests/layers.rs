//! One to five random pure layers around a constant fold back to it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail by panicking"
)]

use base::budget::Meter;
use eval::{Value, Why, attribute, call};
use proptest::prelude::*;

fn run(callee: &Value, args: &[Value]) -> Value {
    call(callee, args, &[], &Meter::unlimited()).unwrap().result
}

fn function(path: &str, args: &[Value]) -> Value {
    let (module, qualname) = path.split_once(':').unwrap();
    run(&Value::global(module, qualname), args)
}

fn method(of: &Value, name: &str, args: &[Value]) -> Value {
    run(&attribute(of, name), args)
}

/// Wraps bytes with the functions under test, then unwraps them with their inverses.
fn through(layer: u8, value: &Value) -> Value {
    let pairs = [
        ("base64:b64encode", "base64:b64decode"),
        ("base64:b32encode", "base64:b32decode"),
        ("base64:b85encode", "base64:b85decode"),
        ("base64:b16encode", "base64:b16decode"),
        ("base64:urlsafe_b64encode", "base64:urlsafe_b64decode"),
        ("base64:encodebytes", "base64:decodebytes"),
        ("binascii:hexlify", "binascii:unhexlify"),
    ];
    if let Some((wrap, unwrap)) = pairs.get(usize::from(layer)) {
        let wrapped = function(wrap, std::slice::from_ref(value));
        assert_ne!(&wrapped, value, "{wrap}");
        return function(unwrap, &[wrapped]);
    }
    let reverse = Value::slice(eval::Span { start: None, stop: None, step: Some(-1) });
    match layer {
        7 => {
            let turned = function("operator:getitem", &[value.clone(), reverse.clone()]);
            function("operator:getitem", &[turned, reverse])
        }
        8 => {
            let key = function("itertools:cycle", &[Value::bytes(*b"key")]);
            let xor = Value::global("operator", "xor");
            let pass = |value: &Value| {
                function("builtins:bytes", &[function("builtins:map", &[xor.clone(), value.clone(), key.clone()])])
            };
            pass(&pass(value))
        }
        9 => {
            let latin = Value::str("latin-1");
            let text = method(value, "decode", std::slice::from_ref(&latin));
            let turned = function("codecs:encode", &[text, Value::str("rot13")]);
            method(&function("codecs:decode", &[turned, Value::str("rot13")]), "encode", &[latin])
        }
        10 => {
            let number = function("int_from:bytes", &[]);
            assert!(matches!(number, Value::Call(_)));
            let number = function("builtins:int.from_bytes", &[value.clone(), Value::str("big")]);
            let size = function("builtins:len", std::slice::from_ref(value));
            method(&number, "to_bytes", &[size, Value::str("big")])
        }
        11 => {
            let text = method(value, "decode", &[Value::str("cp037")]);
            let letters = function("builtins:map", &[Value::global("builtins", "ord"), text]);
            let codes = function("builtins:list", &[letters]);
            let letters = function("builtins:map", &[Value::global("builtins", "chr"), codes]);
            method(&method(&Value::str(""), "join", &[letters]), "encode", &[Value::str("cp037")])
        }
        12 => {
            let text = method(&method(value, "hex", &[]), "upper", &[]);
            function("builtins:bytes.fromhex", &[text])
        }
        _ => {
            let text = method(value, "decode", &[Value::str("latin-1")]);
            let shown = function("builtins:repr", &[text]);
            method(&function("ast:literal_eval", &[shown]), "encode", &[Value::str("latin-1")])
        }
    }
}

proptest! {
    #[test]
    fn layers_fold_back(content in proptest::collection::vec(any::<u8>(), 1..80), layers in proptest::collection::vec(0_u8..14, 1..=5)) {
        let whole = Value::bytes(content);
        let folded = layers.iter().fold(whole.clone(), |value, layer| through(*layer, &value));
        prop_assert_eq!(folded, whole, "{:?}", layers);
    }

    #[test]
    fn nothing_panics_on_arbitrary_bytes(content in proptest::collection::vec(any::<u8>(), 0..60), place in 0_usize..26) {
        let value = Value::bytes(content);
        let paths = [
            "base64:b64decode", "base64:b32decode", "base64:b85decode", "base64:a85decode", "base64:b16decode",
            "binascii:a2b_uu", "binascii:a2b_qp", "binascii:unhexlify", "zlib:decompress", "gzip:decompress",
            "bz2:decompress", "lzma:decompress", "json:loads", "codecs:escape_decode", "codecs:utf_7_decode",
            "codecs:utf_16_decode", "codecs:unicode_escape_decode", "builtins:int", "builtins:repr", "struct:calcsize",
            "urllib.parse:unquote_to_bytes", "quopri:decodestring", "builtins:str", "builtins:list", "builtins:bytes.decode",
            "builtins:bytearray",
        ];
        let result = function(paths[place], std::slice::from_ref(&value));
        prop_assert!(result.depth() <= eval::MAX_NESTING);
        let text = method(&value, "decode", &[Value::str("latin-1")]);
        function("ast:literal_eval", std::slice::from_ref(&text));
        method(&text, "format", &[Value::Int(1)]);
        function("operator:mod", &[text, Value::Int(1)]);
    }
}

#[test]
fn bombs_are_stated() {
    let outcome = call(
        &Value::global("operator", "mul"),
        &[Value::str("x".repeat(1000)), Value::Int(1 << 40)],
        &[],
        &Meter::unlimited(),
    );
    let outcome = outcome.unwrap();
    assert!(matches!(outcome.result, Value::Unknown(Why::OverCap)));
    assert_eq!(outcome.notes.len(), 1);
    let nested = (0..200).fold(Value::None, |value, _| Value::tuple([value]));
    assert!(matches!(nested.depth(), 0..=100));
}

#[test]
fn what_decoding_yields_is_given_back() {
    let outcome = call(&Value::global("base64", "b64decode"), &[Value::str("b3Muc3lzdGVt")], &[], &Meter::unlimited());
    let outcome = outcome.unwrap();
    assert_eq!(&*outcome.decoded[0].bytes, b"os.system");
    assert_eq!(&*outcome.decoded[0].by, "base64.b64decode");
}

/// However often it is asked for: an honest loader is done at once.
#[test]
fn nothing_repeated_is_nothing() {
    let often = Value::Int(1 << 62);
    for nothing in [Value::list(Vec::new()), Value::tuple(Vec::new()), Value::str(""), Value::bytes(Vec::new())] {
        assert_eq!(function("operator:mul", &[nothing.clone(), often.clone()]), nothing);
    }
}
