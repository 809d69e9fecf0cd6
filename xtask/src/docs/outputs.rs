//! The page of the formats that reports are written in.

use std::fmt::Write;

use report::Format;

use super::MARK;

/// A table of the formats, and what to know of each.
pub(super) fn page() -> String {
    let mut text = format!(
        "{MARK}# Reports\n\n`--format WORD` prints one, `-o WORD=FILE` writes one beside it and may be repeated. `modelward report \
         report.json` writes a saved JSON report in any of them, byte for byte as the scan itself would have.\n\n\
         | word | what it is |\n|---|---|\n"
    );
    for format in Format::ALL {
        let _ = writeln!(text, "| [`{0}`](#{0}) | {1} |", format.id(), format.describe().trim());
    }
    text.push_str(
        "\nIn all of them text from outside (names, arguments, metadata) is only text: control characters, direction marks and \
         invisible letters are written as `\\u{…}` or, in JSON, as `\\uXXXX`. Paths are relative to the target, members of \
         containers follow `!/`; formats for tools that know files only name the file as it was given on the command line.\n",
    );
    for format in Format::ALL {
        let _ = writeln!(text, "\n## {}\n\n{}", format.id(), notes(*format));
    }
    text
}

const fn notes(format: Format) -> &'static str {
    match format {
        Format::Text => {
            "The verdict first, then each finding: what would happen, where, why, what to do; then what was not read and why. 80 \
             columns where there is no terminal. The names of rules are links where the terminal has them."
        }
        Format::Json => {
            "Everything, by the [schema](report.schema.json). `rules` and `standards` hold what the rules of the findings say and \
             what the ids of standards are called, so that a saved report explains itself. A reader of `schema_version` 1.x reads \
             every 1.y."
        }
        Format::JsonLines => {
            "One object a line; `type` says which: `header` (schema_version, tool, target, verdict, completeness) first, then each \
             `finding`, each `artifact`, each `rule` with its `id`, each `excerpt` and `notice`, last the `summary` (summary, coverage, checks, standards). The \
             fields are those of the JSON report."
        }
        Format::Sarif => {
            "For code scanning of GitHub and others. The location of a result is the file; the place inside of a member is its \
             first related location, and nested artifacts are in `artifacts`. At most 5,000 results, the worst first, and a notice \
             where there are more. What was not read is in `invocations[0].toolExecutionNotifications`; accepted findings carry \
             `suppressions`."
        }
        Format::Junit => {
            "A failing test for each finding from medium on, an error for each artifact that was not fully read, a skipped test for \
             each accepted finding, a passing one for each artifact without findings. `--fail-on` does not change it."
        }
        Format::Gitlab => {
            "`artifacts: reports: sast:` takes it. The times of the scan are the epoch, since two scans of the same bytes give the \
             same report."
        }
        Format::Github => {
            "`::error`, `::warning` and `::notice` for a step of a workflow: the verdict, the worst fifty findings, and a warning \
             for each reason why something was not read."
        }
        Format::Csv => {
            "RFC 4180, every field quoted. `record` says what a row is: `scan`, `finding` or `not-read`. What a spreadsheet would take \
             for a formula begins with an apostrophe."
        }
        Format::Markdown => {
            "For a comment on a pull request: below GitHub's limit of 65,536 characters. Everything from outside stands in code."
        }
        Format::Html => {
            "One file, nothing loaded from anywhere, with a content policy that allows only its own style and script. Search, \
             filters, tree of artifacts; prints well."
        }
    }
}
