//! A script as a listing: lines need those that set the variables and functions that they use.

use base::{blob::Blob, budget::Meter, listing::Listing, stop::Stop};

use super::LENGTH;
use crate::whole::{self, Names, words};

/// Lists a script.
pub(super) fn list(blob: &Blob, meter: &Meter) -> Result<Listing, Stop> {
    whole::list(blob, meter, LENGTH, "shell", names)
}

fn names(line: &str) -> Names {
    let mut defines = Vec::new();
    let code = line.trim_start();
    for part in code.split([';', '&', '|']) {
        let part = part.trim_start();
        let part = ["export ", "declare ", "local ", "readonly ", "function "]
            .iter()
            .find_map(|prefix| part.strip_prefix(prefix))
            .unwrap_or(part);
        let name: String = part.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        let after = part.get(name.len()..).unwrap_or_default();
        let sets = after.starts_with('=') || after.starts_with("+=") || after.starts_with("()") || after.starts_with(" ()");
        let looped = part.strip_prefix("for ").or_else(|| part.strip_prefix("read ")).and_then(|rest| words(rest).next());
        match looped {
            Some(looped) => defines.push(looped.to_owned()),
            None if sets && !name.is_empty() => defines.push(name),
            None => {}
        }
    }
    // A function is used by its name alone, a variable behind `$`: both are words.
    (defines, words(code).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_need_their_variables() {
        let text = "a=curl\nf() { $a x; }\nfor i in 1 2; do f $i; done\necho hi\nexport b=$a; f $b\n";
        let listing = list(&Blob::from_bytes(text), &Meter::unlimited()).unwrap();
        let uses: Vec<_> = listing.lines.iter().map(|line| line.uses.clone()).collect();
        assert_eq!(uses, [vec![], vec![0], vec![1], vec![], vec![0, 1]]);
        assert_eq!((listing.lines[1].place.offset, listing.lines[1].place.line), (7, 2));
    }
}
