//! Pure functions of the standard library that give text or bytes out of text or bytes: paths, shell words, wrapped text, Unicode.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::{
    arguments::{Arguments, bytes, text},
    base_n, codec, container,
    evaluator::{Evaluator, Fault, Folded, raise},
    holder,
    name::Name,
    value::{Exception, Value},
};

/// Normal forms grow a text at most eighteen times.
const NORMAL_GROWTH: usize = 18;

/// The value of a call of a function that this file knows.
pub(crate) fn fold(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    match path.0 {
        "unicodedata" => unicode(evaluator, path.1, args),
        "posixpath" | "os" | "os.path" | "ntpath" | "shutil" => paths(evaluator, path, args),
        "shlex" | "pipes" => shell_words(evaluator, path.1, args),
        "textwrap" | "inspect" | "string" => wrapped(evaluator, path.1, args),
        "email.base64mime" => mail_base64(evaluator, path.1, args),
        "email.quoprimime" | "email.utils" | "binascii" | "xml.sax.saxutils" => mail(evaluator, path.1, args),
        "urllib.parse" => query(evaluator, path.1, args),
        "ipaddress" | "socket" | "_socket" => addresses(path.1, args),
        "numpy" => numpy(path.1, args),
        _ => same(evaluator, path, args),
    }
}

/// Functions that give back what they are given, where that cannot act.
fn same(evaluator: &mut Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    let constant = |value: &Value| value.is_constant();
    Ok(match (path.0, path.1, args.args) {
        ("copy", "copy" | "deepcopy", [value]) if constant(value) => Some(value.clone()),
        ("sys", "intern", [Value::Str(text)]) | ("gettext", "gettext" | "dgettext", [.., Value::Str(text)]) => {
            Some(Value::Str(text.clone()))
        }
        ("time", "strftime", [Value::Str(format), ..]) if !format.contains('%') => Some(Value::Str(format.clone())),
        ("types", "MappingProxyType", [Value::Dict(pairs)]) => Some(Value::Dict(pairs.clone())),
        ("random", "choice", [of]) => match crate::iterate::all(evaluator, of)?.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        },
        ("statistics", "mode", [of]) => {
            let items = crate::iterate::all(evaluator, of)?;
            let alike =
                items.iter().all(|item| crate::compare::equal(item, items.first().unwrap_or(item)) == Some(true));
            items.first().filter(|_| alike).cloned()
        }
        ("pprint", "pformat", [value]) | ("reprlib", "repr", [value]) => {
            let shown = crate::text::repr(evaluator, value)?;
            (shown.len() <= 30).then(|| Value::str(shown))
        }
        ("heapq", "heappop", [Value::List(items)]) => match &**items {
            [one] => Some(one.clone()),
            _ => None,
        },
        ("json", "dumps", [Value::Str(text)]) if args.kwargs.is_empty() => {
            let plain = text.chars().all(|letter| matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\'));
            plain.then(|| Value::str(format!("\"{text}\"")))
        }
        _ => None,
    })
}

fn unicode(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    Ok(Some(match name {
        "normalize" => {
            let (form, of) = (args.text(0)?, args.text(1)?);
            evaluator.make(of.len().saturating_mul(NORMAL_GROWTH))?;
            let normal: String = match &**form {
                "NFC" => of.nfc().collect(),
                "NFD" => of.nfd().collect(),
                "NFKC" => of.nfkc().collect(),
                "NFKD" => of.nfkd().collect(),
                _ => return raise(Exception::Value),
            };
            evaluator.decoded("unicodedata.normalize", Value::str(normal))
        }
        "lookup" => match unicode_names2::character(args.text(0)?) {
            Some(letter) => Value::str(letter.to_string()),
            None => return raise(Exception::Key),
        },
        "name" => {
            let mut letters = args.text(0)?.chars();
            let (Some(letter), None) = (letters.next(), letters.next()) else { return raise(Exception::Type) };
            match unicode_names2::name(letter) {
                Some(name) => Value::str(name.to_string()),
                None => return Err(Fault::Unfollowed),
            }
        }
        _ => return Ok(None),
    }))
}

/// Text, or bytes as text where they are ASCII.
fn path_text(value: &Value) -> Folded<Arc<str>> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        Value::Call(call) => holder::shown(call).map(Arc::from).ok_or(Fault::Unfollowed),
        _ => Err(Fault::Unfollowed),
    }
}

fn paths(evaluator: &Evaluator<'_>, path: (&str, &str), args: Arguments<'_>) -> Folded<Option<Value>> {
    let separators: &[char] = if path.0 == "ntpath" { &['/', '\\'] } else { &['/'] };
    let Some(first) = args.args.first() else { return Ok(None) };
    match (path.1.trim_start_matches("path."), first) {
        ("fsdecode", Value::Bytes(content)) => {
            let text = std::str::from_utf8(content).map_err(|_| Fault::Unfollowed)?;
            return Ok(Some(Value::str(text)));
        }
        ("fsencode", Value::Str(text)) => return Ok(Some(Value::bytes(text.as_bytes()))),
        ("fsdecode" | "fspath", Value::Str(_)) | ("fsencode" | "fspath", Value::Bytes(_)) => {
            return Ok(Some(first.clone()));
        }
        _ => {}
    }
    let name = path.1.trim_start_matches("path.");
    if !matches!(name, "basename" | "_basename" | "dirname" | "split" | "splitext" | "join" | "normpath" | "normcase") {
        return Ok(None);
    }
    let of = path_text(first)?;
    evaluator.make(of.len())?;
    let cut = of.rfind(separators).map_or(0, |at| at.saturating_add(1));
    let (head, tail) = of.split_at_checked(cut).unwrap_or(("", &of));
    let trimmed =
        if head.chars().all(|letter| separators.contains(&letter)) { head } else { head.trim_end_matches(separators) };
    Ok(Some(match name {
        "_basename" => {
            let of = of.trim_end_matches(separators);
            Value::str(of.rsplit(separators).next().unwrap_or_default())
        }
        "basename" => Value::str(tail),
        "dirname" => Value::str(trimmed),
        "split" => Value::tuple([Value::str(trimmed), Value::str(tail)]),
        "splitext" => {
            let start = tail.len().saturating_sub(tail.trim_start_matches('.').len());
            let dot = tail.rfind('.').filter(|at| *at >= start && *at > 0).and_then(|at| at.checked_add(cut));
            let (root, extension) = of.split_at_checked(dot.unwrap_or(of.len())).unwrap_or((&of, ""));
            Value::tuple([Value::str(root), Value::str(extension)])
        }
        "normcase" if path.0 == "ntpath" => return Ok(None),
        "normcase" => Value::Str(of),
        "join" => {
            let mut whole = of.to_string();
            for part in args.rest(1) {
                let part = path_text(part)?;
                if part.starts_with(separators) {
                    whole.clear();
                } else if !whole.is_empty() && !whole.ends_with(separators) {
                    whole.push(if path.0 == "ntpath" { '\\' } else { '/' });
                }
                whole.push_str(&part);
                evaluator.make(whole.len())?;
            }
            Value::str(whole)
        }
        _ if of.contains("..") || of.starts_with("//") || path.0 == "ntpath" => return Ok(None),
        _ => {
            let steps: Vec<&str> = of.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
            let whole = format!("{}{}", if of.starts_with('/') { "/" } else { "" }, steps.join("/"));
            Value::str(if whole.is_empty() { ".".to_owned() } else { whole })
        }
    }))
}

fn shell_words(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    let quoted = |text: &str| {
        let safe = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter);
        match text {
            "" => "''".to_owned(),
            text if text.chars().all(safe) => text.to_owned(),
            text => format!("'{}'", text.replace('\'', "'\"'\"'")),
        }
    };
    Ok(match name {
        "quote" => {
            let text = args.text(0)?;
            evaluator.make(text.len().saturating_mul(5))?;
            Some(Value::str(quoted(text)))
        }
        "join" => {
            let words = crate::iterate::all(evaluator, args.value(0)?)?;
            let words: Folded<Vec<String>> = words.iter().map(|word| Ok(quoted(text(word)?))).collect();
            Some(Value::str(words?.join(" ")))
        }
        "split" if args.len() == 1 => {
            let text = args.text(0)?;
            evaluator.make(text.len())?;
            let words = split_words(text).ok_or(Fault::Raises(Exception::Value))?;
            Some(Value::list(words.into_iter().map(Value::str).collect::<Vec<_>>()))
        }
        _ => None,
    })
}

/// The words of a POSIX shell; `None` where a quote does not end.
fn split_words(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(letters.next()?),
            '\'' | '"' => {
                let held = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        end if end == letter => break,
                        '\\' if letter == '"' => match letters.next()? {
                            escaped @ ('"' | '\\') => held.push(escaped),
                            other => held.extend(['\\', other]),
                        },
                        other => held.push(other),
                    }
                }
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
}

/// `textwrap.fill(text, width)`: text that fits one line.
pub(crate) fn filled(evaluator: &Evaluator<'_>, args: Arguments<'_>) -> Folded<Option<Value>> {
    let text = args.text(0)?;
    evaluator.make(text.len())?;
    let width = args.int_or(1, "width", 70)?;
    let plain = !text.contains(['\n', '\t', '\r', '\u{b}', '\u{c}', '-']) && args.kwargs.is_empty();
    let fits = i64::try_from(text.chars().count()).is_ok_and(|count| count <= width);
    Ok((plain && fits).then(|| Value::str(text.trim_end_matches(' '))))
}

fn wrapped(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    match (name, args.args) {
        ("fill", _) => filled(evaluator, args),
        ("wrap", _) => Ok(filled(evaluator, args)?.map(|line| Value::list([line]))),
        ("shorten", [Value::Str(text), Value::Int(width), ..]) => {
            evaluator.make(text.len())?;
            let whole = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let fits = i64::try_from(whole.chars().count()).is_ok_and(|count| count <= *width);
            Ok(fits.then(|| Value::str(whole)))
        }
        ("indent", [Value::Str(text), Value::Str(prefix)]) => {
            evaluator.make(text.len().saturating_mul(prefix.len().saturating_add(1)))?;
            let lines = text.split_inclusive('\n');
            let put = |line: &str| if line.trim().is_empty() { line.to_owned() } else { format!("{prefix}{line}") };
            Ok(Some(Value::str(lines.map(put).collect::<String>())))
        }
        ("cleandoc", [Value::Str(text)]) if !text.contains(['\n', '\t']) => {
            Ok(Some(Value::str(text.trim_start_matches(' '))))
        }
        ("capwords", [Value::Str(text)]) => {
            evaluator.make(text.len().saturating_mul(3))?;
            let words: Folded<Vec<String>> = text
                .split_whitespace()
                .map(|word| {
                    let word = Arc::from(word);
                    let capital = crate::text::method(evaluator, &word, "capitalize", Arguments::new(&[], &[]))?;
                    Ok(capital.as_str().unwrap_or_default().to_owned())
                })
                .collect();
            Ok(Some(Value::str(words?.join(" "))))
        }
        _ => Ok(None),
    }
}

fn mail(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    let content = |value: &Value| -> Folded<Arc<[u8]>> {
        match value {
            Value::Str(text) => Ok(Arc::from(text.as_bytes())),
            other => bytes(other).cloned(),
        }
    };
    let Some(first) = args.args.first() else { return Ok(None) };
    Ok(match name {
        "body_decode" | "header_decode" | "decode" | "decodestring" if first.as_str().is_some() && args.len() == 1 => {
            let content = content(first)?;
            evaluator.make(content.len())?;
            let text = base_n::quoted_printable(&content, name == "header_decode");
            let text = String::from_utf8(text).map_err(|_| Fault::Unfollowed)?;
            Some(evaluator.decoded("email.quoprimime", Value::str(text)))
        }
        "b2a_qp" => {
            let content = content(first)?;
            let plain = content.len() < 70 && content.iter().all(|byte| matches!(byte, b'!'..=b'~') && *byte != b'=');
            plain.then_some(Value::Bytes(content))
        }
        // Two functions: of `email.quoprimime` for one escape, of `email.utils` for quotes.
        "unquote" => {
            let text = text(first)?;
            if text.starts_with('=') {
                return Ok(None);
            }
            let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let inner = inner.map(|inner| inner.replace("\\\\", "\\").replace("\\\"", "\""));
            let angled = || text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).map(str::to_owned);
            Some(Value::str(inner.or_else(angled).unwrap_or_else(|| text.to_string())))
        }
        "unescape" | "escape" => {
            let mut text = text(first)?.to_string();
            let basic = [("&", "&amp;"), (">", "&gt;"), ("<", "&lt;")];
            let more: Vec<(Arc<str>, Arc<str>)> = match args.at(1, "entities") {
                Some(Value::Dict(pairs)) => pairs
                    .iter()
                    .map(|(from, to)| Ok((crate::arguments::text(from)?.clone(), crate::arguments::text(to)?.clone())))
                    .collect::<Folded<_>>()?,
                Some(_) => return Err(Fault::Unfollowed),
                None => Vec::new(),
            };
            evaluator.make(text.len().saturating_mul(8))?;
            if name == "escape" {
                basic.iter().for_each(|(plain, entity)| text = text.replace(plain, entity));
            } else {
                basic.iter().skip(1).rev().for_each(|(plain, entity)| text = text.replace(entity, plain));
            }
            for (from, to) in &more {
                if from.is_empty() {
                    return Err(Fault::Unfollowed);
                }
                evaluator.make(text.len().saturating_mul(to.len().saturating_add(1)))?;
                text = text.replace(&**from, to);
            }
            Some(Value::str(if name == "unescape" { text.replace("&amp;", "&") } else { text }))
        }
        _ => None,
    })
}

/// `email.base64mime.decode(text)`, which gives bytes.
fn mail_base64(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    match (name, args.args) {
        ("decode" | "body_decode" | "decodestring", [Value::Str(text)]) => {
            evaluator.make(text.len())?;
            let plain = base_n::base64(text.as_bytes())?;
            Ok(Some(evaluator.decoded("email.base64mime.decode", Value::bytes(plain))))
        }
        _ => Ok(None),
    }
}

/// `urllib.parse.parse_qsl(text)` and `parse_qs(text)` with nothing but the text.
fn query(evaluator: &mut Evaluator<'_>, name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    let ("parse_qsl" | "parse_qs", [Value::Str(text)]) = (name, args.args) else { return Ok(None) };
    evaluator.make(text.len().saturating_mul(2))?;
    let plain = |part: &str| {
        let content = crate::escape::unquoted(part.replace('+', " ").as_bytes());
        Value::str(String::from_utf8_lossy(&content).into_owned())
    };
    let pairs: Vec<(Value, Value)> = text
        .split('&')
        .filter_map(|part| part.split_once('='))
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (plain(key), plain(value)))
        .collect();
    crate::iterate::room(evaluator, pairs.len())?;
    if name == "parse_qsl" {
        return Ok(Some(Value::list(
            pairs.into_iter().map(|(key, value)| Value::tuple([key, value])).collect::<Vec<_>>(),
        )));
    }
    let mut grouped: Vec<(Value, Vec<Value>)> = Vec::new();
    for (key, value) in pairs {
        evaluator.pay(grouped.len())?;
        match grouped.iter_mut().find(|(known, _)| known.as_str() == key.as_str()) {
            Some((_, values)) => values.push(value),
            None => grouped.push((key, vec![value])),
        }
    }
    Ok(Some(Value::dict(grouped.into_iter().map(|(key, values)| (key, Value::list(values))).collect::<Vec<_>>())))
}

fn addresses(name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    let Some(first) = args.args.first() else { return Ok(None) };
    Ok(match name {
        "v4_int_to_packed" | "inet_aton" => holder::four(first).map(Value::bytes),
        "v6_int_to_packed" => holder::sixteen(first).map(Value::bytes),
        "inet_ntoa" => holder::four(first).map(|four| Value::str(std::net::Ipv4Addr::from(four).to_string())),
        _ => None,
    })
}

fn numpy(name: &str, args: Arguments<'_>) -> Folded<Option<Value>> {
    Ok(match (name, args.args) {
        ("str_" | "unicode_", [Value::Str(text)]) => Some(Value::Str(text.clone())),
        ("bytes_" | "string_", [Value::Bytes(content)]) => Some(Value::Bytes(content.clone())),
        _ => None,
    })
}

/// What the modules of `encodings` define: `encodings.hex_codec.hex_decode(bytes, errors)`.
pub(crate) fn encodings(
    evaluator: &mut Evaluator<'_>,
    path: (&str, &str),
    args: Arguments<'_>,
) -> Folded<Option<Value>> {
    let Some(encoding) = path.0.strip_prefix("encodings.") else { return Ok(None) };
    let direction = match path.1.rsplit('_').next() {
        Some(direction @ ("decode" | "encode")) => direction,
        _ => return Ok(None),
    };
    let object = args.value(0)?;
    let given = [object.clone(), Value::str(encoding)];
    let value = codec::fold(evaluator, ("codecs", direction), Arguments::new(&given, &[]))?;
    let value = value.ok_or(Fault::Unfollowed)?;
    // The functions of Punycode give the text alone.
    if encoding == "punycode" && path.1.starts_with("punycode") {
        return Ok(Some(value));
    }
    Ok(Some(Value::tuple([value, crate::sequence::len(object)?])))
}

/// What a compression is given that is decompressed again: `zlib.decompress(zlib.compress(x))`.
pub(crate) fn undone(path: (&str, &str), args: Arguments<'_>) -> Option<Value> {
    let Some(Value::Call(call)) = args.args.first() else { return None };
    let other = match path {
        ("zlib" | "gzip" | "bz2" | "lzma", "decompress") => "compress",
        ("base64", "a85decode") => "a85encode",
        ("base64", "b85decode") => "b85encode",
        ("binascii", "a2b_qp") => "b2a_qp",
        ("quopri", "decodestring") => "encodestring",
        _ => return None,
    };
    let made: &Name = call.callee.as_name()?;
    made.is(path.0, other).then(|| call.args.first().cloned()).flatten().filter(Value::is_constant)
}

/// The limit of a call that this file knows of: `re.split` and others share it.
pub(crate) fn at_most(args: Arguments<'_>, position: usize, keyword: &str) -> Folded<usize> {
    match container::limit(args, position, keyword)? {
        0 => Ok(usize::MAX),
        most => Ok(most),
    }
}
