//! What CPython writes is read back as the same graph, and imports are those that CPython looks up.

use std::{collections::HashMap, fmt::Write as _, process::Command};

use base::{
    blob::Blob,
    budget::Meter,
    fact::Data,
    reader::Reader,
    sink::{Collected, Sink},
};
use eval::Value as Known;

use crate::{
    machine::Machine,
    value::{Kind, Value},
};

/// What `script` prints, or nothing when there is no Python here.
pub(crate) fn python(script: &str) -> Option<String> {
    let output = match Command::new("python3").args(["-c", script]).output() {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: python3 cannot be run: {error}");
            return None;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Writes a value with its sharing: lists, dicts and sets are numbered as they are first met.
struct Writer<'m, 'a, 's> {
    machine: &'m Machine<'a, 's>,
    numbers: HashMap<Value, usize>,
}

impl Writer<'_, '_, '_> {
    fn write(&mut self, value: Value) -> String {
        let arena = &self.machine.arena;
        match value.kind() {
            Kind::List | Kind::Dict | Kind::Set => {
                let number = self.numbers.len();
                if let Some(number) = self.numbers.get(&value) {
                    return format!("#{number}");
                }
                self.numbers.insert(value, number);
                let items = arena.items(value).unwrap().0.to_vec();
                let mut parts: Vec<String> = items.iter().map(|item| self.write(*item)).collect();
                match value.kind() {
                    Kind::List => format!("[{}]", parts.join(" ")),
                    Kind::Dict => format!("{{{}}}", parts.join(" ")),
                    _ => {
                        parts.sort();
                        format!("<{}>", parts.join(" "))
                    }
                }
            }
            Kind::Tuple => {
                let items = arena.items_of_run(value).unwrap().to_vec();
                let parts: Vec<String> = items.iter().map(|item| self.write(*item)).collect();
                format!("({})", parts.join(" "))
            }
            _ => constant(&self.machine.view().known(value)),
        }
    }
}

fn constant(known: &Known) -> String {
    match known {
        Known::None => "N".to_owned(),
        Known::Bool(truth) => (if *truth { "T" } else { "F" }).to_owned(),
        Known::Int(number) => format!("i{number}"),
        Known::BigInt(number) => format!("i{number}"),
        Known::Float(number) => format!("f{:016x}", number.to_bits()),
        Known::Str(text) => format!("s{}", hex(text.as_bytes())),
        Known::Bytes(bytes) => format!("b{}", hex(bytes)),
        Known::ByteArray(bytes) => format!("B{}", hex(bytes)),
        Known::Tuple(items) => format!("({})", items.iter().map(constant).collect::<Vec<_>>().join(" ")),
        Known::FrozenSet(items) => {
            let mut parts: Vec<String> = items.iter().map(constant).collect();
            parts.sort();
            format!("z<{}>", parts.join(" "))
        }
        other => panic!("{other:?}"),
    }
}

fn graph(bytes: &[u8]) -> String {
    let blob = Blob::from_bytes(bytes);
    let (mut collected, meter) = (Collected::default(), Meter::unlimited());
    let mut sink = Sink::new(&mut collected, meter.clone(), false, "graph");
    let mut reader = Reader::new(&blob, &meter);
    let mut machine = Machine::new(&reader, &mut sink);
    machine.run(&mut reader).unwrap();
    assert_eq!((reader.offset(), machine.stack.len()), (bytes.len() as u64, 0));
    let result = machine.result;
    Writer { machine: &machine, numbers: HashMap::new() }.write(result)
}

/// Random graphs with shared and circular parts, in every protocol, with the C and the Python pickler.
const GRAPHS: &str = r#"
import pickle, random, struct
rnd = random.Random(20240521)
def leaf():
    return rnd.choice([
        lambda: None, lambda: True, lambda: False,
        lambda: rnd.choice([0, 1, 255, 256, 65535, 65536, -1, 2**31 - 1, 2**31, -2**31, 2**55, 2**63, -2**63, 2**200, -2**2100]),
        lambda: rnd.getrandbits(rnd.randrange(1, 80)) * rnd.choice([1, -1]),
        lambda: rnd.choice([0.0, -0.0, 1.5, 0.1, 1e300, -2.5e-300, float('inf')]),
        lambda: ''.join(rnd.choice(['a', '\n', '\\', "'", '\u00e9', '\u20ac', '\U0001f600', '\0', '\x1a']) for _ in range(rnd.randrange(6))),
        lambda: rnd.choice(['append', '__setstate__', 'add', 'x' * 300, 'u' * 70000]) if rnd.random() < .3 else 'name%d' % rnd.randrange(99),
        lambda: bytes(rnd.randrange(256) for _ in range(rnd.randrange(5))) + rnd.choice([b'', b'', b'z' * 300]),
        lambda: bytearray(rnd.randrange(256) for _ in range(rnd.randrange(5))),
    ])()
def hashable():
    while True:
        x = leaf()
        if not isinstance(x, bytearray): return x
pool = []
def make(depth):
    if depth == 0 or rnd.random() < .3: return leaf()
    if pool and rnd.random() < .25: return rnd.choice(pool)
    k = rnd.randrange(6); n = rnd.choice([0, 1, 2, 3, 4, 7])
    if k == 0:
        x = []; pool.append(x)
        for _ in range(n): x.append(make(depth - 1))
        if rnd.random() < .2: x.append(x)
    elif k == 1:
        x = {}; pool.append(x)
        for _ in range(n): x[hashable()] = make(depth - 1)
    elif k == 2: x = tuple(make(depth - 1) for _ in range(n)); pool.append(x)
    elif k == 3:
        y = []; x = (y, make(depth - 1)); pool.append(x)
        if rnd.random() < .5: y.append(x)
    elif k == 4: x = {hashable() for _ in range(n)}; pool.append(x)
    else: x = frozenset(hashable() for _ in range(n))
    return x
def show(o, seen):
    if o is None: return 'N'
    if o is True: return 'T'
    if o is False: return 'F'
    t = type(o)
    if t is int: return 'i%d' % o
    if t is float: return 'f%016x' % struct.unpack('>Q', struct.pack('>d', o))
    if t is str: return 's' + o.encode().hex()
    if t is bytes: return 'b' + o.hex()
    if t is bytearray: return 'B' + o.hex()
    if t is tuple: return '(' + ' '.join(show(x, seen) for x in o) + ')'
    if t is frozenset: return 'z<' + ' '.join(sorted(show(x, seen) for x in o)) + '>'
    if id(o) in seen: return '#%d' % seen[id(o)]
    seen[id(o)] = len(seen)
    if t is list: return '[' + ' '.join(show(x, seen) for x in o) + ']'
    if t is dict: return '{' + ' '.join(show(x, seen) for kv in o.items() for x in kv) + '}'
    return '<' + ' '.join(sorted(show(x, seen) for x in o)) + '>'
for i in range(150):
    pool.clear(); o = make(5)
    for p in range(pickle.HIGHEST_PROTOCOL + 1):
        for dumps in (pickle.dumps, pickle._dumps):
            b = dumps(o, p)
            # What the reader gets: some versions write shared constants as separate ones.
            print(p, b.hex(), show(pickle.loads(b), {}))
"#;

#[test]
fn what_cpython_writes_is_read_back_as_the_same_graph() {
    let Some(lines) = python(GRAPHS) else { return };
    let mut count = 0;
    for line in lines.lines() {
        let mut parts = line.splitn(3, ' ');
        let (protocol, bytes, expected) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        println!("protocol {protocol}: {}", &bytes[..bytes.len().min(600)]);
        assert_eq!(graph(&from_hex(bytes)), expected);
        count += 1;
    }
    assert!(count >= 1800, "{count}");
}

/// Pickles of objects of the standard library with the names that CPython looks up and `pickletools` shows: written by `imports.py`.
const IMPORTS: &str = include_str!("../tests/cpython/imports.txt");

#[test]
fn imports_are_those_that_cpython_looks_up_and_pickletools_shows() {
    imports_hold(IMPORTS);
    // The interpreter at hand may write other pickles.
    if let Some(lines) = python(include_str!("../tests/cpython/imports.py")) {
        imports_hold(&lines);
    }
}

fn imports_hold(lines: &str) {
    let mut count = 0;
    for line in lines.lines() {
        let mut parts = line.splitn(3, ' ');
        let (protocol, bytes, expected) =
            (parts.next().unwrap(), from_hex(parts.next().unwrap()), parts.next().unwrap());
        let (mut collected, meter, blob) = (Collected::default(), Meter::unlimited(), Blob::from_bytes(bytes));
        let mut sink = Sink::new(&mut collected, meter, true, "imports");
        crate::read(&blob, &mut sink).unwrap();
        assert!(sink.passed());
        let mut found: Vec<String> = Vec::new();
        for fact in &collected.facts {
            match &fact.data {
                Data::Import(import) if *import.origin == *"global" => found.push(match &*import.written {
                    "" => format!("{}.{}", import.module, import.name),
                    written => written.to_owned(),
                }),
                Data::Flaw(flaw) => panic!("{flaw:?}"),
                _ => {}
            }
        }
        found.sort();
        assert_eq!(found.join(","), expected, "protocol {protocol}");
        count += 1;
    }
    assert!(count > 100, "{count}");
}
