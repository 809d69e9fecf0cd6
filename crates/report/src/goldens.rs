//! What every writer makes of one report stands in `testdata/goldens`; `UPDATE_GOLDENS=1` writes it anew.

use std::{fs, path::Path};

use crate::{Format, Page, sample};

#[test]
fn every_writer_writes_what_its_golden_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/goldens");
    let mut wrong = Vec::new();
    for format in Format::ALL {
        let mut out = Vec::new();
        format.write(&sample::explained(), Page::default(), &mut out).unwrap();
        // The page's style and script are files of their own.
        let text = String::from_utf8(out).unwrap();
        let text = match format {
            Format::Html => cut(&cut(&text, "<style>", "</style>"), "<script>", "</script>"),
            _ => text,
        };
        let golden = folder.join(format!("poisoned.{}", format.id()));
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&golden, &text).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != text {
            wrong.push(format.id());
        }
    }
    assert!(wrong.is_empty(), "{wrong:?} differ: look at what changed after UPDATE_GOLDENS=1");
}

/// `text` without what stands between two tags, and without the hash of it.
fn cut(text: &str, from: &str, to: &str) -> String {
    let (before, rest) = text.split_once(from).unwrap();
    let (_, after) = rest.split_once(to).unwrap();
    let mut out = String::new();
    for part in format!("{before}{from}{to}{after}").split_inclusive("sha256-") {
        let hash = part.find("&#39;").filter(|_| !out.is_empty() && out.ends_with("sha256-")).unwrap_or_default();
        out.push_str(&part[hash..]);
    }
    out
}
