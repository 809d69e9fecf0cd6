//! NumPy arrays on disk, with whatever header text a test wants (NEP 1, `numpy/lib/format.py`).

/// A `.npy` file of format `major` (1 to 3, or any other) whose header is `text`, padded to 64 bytes as NumPy does.
///
/// ```
/// let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
/// let bytes = testkit::npy::file(1, text.as_bytes(), &[0; 8]);
/// assert_eq!(bytes.len(), 128 + 8);
/// ```
#[must_use]
pub fn file(major: u8, text: &[u8], body: &[u8]) -> Vec<u8> {
    let fixed = if major == 1 { 10 } else { 12 };
    let unpadded = fixed + text.len() + 1;
    let mut header = text.to_vec();
    header.resize(text.len() + (64 - unpadded % 64) % 64, b' ');
    header.push(b'\n');
    with_length(major, header.len() as u32, &header, body)
}

/// As [`file()`], with `header` as it stands and any length stated.
#[must_use]
pub fn with_length(major: u8, stated: u32, header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([major, 0]);
    if major == 1 {
        bytes.extend((stated as u16).to_le_bytes());
    } else {
        bytes.extend(stated.to_le_bytes());
    }
    bytes.extend(header);
    bytes.extend(body);
    bytes
}

/// The header text that NumPy writes for `descr` (Python source, with its quotes) and `shape`.
#[must_use]
pub fn header(descr: &str, shape: &[u64]) -> String {
    let mut dimensions: String = shape.iter().map(|length| format!("{length}, ")).collect();
    if shape.len() > 1 {
        dimensions.truncate(dimensions.len() - 2);
    } else {
        dimensions = dimensions.trim_end().into();
    }
    format!("{{'descr': {descr}, 'fortran_order': False, 'shape': ({dimensions}), }}")
}

#[cfg(test)]
mod tests {
    use super::{file, header};

    #[test]
    fn headers_are_those_of_numpy() {
        // numpy.save of zeros((2, 3), "<f4"): 128 bytes of header.
        assert_eq!(header("'<f4'", &[2, 3]), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
        assert_eq!(header("'|O'", &[1]), "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }");
        assert_eq!(header("'<i8'", &[]), "{'descr': '<i8', 'fortran_order': False, 'shape': (), }");
        for major in 1..=3 {
            let bytes = file(major, header("'<f4'", &[2, 3]).as_bytes(), b"");
            assert_eq!(bytes.len() % 64, 0);
            assert_eq!(bytes.last(), Some(&b'\n'));
        }
        assert_eq!(&file(1, b"{}", b"")[..12], b"\x93NUMPY\x01\0\x36\0{}");
        assert_eq!(&file(2, b"{}", b"")[..14], b"\x93NUMPY\x02\0\x34\0\0\0{}");
    }
}
