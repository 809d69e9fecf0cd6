//! Code in a Keras configuration: the function of a Lambda layer, marshalled and written in Base64.

use base::{blob::Blob, fact::Operator, location::Place, reason::Reason, sink::{Child, ChildBody, Sink}, stop::Stop};
use eval::Value;

use super::Level;
use crate::structured::TEMPLATE;

/// Keys under which older versions keep `[code, defaults, closure]`.
const LISTS: [&str; 3] = ["function", "output_shape", "mask"];

/// Whether the string being read stands where Keras looks for code: `{"config": {"code": …}}` of a `__lambda__`
/// (`keras/src/layers/core/lambda_layer.py`), or the first item of the list of older versions.
pub(super) fn is_code(levels: &[Level]) -> bool {
    match levels {
        [.., Level::Object { key: outer, .. }, Level::Object { key, .. }] => key == "code" && outer == "config",
        [.., Level::Object { key, .. }, Level::Array(0)] => LISTS.contains(&key.as_str()),
        _ => false,
    }
}

/// Gives the code back, if the text is such; whether it was.
pub(super) fn give(sink: &mut Sink<'_>, place: Place, text: &str) -> Result<bool, Stop> {
    // Base64 of the first byte of a marshalled code object: `c`, with or without its reference flag.
    let trimmed = text.trim_start();
    if !(trimmed.starts_with('Y') || trimmed.starts_with('4')) {
        return Ok(false);
    }
    let callee = Value::global("base64", "b64decode");
    let decoded = eval::call(&callee, &[Value::str(text)], &[], sink.meter())?.result;
    let Some(bytes) = decoded.as_bytes().filter(|bytes| matches!(bytes.first(), Some(b'c' | 0xe3))) else {
        return Ok(false);
    };
    let layer = Operator { domain: "keras".into(), name: "Lambda".into(), node: "".into(), args: Vec::new(), ..Operator::default() };
    sink.fact(place.clone(), layer)?;
    let name = b"lambda.marshal".to_vec();
    if text.len() > TEMPLATE {
        let body = ChildBody::Closed(Stop::Limit(Reason::Memory));
        sink.child(Child { name, place, body, also: Vec::new(), tensor_data: false, origins: Vec::new(), given: Vec::new() })?;
        return Ok(true);
    }
    sink.meter().hold(bytes.len() as u64)?;
    sink.child(Child::window(name, place, Blob::from_bytes(bytes.to_vec())))?;
    Ok(true)
}
