//! What the notebook reader gives back.

use base::sink::ChildBody;

use super::{FORMAT, magic};
use crate::reading::{detect, facts, parse};

/// Children by name, with their text.
fn children(json: &str) -> Vec<(String, String)> {
    let reading = parse(&FORMAT, "a.ipynb", json.as_bytes(), false);
    let text = |body: &ChildBody| match body {
        ChildBody::Window(blob) => String::from_utf8(blob.bytes_at(0, 1 << 16).unwrap()).unwrap(),
        _ => String::new(),
    };
    reading.children.iter().map(|child| (String::from_utf8(child.name.clone()).unwrap(), text(&child.body))).collect()
}

const NOTEBOOK: &str = r##"{"cells": [
 {"cell_type": "markdown", "source": ["import os\n", "os.system('no')"]},
 {"cell_type": "code", "source": ["import os\n", "!pip install x \\\n", "  y\n", "if 1:\n", "    %system id"], "outputs": [
  {"data": {"text/html": ["<b>", "<script>fetch('http://x')</script>"]}}]},
 {"source": "%%bash\ncurl x | sh", "cell_type": "code"},
 {"cell_type": "code", "source": "%%time\nos.system('id')\nx = !ls\n%matplotlib inline\nprint?"},
 {"cell_type": "code", "source": "%%writefile a/b.py\nimport sys"}
], "nbformat": 4, "metadata": {}}"##;

#[test]
fn cells_become_one_program_and_their_scripts() {
    let expected = [
        ("b.py", "import sys"),
        (
            "cells.sh",
            "# %% cell 1\n\npip install x \\\n  y\n\nid\n# %% cell 2\n\ncurl x | sh\n# %% cell 3\n\n\nls\n\n\n",
        ),
        (
            "cells.py",
            "# %% cell 1\nimport os\npass\n\nif 1:\n    pass\n# %% cell 3\n\nos.system('id')\npass\npass\n\n",
        ),
    ];
    let found = children(NOTEBOOK);
    let found: Vec<_> = found.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(found, expected);
    let reading = parse(&FORMAT, "a.ipynb", NOTEBOOK.as_bytes(), false);
    assert!(reading.complete() && facts(&reading).iter().any(|fact| fact.contains("output-script")));
}

#[test]
fn older_notebooks_have_worksheets() {
    let json = r#"{"worksheets": [{"cells": [{"cell_type": "code", "language": "python", "input": "id"}]}], "nbformat": 3}"#;
    assert_eq!(children(json), [("cells.py".to_owned(), "# %% cell 0\nid\n".to_owned())]);
}

#[test]
fn notebooks_are_told_by_their_content() {
    assert!(detect(&FORMAT, "a", NOTEBOOK.as_bytes()).is_some() && detect(&FORMAT, "a.json", b"{\"a\": 1}").is_none());
    assert!(!parse(&FORMAT, "a.json", b"{\"nbformat\": 4}", true).passed);
}

#[test]
fn cut_notebooks_give_what_they_have() {
    for end in 0..NOTEBOOK.len() {
        parse(&FORMAT, "a.ipynb", &NOTEBOOK.as_bytes()[..end], false);
    }
    let cut = NOTEBOOK.find("nbformat").unwrap();
    assert_eq!(children(&NOTEBOOK[..cut]).len(), 3);
    let deep = format!("{{\"cells\": {}", "[".repeat(100_000));
    assert!(parse(&FORMAT, "a.ipynb", deep.as_bytes(), false).stop.is_some());
}

#[test]
fn magic_is_told_from_python() {
    let cell = magic::cell("x = 5 % 3\ny %= 2\nz != 3\nprint('100%')\nassert a, '?'");
    assert_eq!((cell.python.trim_end(), cell.others.len()), ("x = 5 % 3\ny %= 2\nz != 3\nprint('100%')\nassert a, '?'", 0));
}
