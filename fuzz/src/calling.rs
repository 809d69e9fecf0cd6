//! A stack program of calls, read from any bytes: folding ends within its caps and the same way each time.

use std::sync::{Arc, LazyLock};

use eval::{MAX_NESTING, Outcome, Value};

use crate::meter;

/// Instructions of one program.
const STEPS: usize = 48;
/// Attributes that programs ask for.
const ATTRIBUTES: [&str; 24] = [
    "join",
    "decode",
    "encode",
    "replace",
    "format",
    "split",
    "hex",
    "translate",
    "upper",
    "strip",
    "__getitem__",
    "__mul__",
    "__mod__",
    "__globals__",
    "__class__",
    "__call__",
    "fromhex",
    "to_bytes",
    "read",
    "write",
    "zfill",
    "rjust",
    "expandtabs",
    "format_map",
];

/// Names of what programs call: whatever folds, then everything else that is known.
static CALLEES: LazyLock<[Vec<(&str, &str)>; 2]> = LazyLock::new(|| {
    [true, false].map(|pure| {
        let all = knowledge::callables().filter(|row| knowledge::is_pure(row.module, row.name) == pure);
        all.map(|row| (row.module, row.name)).collect()
    })
});

/// Reads the tables, so that no input is charged for it.
pub fn prepare() {
    LazyLock::force(&CALLEES);
}

/// Runs the program twice.
pub fn check(bytes: &[u8]) {
    assert_eq!(run(bytes), run(bytes), "another run came to something else");
}

/// Runs the program; what it came to, counted.
fn run(bytes: &[u8]) -> Vec<(usize, usize, usize)> {
    let mut bytes = bytes.iter().copied();
    let mut stack: Vec<Value> = Vec::new();
    let mut came_to = Vec::new();
    let meter = meter();
    for _ in 0..STEPS {
        let Some(code) = bytes.next() else { break };
        let count = usize::from(bytes.next().unwrap_or(0));
        let value = match code % 12 {
            0 => Value::Int(i64::from(count as u8 as i8)),
            1 => Value::Int(1_i64 << (count % 63)),
            2 => Value::str(bytes.by_ref().take(count % 64).map(char::from).collect::<String>()),
            3 => Value::bytes(bytes.by_ref().take(count % 64).collect::<Vec<u8>>()),
            4 => Value::tuple(take(&mut stack, count % 4)),
            5 => Value::list(take(&mut stack, count % 4)),
            6 => {
                let mut items = take(&mut stack, (count % 3) * 2).into_iter();
                Value::dict(std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect::<Vec<_>>())
            }
            7 => {
                let of = stack.pop().unwrap_or(Value::None);
                eval::attribute(&of, ATTRIBUTES[count % ATTRIBUTES.len()])
            }
            8 => {
                let index = count << 8 | usize::from(bytes.next().unwrap_or(0));
                let callees = &CALLEES[usize::from(count % 8 == 7)];
                let (module, name) = callees[index % callees.len()];
                Value::global(module, name)
            }
            9 => stack.get(count % stack.len().max(1)).cloned().unwrap_or(Value::None),
            10 => [Value::None, Value::Bool(true), Value::Ellipsis, Value::Float(1.5)][count % 4].clone(),
            _ => {
                let args = take(&mut stack, count % 4);
                let kwargs: Vec<(Arc<str>, Value)> = if count & 64 > 0 {
                    stack.pop().map(|value| ("key".into(), value)).into_iter().collect()
                } else {
                    Vec::new()
                };
                let callee = stack.pop().unwrap_or(Value::None);
                let called = if count & 128 > 0 {
                    eval::construct(&callee, &args, &kwargs, &meter)
                } else {
                    eval::call(&callee, &args, &kwargs, &meter)
                };
                let Ok(outcome) = called else { return came_to };
                came_to.push(holds(&outcome));
                outcome.result
            }
        };
        stack.push(value);
    }
    came_to
}

fn take(stack: &mut Vec<Value>, count: usize) -> Vec<Value> {
    stack.split_off(stack.len().saturating_sub(count))
}

fn holds(outcome: &Outcome) -> (usize, usize, usize) {
    assert!(outcome.result.depth() <= MAX_NESTING, "a value is deeper than any may be");
    let _ = outcome.result.callee_name();
    (outcome.invocations.len(), outcome.decoded.iter().map(|decoded| decoded.bytes.len()).sum(), outcome.notes.len())
}
