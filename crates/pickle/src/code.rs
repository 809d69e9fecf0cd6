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
