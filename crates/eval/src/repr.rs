//! What values look like as text: `repr`, `ascii` and `str`.

use crate::{
    evaluator::{Evaluator, Fault, Folded, MAX_BYTES},
    number,
    value::Value,
};

/// `str(value)`.
pub(crate) fn to_str(evaluator: &Evaluator<'_>, value: &Value) -> Folded<String> {
    match value {
        Value::Str(text) => Ok(text.to_string()),
        other => repr(evaluator, other),
    }
}

/// `repr(value)`.
pub(crate) fn repr(evaluator: &Evaluator<'_>, value: &Value) -> Folded<String> {
    let mut out = String::new();
    write(evaluator, value, &mut out)?;
    Ok(out)
}

/// `ascii(value)`.
pub(crate) fn ascii(evaluator: &Evaluator<'_>, value: &Value) -> Folded<String> {
    let text = repr(evaluator, value)?;
    evaluator.make(text.len().saturating_mul(4))?;
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_ascii() { out.push(letter) } else { out.push_str(&escaped(letter)) }
    }
    Ok(out)
}

/// `\xe9`, `\u20ac` or `\U0001f600`.
pub(crate) fn escaped(letter: char) -> String {
    match u32::from(letter) {
        code @ ..0x100 => format!("\\x{code:02x}"),
        code @ ..0x1_0000 => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

// Values are at most `MAX_NESTING` deep, so the recursion is bounded; shared parts are paid as often as they are written.
fn write(evaluator: &Evaluator<'_>, value: &Value, out: &mut String) -> Folded<()> {
    let before = out.len();
    match value {
        Value::None => out.push_str("None"),
        Value::Ellipsis => out.push_str("Ellipsis"),
        Value::Bool(value) => out.push_str(if *value { "True" } else { "False" }),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::BigInt(value) => out.push_str(&number::decimal(value)?),
        Value::Float(value) => out.push_str(&number::float_repr(*value)),
        Value::Str(text) => write_text(text, out)?,
        Value::Bytes(bytes) => write_bytes(bytes, out),
        Value::ByteArray(bytes) => {
            out.push_str("bytearray(");
            write_bytes(bytes, out);
            out.push(')');
        }
        Value::Tuple(items) => {
            list(evaluator, "(", items, if items.len() == 1 { ",)" } else { ")" }, out)?;
        }
        Value::List(items) => list(evaluator, "[", items, "]", out)?,
        Value::Set(items) | Value::FrozenSet(items) if items.len() > 1 => {
            // The order of a set is the interpreter's own.
            return Err(Fault::Unfollowed);
        }
        Value::Set(items) if items.is_empty() => out.push_str("set()"),
        Value::Set(items) => list(evaluator, "{", items, "}", out)?,
        Value::FrozenSet(items) if items.is_empty() => out.push_str("frozenset()"),
        Value::FrozenSet(items) => list(evaluator, "frozenset({", items, "})", out)?,
        Value::Dict(entries) => {
            out.push('{');
            for (place, (key, value)) in entries.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                write(evaluator, key, out)?;
                out.push_str(": ");
                write(evaluator, value, out)?;
            }
            out.push('}');
        }
        Value::Range(span) if span.step == 1 => out.push_str(&format!("range({}, {})", span.start, span.stop)),
        Value::Range(span) => out.push_str(&format!("range({}, {}, {})", span.start, span.stop, span.step)),
        Value::Slice(span) => {
            let part = |part: Option<i64>| part.map_or("None".to_owned(), |part| part.to_string());
            out.push_str(&format!("slice({}, {}, {})", part(span.start), part(span.stop), part(span.step)));
        }
        _ => return Err(Fault::Unfollowed),
    }
    evaluator.pay(out.len().saturating_sub(before))?;
    if out.len() > MAX_BYTES {
        return Err(Fault::OverCap("a constant of more than 16 MiB"));
    }
    Ok(())
}

fn list(evaluator: &Evaluator<'_>, open: &str, items: &[Value], close: &str, out: &mut String) -> Folded<()> {
    out.push_str(open);
    for (place, item) in items.iter().enumerate() {
        out.push_str(if place > 0 { ", " } else { "" });
        write(evaluator, item, out)?;
    }
    out.push_str(close);
    Ok(())
}

fn write_text(text: &str, out: &mut String) -> Folded<()> {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter == quote => {
                out.push('\\');
                out.push(letter);
            }
            ' '..='~' => out.push(letter),
            letter if letter.is_control() || unprintable(letter) => out.push_str(&escaped(letter)),
            letter => out.push(letter),
        }
    }
    out.push(quote);
    Ok(())
}

/// The characters of the separator, format, private and unassigned classes that matter in practice.
fn unprintable(letter: char) -> bool {
    (letter.is_whitespace() && letter != ' ')
        || matches!(letter,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}'
            | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{e0000}'..='\u{10ffff}')
}

pub(crate) fn write_bytes(bytes: &[u8], out: &mut String) {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' };
    out.push('b');
    out.push(char::from(quote));
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte if *byte == quote => {
                out.push('\\');
                out.push(char::from(*byte));
            }
            b' '..=b'~' => out.push(char::from(*byte)),
            byte => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(char::from(quote));
}
