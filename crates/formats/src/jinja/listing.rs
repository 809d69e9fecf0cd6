//! A template as a listing: lines need those that set the variables and macros that they use.

use base::{blob::Blob, budget::Meter, listing::Listing, stop::Stop};

use super::LENGTH;
use crate::whole::{self, Names, words};

/// Lists a template.
pub(super) fn list(blob: &Blob, meter: &Meter) -> Result<Listing, Stop> {
    whole::list(blob, meter, LENGTH, "jinja", names)
}

fn names(line: &str) -> Names {
    let (mut defines, mut uses) = (Vec::new(), Vec::new());
    // What stands between tags is text; a line without them may be inside one that spans lines.
    let tags: Vec<&str> = match line.contains("{%") || line.contains("{{") {
        true => line.split(['{', '}']).filter(|tag| tag.starts_with('%') || !tag.is_empty()).collect(),
        false => vec![line],
    };
    for tag in tags {
        uses.extend(words(tag).map(str::to_owned));
        let code = tag.trim_start_matches(['%', '-', '+', ' ', '\t']);
        let Some((word, rest)) = code.split_once(char::is_whitespace) else { continue };
        let bound = match word {
            "set" | "with" => rest.split('=').next(),
            "for" => rest.split(" in ").next(),
            "macro" => Some(rest),
            "import" | "from" => rest.rsplit(" as ").next().or(Some(rest)),
            _ => None,
        };
        defines.extend(bound.into_iter().flat_map(words).map(str::to_owned));
    }
    (defines, uses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_need_their_variables() {
        let text = "{% set a = 'x' %}\ntext\n{%- for m in messages %}\n{{ m['content'] ~ a }}\n{% endfor %}";
        let listing = list(&Blob::from_bytes(text), &Meter::unlimited()).unwrap();
        let uses: Vec<_> = listing.lines.iter().map(|line| line.uses.clone()).collect();
        assert_eq!(uses, [vec![], vec![], vec![], vec![0, 2], vec![]]);
    }
}
