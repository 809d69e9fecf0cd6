//! The page as a whole; `cargo xtask long reports` opens it in a browser.

use super::*;
use crate::sample;

fn written(report: &Report, page: Page) -> String {
    let mut out = Vec::new();
    write(report, page, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_page_loads_nothing_and_runs_only_its_own_script() {
    for mut report in sample::all() {
        report.excerpts.push(sample::excerpt());
        let html = written(&report, Page::default());
        assert_eq!(html.matches("<script").count(), 1);
        assert_eq!(html.matches("<style").count(), 1);
        assert!(html.contains("default-src &#39;none&#39;; style-src &#39;sha256-"), "{}", &html[..600]);
        for forbidden in [" src=", " style=", " onclick=", "href=\"http", "url(", "@import", "<iframe", "<img", "<link"]
        {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
    }
    // Nothing of ours may end its element early.
    assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("innerHTML"));
}

#[test]
fn everything_is_told() {
    let html = written(&sample::explained(), Page::default());
    for part in [
        "Loading calls posix.system(&quot;echo this would have run on load&quot;)",
        "<span class=\"step\">models/poisoned/model.tar</span><span class=\"arrow\"> → </span><span class=\"step\">ckpt.pt",
        "byte 0x28 (opcode 11)",
        "Do not load this file.",
        "<code>CWE-502</code> Deserialization of Untrusted Data",
        "<code>__reduce__</code>",
        "does not count: suppressed",
        "Not fully read: 2 artifacts",
        "<div class=\"line marked critical\"><span class=\"number\">4</span><code>_1 = system(_0)",
        "<div class=\"note critical\" id=\"line-",
        "<div class=\"line needed\"><span class=\"number\">3</span><code>_0 = &#39;echo",
        "<path class=\"edge\"",
        "3 rules: 1 failed, 1 passed, 1 not run",
        "<button type=\"button\" data-path=\"model.tar!/ckpt.pt!/archive/data.pkl\"",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
}
