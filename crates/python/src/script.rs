//! TorchScript (`torch/csrc/jit/serialization/python_print.cpp`): the code of a scripted module, written in a part of
//! Python that knows `torch` and `ops` without importing them. Its own interpreter runs it, operator by operator.

use std::collections::{BTreeMap, BTreeSet};

use base::{budget::Meter, expr::Expr as Shown, fact::Operator, location::Unit, sink::Sink, stop::Stop};
use ruff_python_ast::{
    Expr, ExprCall, Stmt,
    visitor::{Visitor, walk_expr, walk_stmt},
};

use crate::place::Lines;

/// The name under which the engine hands over the code of a scripted module.
pub(crate) const NAME: &str = "torchscript.py";
/// The method that loading calls on what it has built.
const BY_LOADING: &str = "__setstate__";
/// The domain of the operators that are written as `torch.name`.
const DOMAIN: &str = "aten";

/// States the operators that the functions of a module call: each once, and each time that it is given a text.
pub(crate) fn operators(body: &[Stmt], lines: &Lines<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut script = Script {
        meter: sink.meter().clone(),
        inside: Vec::new(),
        uses: Vec::new(),
        calls: BTreeMap::new(),
        texts: BTreeMap::new(),
        stopped: None,
    };
    script.visit_body(body);
    if let Some(stop) = script.stopped {
        return Err(stop);
    }
    let loaded = script.run_by_loading();
    let mut stated = BTreeSet::new();
    for Use { call, function, domain, name, texts } in &script.uses {
        let when = if loaded.contains(method(function)) { "load" } else { "called" };
        if !stated.insert((domain, name, when)) && texts.is_empty() {
            continue;
        }
        let place = lines.place(call).pointer(Unit::Symbol, function.as_str());
        let args = texts.iter().map(|text| Shown::str(*text)).collect();
        let (domain, name) = (domain.as_str().into(), name.as_str().into());
        let (node, when) = (function.as_str().into(), when.into());
        sink.fact(place, Operator { domain, name, node, args, when })?;
    }
    Ok(())
}

/// A call of an operator.
struct Use<'t> {
    call: &'t ExprCall,
    function: String,
    domain: String,
    name: String,
    texts: Vec<&'t str>,
}

/// One walk.
struct Script<'t> {
    meter: Meter,
    /// The names of the class and the function that are walked.
    inside: Vec<&'t str>,
    uses: Vec<Use<'t>>,
    /// Which functions call which, by the last part of their names.
    calls: BTreeMap<&'t str, BTreeSet<&'t str>>,
    /// Texts by the names that the function gives them.
    texts: BTreeMap<&'t str, &'t str>,
    stopped: Option<Stop>,
}

impl<'t> Script<'t> {
    /// The functions that loading runs: every `__setstate__`, and what it calls.
    fn run_by_loading(&self) -> BTreeSet<&'t str> {
        let mut run = BTreeSet::new();
        let mut waiting = vec![BY_LOADING];
        while let Some(name) = waiting.pop() {
            if run.insert(name) {
                waiting.extend(self.calls.get(name).into_iter().flatten());
            }
        }
        run
    }

    fn call(&mut self, call: &'t ExprCall) {
        let Expr::Attribute(access) = &*call.func else { return };
        let name = access.attr.as_str();
        let domain = match &*access.value {
            Expr::Name(root) if root.id == "torch" => DOMAIN,
            Expr::Attribute(packet) if matches!(&*packet.value, Expr::Name(root) if root.id == "ops") => {
                packet.attr.as_str()
            }
            _ => {
                let caller = self.inside.last().copied().unwrap_or_default();
                self.calls.entry(caller).or_default().insert(name);
                return;
            }
        };
        let arguments = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|keyword| &keyword.value));
        let texts = arguments.filter_map(|argument| self.text(argument)).collect();
        let function = self.inside.join(".");
        self.uses.push(Use { call, function, domain: domain.to_owned(), name: name.to_owned(), texts });
    }

    fn text(&self, of: &'t Expr) -> Option<&'t str> {
        match of {
            Expr::StringLiteral(literal) => Some(literal.value.to_str()),
            Expr::Name(name) => self.texts.get(name.id.as_str()).copied(),
            _ => None,
        }
    }
}

impl<'t> Visitor<'t> for Script<'t> {
    fn visit_stmt(&mut self, stmt: &'t Stmt) {
        match stmt {
            Stmt::ClassDef(class) => self.inside.push(class.name.as_str()),
            Stmt::FunctionDef(function) => {
                self.inside.push(function.name.as_str());
                self.texts.clear();
            }
            Stmt::Assign(assign) => {
                if let ([Expr::Name(name)], Some(text)) = (assign.targets.as_slice(), self.text(&assign.value)) {
                    self.texts.insert(name.id.as_str(), text);
                }
                return walk_stmt(self, stmt);
            }
            _ => return walk_stmt(self, stmt),
        }
        walk_stmt(self, stmt);
        self.inside.pop();
    }

    fn visit_expr(&mut self, expr: &'t Expr) {
        if self.stopped.is_some() {
            return;
        }
        if let Err(stop) = self.meter.steps(1) {
            self.stopped = Some(stop);
            return;
        }
        if let Expr::Call(call) = expr {
            self.call(call);
        }
        walk_expr(self, expr);
    }
}

/// The last part of a qualified name.
fn method(function: &str) -> &str {
    function.rsplit('.').next().unwrap_or(function)
}
