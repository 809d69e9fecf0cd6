//! Decoding and encoding steps: `codecs`, `base64`, `binascii`, the compression modules and escapes of text.

use std::sync::Arc;

use crate::{
    arguments::{Arguments, bytes, length, mismatch},
    base_n,
    compression::{self, End},
    encoding::{self, Errors},
    escape,
    evaluator::{Evaluator, Fault, Folded, raise},
    name::Name,
    value::{Exception, Value},
};

/// `str.encode(encoding='utf-8', errors='strict')`.
pub(crate) fn encode(evaluator: &mut Evaluator<'_>, text: &str, args: Arguments<'_>) -> Folded {
    let encoding = encoding::named(args.text_or(0, "encoding", "utf-8")?).ok_or(Fault::Raises(Exception::Other))?;
    let errors = Errors::named(args.text_or(1, "errors", "strict")?);
    let encoded = encoding::encode(evaluator, text, encoding, errors).ok_or(Fault::Raises(Exception::Other))?;
    Ok(Value::bytes(encoded?))
}

/// `bytes.decode(encoding='utf-8', errors='strict')`.
pub(crate) fn decode(evaluator: &mut Evaluator<'_>, of: &Value, args: Arguments<'_>) -> Folded {
    let content = bytes(of)?;
    let encoding = encoding::named(args.text_or(0, "encoding", "utf-8")?).ok_or(Fault::Raises(Exception::Other))?;
    let errors = Errors::named(args.text_or(1, "errors", "strict")?);
    let text = encoding::decode(evaluator, content, encoding, errors).ok_or(Fault::Raises(Exception::Other))??;
    Ok(Value::str(text))
}

/// `codecs.decode(object, encoding)`: text encodings and the codecs between bytes.
fn codecs_decode(evaluator: &mut Evaluator<'_>, args: Arguments<'_>) -> Folded {
    let object = args.required(0, "obj")?;
    let named = encoding::named(args.text_or(1, "encoding", "utf-8")?).ok_or(Fault::Raises(Exception::Other))?;
    if named.name == "rot_13" {
        return rotated(evaluator, object);
    }
    if encoding::is_text(named) {
        let escaped = matches!(named.name, "unicode_escape" | "raw_unicode_escape");
        let text = match object {
            Value::Str(text) if escaped => Value::bytes(text.as_bytes()),
            other => other.clone(),
        };
        return decode(evaluator, &text, args.without_first());
    }
    // Only the hexadecimal one also takes text.
    let content = &if named.name == "hex_codec" { ascii(object)? } else { bytes(object)?.clone() };
    evaluator.make(content.len())?;
    let plain = match named.name {
        "hex_codec" => base_n::base16(content, true)?,
        "base64_codec" => base_n::base64(content)?,
        "uu_codec" => base_n::uu(content)?,
        "quopri_codec" => base_n::quoted_printable(content, false),
        "zlib_codec" => compression::zlib(evaluator, content, 15, End::Required)?,
        "bz2_codec" => compression::bzip2(evaluator, content, End::Required)?,
        _ => return Err(Fault::Unfollowed),
    };
    Ok(evaluator.decoded("codecs.decode", Value::bytes(plain)))
}

/// `codecs.encode(object, encoding)`.
fn codecs_encode(evaluator: &mut Evaluator<'_>, args: Arguments<'_>) -> Folded {
    let object = args.required(0, "obj")?;
    let named = encoding::named(args.text_or(1, "encoding", "utf-8")?).ok_or(Fault::Raises(Exception::Other))?;
    if named.name == "rot_13" {
        return rotated(evaluator, object);
    }
    if encoding::is_text(named) {
        return encode(evaluator, crate::arguments::text(object)?, args.without_first());
    }
    let content = bytes(object)?;
    evaluator.make(content.len().saturating_mul(2))?;
    match named.name {
        "hex_codec" => Ok(Value::bytes(crate::bytes::hex_text(content).into_bytes())),
        "base64_codec" => Ok(Value::bytes(in_lines(content))),
        _ => Err(Fault::Unfollowed),
    }
}

fn rotated(evaluator: &mut Evaluator<'_>, object: &Value) -> Folded {
    let text = crate::arguments::text(object)?;
    evaluator.make(text.len())?;
    let turn = |letter: char, from: u8| {
        let place = u32::from(letter).saturating_sub(from.into()).saturating_add(13) % 26;
        char::from_u32(place.saturating_add(from.into())).unwrap_or(letter)
    };
    let rotated: String = text
        .chars()
        .map(|letter| match letter {
            'a'..='z' => turn(letter, b'a'),
            'A'..='Z' => turn(letter, b'A'),
            other => other,
        })
        .collect();
    Ok(evaluator.decoded("codecs.decode", Value::str(rotated)))
}

/// Base 64 in lines of 76 characters.
fn in_lines(content: &[u8]) -> Vec<u8> {
    let lines = content.chunks(57).map(|chunk| [base_n::to_base64(chunk), b"\n".to_vec()].concat());
    lines.collect::<Vec<_>>().concat()
}

/// ASCII text, or bytes, as `base64` and `binascii` take them.
fn ascii(value: &Value) -> Folded<Arc<[u8]>> {
    match value {
        Value::Str(text) if text.is_ascii() => Ok(Arc::from(text.as_bytes())),
        Value::Str(_) => raise(Exception::Value),
        other => bytes(other).cloned(),
    }
}

/// The value of a call of a function that this file knows.
pub(crate) fn fold(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    let value = match path.0 {
        "codecs" => codecs(evaluator, path.1, args)?,
        "base64" => decoded(evaluator, path, args, base64)?,
        "binascii" => decoded(evaluator, path, args, binascii)?,
        "zlib" | "gzip" | "bz2" | "lzma" | "quopri" | "uu" => decoded(evaluator, path, args, compressed)?,
        "html" | "html.parser" | "urllib.parse" | "textwrap" | "shlex" => escapes(evaluator, path.1, args)?,
        _ => None,
    };
    Ok(value)
}

type Step = fn(&mut Evaluator<'_>, &str, Arguments<'_>) -> Folded<Option<Vec<u8>>>;

/// The bytes of a decoding step, given back as well.
fn decoded(
    evaluator: &mut Evaluator<'_>,
    path: (&str, &str),
    args: Arguments<'_>,
    step: Step,
) -> Folded<Option<Value>> {
    if path == ("binascii", "crc32") || path == ("zlib", "crc32") {
        let start = u32::try_from(args.int_or(1, "value", 0)?).map_err(|_| Fault::Unfollowed)?;
        let content = args.bytes(0)?;
        evaluator.pay(content.len())?;
        return Ok(Some(Value::Int(compression::crc32(content, start).into())));
    }
    let name = if path.0 == "binascii" { path.1 } else { &format!("{}.{}", path.0, path.1) };
    let Some(content) = step(evaluator, name, args)? else {
        return Ok(None);
    };
    let value = Value::bytes(content);
    let encodes = path.1.contains("encode") || path.1.starts_with("b2a") || path.1 == "hexlify";
    if encodes {
        return Ok(Some(value));
    }
    Ok(Some(evaluator.decoded(&format!("{}.{}", path.0, path.1), value)))
}

fn codecs(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    Ok(Some(match name {
        "decode" => codecs_decode(evaluator, args)?,
        "encode" => codecs_encode(evaluator, args)?,
        "escape_decode" => {
            let content = ascii(args.value(0)?)?;
            let text = escape::unicode(&content, true)?;
            let plain: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
            let plain = Value::bytes(plain.map_err(|_| Fault::Unfollowed)?);
            Value::tuple([evaluator.decoded("codecs.escape_decode", plain), length(content.len())])
        }
        "charmap_decode" => {
            let (content, errors) = (args.bytes(0)?, Errors::named(args.text_or(1, "errors", "strict")?));
            let text = encoding::mapped(evaluator, content, errors, args.present(2, "mapping"))?;
            Value::tuple([evaluator.decoded("codecs.charmap_decode", Value::str(text)), length(content.len())])
        }
        "charmap_encode" => {
            let of = args.text(0)?;
            let content = encoding::mapped_back(evaluator, of, args.present(2, "mapping"))?;
            Value::tuple([
                evaluator.decoded("codecs.charmap_encode", Value::bytes(content)),
                length(of.chars().count()),
            ])
        }
        "utf_16_ex_decode" | "utf_32_ex_decode" => {
            let encoding = if name.starts_with("utf_16") { "utf_16" } else { "utf_32" };
            let object = args.value(0)?;
            let given = [object.clone(), Value::str(encoding)];
            let text = codecs_decode(evaluator, Arguments::new(&given, &[]))?;
            Value::tuple([text, crate::sequence::len(object)?, Value::Int(0)])
        }
        "readbuffer_encode" => {
            let content = ascii(args.value(0)?)?;
            Value::tuple([Value::Bytes(content.clone()), length(content.len())])
        }
        "escape_encode" => {
            let content = args.bytes(0)?;
            let plain = content.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'\\' | b'\''));
            if !plain {
                return Err(Fault::Unfollowed);
            }
            Value::tuple([Value::Bytes(content.clone()), length(content.len())])
        }
        "iterdecode" | "iterencode" => {
            let function = if name == "iterdecode" { codecs_decode } else { codecs_encode };
            let parts = crate::iterate::all(evaluator, args.value(0)?)?;
            let encoding = args.required(1, "encoding")?;
            let each =
                parts.into_iter().map(|part| function(evaluator, Arguments::new(&[part, encoding.clone()], &[])));
            Value::iterator(each.collect::<Folded<Vec<_>>>()?)
        }
        "getdecoder" | "getencoder" => {
            let of = Name::new("codecs", if name == "getdecoder" { "lookup.decode" } else { "lookup.encode" });
            Value::partial(of.into(), Vec::new(), vec![("encoding".into(), args.required(0, "encoding")?.clone())])
        }
        "lookup.decode" | "lookup.encode" => {
            let object = args.value(0)?;
            let pair = [object.clone(), args.keyword("encoding").cloned().ok_or(Fault::Unfollowed)?];
            let pair = Arguments::new(&pair, &[]);
            let value =
                if name == "lookup.decode" { codecs_decode(evaluator, pair) } else { codecs_encode(evaluator, pair) };
            Value::tuple([value?, crate::sequence::len(object)?])
        }
        _ => {
            let Some((codec, direction)) = name.rsplit_once('_') else {
                return Ok(None);
            };
            let Some(named) = encoding::named(codec).filter(|named| encoding::is_text(*named)) else {
                return Ok(None);
            };
            let object = args.value(0)?;
            let rest = [Value::str(named.name)];
            let rest = Arguments::new(&rest, &[]);
            let value = match direction {
                "decode" => decode(evaluator, &Value::Bytes(ascii(object)?), rest)?,
                "encode" => encode(evaluator, crate::arguments::text(object)?, rest)?,
                _ => return Ok(None),
            };
            Value::tuple([value, crate::sequence::len(object)?])
        }
    }))
}

fn base64(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Vec<u8>>> {
    let Some((_, name)) = name.split_once('.') else {
        return Ok(None);
    };
    let content = args.required(0, if name.contains("85") { "b" } else { "s" })?;
    // Text is only decoded.
    let content = if name.contains("encode") { bytes(content)?.clone() } else { ascii(content)? };
    evaluator.make(content.len().saturating_mul(2))?;
    let fold_case = |position| args.truth_or(position, "casefold", false);
    let swapped = |content: &[u8], from: &[u8], to: &[u8]| -> Vec<u8> {
        let swap = |byte: &u8| from.iter().zip(to).find(|(from, _)| *from == byte).map_or(*byte, |(_, to)| *to);
        content.iter().map(swap).collect()
    };
    Ok(Some(match name {
        "b64decode" | "standard_b64decode" => {
            let content = match args.present(1, "altchars") {
                Some(other) => swapped(&content, &ascii(other)?, b"+/").into(),
                None => content,
            };
            if args.truth_or(2, "validate", false)? && !base_n::is_strict_base64(&content) {
                return raise(Exception::Value);
            }
            base_n::base64(&content)?
        }
        "urlsafe_b64decode" => base_n::base64(&swapped(&content, b"-_", b"+/"))?,
        "decodebytes" | "decodestring" => base_n::base64(&content)?,
        "b32decode" if args.present(2, "map01").is_some() => return Err(Fault::Unfollowed),
        "b32decode" => base_n::base32(&content, false, fold_case(1)?)?,
        "b32hexdecode" => base_n::base32(&content, true, fold_case(1)?)?,
        "b16decode" => base_n::base16(&content, fold_case(1)?)?,
        "b85decode" => base_n::base85(&content, false)?,
        "z85decode" => base_n::base85(&content, true)?,
        "a85decode" if args.keyword("foldspaces").is_some() || args.keyword("ignorechars").is_some() => {
            return Err(Fault::Unfollowed);
        }
        "a85decode" => base_n::ascii85(&content, args.truth_or(usize::MAX, "adobe", false)?)?,
        "b64encode" if args.present(1, "altchars").is_some() => return Err(Fault::Unfollowed),
        "b64encode" | "standard_b64encode" => base_n::to_base64(&content),
        "urlsafe_b64encode" => swapped(&base_n::to_base64(&content), b"+/", b"-_"),
        "b32encode" => base_n::to_base32(&content, false),
        "b32hexencode" => base_n::to_base32(&content, true),
        "b16encode" => crate::bytes::hex_text(&content).to_ascii_uppercase().into_bytes(),
        "b85encode" if args.len() == 1 => base_n::to_base85(&content),
        "encodebytes" | "encodestring" => in_lines(&content),
        _ => return Ok(None),
    }))
}

fn binascii(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Vec<u8>>> {
    let content = ascii(args.required(0, "data")?)?;
    evaluator.make(content.len().saturating_mul(2))?;
    Ok(Some(match name {
        "unhexlify" | "a2b_hex" => base_n::base16(&content, true)?,
        "hexlify" | "b2a_hex" if args.len() == 1 => crate::bytes::hex_text(&content).into_bytes(),
        "a2b_base64" if args.keyword("strict_mode").is_some() => return Err(Fault::Unfollowed),
        "a2b_base64" => base_n::base64(&content)?,
        "b2a_base64" => {
            let newline = args.keyword("newline").and_then(crate::compare::truth).unwrap_or(true);
            [base_n::to_base64(&content), if newline { b"\n".to_vec() } else { Vec::new() }].concat()
        }
        "a2b_uu" => base_n::uu_line(&content)?,
        "a2b_qp" => base_n::quoted_printable(&content, args.truth_or(1, "header", false)?),
        _ => return Ok(None),
    }))
}

fn compressed(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Vec<u8>>> {
    if !matches!(
        name,
        "zlib.decompress" | "gzip.decompress" | "bz2.decompress" | "lzma.decompress" | "quopri.decodestring"
    ) {
        return Ok(None);
    }
    let content = bytes(args.required(0, if name == "quopri.decodestring" { "s" } else { "data" })?)?;
    Ok(Some(match name {
        "zlib.decompress" => {
            let window = args.int_or(1, "wbits", 15)?;
            compression::zlib(evaluator, content, window, End::Required)?
        }
        "gzip.decompress" => compression::gzip(evaluator, content)?,
        "bz2.decompress" => compression::bzip2(evaluator, content, End::Required)?,
        "lzma.decompress" if args.present(3, "filters").is_some() => return Err(Fault::Unfollowed),
        "lzma.decompress" => compression::lzma(evaluator, content, End::Required)?,
        _ => {
            evaluator.make(content.len())?;
            base_n::quoted_printable(content, args.truth_or(1, "header", false)?)
        }
    }))
}

/// `decompressobj().decompress(data)` and its like, which accept a part of a stream.
pub(crate) fn decompressor(evaluator: &mut Evaluator<'_>, class: &Value, args: Arguments<'_>) -> Folded {
    let Value::Call(call) = class else {
        return Err(Fault::Unfollowed);
    };
    let Some(made_by) = call.callee.as_name() else {
        return Err(Fault::Unfollowed);
    };
    if args.len() != 1 {
        return Err(Fault::Unfollowed);
    }
    let content = args.bytes(0)?;
    let path = made_by.dotted();
    let plain = match &*path {
        "zlib.decompressobj" => {
            let window = Arguments::new(&call.args, &call.kwargs).int_or(0, "wbits", 15)?;
            compression::zlib(evaluator, content, window, End::Optional)?
        }
        "bz2.BZ2Decompressor" => compression::bzip2(evaluator, content, End::Optional)?,
        "lzma.LZMADecompressor" if call.args.is_empty() => compression::lzma(evaluator, content, End::Optional)?,
        _ => return Err(Fault::Unfollowed),
    };
    Ok(evaluator.decoded(&format!("{path}.decompress"), Value::bytes(plain)))
}

fn escapes(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    let Some(object) = args.args.first() else { return Ok(None) };
    if let Value::Str(text) = object {
        evaluator.make(text.len())?;
    }
    Ok(Some(match (name, object) {
        ("unescape", Value::Str(text)) => Value::str(escape::html(text).ok_or(Fault::Unfollowed)?),
        ("unquote" | "unquote_plus", Value::Str(text)) if args.len() == 1 => {
            let text = if name == "unquote" { text.to_string() } else { text.replace('+', " ") };
            let plain = escape::unquoted(text.as_bytes());
            Value::str(String::from_utf8_lossy(&plain).into_owned())
        }
        ("unquote", Value::Bytes(text)) if args.len() == 1 => {
            Value::str(String::from_utf8_lossy(&escape::unquoted(text)).into_owned())
        }
        ("unquote_to_bytes", object) => {
            let content = match object {
                Value::Str(text) => text.as_bytes(),
                other => bytes(other)?,
            };
            Value::bytes(escape::unquoted(content))
        }
        ("dedent", Value::Str(text)) => Value::str(dedented(text)),
        ("unescape" | "unquote" | "unquote_plus" | "dedent", other) => return mismatch(other),
        _ => return Ok(None),
    }))
}

/// `textwrap.dedent`.
fn dedented(text: &str) -> String {
    let blank = |line: &str| line.trim_matches([' ', '\t']).is_empty();
    let indent = |line: &str| line.len().saturating_sub(line.trim_start_matches([' ', '\t']).len());
    let lines: Vec<&str> = text.split('\n').collect();
    let full = || lines.iter().filter(|line| !blank(line));
    let first = full().next().copied().unwrap_or_default();
    let mut margin = first.get(..indent(first)).unwrap_or_default();
    for line in full() {
        let shared = margin.bytes().zip(line.bytes()).take_while(|(a, b)| a == b).count();
        margin = margin.get(..shared).unwrap_or_default();
    }
    let cut = |line: &&str| if blank(line) { "" } else { line.strip_prefix(margin).unwrap_or(line) }.to_owned();
    lines.iter().map(cut).collect::<Vec<_>>().join("\n")
}
