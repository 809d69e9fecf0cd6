//! The tables as a whole: everything is classified, nothing is a wildcard, every row is found where it stands.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use knowledge::{
    Kind, Lookup, SafeRole, Standing, callable, callables, is_named, python2, python2_imports, python2_names, resolve,
    stdlib_modules,
};

fn rows(table: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tables").join(table);
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn every_listed_callable_is_classified() {
    let mut unknown = BTreeSet::new();
    let mut count = 0;
    for row in rows("generated/stdlib-callables.tsv") {
        for name in row[3].split(' ') {
            count += 1;
            let found = resolve(&row[0], name);
            if callable(&found.module, &found.name) == Lookup::Unknown || callable(&row[0], name) == Lookup::Unknown {
                unknown.insert(format!("{} {name}", row[0]));
            }
        }
    }
    assert!(count > 20_000, "the list holds {count} names only");
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_row_resolves_to_itself() {
    let strayed: Vec<String> = callables()
        .filter_map(|row| {
            let found = resolve(row.module, row.name);
            let same = found.module == row.module && found.name == row.name && !found.crossed;
            (!same || callable(row.module, row.name) != Lookup::Known(row)).then(|| format!("{row:?} became {found:?}"))
        })
        .collect();
    assert!(strayed.is_empty(), "{strayed:#?}");
}

#[test]
fn no_name_is_a_wildcard() {
    for row in callables() {
        let letters = row.module.chars().chain(row.name.chars());
        assert!(letters.clone().all(|letter| letter.is_alphanumeric() || "_.<>-:$".contains(letter)), "{row:?}");
        assert!(!row.module.is_empty() && (row.name.is_empty() == (row.kind == Kind::Module)), "{row:?}");
    }
    for module in stdlib_modules() {
        assert!(
            module.name.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '.'),
            "{module:?}"
        );
    }
}

#[test]
fn a_neighbour_of_an_allowed_name_is_not_allowed() {
    for row in callables().filter(|row| matches!(row.standing, Standing::Safe(_))) {
        let (longer, below) = (format!("{}_x", row.name), format!("{}.x", row.name));
        for name in [longer.as_str(), below.as_str(), row.name.get(1..).unwrap_or("")] {
            let found = callable(row.module, name);
            assert!(is_named(row.module, name) || !matches!(found, Lookup::Known(_)), "{row:?} lends itself to {name}");
        }
    }
}

#[test]
fn python_2_names_are_those_of_the_table() {
    let table = rows("python2.tsv");
    assert_eq!(python2_names().count() + python2_imports().count(), table.len());
    for row in table {
        let (name, to) = if row[1].is_empty() { ("anything", "anything") } else { (row[1].as_str(), row[3].as_str()) };
        assert_eq!(python2(&row[0], name), Some((row[2].as_str(), to)), "{row:?}");
    }
}

#[test]
fn aliases_end_where_tables_know_the_name() {
    for row in rows("aliases/stdlib.tsv") {
        let found = resolve(&row[0], &row[1]);
        assert!(matches!(callable(&found.module, &found.name), Lookup::Known(_)), "{row:?}: {found:?}");
    }
}

#[test]
fn ids_of_standings_are_read_back() {
    for standing in Standing::all() {
        assert_eq!(Standing::parse(standing.id()), Some(standing));
    }
    assert_eq!(Standing::parse("safe/anything"), None);
    assert_eq!(Standing::parse("dangerous/construct"), None);
    assert_eq!(Standing::Safe(SafeRole::Pure).id(), "safe/pure");
}

#[test]
fn every_reason_says_something() {
    for row in callables() {
        assert!(row.reason.len() > 3 && !row.reason.ends_with('.'), "{row:?}");
    }
}
