//! The graph that torch.export writes (`torch/_export/serde/serialize.py`): what it calls, and the texts that its loader evaluates.

use base::{
    blob::Blob,
    expr::Expr,
    fact::{Call, Operator},
    location::Place,
    sink::{Child, Sink},
    stop::Stop,
};

use super::Level;

/// Bytes of guards that are kept.
const GUARDS: usize = 1 << 20;
/// Functions of the standard library that are no operation on numbers, among those that a target may name.
const CALLERS: &[&str] = &["attrgetter", "call", "itemgetter", "methodcaller"];
/// Functions beside classes that an expression over sizes may name.
const FUNCTIONS: &[&str] =
    &["abs", "acos", "asin", "atan", "ceiling", "cos", "cosh", "exp", "floor", "log", "sin", "sinh", "sqrt", "tan", "tanh"];

/// What was met of such a graph.
#[derive(Default)]
pub(super) struct Export {
    /// Guards, one a line: the loaded module runs them before it is called.
    guards: String,
    guards_at: Place,
}

impl Export {
    /// Looks at a text value; whether it is the target of a node, and no path that a configuration names.
    pub(super) fn value(
        &mut self,
        sink: &mut Sink<'_>,
        place: &Place,
        levels: &[Level],
        text: &str,
    ) -> Result<bool, Stop> {
        match levels {
            [first, .., Level::Object { key, .. }] if is(first, "graph_module") && key == "expr_str" => {
                expression(sink, place, text)?;
                Ok(false)
            }
            [first, .., graph, nodes, Level::Array(_), target]
                if is(first, "graph_module") && is(graph, "graph") && is(nodes, "nodes") && is(target, "target") =>
            {
                step(sink, place, text)?;
                Ok(true)
            }
            [first, Level::Array(_)] if is(first, "guards_code") => {
                if self.guards.is_empty() {
                    self.guards_at = place.clone();
                }
                if self.guards.len() < GUARDS {
                    self.guards.push_str(text);
                    self.guards.push('\n');
                }
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    /// Gives the guards back as what they are: Python.
    pub(super) fn give(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        if self.guards.is_empty() {
            return Ok(());
        }
        let guards = std::mem::take(&mut self.guards);
        sink.child(Child::window("guards-code.py", self.guards_at.clone(), Blob::from_bytes(guards)))
    }
}

fn is(level: &Level, name: &str) -> bool {
    matches!(level, Level::Object { key, .. } if key == name)
}

/// A node: the loader walks from `torch`, `operator` or `math` along the attributes that its target names, to whatever they are.
fn step(sink: &mut Sink<'_>, place: &Place, target: &str) -> Result<(), Stop> {
    let (module, path) = target.split_once('.').unwrap_or((target, ""));
    let plain = !path.split('.').any(|part| part.starts_with("__"));
    let parts = path.split('.').count();
    let operation = match module {
        "torch" if path.starts_with("ops.") => plain && (3..=4).contains(&parts),
        "torch" => parts == 1 && (path.starts_with("sym_") || path.starts_with("_sym_")),
        "_operator" => parts == 1 && plain && !CALLERS.contains(&path),
        "math" => parts == 1 && plain,
        // A text that leads to nothing stays a text, which cannot be called.
        _ if !target.starts_with("torch") && !target.starts_with("math") && !target.starts_with("_operator") => true,
        _ => false,
    };
    if operation {
        let name = path.strip_prefix("ops.").unwrap_or(path).into();
        let operator = Operator { domain: module.into(), name, node: "".into(), args: Vec::new(), ..Operator::default() };
        return sink.fact(place.clone(), operator);
    }
    // The loader looks at the beginning alone: `torchvision` stands for `torch` as well.
    let start = ["torch", "math", "_operator"].into_iter().find(|start| module.starts_with(start)).unwrap_or(module);
    let known = eval::name(start, path, false);
    let (module, name) = match known.as_name() {
        Some(name) => (name.module.to_string(), name.qualname.to_string()),
        None => (start.to_owned(), path.to_owned()),
    };
    let written = if format!("{module}.{name}") == target { "" } else { target };
    sink.fact(
        place.clone(),
        Call {
            module: module.as_str().into(),
            name: name.as_str().into(),
            written: written.into(),
            how: "call".into(),
            when: "called".into(),
            ..Call::default()
        },
    )
}

/// An expression over sizes: `sympy.sympify` evaluates it as Python when the file is loaded.
fn expression(sink: &mut Sink<'_>, place: &Place, text: &str) -> Result<(), Stop> {
    if is_arithmetic(text) {
        return Ok(());
    }
    let call = Call {
        module: "sympy".into(),
        name: "sympify".into(),
        how: "call".into(),
        when: "load".into(),
        args: vec![Expr::str(text)],
        ..Call::default()
    };
    sink.fact(place.clone(), call)?;
    sink.child(Child::window("sympify-argument.py", place.clone(), Blob::from_bytes(text.as_bytes())))
}

/// Whether an expression has nothing but numbers, names, operators, and calls of classes and functions of mathematics.
fn is_arithmetic(text: &str) -> bool {
    let plain = text.len() < 4096 && !text.contains("__");
    let mut before = ' ';
    let mut word = String::new();
    for letter in text.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '_' if before == '.' => return false,
            'a'..='z' | 'A'..='Z' | '_' | '0'..='9' => word.push(letter),
            '(' if !word.is_empty() => {
                let class = word.starts_with(|first: char| first.is_ascii_uppercase());
                if !class && !FUNCTIONS.contains(&word.as_str()) {
                    return false;
                }
                word.clear();
            }
            ' ' if !word.is_empty() => {}
            ' ' | '(' | ')' | '+' | '-' | '*' | '/' | '%' | '<' | '>' | '=' | '!' | '&' | '|' | '~' | ',' | '.' => {
                word.clear();
            }
            _ => return false,
        }
        if letter != ' ' {
            before = letter;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use crate::reading;

    fn facts(text: &str) -> Vec<String> {
        let reading = reading::read(&crate::json::FORMAT, "model.json", text.as_bytes()).unwrap();
        assert!(reading.complete());
        let facts = reading::facts(&reading).into_iter();
        let mut said: Vec<_> = facts.filter(|fact| fact.starts_with("call") || fact.starts_with("op")).collect();
        said.extend(reading.children.iter().map(|child| String::from_utf8_lossy(&child.name).into_owned()));
        said.iter().map(|fact| fact.split(" @").next().unwrap().to_owned()).collect()
    }

    fn target(target: &str) -> String {
        let text = format!(r#"{{"graph_module": {{"graph": {{"nodes": [{{"target": "{target}", "inputs": []}}]}}}}}}"#);
        facts(&text).join("; ")
    }

    #[test]
    fn targets_are_operators_or_calls() {
        assert_eq!(target("torch.ops.aten.add.Tensor"), r#"operator domain="torch" name="aten.add.Tensor""#);
        assert_eq!(target("_operator.mul"), r#"operator domain="_operator" name="mul""#);
        assert_eq!(target("torch.sym_max"), r#"operator domain="torch" name="sym_max""#);
        for (text, callee) in [
            ("torch.serialization.os.system", r#"module="os" name="system""#),
            ("torch.ops.load_library", r#"module="torch.ops" name="load_library""#),
            ("_operator.methodcaller", r#"name="methodcaller""#),
            ("torch.hub.load", r#"name="load""#),
        ] {
            let said = target(text);
            assert!(said.starts_with("call") && said.contains(callee), "{text}: {said}");
        }
    }

    #[test]
    fn texts_that_the_loader_evaluates_are_given_back() {
        let size = |text: &str| facts(&format!(r#"{{"graph_module": {{"x": {{"as_expr": {{"expr_str": "{text}"}}}}}}}}"#));
        assert_eq!(size("2*s0 + Max(1, s1 - 3)"), [""; 0]);
        for text in ["eval(s0)", "exit()", "s0.func", "[1]", "exit ()", "s0 . func", "__import__"] {
            let said = size(text);
            assert_eq!(said.len(), 2, "{text}");
            assert!(said[0].contains("sympify") && said[1] == "sympify-argument.py", "{text}: {said:?}");
        }
        assert_eq!(facts(r#"{"graph_module": {}, "guards_code": ["a > 1", "b > 2"]}"#), ["guards-code.py"]);
    }
}
