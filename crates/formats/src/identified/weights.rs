//! Weights and classic models: tensors behind a magic number or a first line.

use base::format::Head;

use super::{has, inside, u32_at, u64_at};

/// Header length, then a JSON object: <https://github.com/huggingface/safetensors>, "Format". The loader refuses headers over 100 MB.
pub(super) fn safetensors(head: &Head<'_>) -> bool {
    let fits = |length: u64| (2..=100_000_000).contains(&length) && inside(head, length.saturating_add(7));
    u64_at(head, 0).is_some_and(fits) && has(head, 8, b"{")
}

/// Magic and version, in either byte order.
pub(super) fn gguf(head: &Head<'_>) -> bool {
    let known = |version: u32| (1..=16).contains(&version) || (1..=16).contains(&version.swap_bytes());
    head.starts(b"GGUF") && u32_at(head, 4).is_some_and(known)
}

/// Little-endian magics of the formats before GGUF, followed by a vocabulary size or a version.
pub(super) fn ggml(head: &Head<'_>) -> bool {
    let magic = [b"lmgg", b"fmgg", b"tjgg", b"algg"].iter().any(|magic| head.starts(*magic));
    magic && u32_at(head, 4).is_some_and(|next| (1..1 << 24).contains(&next))
}

/// HDF5 specification, section II.A: the superblock lies at 0 or at a power of two from 512.
pub(super) fn hdf5(head: &Head<'_>) -> bool {
    const MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";
    head.starts(MAGIC) || head.probes.iter().any(|(_, bytes)| bytes.starts_with(MAGIC))
}

/// Three version numbers before floats: so weak that only a file of that name counts.
pub(super) fn darknet(head: &Head<'_>) -> bool {
    let version = u32_at(head, 0) == Some(0) && matches!(u32_at(head, 4), Some(1 | 2)) && u32_at(head, 8) < Some(16);
    version && super::scripts::extension(head).eq_ignore_ascii_case("weights")
}

/// The list magic `0x112` and a reserved zero.
pub(super) fn mxnet(head: &Head<'_>) -> bool {
    u64_at(head, 0) == Some(0x112) && u64_at(head, 8) == Some(0)
}

/// Versions and level of detail all zero, then the size of a tensor description that starts with its type.
pub(super) fn paddle_params(head: &Head<'_>) -> bool {
    let description = u32_at(head, 16).is_some_and(|size| (2..=64).contains(&size)) && has(head, 20, &[8]);
    u64_at(head, 0) == Some(0) && u64_at(head, 8) == Some(0) && description
}

/// A count, version 2, and the sentinel of the first record at 64.
pub(super) fn coreml_weights(head: &Head<'_>) -> bool {
    u32_at(head, 4) == Some(2) && u32_at(head, 64) == Some(0xdead_beef)
}

/// The prefix of the deprecated binary format, then a score and a feature count.
pub(super) fn xgboost_binary(head: &Head<'_>) -> bool {
    head.starts(b"binf") && u32_at(head, 8).is_some_and(|features| features < 1 << 24)
}

/// A UBJSON object with 64-bit key lengths that has a learner.
pub(super) fn xgboost_ubj(head: &Head<'_>) -> bool {
    head.starts(b"{L\0\0\0\0\0\0") && contains(head.first, b"L\0\0\0\0\0\0\0\x07learner")
}

/// The first lines of a saved booster.
pub(super) fn lightgbm(head: &Head<'_>) -> bool {
    head.starts(b"tree\nversion=") || head.starts(b"tree\r\nversion=")
}

/// The magic of CatBoost's own format, then the size of its flatbuffer.
pub(super) fn catboost(head: &Head<'_>) -> bool {
    head.starts(b"CBM1") && u32_at(head, 4).is_some_and(|size| inside(head, u64::from(size)))
}

/// A version string that counts its terminator.
pub(super) fn vowpal_wabbit(head: &Head<'_>) -> bool {
    let length =
        u32_at(head, 0).and_then(|length| usize::try_from(length).ok()).filter(|length| (4..=16).contains(length));
    let Some([digits @ .., 0]) = length.and_then(|length| head.at(4, length)) else {
        return false;
    };
    digits.first().is_some_and(u8::is_ascii_digit)
        && digits.iter().filter(|byte| **byte == b'.').count() == 2
        && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// Magic 793712314 and a version of at most 12.
pub(super) fn fasttext(head: &Head<'_>) -> bool {
    u32_at(head, 0) == Some(793_712_314) && u32_at(head, 4).is_some_and(|version| (1..=16).contains(&version))
}

/// Lines of a base64 token and its rank, counting up from 0.
pub(super) fn tiktoken(head: &Head<'_>) -> bool {
    let mut lines = head.first.split(|byte| *byte == b'\n').take(4);
    let ranked = |(rank, line): (usize, &[u8])| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(space) = line.iter().position(|byte| *byte == b' ') else {
            return false;
        };
        let (token, number) = line.split_at(space);
        let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let number = number.get(1..).and_then(|number| std::str::from_utf8(number).ok());
        token.len() >= 4
            && token.len().is_multiple_of(4)
            && token.iter().all(letter)
            && number == Some(rank.to_string().as_str())
    };
    let mut count = 0_usize;
    lines.by_ref().take(3).enumerate().all(|line| {
        count = count.saturating_add(1);
        ranked(line)
    }) && count == 3
}

/// Whether `needle` occurs.
pub(super) fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(bytes, needle).is_some()
}
