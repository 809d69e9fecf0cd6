//! Sizes as people write them: `4096`, `500 MB`, `2GiB`.

/// Reads a size in bytes; units of 1000 (kB, MB, GB, TB) and of 1024 (KiB, MiB, GiB, TiB).
///
/// # Errors
/// In words: an unknown unit, a number that is none or too great.
pub fn parse(text: &str) -> Result<u64, String> {
    let refuse = || format!("{text:?} is not a size; write it like 4096, 500MB or 2GiB");
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let unit: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "ki" | "kib" => 1 << 10,
        "mi" | "mib" => 1 << 20,
        "gi" | "gib" => 1 << 30,
        "ti" | "tib" => 1 << 40,
        _ => return Err(refuse()),
    };
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let all = ["0", "4096", "1kB", "2 MB", "3GiB", "1 tib", "7B"].map(|text| parse(text).unwrap());
        assert_eq!(all, [0, 4096, 1000, 2_000_000, 3 << 30, 1 << 40, 7]);
        for text in ["", "MB", "-1", "1.5GB", "3 parsecs", "99999999999999999999", "18446744073709551615k"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
