//! The word that was probably meant.

/// The nearest of `words`, if it is near: at most a third of the letters differ.
pub fn nearest<'w>(given: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let most = given.chars().count().checked_div(3).unwrap_or_default().max(1);
    let distances = words.into_iter().map(|word| (distance(given, word), word));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, word)| word)
}

/// `; did you mean "x"?`, or nothing.
pub(crate) fn hint<'w>(given: &str, words: impl IntoIterator<Item = &'w str>) -> String {
    nearest(given, words).map(|word| format!("; did you mean {word:?}?")).unwrap_or_default()
}

/// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
fn distance(one: &str, other: &str) -> usize {
    // Nobody means a word that is this long.
    let letters = |text: &str| text.chars().take(64).collect::<Vec<char>>();
    let (one, other) = (letters(one), letters(other));
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX >> 1);
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i.saturating_add(1)];
        for (j, b) in other.iter().enumerate() {
            let kept = at(&row, j).saturating_add(usize::from(a != b));
            let removed = at(&row, j.saturating_add(1)).saturating_add(1);
            let added = at(&next, j).saturating_add(1);
            let swapped = match (i.checked_sub(1), j.checked_sub(1)) {
                (Some(up), Some(left)) if one.get(up) == Some(b) && other.get(left) == Some(a) => {
                    at(&before, left).saturating_add(1)
                }
                _ => usize::MAX,
            };
            next.push(kept.min(removed).min(added).min(swapped));
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let words = ["fail-on", "level", "exclude", "include", "process-spawn"];
        let found = ["fial-on", "levle", "exlude", "proces-spwan", "colour", "x"].map(|given| nearest(given, words));
        assert_eq!(found, [Some("fail-on"), Some("level"), Some("exclude"), Some("process-spawn"), None, None]);
    }

    #[test]
    fn distances_count_letters() {
        let all = [("", ""), ("a", ""), ("abc", "acb"), ("kitten", "sitting")].map(|(a, b)| distance(a, b));
        assert_eq!(all, [0, 1, 1, 3]);
    }
}
