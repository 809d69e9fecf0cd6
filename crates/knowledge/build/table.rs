//! Reads one table and checks its form: columns, words, order, and that nothing in it is a wildcard.

/// What a column may hold.
pub(crate) enum Column {
    /// A dotted Python name.
    Name,
    /// A dotted Python name, or nothing.
    NameOrEmpty,
    /// One of the words that the function knows.
    Word(&'static str, fn(&str) -> bool),
    /// Prose.
    Text,
    /// Prose, or nothing.
    TextOrEmpty,
}

/// One row, and where it stands.
pub(crate) struct Row {
    pub(crate) place: String,
    pub(crate) cells: Vec<String>,
}

/// The rows of `text`, which must be sorted by their first `key` columns.
pub(crate) fn parse(file: &str, text: &str, columns: &[Column], key: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let place = format!("{file}:{}", number + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        check(&place, &cells, columns);
        if let Some(before) = rows.last() {
            assert!(
                before.cells[..key] < cells[..key],
                "{place}: not sorted after {}, or twice",
                before.cells[..key].join(" ")
            );
        }
        rows.push(Row { place, cells });
    }
    rows
}

/// The rows of several files as one sorted table.
pub(crate) fn merge(mut rows: Vec<Row>, key: usize) -> Vec<Row> {
    rows.sort_by(|a, b| a.cells[..key].cmp(&b.cells[..key]));
    for pair in rows.windows(2) {
        let (first, second) = (&pair[0], &pair[1]);
        assert!(first.cells[..key] != second.cells[..key], "{}: already a row at {}", second.place, first.place);
    }
    rows
}

fn check(place: &str, cells: &[String], columns: &[Column]) {
    assert!(cells.len() == columns.len(), "{place}: {} columns, not {}", cells.len(), columns.len());
    for (cell, column) in cells.iter().zip(columns) {
        assert!(cell.trim() == cell, "{place}: blanks around {cell:?}");
        match column {
            Column::Name => assert!(is_name(cell), "{place}: {cell:?} is not an exact name"),
            Column::NameOrEmpty => assert!(cell.is_empty() || is_name(cell), "{place}: {cell:?} is not an exact name"),
            Column::Word(what, known) => assert!(known(cell), "{place}: {cell:?} is no {what}"),
            Column::Text => assert!(!cell.is_empty(), "{place}: an empty column"),
            Column::TextOrEmpty => {}
        }
    }
}

/// Whether `text` is a dotted name; wildcards are not. Hyphens are read, since modules named with them can be imported.
/// A language other than Python stands in front, with a colon; Java's inner classes have a dollar sign, R's names begin with dots.
fn is_name(text: &str) -> bool {
    let text = match text.split_once(':') {
        Some((language, name)) if language.chars().all(|letter| letter.is_ascii_lowercase()) => name,
        _ => text,
    };
    let text = text.strip_prefix('.').unwrap_or(text);
    text.split('.').all(|part| {
        part == "<locals>"
            || part == "<lambda>"
            || (!part.is_empty()
                && !part.starts_with(|first: char| first.is_ascii_digit())
                && part.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '$')))
    })
}
