//! Identifiers and addresses whose digits are bytes: `uuid.UUID`, `ipaddress`.

use num_bigint::{BigInt, Sign};

use crate::{
    arguments::Arguments,
    evaluator::{Evaluator, Folded},
    value::{Call, Value},
};

/// The four bytes of an IPv4 address, given as text, a number or bytes.
pub(crate) fn four(value: &Value) -> Option<[u8; 4]> {
    match value {
        Value::Str(text) => text.parse::<std::net::Ipv4Addr>().ok().map(|address| address.octets()),
        Value::Int(number) => u32::try_from(*number).ok().map(u32::to_be_bytes),
        other => <[u8; 4]>::try_from(&**other.as_bytes()?).ok(),
    }
}

/// The sixteen bytes of an IPv6 address, given as text, a number or bytes.
pub(crate) fn sixteen(value: &Value) -> Option<[u8; 16]> {
    match value {
        Value::Str(text) => text.parse::<std::net::Ipv6Addr>().ok().map(|address| address.octets()),
        Value::Int(_) | Value::BigInt(_) => wide(value),
        other => <[u8; 16]>::try_from(&**other.as_bytes()?).ok(),
    }
}

/// A number of at most 128 bits as big-endian bytes.
fn wide(value: &Value) -> Option<[u8; 16]> {
    let (sign, digits) = crate::arguments::integer(value).ok()?.to_bytes_be();
    let mut bytes = [0; 16];
    let start = 16_usize.checked_sub(digits.len()).filter(|_| sign != Sign::Minus)?;
    bytes.get_mut(start..)?.copy_from_slice(&digits);
    Some(bytes)
}

/// The bytes of `uuid.UUID(hex, bytes, bytes_le, fields, int)`.
fn identifier(call: &Call) -> Option<[u8; 16]> {
    let args = super::arguments(call);
    if let Some(text) = args.present(0, "hex") {
        let text = text.as_str()?.replace("urn:", "").replace("uuid:", "");
        let digits: String = text.trim_matches(['{', '}']).chars().filter(|letter| *letter != '-').collect();
        let content = crate::base_n::base16(digits.as_bytes(), true).ok()?;
        return content.try_into().ok();
    }
    if let Some(bytes) = args.present(1, "bytes") {
        return <[u8; 16]>::try_from(&**bytes.as_bytes()?).ok();
    }
    if let Some(bytes) = args.present(2, "bytes_le") {
        return Some(swapped(<[u8; 16]>::try_from(&**bytes.as_bytes()?).ok()?));
    }
    wide(args.present(4, "int")?)
}

/// The first three fields with their bytes the other way round.
fn swapped(bytes: [u8; 16]) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

/// The bytes of an address.
fn packed(call: &Call) -> Option<Vec<u8>> {
    let (module, class) = super::made_by(call)?;
    let value = call.args.first()?;
    match (module, class) {
        ("ipaddress", "IPv4Address") => four(value).map(Vec::from),
        ("ipaddress", "IPv6Address") => sixteen(value).map(Vec::from),
        ("ipaddress", "ip_address") => four(value).map(Vec::from).or_else(|| sixteen(value).map(Vec::from)),
        _ => None,
    }
}

fn is_identifier(call: &Call) -> bool {
    super::made_by(call) == Some(("uuid", "UUID"))
}

pub(super) fn attribute(call: &Call, name: &str) -> Option<Value> {
    if is_identifier(call) {
        let bytes = identifier(call)?;
        return Some(match name {
            "bytes" => Value::bytes(bytes),
            "bytes_le" => Value::bytes(swapped(bytes)),
            "hex" => Value::str(crate::bytes::hex_text(&bytes)),
            "int" => Value::integer(BigInt::from_bytes_be(Sign::Plus, &bytes)),
            "urn" => Value::str(format!("urn:uuid:{}", dashed(bytes))),
            _ => return None,
        });
    }
    match name {
        "packed" => packed(call).map(Value::bytes),
        "compressed" => shown(call).map(Value::str),
        _ => None,
    }
}

pub(super) fn method(_: &mut Evaluator<'_>, call: &Call, name: &str, _: Arguments<'_>) -> Folded<Option<Value>> {
    Ok(match name {
        "__int__" if is_identifier(call) => attribute(call, "int"),
        "__int__" | "__index__" => packed(call).map(|bytes| Value::integer(BigInt::from_bytes_be(Sign::Plus, &bytes))),
        _ => None,
    })
}

fn dashed(bytes: [u8; 16]) -> String {
    let hex = crate::bytes::hex_text(&bytes);
    let cuts = [0_usize..8, 8..12, 12..16, 16..20, 20..32];
    cuts.into_iter().filter_map(|cut| hex.get(cut)).collect::<Vec<_>>().join("-")
}

pub(super) fn shown(call: &Call) -> Option<String> {
    if is_identifier(call) {
        return identifier(call).map(dashed);
    }
    let bytes = packed(call)?;
    match bytes.len() {
        4 => Some(std::net::Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).to_string()),
        _ => Some(std::net::Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string()),
    }
}
