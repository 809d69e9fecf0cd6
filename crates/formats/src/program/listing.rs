//! Source of a small language as a listing: lines need those that set the names that they use.

use base::{blob::Blob, budget::Meter, listing::Listing, stop::Stop};

use super::source::Syntax;
use crate::whole::{self, Names, words};

/// Lists a source file.
pub(crate) fn list(
    blob: &Blob,
    meter: &Meter,
    limit: usize,
    language: &'static str,
    syntax: &Syntax,
) -> Result<Listing, Stop> {
    whole::list(blob, meter, limit, language, |line| names(line, syntax))
}

fn names(line: &str, syntax: &Syntax) -> Names {
    let code = line.split_once(syntax.line_comment).map_or(line, |(code, _)| code);
    let mut defines = Vec::new();
    let declared =
        ["local ", "function "].iter().fold(code.trim_start(), |code, word| code.strip_prefix(word).unwrap_or(code));
    let function = code.contains("function");
    if function && declared.len() < code.trim_start().len() {
        defines.extend(words(declared).next().map(str::to_owned));
    }
    for assign in syntax.operators.assign {
        let Some((before, after)) = declared.split_once(assign) else { continue };
        // `==`, `<=` and their like compare.
        if after.starts_with('=') || before.ends_with(['=', '<', '>', '~', '!']) || before.contains(['(', '{']) {
            continue;
        }
        defines.extend(before.split(',').filter_map(|name| words(name).next()).map(str::to_owned));
    }
    (defines, words(code).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::source::{Blocks, Operators};

    #[test]
    fn lines_need_their_names() {
        let syntax = Syntax {
            line_comment: "--",
            long_brackets: true,
            operators: Operators { concat: "..", assign: &["="], namespace: &[], member: &[".", ":"] },
            dotted_names: false,
            blocks: Blocks::Words,
            hooks: &[],
        };
        let text = "local a = 'id' -- a\nlocal function f(x)\n  os.execute(a)\nend\nif a == 1 then f(2) end\n";
        let listing = list(&Blob::from_bytes(text), &Meter::unlimited(), 1 << 20, "lua", &syntax).unwrap();
        let uses: Vec<_> = listing.lines.iter().map(|line| line.uses.clone()).collect();
        assert_eq!(uses, [vec![], vec![], vec![0], vec![], vec![0, 1]]);
    }
}
