//! Code objects that a pickle makes of parts, `types.CodeType(…)`, written as marshal writes them: one reader judges both.

use eval::{Call, Name, Value};

/// Nesting of code objects and tuples that is written.
const MAX_DEPTH: usize = 50;
/// Bytes that are written for one code object.
const MAX_BYTES: usize = 16 << 20;

/// Whether a callable makes a code object of the parts it is handed.
pub(crate) fn makes_code(name: &Name) -> bool {
    name.is("types", "CodeType") || name.is("dill._dill", "_create_code")
}

/// The marshal stream of the code object that these arguments make; none where they are not known well enough.
pub(crate) fn marshalled(args: &[Value]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    code(&mut out, args, 0)?;
    Some(out)
}

/// `types.CodeType` takes, by version: 2.7 four numbers before the code, 3.6 five, 3.8 six, 3.11 six and a qualified name.
fn code(out: &mut Vec<u8>, args: &[Value], depth: usize) -> Option<()> {
    // dill puts the line table of the version that wrote it in front.
    let args = match args.first()? {
        Value::Bytes(_) | Value::Str(_) => args.get(1..)?,
        _ => args,
    };
    let numbers = args.iter().take_while(|arg| matches!(arg, Value::Int(_) | Value::Bool(_))).count();
    let (counts, parts) = (args.get(..numbers)?, args.get(numbers..)?);
    let [body, consts, names, locals, file, name, rest @ ..] = parts else { return None };
    let merged = numbers == 6 && matches!(rest.first(), Some(Value::Str(_)));
    if !(4..=6).contains(&numbers) || depth > MAX_DEPTH {
        return None;
    }
    out.push(b'c');
    for (index, count) in counts.iter().enumerate() {
        // The count of locals is told by their names from 3.11 on.
        if !(merged && index == 3) {
            out.extend(number(count).to_le_bytes());
        }
    }
    bytes(out, body)?;
    value(out, consts, depth.saturating_add(1));
    value(out, names, depth);
    if merged {
        let [qualname, line, lines, handlers, closures @ ..] = rest else { return None };
        let all: Vec<Value> =
            [Some(locals), closures.get(1), closures.first()].into_iter().flatten().flat_map(items).collect();
        let mut distinct: Vec<Value> = Vec::new();
        for local in all {
            if !distinct.iter().any(|known| known.as_str() == local.as_str()) {
                distinct.push(local);
            }
        }
        value(out, &Value::tuple(distinct), depth);
        bytes(out, &Value::bytes(Vec::new()))?;
        value(out, file, depth);
        value(out, name, depth);
        value(out, qualname, depth);
        out.extend(number(line).to_le_bytes());
        bytes(out, lines)?;
        bytes(out, handlers)?;
    } else {
        let [line, lines, closures @ ..] = rest else { return None };
        value(out, locals, depth);
        for part in [closures.first(), closures.get(1)] {
            value(out, part.unwrap_or(&Value::tuple(Vec::new())), depth);
        }
        value(out, file, depth);
        value(out, name, depth);
        out.extend(number(line).to_le_bytes());
        bytes(out, lines)?;
    }
    Some(())
}

fn number(value: &Value) -> i32 {
    match value {
        Value::Int(number) => i32::try_from(*number).unwrap_or(0),
        _ => 0,
    }
}

fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::Tuple(items) => items.to_vec(),
        _ => Vec::new(),
    }
}

fn bytes(out: &mut Vec<u8>, of: &Value) -> Option<()> {
    let content: &[u8] = match of {
        Value::Str(text) => text.as_bytes(),
        other => other.as_bytes()?,
    };
    if out.len().saturating_add(content.len()) > MAX_BYTES {
        return None;
    }
    sized(out, b's', content);
    Some(())
}

fn sized(out: &mut Vec<u8>, code: u8, content: &[u8]) {
    out.push(code);
    out.extend(u32::try_from(content.len()).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(content);
}

/// Writes a value; what marshal cannot say, or is not known, is written as the object that nothing uses.
fn value(out: &mut Vec<u8>, of: &Value, depth: usize) {
    if out.len() > MAX_BYTES || depth > MAX_DEPTH {
        out.push(b'S');
        return;
    }
    let below = depth.saturating_add(1);
    match of {
        Value::None => out.push(b'N'),
        Value::Bool(true) => out.push(b'T'),
        Value::Bool(false) => out.push(b'F'),
        Value::Ellipsis => out.push(b'.'),
        Value::Int(number) => {
            out.push(b'I');
            out.extend(number.to_le_bytes());
        }
        Value::Float(number) => {
            out.push(b'g');
            out.extend(number.to_le_bytes());
        }
        Value::Str(text) => sized(out, b'u', text.as_bytes()),
        Value::Bytes(content) => sized(out, b's', content),
        Value::Tuple(items) | Value::FrozenSet(items) => {
            out.push(if matches!(of, Value::Tuple(_)) { b'(' } else { b'>' });
            out.extend(u32::try_from(items.len()).unwrap_or(0).to_le_bytes());
            items.iter().for_each(|item| value(out, item, below));
        }
        Value::Call(call) | Value::Instance(call) => inner(out, call, below),
        _ => out.push(b'S'),
    }
}

fn inner(out: &mut Vec<u8>, call: &Call, depth: usize) {
    let start = out.len();
    let made = call.callee.callee_name().is_some_and(|name| makes_code(&name));
    if !made || code(out, &call.args, depth).is_none() {
        out.truncate(start);
        out.push(b'S');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(numbers: &[i64]) -> Vec<Value> {
        numbers.iter().map(|number| Value::Int(*number)).collect()
    }

    fn texts(texts: &[&str]) -> Value {
        Value::tuple(texts.iter().map(|text| Value::str(*text)).collect::<Vec<_>>())
    }

    /// `f`'s code, its constants, names and locals, its file and its name.
    fn parts(constant: Value) -> Vec<Value> {
        let consts = Value::tuple([Value::None, constant]);
        vec![Value::bytes(*b"d\x00"), consts, texts(&["os"]), texts(&["x"]), Value::str("f.py"), Value::str("f")]
    }

    fn behind(rest: &[Value], numbers: Vec<Value>) -> Vec<Value> {
        [numbers, parts(Value::Int(7)), rest.to_vec()].concat()
    }

    const PARTS: &[u8] = b"s\x02\0\0\0d\0(\x02\0\0\0NI\x07\0\0\0\0\0\0\0(\x01\0\0\0u\x02\0\0\0os";
    const NAMED: &[u8] = b"u\x04\0\0\0f.pyu\x01\0\0\0f";

    #[test]
    fn each_version_has_its_own_order() {
        let lines = Value::bytes(*b"\x01");
        for counts in [&[1, 2, 3, 64][..], &[1, 0, 2, 3, 64], &[1, 0, 0, 2, 3, 64]] {
            let rest = [Value::Int(9), lines.clone(), texts(&["free"]), texts(&["cell"])];
            let counted: Vec<u8> = counts.iter().flat_map(|count| (*count as i32).to_le_bytes()).collect();
            let closures = b"(\x01\0\0\0u\x01\0\0\0x(\x01\0\0\0u\x04\0\0\0free(\x01\0\0\0u\x04\0\0\0cell";
            let whole = [b"c", &*counted, PARTS, closures, NAMED, b"\x09\0\0\0s\x01\0\0\0\x01"].concat();
            assert_eq!(marshalled(&behind(&rest, numbers(counts))).as_deref(), Some(&*whole), "{counts:?}");
            // Nothing is free without closures.
            let none = marshalled(&behind(&rest[..2], numbers(counts))).unwrap();
            assert!(none.windows(10).any(|window| window == b"(\0\0\0\0(\0\0\0\0"), "{none:?}");
        }
    }

    #[test]
    fn from_3_11_on_locals_cells_and_free_names_are_one_list() {
        let bytes = |content: &[u8]| Value::bytes(content);
        let rest =
            [Value::str("C.f"), Value::Int(9), bytes(b"\x01"), bytes(b"\x02"), texts(&["free"]), texts(&["x", "cell"])];
        let mut whole = b"c".to_vec();
        // The count of locals is left out.
        [1_i32, 0, 0, 3, 64].iter().for_each(|count| whole.extend(count.to_le_bytes()));
        whole.extend([PARTS, b"(\x03\0\0\0u\x01\0\0\0xu\x04\0\0\0cellu\x04\0\0\0frees\0\0\0\0", NAMED].concat());
        whole.extend(b"u\x03\0\0\0C.f\x09\0\0\0s\x01\0\0\0\x01s\x01\0\0\0\x02");
        assert_eq!(marshalled(&behind(&rest, numbers(&[1, 0, 0, 2, 3, 64]))), Some(whole));
    }

    #[test]
    fn constants_keep_their_kind_and_code_within_is_code() {
        let rest = [Value::Int(1), Value::bytes(*b"")];
        let with = |constant: Value| {
            let all = [numbers(&[0, 0, 0, 0]), parts(constant), rest.to_vec()].concat();
            marshalled(&all).unwrap()
        };
        let plain = with(Value::None);
        let at = plain.windows(2).position(|window| window == b"NN").unwrap() + 1;
        let only = |constant: Value| {
            let stream = with(constant);
            stream[at..stream.len() - (plain.len() - at - 1)].to_vec()
        };
        assert_eq!(only(Value::Bool(true)), b"T");
        assert_eq!(only(Value::Bool(false)), b"F");
        assert_eq!(only(Value::Ellipsis), b".");
        assert_eq!(only(Value::Float(0.5)), b"g\0\0\0\0\0\0\xe0?");
        assert_eq!(only(Value::bytes(*b"ab")), b"s\x02\0\0\0ab");
        assert_eq!(only(Value::frozen_set([Value::None])), b">\x01\0\0\0N");
        assert_eq!(only(Value::list([Value::None])), b"S");
        // dill puts the line table in front.
        let inner = [vec![Value::bytes(*b"\x01")], numbers(&[0, 0, 0, 0]), parts(Value::None), rest.to_vec()].concat();
        let made = |module: &str, name: &str| Value::called(Value::global(module, name), inner.clone(), Vec::new());
        assert_eq!(only(made("types", "CodeType")), plain);
        assert_eq!(only(made("dill._dill", "_create_code")), plain);
        assert_eq!(only(made("os", "getcwd")), b"S");
    }

    #[test]
    fn what_is_no_code_is_not_written() {
        let rest = [Value::Int(1), Value::bytes(*b"")];
        assert_eq!(marshalled(&[]), None);
        assert_eq!(marshalled(&numbers(&[1, 2, 3, 4])), None);
        assert_eq!(marshalled(&behind(&rest, numbers(&[1, 2, 3]))), None);
        assert_eq!(marshalled(&behind(&rest, numbers(&[1; 7]))), None);
        assert_eq!(marshalled(&behind(&rest[..1], numbers(&[1; 4]))), None);
        let merged = [Value::str("f"), Value::Int(1), Value::bytes(*b"")];
        assert_eq!(marshalled(&behind(&merged, numbers(&[1; 6]))), None);
        // Code that is no bytes.
        let mut parts = behind(&rest, numbers(&[1; 4]));
        parts[4] = Value::None;
        assert_eq!(marshalled(&parts), None);
        // Code within code, without end.
        let mut deep = Value::None;
        for _ in 0..60 {
            let all = [numbers(&[0; 4]), super::tests::parts(deep), rest.to_vec()].concat();
            deep = Value::called(Value::global("types", "CodeType"), all, Vec::new());
        }
        let Value::Call(call) = &deep else { return };
        let stream = marshalled(&call.args).unwrap();
        assert!(stream.iter().filter(|byte| **byte == b'c').count() <= MAX_DEPTH + 2);
    }

    #[test]
    fn what_is_too_deep_or_too_long_is_left_out() {
        let nested = |depth: usize| (0..depth).fold(Value::None, |inner, _| Value::tuple([inner]));
        let written = |of: &Value| {
            let mut out = Vec::new();
            value(&mut out, of, 0);
            out
        };
        assert_eq!(written(&nested(2)).last(), Some(&b'N'));
        let deep = written(&nested(MAX_DEPTH + 9));
        assert_eq!(
            (deep.last(), deep.len()),
            (Some(&b'S'), written(&nested(MAX_DEPTH)).len() + written(&nested(1)).len() - 1)
        );
        let long = Value::bytes(vec![7; MAX_BYTES]);
        assert_eq!(written(&Value::tuple([long.clone(), long])).last(), Some(&b'S'));
    }
}
