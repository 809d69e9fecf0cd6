//! A program that something runs finds the names of where it is run.

use std::sync::Arc;

use base::{budget::NoWatch, verdict::Severity};
use engine::{Scanner, Settings};
use rules::Catalogue;

use crate::memory::{Item, Tree, target};

/// Programs of which the payload stands in a text, and the names that it uses around it.
const PROGRAMS: [&str; 8] = [
    "import os\nexec(\"os.system('id')\")\n",
    "import os\nexec(\"o.system('id')\", {'o': os})\n",
    "import os\nnames = {}\nnames['s'] = os.system\nexec(\"s('id')\", names)\n",
    "import os as o\nexec(compile(\"o.system('id')\", 'x', 'exec'))\n",
    "import timeit, os\ntimeit.timeit('os.system(\"id\")', globals=globals())\n",
    "import timeit\ntimeit.timeit('o.system(\"id\")', 'import os as o')\n",
    "import timeit\ntimeit.Timer(setup='import os; os.system(\"id\")').timeit()\n",
    "def f():\n    import subprocess as p\n    eval(\"p.run(['sh', '-c', 'id'])\")\nf()\n",
];

#[test]
fn a_program_finds_the_names_of_where_it_is_run() {
    let scanner = Scanner::new(Catalogue::builtin(), Settings::default());
    for program in PROGRAMS {
        let targets = vec![target("files", Item::Folder(Tree::default().file("a.py", program)))];
        let report = scanner.scan_recorded(targets, Arc::new(NoWatch), None);
        let worst = report.findings.iter().map(|finding| finding.severity).max();
        assert!(worst >= Some(Severity::High), "{program}: {worst:?}");
    }
    // A name of another module that the text only mentions.
    let quiet = "import os\nexec('print(\"os\", os.sep)')\n";
    let targets = vec![target("files", Item::Folder(Tree::default().file("a.py", quiet)))];
    let report = scanner.scan_recorded(targets, Arc::new(NoWatch), None);
    assert!(report.findings.iter().all(|finding| finding.severity <= Severity::Low), "{:?}", report.findings);
}
