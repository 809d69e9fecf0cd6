//! The code of methods: the instructions that call, with the texts that were put before them, and which methods run by themselves.

use std::collections::{HashMap, HashSet};

/// Calls of one method, and of a class.
const CALLS: usize = 4096;
/// Texts that a call is shown with, and characters of one.
const TEXTS: usize = 8;
/// Methods of a class that are followed.
const METHODS: usize = 4096;

/// A method: its name and its type as they are written, where its code lies, and what it calls.
pub(super) struct Method {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) calls: Vec<Call>,
}

/// An instruction that calls.
pub(super) struct Call {
    /// Where it lies in the file, and in the code of its method.
    pub(super) at: u64,
    pub(super) offset: usize,
    /// The constant that it names.
    pub(super) constant: u16,
    /// Constants that hold the texts pushed before it.
    pub(super) texts: Vec<u16>,
    /// Whether what it calls is made by a bootstrap method: a lambda.
    pub(super) dynamic: bool,
}

/// The calls in the code of a method, which lies at `start`. `size`: all calls so far.
pub(super) fn calls(code: &[u8], start: u64, size: &mut usize) -> Vec<Call> {
    let mut found = Vec::new();
    let mut texts: Vec<u16> = Vec::new();
    let mut at = 0_usize;
    while let Some(operation) = code.get(at).copied() {
        let wide = || code.get(at.saturating_add(1)..at.saturating_add(3)).and_then(|pair| pair.first_chunk()).map(|pair| u16::from_be_bytes(*pair));
        match operation {
            // ldc and ldc_w
            0x12 => texts.extend(code.get(at.saturating_add(1)).map(|index| u16::from(*index))),
            0x13 => texts.extend(wide()),
            // invokevirtual, invokespecial, invokestatic, invokeinterface, invokedynamic
            0xb6..=0xba => {
                if let Some(constant) = wide().filter(|_| found.len() < CALLS && *size < CALLS.saturating_mul(16)) {
                    *size = size.saturating_add(1);
                    let texts = std::mem::take(&mut texts);
                    let at_file = start.saturating_add(at as u64);
                    found.push(Call { at: at_file, offset: at, constant, texts, dynamic: operation == 0xba });
                }
            }
            // What is stored, jumped over or returned is no argument of the next call; an element of an array is.
            0x36..=0x4e | 0x99..=0xb1 | 0xb3 | 0xb5 => texts.clear(),
            _ => {}
        }
        if texts.len() > TEXTS {
            texts.remove(0);
        }
        let Some(length) = length(code, at) else { return found };
        at = at.saturating_add(length);
    }
    found
}

/// How long an instruction is (section 6.5); none where there is no such instruction.
fn length(code: &[u8], at: usize) -> Option<usize> {
    let padded = at.saturating_add(4) & !3;
    let number = |place: usize| {
        let bytes = code.get(at..).and(code.get(padded.saturating_add(place)..)).and_then(|bytes| bytes.first_chunk());
        bytes.map(|bytes| i64::from(i32::from_be_bytes(*bytes)))
    };
    let table = |entries: i64, size: i64| {
        let bytes = usize::try_from(entries.checked_mul(size)?).ok().filter(|bytes| *bytes <= code.len())?;
        Some(padded.saturating_sub(at).saturating_add(bytes))
    };
    Some(match code.get(at)? {
        0x10 | 0x12 | 0x15..=0x19 | 0x36..=0x3a | 0xa9 | 0xbc => 2,
        0x11 | 0x13 | 0x14 | 0x84 | 0x99..=0xa8 | 0xb2..=0xb8 | 0xbb | 0xbd | 0xc0 | 0xc1 | 0xc6 | 0xc7 => 3,
        0xc5 => 4,
        0xb9 | 0xba | 0xc8 | 0xc9 => 5,
        // tableswitch
        0xaa => table(number(8)?.checked_sub(number(4)?)?.checked_add(4)?, 4)?,
        // lookupswitch
        0xab => table(number(4)?.checked_add(1)?, 8)?,
        // wide
        0xc4 => if code.get(at.saturating_add(1)) == Some(&0x84) { 6 } else { 4 },
        0x00..=0xca => 1,
        _ => return None,
    })
}

/// The methods that run without being asked for: `<clinit>` when the class is loaded, those that reading a stream of objects
/// calls, and what these call of the class. `own`: the method that a constant names, where it is one of the class.
pub(super) fn running(methods: &[Method], own: impl Fn(u16) -> Option<(String, String)>) -> HashSet<usize> {
    let named: HashMap<(&str, &str), usize> =
        methods.iter().take(METHODS).enumerate().map(|(index, method)| ((method.name.as_str(), method.kind.as_str()), index)).collect();
    let mut queue: Vec<usize> = (0..methods.len().min(METHODS)).filter(|index| methods.get(*index).is_some_and(begins)).collect();
    let mut found: HashSet<usize> = HashSet::new();
    while let Some(index) = queue.pop() {
        let Some(method) = methods.get(index).filter(|_| found.insert(index)) else { continue };
        for call in &method.calls {
            if call.dynamic {
                // A lambda is a method of the class; which one only the bootstrap methods say.
                let lambdas = methods.iter().take(METHODS).enumerate().filter(|(index, method)| method.name.starts_with("lambda$") && !found.contains(index));
                queue.extend(lambdas.map(|(index, _)| index));
            } else if let Some((name, kind)) = own(call.constant) {
                queue.extend(named.get(&(name.as_str(), kind.as_str())));
            }
        }
        queue.truncate(METHODS);
    }
    found
}

/// Section 5.5, and the methods that `ObjectInputStream` and the collector call by themselves.
fn begins(method: &Method) -> bool {
    matches!(
        (method.name.as_str(), method.kind.as_str()),
        ("<clinit>" | "finalize" | "readObjectNoData" | "validateObject", "()V")
            | ("readObject", "(Ljava/io/ObjectInputStream;)V")
            | ("readExternal", "(Ljava/io/ObjectInput;)V")
            | ("readResolve", "()Ljava/lang/Object;")
            | ("premain" | "agentmain", _)
    )
}
