//! Protocol buffers carry no magic: a message is recognised by the numbers and wire types of its fields, two levels deep.

use base::format::Head;

/// Fields looked at in one message.
const FIELDS: usize = 256;

/// A field of a message, as far as the head shows it.
#[derive(Clone, Copy)]
struct Field<'a> {
    number: u32,
    value: Value<'a>,
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Varint(u64),
    /// 32 or 64 bits.
    Fixed,
    /// The bytes, and whether the head holds them all.
    Bytes(&'a [u8], bool),
}

/// The base-128 number at the front, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        let shift = u32::try_from(index).ok()?.checked_mul(7)?;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index.checked_add(1)?..)?));
        }
    }
    None
}

/// The fields of a message of `length` bytes of which `bytes` can be seen. `None` where they break the wire format.
fn fields(mut bytes: &[u8], length: u64) -> Option<Vec<Field<'_>>> {
    let mut fields = Vec::new();
    let hidden = length.checked_sub(u64::try_from(bytes.len()).ok()?)?;
    while !bytes.is_empty() && fields.len() < FIELDS {
        let Some((tag, rest)) = varint(bytes) else {
            // Cut by the end of the head, not by the end of the message.
            return (hidden > 0 && bytes.len() < 10).then_some(fields);
        };
        let number = u32::try_from(tag >> 3).ok().filter(|number| *number > 0)?;
        let (value, rest) = match tag & 7 {
            0 => match varint(rest) {
                Some((value, rest)) => (Value::Varint(value), rest),
                None => return (hidden > 0 && rest.len() < 10).then_some(fields),
            },
            wire @ (1 | 5) => match rest.split_at_checked(if wire == 1 { 8 } else { 4 }) {
                Some((_, rest)) => (Value::Fixed, rest),
                None => return (hidden > 0).then_some(fields),
            },
            2 => {
                let Some((size, rest)) = varint(rest) else {
                    return (hidden > 0 && rest.len() < 10).then_some(fields);
                };
                let seen = usize::try_from(size).ok().and_then(|size| rest.split_at_checked(size));
                match seen {
                    Some((value, rest)) => (Value::Bytes(value, true), rest),
                    None => {
                        let missing = size.checked_sub(u64::try_from(rest.len()).ok()?)?;
                        hidden.checked_sub(missing)?;
                        fields.push(Field { number, value: Value::Bytes(rest, false) });
                        return Some(fields);
                    }
                }
            }
            _ => return None,
        };
        fields.push(Field { number, value });
        bytes = rest;
    }
    Some(fields)
}

/// The message that a file is. A file whose length is not known is as long as what is seen of it.
fn message<'a>(head: &Head<'a>) -> Option<Vec<Field<'a>>> {
    let seen = u64::try_from(head.first.len()).ok()?;
    fields(head.first, head.len.unwrap_or(seen)).filter(|fields| !fields.is_empty())
}

impl<'a> Field<'a> {
    /// The fields of the message in this field.
    fn nested(self) -> Option<Vec<Field<'a>>> {
        match self.value {
            Value::Bytes(bytes, whole) => {
                let hidden = if whole { 0 } else { 1 << 40 };
                fields(bytes, u64::try_from(bytes.len()).ok()?.checked_add(hidden)?)
            }
            Value::Varint(_) | Value::Fixed => None,
        }
    }

    fn number_below(self, limit: u64) -> bool {
        matches!(self.value, Value::Varint(value) if value < limit)
    }

    /// Whether this is text of which all, or the start, can be seen.
    fn text(self) -> bool {
        let Value::Bytes(bytes, whole) = self.value else {
            return false;
        };
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) if !whole && error.error_len().is_none() => {
                std::str::from_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
            }
            Err(_) => return false,
        };
        !text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
    }

    fn bytes(self) -> bool {
        matches!(self.value, Value::Bytes(..))
    }
}

/// What a known field must look like.
type Shape = fn(Field<'_>) -> bool;

const NUMBER: Shape = |field| field.number_below(u64::MAX);
const SMALL: Shape = |field| field.number_below(1 << 20);
const TEXT: Shape = |field| field.text();
const BYTES: Shape = |field| field.bytes();
const FIXED: Shape = |field| matches!(field.value, Value::Fixed);

/// Whether every field is one of `known` and has its shape.
fn fits(fields: &[Field<'_>], known: &[(u32, Shape)]) -> bool {
    fields.iter().all(|field| known.iter().any(|(number, shape)| *number == field.number && shape(*field)))
}

/// The first field with this number.
fn first<'a>(fields: &[Field<'a>], number: u32) -> Option<Field<'a>> {
    fields.iter().copied().find(|field| field.number == number)
}

/// Whether the message in the first field `number` is not empty and fits `known`.
fn nested_fits(fields: &[Field<'_>], number: u32, known: &[(u32, Shape)]) -> bool {
    let nested = first(fields, number).and_then(Field::nested);
    nested.is_some_and(|nested| !nested.is_empty() && fits(&nested, known))
}

/// onnx.proto, `ModelProto` and `GraphProto`.
pub(super) fn onnx(head: &Head<'_>) -> bool {
    const MODEL: &[(u32, Shape)] = &[
        (1, SMALL),
        (2, TEXT),
        (3, TEXT),
        (4, TEXT),
        (5, NUMBER),
        (6, TEXT),
        (7, BYTES),
        (8, BYTES),
        (14, BYTES),
        (20, BYTES),
        (25, BYTES),
        (26, BYTES),
    ];
    const GRAPH: &[(u32, Shape)] = &[
        (1, BYTES),
        (2, TEXT),
        (5, BYTES),
        (10, TEXT),
        (11, BYTES),
        (12, BYTES),
        (13, BYTES),
        (14, BYTES),
        (15, BYTES),
        (16, BYTES),
    ];
    let Some(model) = message(head) else {
        return false;
    };
    let graph = first(&model, 7).and_then(Field::nested).is_some_and(|graph| graph.len() > 1 && fits(&graph, GRAPH));
    // A model of functions alone has no graph, but then it says which operators it imports.
    let versioned = first(&model, 1).is_some() && first(&model, 8).is_some();
    fits(&model, MODEL) && (graph || versioned && first(&model, 7).is_none())
}

/// saved_model.proto: a small schema version and graphs with their information.
pub(super) fn saved_model(head: &Head<'_>) -> bool {
    message(head).is_some_and(|fields| {
        let graph = first(&fields, 2).and_then(Field::nested).unwrap_or_default();
        let versioned = first(&fields, 1).is_some_and(|version| version.number_below(16));
        versioned && fits(&fields, &[(1, SMALL), (2, BYTES)]) && fits(&graph, META_GRAPH) && informed(&graph)
    })
}

/// Whether the fields of a MetaGraphDef hold a graph, or information on it that fills the head.
fn informed(fields: &[Field<'_>]) -> bool {
    let hidden = matches!(first(fields, 1), Some(Field { value: Value::Bytes(_, false), .. }));
    hidden || first(fields, 2).and_then(Field::nested).is_some_and(|fields| graph(&fields))
}

const META_GRAPH: &[(u32, Shape)] =
    &[(1, BYTES), (2, BYTES), (3, BYTES), (4, BYTES), (5, BYTES), (6, BYTES), (7, BYTES)];
const GRAPH: &[(u32, Shape)] = &[(1, BYTES), (2, BYTES), (3, SMALL), (4, BYTES), (5, BYTES)];
const NODE: &[(u32, Shape)] = &[(1, TEXT), (2, TEXT), (3, TEXT), (4, TEXT), (5, BYTES), (6, BYTES), (7, BYTES)];

/// graph.proto: nodes with a name and an operator.
pub(super) fn graph_def(head: &Head<'_>) -> bool {
    message(head).is_some_and(|fields| graph(&fields))
}

fn graph(fields: &[Field<'_>]) -> bool {
    let node = first(fields, 1).and_then(Field::nested);
    fits(fields, GRAPH)
        && node.is_some_and(|node| fits(&node, NODE) && first(&node, 1).is_some() && first(&node, 2).is_some())
}

/// meta_graph.proto: information on the graph, then the graph.
pub(super) fn meta_graph(head: &Head<'_>) -> bool {
    message(head).is_some_and(|fields| {
        let stated = matches!(first(&fields, 1), Some(information) if nested_some(information));
        fits(&fields, META_GRAPH) && stated && informed(&fields) && first(&fields, 2).is_some()
    })
}

/// Whether this holds a message that is not empty.
fn nested_some(field: Field<'_>) -> bool {
    field.nested().is_some_and(|fields| !fields.is_empty())
}

/// saved_metadata.proto of Keras: nodes with an identifier and JSON.
pub(super) fn keras_metadata(head: &Head<'_>) -> bool {
    const OBJECT: &[(u32, Shape)] = &[(2, SMALL), (3, TEXT), (4, TEXT), (5, TEXT), (6, BYTES)];
    message(head).is_some_and(|fields| {
        let named = first(&fields, 1)
            .and_then(Field::nested)
            .is_some_and(|node| first(&node, 3).is_some() && first(&node, 4).is_some());
        fits(&fields, &[(1, BYTES)]) && named && nested_fits(&fields, 1, OBJECT)
    })
}

/// Model.proto of Core ML: specification version, description, and one kind of model from 200 on.
pub(super) fn coreml(head: &Head<'_>) -> bool {
    let known = |field: &Field<'_>| match field.number {
        1 => field.number_below(1 << 10),
        2 => field.bytes(),
        10 => field.number_below(2),
        200..=3000 => field.bytes(),
        _ => false,
    };
    message(head).is_some_and(|fields| {
        let described = first(&fields, 2).and_then(Field::nested).is_some_and(|fields| !fields.is_empty());
        let kind = fields.iter().any(|field| field.number >= 200);
        fields.iter().all(known) && first(&fields, 1).is_some() && described && kind
    })
}

/// caffe.proto, `NetParameter`: a name, then layers that have a name and a type.
pub(super) fn caffe(head: &Head<'_>) -> bool {
    const NET: &[(u32, Shape)] =
        &[(1, TEXT), (2, BYTES), (3, TEXT), (4, NUMBER), (5, SMALL), (6, BYTES), (7, SMALL), (8, BYTES), (100, BYTES)];
    message(head).is_some_and(|fields| {
        let layer = first(&fields, 100).or_else(|| first(&fields, 2)).and_then(Field::nested).unwrap_or_default();
        let named = first(&layer, 1).is_some_and(Field::text) && first(&layer, 2).is_some_and(Field::text);
        let old =
            first(&layer, 4).is_some_and(Field::text) && first(&layer, 5).is_some_and(|kind| kind.number_below(64));
        fits(&fields, NET) && first(&fields, 1).is_some() && (named || old)
    })
}

/// framework.proto of PaddlePaddle, `ProgramDesc`: blocks with an index and a parent.
pub(super) fn paddle_program(head: &Head<'_>) -> bool {
    const BLOCK: &[(u32, Shape)] = &[(1, SMALL), (2, NUMBER), (3, BYTES), (4, BYTES), (5, NUMBER)];
    message(head).is_some_and(|fields| {
        let block = first(&fields, 1).and_then(Field::nested).unwrap_or_default();
        fits(&fields, &[(1, BYTES), (4, BYTES), (5, BYTES)])
            && fits(&block, BLOCK)
            && first(&block, 1).is_some()
            && (first(&block, 3).is_some() || first(&block, 4).is_some())
    })
}

/// mind_ir.proto: as ONNX, but the versions are text.
pub(super) fn mindir(head: &Head<'_>) -> bool {
    const MODEL: &[(u32, Shape)] = &[
        (1, TEXT),
        (2, TEXT),
        (3, TEXT),
        (4, TEXT),
        (5, TEXT),
        (6, TEXT),
        (7, BYTES),
        (8, BYTES),
        (9, BYTES),
        (10, BYTES),
        (11, SMALL),
        (12, SMALL),
        (13, SMALL),
        (14, BYTES),
        (15, BYTES),
        (16, BYTES),
    ];
    message(head).is_some_and(|fields| {
        let version = matches!(first(&fields, 1), Some(Field { value: Value::Bytes([b'0'..=b'9', b'.', ..], _), .. }));
        let graph = first(&fields, 7).and_then(Field::nested).is_some_and(|graph| !graph.is_empty());
        fits(&fields, MODEL) && version && graph
    })
}

/// sentencepiece_model.proto: pieces of text, a score and a kind.
pub(super) fn sentencepiece(head: &Head<'_>) -> bool {
    const PIECE: &[(u32, Shape)] = &[(1, BYTES), (2, FIXED), (3, |field| field.number_below(16))];
    message(head).is_some_and(|fields| {
        let scored = first(&fields, 1)
            .and_then(Field::nested)
            .is_some_and(|piece| first(&piece, 1).is_some() && first(&piece, 2).is_some());
        fits(&fields, &[(1, BYTES), (2, BYTES), (3, BYTES), (4, BYTES), (5, BYTES)])
            && scored
            && nested_fits(&fields, 1, PIECE)
    })
}

/// CNTK: a dictionary with a version and named values; or the older format's first word in UTF-16.
pub(super) fn cntk(head: &Head<'_>) -> bool {
    let dictionary = message(head).is_some_and(|fields| {
        let entry = first(&fields, 2).and_then(Field::nested).unwrap_or_default();
        let named = matches!(first(&entry, 1), Some(name) if name.text()) && first(&entry, 2).is_some_and(Field::bytes);
        let versioned = first(&fields, 1).is_some_and(|version| version.number_below(16));
        fits(&fields, &[(1, SMALL), (2, BYTES)]) && versioned && named && fits(&entry, &[(1, TEXT), (2, BYTES)])
    });
    dictionary && !saved_model(head) || head.starts(b"B\0C\0N\0\0\0")
}

/// Text form: by its usual names, or a Caffe network by a named layer.
pub(super) fn text(head: &Head<'_>) -> bool {
    let named = ["prototxt", "pbtxt", "textproto", "textpb"]
        .iter()
        .any(|known| super::scripts::extension(head).eq_ignore_ascii_case(known));
    let binary = head.first.first().is_some_and(|byte| *byte >= 0x80 || crate::text::is_control(*byte));
    let has = |word: &[u8]| !binary && super::weights::contains(head.first, word);
    let network = head.first.trim_ascii_start().starts_with(b"name:") || has(b"\nname:");
    named || network && (has(b"\nlayer {") || has(b"\nlayers {") || has(b"\nlayer{"))
}
