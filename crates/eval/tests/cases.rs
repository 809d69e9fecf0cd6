//! What folding yields is what CPython yields, over a table made by `make_cases.py`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "a test may fail by panicking")]

use std::sync::Arc;

use base::budget::Meter;
use eval::{Value, Why, attribute, call};

fn literal(text: &str) -> Value {
    let reader = Value::global("ast", "literal_eval");
    match text {
        "set()" => Value::set([]),
        "frozenset()" => Value::frozen_set([]),
        _ => match wrapped(text, "frozenset(") {
            Some(inner) => run(&Value::global("builtins", "frozenset"), &[literal(inner)], &[]),
            None => match wrapped(text, "bytearray(") {
                Some(inner) => run(&Value::global("builtins", "bytearray"), &[literal(inner)], &[]),
                None => run(&reader, &[Value::str(text)], &[]),
            },
        },
    }
}

fn wrapped<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    text.strip_prefix(start)?.strip_suffix(')')
}

fn run(callee: &Value, args: &[Value], kwargs: &[(Arc<str>, Value)]) -> Value {
    call(callee, args, kwargs, &Meter::unlimited()).unwrap().result
}

fn step(stack: &mut Vec<Value>, line: &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let value = match word {
        "literal" => literal(rest),
        "name" => {
            let (module, qualname) = rest.split_once(':').unwrap();
            Value::global(module, qualname)
        }
        "attribute" => attribute(&stack.pop().unwrap(), rest),
        "list" | "tuple" => {
            let items = stack.split_off(stack.len() - rest.parse::<usize>().unwrap());
            if word == "list" { Value::list(items) } else { Value::tuple(items) }
        }
        "call" => {
            let mut words = rest.split(' ');
            let count: usize = words.next().unwrap().parse().unwrap();
            let names: Vec<&str> = words.collect();
            let values = stack.split_off(stack.len() - names.len());
            let kwargs: Vec<_> = names.into_iter().map(Arc::from).zip(values).collect();
            let args = stack.split_off(stack.len() - count);
            run(&stack.pop().unwrap(), &args, &kwargs)
        }
        other => panic!("{other}"),
    };
    stack.push(value);
}

#[test]
fn folding_is_what_cpython_does() {
    let (mut stack, mut source, mut count, mut wrong) = (Vec::new(), "", 0, Vec::new());
    for line in include_str!("cases.txt").split('\n').skip(1).filter(|line| !line.is_empty()) {
        if let Some(text) = line.strip_prefix("? ") {
            source = text;
        } else if let Some(expected) = line.strip_prefix("= ") {
            let found: Value = stack.pop().unwrap();
            count += 1;
            let right = match expected.split_once(' ') {
                None => matches!(found, Value::Unknown(Why::Raises(_))),
                Some((_, repr)) => {
                    let shown = run(&Value::global("builtins", "repr"), std::slice::from_ref(&found), &[]);
                    shown.as_str() == Some(repr) || found == literal(repr)
                }
            };
            if !right {
                wrong.push(format!("{source}: expected {expected}, found {found:?}"));
            }
        } else {
            step(&mut stack, line);
        }
    }
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 1200, "{count}");
}
