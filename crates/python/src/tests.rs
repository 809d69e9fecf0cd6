//! What is found in small programs, and that no input panics.

use base::{
    blob::Blob,
    budget::Meter,
    reason::Reason,
    sink::{Collected, Sink},
    stop::Stop,
};

fn read(source: &[u8]) -> (Vec<String>, Vec<String>, Result<(), Stop>) {
    let mut collected = Collected::default();
    let mut sink = Sink::new(&mut collected, Meter::unlimited(), false, "test.py");
    let result = crate::read(&Blob::from_bytes(source.to_vec()), &mut sink);
    crate::picky::check(&collected, |picky| {
        let mut sink = Sink::new(picky, Meter::unlimited(), false, "test.py");
        assert_eq!(crate::read(&Blob::from_bytes(source.to_vec()), &mut sink), result);
    });
    let children = collected.children.iter().map(|child| String::from_utf8_lossy(&child.name).into_owned()).collect();
    (collected.facts.iter().map(ToString::to_string).collect(), children, result)
}

/// `source` states a fact that holds all of `parts`.
#[track_caller]
fn states(source: &str, parts: &[&str]) {
    let (facts, _, result) = read(source.as_bytes());
    result.unwrap();
    let found = facts.iter().any(|fact| parts.iter().all(|part| fact.contains(part)));
    assert!(found, "{source}\nstates\n{}", facts.join("\n"));
}

const SYSTEM: &str = "call module=\"os\" name=\"system\"";

#[test]
fn names_are_followed() {
    let at_import = [SYSTEM, "when=\"import\"", "'id'"];
    for source in [
        "import os\nos.system('id')",
        "import os as o\no.system('id')",
        "from os import system as run\nrun('id')",
        "from os import *\nsystem('id')",
        "import os\nx = os.system\nx('id')",
        "import os\nclass A:\n    run = os.system\nA.run('id')",
        "import os\nclass A:\n    def __init__(self):\n        os.system('id')\nA()",
        "import os\nclass A:\n    def go(self):\n        os.system('id')\nA().go()",
        "import os\ndef f(c):\n    os.system(c)\nf('id')",
        "import os\nrun = lambda c: os.system(c)\nrun('id')",
        "import os\n[os.system(c) for c in ['id']]",
        "import os\nlist(map(os.system, ['id']))",
        "import os\ndef f(x=os.system('id')): pass",
        "import os\ndef f(x: os.system('id')): pass",
        "import os\n@(lambda f: os.system('id'))\ndef f(): pass",
        "getattr(__import__('o' + 's'), 'sys'[:3] + 'tem')('id')",
        "__import__('os').__dict__['sys' 'tem']('id')",
        "import importlib\nimportlib.import_module('os').system('id')",
        "import sys, os\nsys.modules['os'].system('id')",
        "import os\nf\"{os.system('id')}\"",
        "import os\nif (x := os.system):\n    pass\nx('id')",
        "import os, atexit\ndef f():\n    os.system('id')\natexit.register(f)",
    ] {
        states(source, &at_import);
    }
}

#[test]
fn what_objects_keep_patterns_take_and_dispatchers_call_is_followed() {
    let keeps =
        "import os\nclass P:\n    __match_args__ = ('f',)\n    def __init__(self):\n        self.f = os.system\n";
    let dispatches = "import os\nfrom functools import singledispatch\n@singledispatch\ndef f(x): pass\n";
    for source in [
        format!("{keeps}P().f('id')"),
        format!("{keeps}p = P()\ng = p.f\ng('id')"),
        "import os\ndef mk(f):\n    def g(): return f\n    return g\nmk(os.system).__closure__[0].cell_contents('id')".into(),
        "import os\ndef mk():\n    f = os.system\n    return lambda: f\nmk().__closure__[0].cell_contents('id')".into(),
        format!("{dispatches}@f.register\ndef _(x: int):\n    os.system('id')\nf(1)"),
        format!("{dispatches}@f.register(int)\ndef _(x):\n    os.system('id')\nf(1)"),
        format!("{dispatches}f.register(int, lambda x: os.system('id'))\nf(1)"),
        "import os, pickle\nclass U(pickle.Unpickler):\n    def find_class(self, m, n):\n        os.system('id')\nU(open('x', 'rb')).load()".into(),
    ] {
        states(&source, &[SYSTEM, "when=\"import\"", "'id'"]);
    }
    for source in [
        format!("{keeps}match P():\n    case P(g):\n        g('id')"),
        format!("{keeps}match P():\n    case P(f=g):\n        g('id')"),
        "import os\nmatch [1, os.system]:\n    case [*_, f]:\n        f('id')".into(),
        "import os\nmatch [1, os.system]:\n    case [_, *r]:\n        r[0]('id')".into(),
    ] {
        states(&source, &[SYSTEM, "when=\"conditional\"", "'id'"]);
    }
    // Registered only: nobody calls the dispatcher.
    let (facts, _, _) = read(format!("{dispatches}@f.register\ndef _(x: int):\n    os.system('id')\n").as_bytes());
    assert!(!facts.iter().any(|fact| fact.contains(SYSTEM) && fact.contains("when=\"import\"")), "{facts:?}");
}

#[test]
fn names_chosen_out_of_a_module_are_followed() {
    let at_import = [SYSTEM, "when=\"import\"", "'id'"];
    for source in [
        "import os\ngetattr(os, [n for n in dir(os) if n == 'system'][0])('id')",
        "import os\nnext(v for k, v in os.__dict__.items() if k == 'system')('id')",
        "import os\n[v for k, v in vars(os).items() if len(k) == 6 and k.startswith('syst')][0]('id')",
        "import os\ngetattr(os, next(filter(lambda n: n.endswith('ystem'), dir(os))))('id')",
        "import os\nfor n in dir(os):\n    if not n.startswith('sys'):\n        continue\n    if n[3:] == 'tem':\n        getattr(os, n)('id')",
        "import os, inspect\ndict(inspect.getmembers(os))['system']('id')",
        "import os\ngetattr(os, 'nope', os.system)('id')",
    ] {
        states(source, &at_import[..1]);
        states(source, &[SYSTEM, "'id'"]);
    }
    // What no test tells stays a choice, and no name is made up for it.
    for source in [
        "import os\nlist(vars(os).values())[200]('id')",
        "import os\nfor n in dir(os):\n    if hash(n) == 7:\n        getattr(os, n)('id')",
    ] {
        states(source, &["call module=\"os\" name=\"?\"", "'id'"]);
        assert!(!read(source.as_bytes()).0.iter().any(|fact| fact.contains("name=\"abort\"")), "{source}");
    }
}

#[test]
fn the_module_itself_frames_and_builtins_are_namespaces() {
    for source in [
        "import os, sys\nsys._getframe(0).f_globals['os'].system('id')",
        "import os, inspect\ninspect.currentframe().f_globals['os'].system('id')",
        "import os, sys\nsetattr(sys.modules[__name__], 'run', os.system)\nrun('id')",
        "import os, builtins\nbuiltins.run = os.system\nrun('id')",
        "import os, sys\ndef __getattr__(n):\n    os.system('id')\nsys.modules[__name__].x",
        "import os\nx = ().__class__.__base__.__subclasses__()[140].__init__.__globals__['system']\nx('id')",
        "import os\ntype(os).__getattribute__(os, 'system')('id')",
        "import os\n(lambda c: os.system(c)).__get__('id')()",
        "import os, collections\nP = collections.namedtuple('P', 'f c')\np = P(os.system, 'id')\np.f(p.c)",
        "import os\nclass P:\n    def __init__(self, f):\n        self.f = f\nP(os.system).f('id')",
        "import os\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    a: int\n    f: object\nP(1, os.system).f('id')",
        "import importlib.util as u\nm = u.module_from_spec(u.find_spec('o' + 's'))\nm.system('id')",
        "import os, sched\ns = sched.scheduler()\ns.enter(1, 1, os.system, ('id',))",
    ] {
        states(source, &[SYSTEM, "'id'"]);
    }
}

#[test]
fn what_libraries_call_of_objects_runs() {
    let at_import = [SYSTEM, "when=\"import\"", "'id'"];
    for source in [
        "import os, contextlib\nclass A:\n    def close(self):\n        os.system('id')\nwith contextlib.closing(A()):\n    pass",
        "import os\nclass A:\n    def keys(self):\n        os.system('id')\ndict(**A())",
        "import os, logging\nclass H(logging.Handler):\n    def emit(self, r):\n        os.system('id')\nlogging.getLogger().addHandler(H())",
        "import os, unittest\nclass T(unittest.TestCase):\n    def test(self):\n        os.system('id')\nunittest.main()",
        "import os, abc\nclass A(abc.ABC):\n    @classmethod\n    def __subclasshook__(cls, c):\n        os.system('id')\nissubclass(int, A)",
    ] {
        states(source, &at_import);
    }
    states("import os\ntype X = os.system('id')", &[SYSTEM, "when=\"conditional\""]);
    states("import os\nclass A[T: os.system('id')]: pass", &[SYSTEM, "when=\"conditional\""]);
    states(
        "import os, torch\ndef load(*a):\n    os.system('id')\ntorch.load = load",
        &[SYSTEM, "when=\"conditional\""],
    );
    for source in
        ["import os, queue\nqueue.Queue().put(os.system)", "import os, heapq\nheapq.heappush([], (0, os.system))"]
    {
        states(source, &["import module=\"os\" name=\"system\"", "origin=\"handed\""]);
    }
}

#[test]
fn methods_of_paths_are_called_with_the_path() {
    for (source, path) in [
        ("import pathlib\np = pathlib.Path.home() / '.ssh' / 'rc'\np.write_text('x')", "'~/.ssh/rc'"),
        ("from pathlib import Path\nPath('~').joinpath('.bashrc').expanduser().write_text('x')", "'~/.bashrc'"),
        ("from pathlib import Path\nPath('/etc/cron.d/a').parent.joinpath('b').write_text('x')", "'/etc/cron.d/b'"),
    ] {
        states(source, &["name=\"Path.write_text\"", path, "'x'"]);
    }
}

#[test]
fn what_runs_text_may_call_what_it_defines() {
    let mut collected = Collected::default();
    let mut sink = Sink::new(&mut collected, Meter::unlimited(), false, "exec-argument.py");
    crate::read(&Blob::from_bytes(b"import os\ndef f():\n    os.system('id')\n".to_vec()), &mut sink).unwrap();
    let facts: Vec<_> = collected.facts.iter().map(ToString::to_string).collect();
    assert!(facts.iter().any(|fact| fact.contains(SYSTEM) && fact.contains("conditional")), "{facts:?}");
}

#[test]
fn what_runs_text_may_call_what_it_imports() {
    let (_, children, _) =
        read(b"ns = {}\nexec('from os import system as s', ns)\nexec('import json')\nns['s']('id')\n");
    assert_eq!(children, ["exec-argument.py", "exec-argument.py"]);
    let imports = |name: &str| {
        let mut collected = Collected::default();
        let mut sink = Sink::new(&mut collected, Meter::unlimited(), false, name);
        crate::read(&Blob::from_bytes(b"from os import system as s\nfrom os import path".to_vec()), &mut sink).unwrap();
        let facts: Vec<_> = collected.facts.iter().map(ToString::to_string).collect();
        facts.iter().filter(|fact| fact.contains("origin=\"handed\"")).count()
    };
    assert_eq!((imports("exec-argument.py"), imports("test.py")), (1, 0));
}

#[test]
fn a_file_over_the_limit_is_read_as_far_as_it_goes() {
    let source = format!("import os\nos.system('id')\n{}", "# a comment line\n".repeat((9 << 20) / 17));
    let (facts, _, result) = read(source.as_bytes());
    assert_eq!(result.map_err(|stop| stop.reason()), Err(Reason::Memory));
    assert!(facts.iter().any(|fact| fact.contains(SYSTEM)), "{facts:?}");
}

#[test]
fn when_it_runs_is_told() {
    states("import os\ndef f():\n    os.system('id')", &[SYSTEM, "when=\"called\"", "[f]"]);
    states(
        "import os\nif os.name == 'nt':\n    os.system('id')",
        &[SYSTEM, "when=\"conditional\"", "[if os.name == 'nt']"],
    );
    states("import os\nif __name__ == '__main__':\n    os.system('id')", &[SYSTEM, "when=\"called\""]);
    states("import os\nif True:\n    os.system('id')", &[SYSTEM, "when=\"import\""]);
    states("import os\ntry:\n    pass\nexcept OSError:\n    os.system('id')", &[SYSTEM, "when=\"conditional\""]);
    states(
        "import os\nclass A:\n    def __reduce__(self):\n        return os.system, ('id',)",
        &[SYSTEM, "how=\"deferred\"", "when=\"use\""],
    );
}

#[test]
fn constants_are_folded() {
    for source in [
        "import os\nos.system('i' + 'd')",
        "import os\nos.system('di'[::-1])",
        "import os\nos.system(''.join(chr(c) for c in [105, 100]))",
        "import os, base64\nos.system(base64.b64decode('aWQ=').decode())",
        "import os\nx = 'd'\nos.system(f'i{x}')",
        "import os\nos.system('%s%s' % ('i', 'd'))",
        "import os\nos.system(bytes.fromhex('6964').decode())",
        "import os\ns = ''\nfor c in [104, 101]:\n    s += chr(c ^ 1)\nos.system(s)",
        "import os\ndef d(t):\n    out = ''\n    for c in t:\n        out += chr(ord(c) ^ 1)\n    return out\nos.system(d('he'))",
        "import os\nparts = []\nparts.append('i')\nparts.append('d')\nos.system(''.join(parts))",
    ] {
        states(source, &[SYSTEM, "'id'"]);
    }
}

#[test]
fn loops_that_get_nowhere_leave_effort_for_those_that_decode() {
    let spins = "def spin():\n    i = 0\n    while i < 1 << 40:\n        i += 1\n    return i\nspin()\n";
    let decodes = "import os\ndef decode(d):\n    s = ''\n    for c in d:\n        s += chr(c ^ 1)\n    return s\n";
    states(&format!("{spins}{decodes}os.system(decode([104, 101]))"), &[SYSTEM, "'id'"]);
    // What gets somewhere is followed for long.
    let text: Vec<String> = "print(1)\n".repeat(400).bytes().map(|byte| (byte ^ 1).to_string()).collect();
    let (_, children, _) = read(format!("{decodes}exec(decode([{}]))", text.join(",")).as_bytes());
    assert_eq!(children, ["exec-argument.py"]);
    // So is what is written out at once, behind a loop or not.
    let (_, children, _) = read(
        format!(
            "{decodes}def all():\n    for c in 'ab':\n        d = c\n    return bytes([{}])\nexec(all())",
            text.join(",")
        )
        .as_bytes(),
    );
    assert_eq!(children, ["exec-argument.py"]);
}

#[test]
fn no_detour_hides_what_is_called() {
    let pick =
        "def pick(of, name, count, more):\n    if count > 3:\n        return None\n    return getattr(of, name)\n";
    let before: String = (0..9).map(|at| format!("pick(unknown, 'n{at}', other, 1)\n")).collect();
    let key = "def key():\n    k = 7\n    for i in range(2000):\n        k = (k * 5 + 1) % 256\n    return k\n";
    let hidden: Vec<String> = b"system".iter().map(|byte| (byte ^ 119).to_string()).collect();
    for source in [
        format!("import os\n{pick}{before}pick(os, 'system', 1, unknown)('id')"),
        "import os\n([os.system] * 20000)[0]('id')".into(),
        "import os\ndef f():\n    for i in range(9000):\n        pass\n    return os.system\nf()('id')".into(),
        "import os\nA = [os.system] * 100\nB = [1] * 100\n[a for a in A for b in B][0]('id')".into(),
        format!(
            "{key}K = key()\ngetattr(__import__('os'), ''.join([chr(c ^ K) for c in [{}]]))('id')",
            hidden.join(",")
        ),
    ] {
        states(&source, &[SYSTEM, "'id'"]);
    }
}

#[test]
fn where_an_argument_comes_from_stays_visible() {
    states(
        "import urllib.request as u\ndef f():\n    code = u.urlopen('http://x').read()\n    exec(code.decode())",
        &["name=\"exec\"", "urllib.request.urlopen('http://x').read().decode()"],
    );
    states("import base64\nexec(base64.b64decode('eD0xMg=='))", &["name=\"exec\"", "base64.b64decode('eD0xMg==')"]);
    states(
        "import socket, os\ns = socket.socket()\nos.dup2(s.fileno(), 0)",
        &["name=\"dup2\"", "socket.socket().fileno()"],
    );
}

#[test]
fn code_for_an_interpreter_is_given_back() {
    let (_, children, _) = read(b"import base64\nexec(base64.b64decode('cHJpbnQoMSk='))\neval('a.b')");
    assert_eq!(children, ["exec-argument.py"]);
}

#[test]
fn python_2_and_broken_files_are_read_as_far_as_they_go() {
    states("import os\nprint 'hello'\nos.system('id')", &[SYSTEM]);
    states("exec \"import os; os.system('id')\"", &["name=\"exec\""]);
    states("import os\nx = = 1\nos.system('id')\n", &[SYSTEM]);
    states("x = (\n", &["flaw id=\"syntax-error\""]);
}

#[test]
fn prose_is_no_program() {
    let mut collected = Collected::default();
    let mut sink = Sink::new(&mut collected, Meter::unlimited(), true, "notes");
    let text = b"To import the model, open (or eval) it first. import is easy!\n".to_vec();
    let _ = crate::read(&Blob::from_bytes(text), &mut sink);
    assert!(!sink.passed());
}

#[test]
fn what_is_too_deep_or_too_large_is_refused() {
    let depth = Err(Stop::Limit(Reason::Depth));
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("f(", ")"),
        ("lambda x, y: ", ""),
        ("not ", ""),
        ("-", ""),
        ("1 if x else ", ""),
        ("f'{", "}'"),
    ] {
        let source = format!("{}x{}", open.repeat(20_000), close.repeat(20_000));
        assert_eq!(read(source.as_bytes()).2, depth, "{open}");
    }
    assert_eq!(read("a.".repeat(20_000).as_bytes()).2, depth);
    assert_eq!(read(format!("x{}", "()".repeat(20_000)).as_bytes()).2, depth);
    assert_eq!(read(&vec![b'#'; 9 << 20]).2, Err(Stop::Limit(Reason::Memory)));
    // As deep as is allowed is read to its end.
    assert_eq!(read(format!("x = {}", "1 + ".repeat(2_900) + "1").as_bytes()).2, Ok(()));
    assert_eq!(read(format!("{}x{}", "(".repeat(180), ")".repeat(180)).as_bytes()).2, Ok(()));
}

#[test]
fn of_what_is_too_large_the_beginning_is_read() {
    let limit = 16 << 20;
    let limits = base::limits::Limits { memory: limit, ..base::limits::Limits::default() };
    let meter = base::budget::Budget::new(limits, std::sync::Arc::new(base::budget::NoWatch)).meter(None);
    let read = |source: String| {
        let mut collected = Collected::default();
        let mut sink = Sink::new(&mut collected, meter.clone(), false, "test.py");
        let result = crate::read(&Blob::from_bytes(source.into_bytes()), &mut sink);
        (collected.facts.iter().any(|fact| fact.to_string().contains(SYSTEM)), result)
    };
    let program = "import os\nos.system('id')\n";
    let memory = Err(Stop::Limit(Reason::Memory));
    let most = usize::try_from(limit / crate::nesting::TOKEN).unwrap();
    for dense in ["a\n", "a;", "$\n", "print 'x', `a`\n", "def f():\n  `a`\n", "if a:\n  b\n"] {
        assert_eq!(read(format!("{program}{}", dense.repeat(most))), (true, memory.clone()), "{dense}");
        assert_eq!(read(format!("{program}{}", dense.repeat(most / 20))), (true, Ok(())), "{dense}");
    }
    // Nothing is held when a reading is over, and never more than may be.
    assert!(meter.spent().memory <= limit && meter.hold(limit).is_ok());
}

#[test]
fn no_prefix_panics() {
    let source = include_str!("../testdata/mixed.py").as_bytes();
    for end in 0..=source.len() {
        let _ = read(&source[..end]);
    }
}

#[test]
fn detours_are_followed() {
    let programs = [include_str!("../testdata/evasions.txt"), include_str!("../testdata/lost.txt")];
    let mut missed = Vec::new();
    for program in programs.iter().flat_map(|programs| programs.split("\n### ").skip(1)) {
        let (expected, source) = program.split_once('\n').unwrap();
        let (facts, _, _) = read(source.as_bytes());
        if !facts.iter().any(|fact| expected.split(" && ").all(|part| fact.contains(part))) {
            missed.push(format!("{source}\nshould state {expected}\n{}", facts.join("\n")));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

#[test]
fn what_may_be_reached_is_told() {
    let acts = ["name=\"system\"", "name=\"exec\"", "name=\"?\"", "name=\"eval\""];
    let told = |fact: &String| {
        let runs = fact.starts_with("call") && !fact.contains("when=\"called\"");
        let kept = fact.contains("origin=\"taken\"")
            || fact.contains("origin=\"handed\"")
            || fact.contains("origin=\"computed\"");
        (runs || kept) && acts.iter().any(|name| fact.contains(name))
    };
    let programs = include_str!("../testdata/reached.txt").split("\n### ").skip(1);
    // Text that is evaluated is given back.
    let silent = |program: &&str| {
        let (facts, children, _) = read(program.split_once('\n').unwrap().1.as_bytes());
        children.is_empty() && !facts.iter().any(told)
    };
    let missed: Vec<&str> = programs.filter(silent).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

#[test]
fn what_only_a_name_binds_is_not_reached() {
    let quiet = [
        "import os\ndef f(): os.system('id')\n",
        "import os\nclass C:\n    def go(self): os.system('id')\n",
        "import os, functools\n@functools.lru_cache\ndef f(): os.system('id')\n",
        "import os, click\n@click.command()\ndef f(): os.system('id')\n",
        "import os, dataclasses\n@dataclasses.dataclass\nclass C:\n    x: int = 1\n    def go(self): os.system('id')\n",
        "import os, torch\nclass C(torch.nn.Module):\n    def go(self): os.system('id')\nc = C()\n",
        "import os\ndef f(): os.system('id')\ndef g(x: int = 1): return f\n",
        "import os\nclass C:\n    def go(self): os.system('id')\nif isinstance(x, C): pass\n",
    ];
    for source in quiet {
        let (facts, _, _) = read(source.as_bytes());
        let acts = |fact: &&String| fact.contains("name=\"system\"") && !fact.contains("when=\"called\"");
        assert_eq!(facts.iter().find(acts), None, "{source}");
    }
}

#[test]
fn python_2_is_a_language_too() {
    let source = b"import os\nprint 'x', `1`\nraise E, 'x'\ntry:\n    exec 'a' in {}\nexcept E, e:\n    print >>f, ur'a', 10L, 0777\n";
    let (facts, _, result) = read(source);
    assert_eq!(result, Ok(()));
    assert!(!facts.iter().any(|fact| fact.starts_with("flaw")), "{}", facts.join("\n"));
}

/// What is stated to a receiver that asks about nothing but what starts something.
fn told(source: &str) -> Vec<String> {
    let mut picky = crate::picky::Picky::default();
    let mut sink = Sink::new(&mut picky, Meter::unlimited(), false, "test.py");
    crate::read(&Blob::from_bytes(source.as_bytes().to_vec()), &mut sink).unwrap();
    picky.0.facts.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_given_texts_to_run_is_told() {
    for program in include_str!("../testdata/given.txt").split("\n### ").skip(1) {
        let (given, source) = program.split_once('\n').unwrap();
        let (_, children, _) = read(source.as_bytes());
        let expected: &[&str] = if given == "nothing" { &[] } else { &[given] };
        assert_eq!(children, expected, "{source}");
    }
}

#[test]
fn what_mentions_nothing_is_left() {
    for program in include_str!("../testdata/left.txt").split("\n### ").skip(1) {
        let (title, source) = program.split_once('\n').unwrap();
        assert_eq!(told(source), Vec::<String>::new(), "{title}");
    }
}

#[test]
fn what_may_lead_somewhere_is_walked() {
    for source in [
        "import os\ndef f(): os.system('id')\n",
        "import os as o\nx = o\ndef f(): x.system('id')\n",
        "import logging\nx = logging\ndef f(): x.os.system('id')\n",
        "import logging\nx = logging\ndef f(): x._os.system('id')\n",
        "import numpy.f2py as n\ndef f(): n.diagnose.os.system('id')\n",
        "f = lambda exec=exec: exec('1+1')\n",
        "def f(exec):\n    def g():\n        global exec\n        exec('1+1')\n    g()\n",
        "from . import utils\ndef f(): utils.os.system('id')\n",
        "from .utils import helper\ndef f(): helper._os.popen('id')\n",
        "def f(x): x.popen('id')\n",
        "import inspect\ndef f(x: 'g()'): return inspect.signature(f, **{'eval' + '_str': True})\n",
        "import inspect\ndef f(x): return inspect.signature(x, eval_str=True)\n",
        "import inspect, os\ndef f(x): return inspect.getmembers(os)[x]\n",
        "def f(x, y): return getattr(x, y)\n",
        "f = getattr\n",
        "from torch import *\n",
        "def f(x): return x.__globals__['os']\n",
        "def f(x): return x.gi_frame.f_back\n",
        "p = print\ndef f(): p.__self__.eval('1+1')\n",
        "def f(name): return __import__(name)\n",
        "import importlib\ndef f(name): return importlib.import_module(name)\n",
        "import sys\ndef f(name): return sys.modules[name]\n",
        "def f(): return globals()['x']\n",
        "x = locals()['x']\n",
        "def f(x=locals()['x']): pass\n",
        "import os\ndef f(): return locals()['o' 's'].system\n",
        "import pickle\nclass U(pickle.Unpickler):\n    def find_class(self, module, name): return name\n",
        "class A:\n    def __reduce__(self): return (print, ('x',))\n",
        "import typing\ndef f(x): return typing.get_type_hints(x)\n",
        "import pickle\ndef f(x): return pickle.loads(x)\n",
        "import operator\ndef f(x): return operator.attrgetter(x)\n",
        "open('x').write(open('y').read()); exec(z)\n",
    ] {
        // What is walked states at least that something is imported or called.
        assert_ne!(told(&format!("import walked\n{source}")), Vec::<String>::new(), "{source}");
    }
}
