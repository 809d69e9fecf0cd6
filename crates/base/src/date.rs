//! A day of the calendar, without a clock: whoever knows today passes it in.

/// A day, written `2026-03-31`. Ordered as time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `YYYY-MM-DD`. None for anything else and for days that no calendar has.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return None;
        }
        let date = Self { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
        (date.day >= 1 && date.day <= date.last_of_month()?).then_some(date)
    }

    /// The day that is so many days after 1970-01-01 (Howard Hinnant, *chrono-Compatible Low-Level Date Algorithms*).
    pub fn from_unix_days(days: u64) -> Option<Self> {
        let shifted = days.checked_add(719_468)?;
        let (era, of_era) = (shifted.checked_div(146_097)?, shifted.checked_rem(146_097)?);
        let leaps = of_era.checked_div(1460)?.checked_add(of_era.checked_div(146_096)?)?;
        let year_of_era = of_era.checked_sub(leaps)?.checked_add(of_era.checked_div(36_524)?)?.checked_div(365)?;
        let before = year_of_era.checked_mul(365)?.checked_add(year_of_era.checked_div(4)?)?;
        let of_year = of_era.checked_sub(before.checked_sub(year_of_era.checked_div(100)?)?)?;
        // Years are counted from March, so that the leap day is the last.
        let from_march = of_year.checked_mul(5)?.checked_add(2)?.checked_div(153)?;
        let past = from_march.checked_mul(153)?.checked_add(2)?.checked_div(5)?;
        let day = of_year.checked_sub(past)?.checked_add(1)?;
        let month = if from_march < 10 { from_march.checked_add(3)? } else { from_march.checked_sub(9)? };
        let year = era.checked_mul(400)?.checked_add(year_of_era)?.checked_add(u64::from(month <= 2))?;
        Some(Self { year: year.try_into().ok()?, month: month.try_into().ok()?, day: day.try_into().ok()? })
    }

    fn last_of_month(self) -> Option<u8> {
        let divides = |by: u16| self.year.checked_rem(by) == Some(0);
        let leap = divides(4) && !divides(100) || divides(400);
        match self.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
            4 | 6 | 9 | 11 => Some(30),
            2 => Some(if leap { 29 } else { 28 }),
            _ => None,
        }
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for text in ["2026-11-30", "2024-02-29", "2000-02-29", "0001-01-01"] {
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "2026-2-1", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "26-01-01"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert!(Date::parse("2025-12-31") < Date::parse("2026-01-01"));
    }

    #[test]
    fn days_are_counted_from_1970() {
        let day = |days| Date::from_unix_days(days).unwrap().to_string();
        let days = [0, 31, 59, 789, 11_016, 19_782, 20_422].map(day);
        let expected =
            ["1970-01-01", "1970-02-01", "1970-03-01", "1972-02-29", "2000-02-29", "2024-02-29", "2025-11-30"];
        assert_eq!(days, expected);
        assert_eq!(Date::from_unix_days(u64::MAX), None);
    }
}
