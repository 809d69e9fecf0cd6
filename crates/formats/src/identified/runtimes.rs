//! Models compiled for one runtime: flatbuffers with an identifier, engines and plans.

use base::format::Head;

use super::{has, inside, scripts::extension, u32_at};

/// A flatbuffer with this file identifier: the root offset lies behind the identifier and inside the file.
fn flatbuffer(head: &Head<'_>, identifier: &[u8]) -> bool {
    let root = |offset: u32| offset >= 8 && inside(head, u64::from(offset));
    has(head, 4, identifier) && u32_at(head, 0).is_some_and(root)
}

/// File identifier `TFL3`.
pub(super) fn tflite(head: &Head<'_>) -> bool {
    flatbuffer(head, b"TFL3")
}

/// File identifier `ORTM`.
pub(super) fn ort(head: &Head<'_>) -> bool {
    flatbuffer(head, b"ORTM")
}

/// File identifiers `ET12` and on for programs, `FT01` for tensors.
pub(super) fn executorch(head: &Head<'_>) -> bool {
    let kind = matches!(head.at(4, 2), Some(b"ET" | b"FT"));
    let digits = head.at(6, 2).filter(|digits| digits.iter().all(u8::is_ascii_digit));
    kind && digits.is_some() && head.at(4, 4).is_some_and(|identifier| flatbuffer(head, identifier))
}

/// The tags of serialised engines, followed by a version that is no text.
pub(super) fn tensorrt(head: &Head<'_>) -> bool {
    (head.starts(b"ptrt") || head.starts(b"ftrt")) && u32_at(head, 4).is_some_and(|version| version < 1 << 24)
}

/// Plain and encrypted containers of the toolkit.
pub(super) fn rknn(head: &Head<'_>) -> bool {
    head.starts(b"RKNN\0\0\0\0") || head.starts(b"CYPTRKNN")
}

/// Magic 7767517, as text or binary.
pub(super) fn ncnn(head: &Head<'_>) -> bool {
    head.starts(b"7767517\n") || head.starts(b"7767517\r\n") || u32_at(head, 0) == Some(7_767_517)
}

/// A flatbuffer without identifier: only a file of that name counts.
pub(super) fn mnn(head: &Head<'_>) -> bool {
    let root = |offset: u32| offset >= 4 && offset.is_multiple_of(4) && inside(head, u64::from(offset));
    extension(head).eq_ignore_ascii_case("mnn") && u32_at(head, 0).is_some_and(root)
}

/// MLIR bytecode format: the magic `ML\xefR`.
pub(super) fn mlir_bytecode(head: &Head<'_>) -> bool {
    head.starts(b"ML\xefR")
}
