//! Durations as people write them: `90`, `30s`, `5m`, `1h30m`, `500ms`.

use std::time::Duration;

/// Reads a duration; a number without a unit is seconds.
///
/// # Errors
/// In words: an empty text, an unknown unit, a number that is none or too great, a duration of nothing.
pub fn parse(text: &str) -> Result<Duration, String> {
    let refuse = || format!("{text:?} is not a duration; write it like 30s, 5m or 1h30m");
    if let Ok(seconds) = text.parse() {
        return positive(Duration::from_secs(seconds));
    }
    let mut sum = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(refuse)?);
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        let milliseconds: u64 = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(refuse()),
        };
        let number: u64 = number.parse().map_err(|_| refuse())?;
        let part = number.checked_mul(milliseconds).map(Duration::from_millis);
        sum = part.and_then(|part| sum.checked_add(part)).ok_or_else(refuse)?;
        rest = after;
    }
    positive(sum)
}

fn positive(duration: Duration) -> Result<Duration, String> {
    if duration.is_zero() { Err("no time at all is left to scan in".into()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let read = |text| parse(text).unwrap().as_millis();
        let all = ["90", "30s", "5m", "1h", "1h30m", "500ms", "1m500ms"].map(read);
        assert_eq!(all, [90_000, 30_000, 300_000, 3_600_000, 5_400_000, 500, 60_500]);
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "s", "5x", "-1", "1.5h", "0", "0s", "5m3", "99999999999999999999s", "18446744073709551615h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
