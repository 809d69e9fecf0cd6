//! Names from outside, in every field that carries one, through every writer: only text comes out.

use base::{coverage::Coverage, escape, location::ArtifactPath, report::Report};
use serde_json::Value;

use crate::{Format, Page, sample};

/// Escapes, line breaks, direction marks, invisible letters, markup, formulas, commands of CI logs, bytes that are no text.
const NAMES: [&[u8]; 34] = [
    b"\x1b[31mred",
    b"\x1b]8;;mailto:x\x07link\x1b]8;;\x07",
    b"\x1b]0;owned\x07",
    b"line\nbreak",
    b"carriage\rreturn",
    b"two\r\n::error::lines",
    b"tab\there",
    b"bell\x07back\x08delete\x7f",
    b"nul\0nul",
    "c1\u{9b}31m\u{85}x".as_bytes(),
    "turned\u{202e}lkp.txt".as_bytes(),
    "isolated\u{2066}x\u{2069}".as_bytes(),
    "zero\u{200b}width\u{200d}joined".as_bytes(),
    "soft\u{ad}hyphen\u{feff}\u{e0041}".as_bytes(),
    "line\u{2028}para\u{2029}".as_bytes(),
    "not\u{ffff}a\u{fffe}letter".as_bytes(),
    b"<script>alert(1)</script>",
    b"\"><img src=x onerror=alert(1)>",
    b"'><svg/onload=alert(1)>",
    b"</title></style></script><script>alert(1)</script>",
    b"<!-- --> <![CDATA[ ]]> &amp; &#x3c;b&#x3e;",
    b"javascript:alert(1)//",
    b"=cmd|' /C calc'!A0",
    b"+1+1,\"quoted\";@SUM(A1)",
    b"-2\t=3",
    b"[link](https://evil.example) ![image](https://evil.example/x.png)",
    b"| cell | `code` ``` fence @everyone #1 https://evil.example",
    b"- list\n# heading\n\n    code",
    b"::error file=x,line=1::owned%0A::warning::x",
    b"100%25%0a{0}{1}%s$(id)`id`",
    b"latin\xe9\xff\xfe utf\xc3",
    b"surrogate\xed\xa0\x80half",
    b"../../etc/passwd!/..\\x",
    b"{\"json\": [1, \"\\u001b\"]}",
];

/// A report in which everything that can come from outside is this name.
fn report(name: &[u8]) -> Report {
    let text = String::from_utf8_lossy(name).into_owned();
    let mut report = sample::poisoned();
    report.target = vec![text.clone()];
    let template = report.findings[0].clone();
    report.artifacts.iter_mut().for_each(|record| record.detail = Some(text.clone()));
    let path = ArtifactPath::root(name).member(name);
    let mut record = report.artifacts[0].clone();
    (record.path, record.path_hex, record.format) = (path.shared(), path.hex(), text.as_str().into());
    let mut finding = template;
    (finding.message, finding.subject, finding.evidence) = (text.clone(), text.clone(), text.clone());
    finding.artifact = path.shared();
    (finding.location.path, finding.location.path_hex) = (path.shared(), path.hex());
    finding.location.pointer = Some(text.as_str().into());
    finding.places = vec![finding.location.clone(); 2];
    // Rules of a folder are written by a user, and policies too.
    (finding.title, finding.remedy) = (text.as_str().into(), text.as_str().into());
    finding.lowered = Some(base::finding::Lowered { from: finding.severity, reason: text });
    report.add(record, vec![finding], Coverage::default());
    report
}

fn long() -> Vec<u8> {
    b"long-\xf0\x9f\x92\xa5<b>".repeat(500)
}

/// Every name in every format.
fn each(check: impl Fn(Format, &str, &[u8])) {
    let long = long();
    let excerpt = |name: &[u8]| {
        let mut named = sample::excerpt();
        named.artifact = String::from_utf8_lossy(name).into();
        named.lines.iter_mut().for_each(|line| line.text = String::from_utf8_lossy(name).into());
        named.marks.iter_mut().for_each(|mark| mark.note = String::from_utf8_lossy(name).into());
        named
    };
    for name in NAMES.iter().copied().chain([&*long]) {
        let mut named = report(name);
        named.excerpts.push(excerpt(name));
        for format in Format::ALL {
            let mut out = Vec::new();
            format.write(&named, Page::default(), &mut out).unwrap();
            check(*format, &String::from_utf8(out).unwrap(), name);
        }
    }
}

#[test]
fn no_writer_lets_a_control_or_an_invisible_letter_through() {
    each(|format, text, name| {
        // What the style of the page and the lines of a table are made of is ours.
        let ours = |letter: char| letter == '\n' || (letter == '\r' && format == Format::Csv);
        let found = text.chars().find(|letter| escape::is_hostile(*letter) && !ours(*letter));
        assert_eq!(found, None, "{} of {:?}", format.id(), String::from_utf8_lossy(name));
    });
}

#[test]
fn what_programs_read_is_read_back() {
    each(|format, text, name| {
        let shown = String::from_utf8_lossy(name).into_owned();
        match format {
            Format::Json | Format::Sarif | Format::Gitlab => {
                let value: Value = serde_json::from_str(text).unwrap();
                // JSON carries the very text.
                let subject = match format {
                    Format::Json => value.pointer("/findings/4/subject"),
                    Format::Sarif => value.pointer("/runs/0/results/2/properties/subject"),
                    _ => return,
                };
                assert_eq!(subject.unwrap().as_str().unwrap(), shown, "{}", format.id());
            }
            Format::JsonLines => {
                text.lines().for_each(|line| drop(serde_json::from_str::<Value>(line).unwrap()));
            }
            Format::Csv => {
                let rows = rows(text);
                assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{rows:?}");
                let formula = |cell: &String| cell.trim_start().starts_with(['=', '+', '-', '@']);
                assert_eq!(rows.iter().flatten().find(|cell| formula(cell)), None);
                assert_eq!(rows.len(), 1 + 1 + 5 + 2);
            }
            Format::Junit => xml(text),
            Format::Github => {
                for line in text.lines() {
                    let command = line.strip_prefix("::").unwrap();
                    let (head, data) = command.split_once("::").unwrap();
                    assert!(["error", "warning", "notice"].iter().any(|kind| head.starts_with(kind)), "{line}");
                    assert!(!data.contains('\r') && !head.contains("::"), "{line}");
                }
                // One for the verdict, the causes and the reasons each: no name makes a line of its own.
                assert_eq!(text.lines().count(), 1 + 4 + 2, "{text}");
            }
            _ => {}
        }
    });
}

/// `cargo xtask long reports` opens these.
#[test]
fn pages_for_a_browser() {
    let Some(folder) = std::env::var_os("MODELWARD_PAGES").map(std::path::PathBuf::from) else { return };
    let count = std::cell::Cell::new(0);
    each(|format, text, _| {
        if format == Format::Html {
            std::fs::write(folder.join(format!("name-{:02}.html", count.get())), text).unwrap();
            count.set(count.get() + 1);
        }
    });
    let page = Page::default();
    for (name, report) in
        [("poisoned", sample::explained()), ("clean", sample::clean()), ("reasons", sample::reasons())]
    {
        let mut out = std::fs::File::create(folder.join(format!("{name}.html"))).unwrap();
        Format::Html.write(&report, page, &mut out).unwrap();
    }
}

#[test]
fn what_people_see_holds_no_markup_from_outside() {
    let tags = ["<script>alert", "<img", "<svg/", "onload=alert(1)>", "<b>", "<!--", "<![CDATA[", "</title></style>"];
    each(|format, text, name| match format {
        Format::Html => tags.iter().for_each(|tag| assert!(!text.contains(tag), "{tag} of {name:?}")),
        Format::Markdown => {
            let rest = outside_code(text).replace("<sub>", "").replace("</sub>", "");
            let rest = rest.replace("<details><summary>", "").replace("</summary>", "").replace("</details>", "");
            assert!(!rest.contains('<'), "{name:?}\n{rest}");
            assert!(!rest.replace("\\]", "").contains("](https://evil"), "{rest}");
            assert!(!rest.contains("@everyone"), "{rest}");
            assert!(text.len() < 65_536, "{}", text.len());
        }
        _ => {}
    });
}

/// The cells of a table by RFC 4180.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let row = rows.last_mut().unwrap();
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => row.last_mut().unwrap().extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => {
                assert_eq!(letters.next(), Some('\n'));
                if letters.peek().is_some() {
                    rows.push(vec![String::new()]);
                }
            }
            letter => row.last_mut().unwrap().push(letter),
        }
    }
    assert!(!quoted);
    rows
}

/// Holds JUnit to what readers of it expect: well-formed XML, the elements in their places, the counts those of the cases.
fn xml(text: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut counted = std::collections::BTreeMap::<String, usize>::new();
    let mut suite = String::new();
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    for part in body.split('<').skip(1) {
        let (tag, content) = part.split_once('>').unwrap();
        assert!(!content.contains("]]>") && entities(content) && entities(tag), "{part}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        let parent = open.last().map_or("", String::as_str);
        let parents = match name {
            "testsuites" => "",
            "testsuite" => "testsuites",
            "properties" | "testcase" => "testsuite",
            "property" => "properties",
            "failure" | "error" | "skipped" | "system-out" => "testcase",
            other => panic!("{other}"),
        };
        assert_eq!(parent, parents, "{tag}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        *counted.entry(name.into()).or_default() += 1;
        if name == "testsuite" {
            suite = tag.into();
        }
        if !tag.ends_with('/') {
            open.push(name.into());
        }
    }
    assert!(open.is_empty());
    let count = |name: &str| counted.get(name).copied().unwrap_or_default();
    let attributes = [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")];
    for (attribute, element) in attributes {
        assert!(suite.contains(&format!(" {attribute}=\"{}\"", count(element))), "{attribute}: {suite}");
    }
}

/// Whether every `&` begins one of the five references that we write.
fn entities(text: &str) -> bool {
    let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
    text.split('&').skip(1).all(|rest| known.iter().any(|name| rest.starts_with(name)))
}

/// Markdown without its code spans (CommonMark 6.1): a span ends at a run of as many backticks as began it.
fn outside_code(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            // A backslash before it makes it a letter.
            if before.ends_with('\\') {
                rest = &from[1..];
                continue;
            }
            let run = from.len() - from.trim_start_matches('`').len();
            let fence = &from[..run];
            let inside = &from[run..];
            let mut ends = inside
                .match_indices(fence)
                .filter(|(at, _)| !inside[..*at].ends_with('`') && !inside[at + run..].starts_with('`'));
            let Some((end, _)) = ends.next() else { panic!("an open code span: {line}") };
            rest = &inside[end + run..];
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}
