//! What source mentions: its imports first, wherever they stand, then its names and attributes.

use base::stop::Stop;
use ruff_python_ast::{
    Expr, ExprCall, Keyword, Parameters, PatternKeyword, Stmt,
    visitor::{Visitor, walk_expr, walk_pattern_keyword, walk_stmt},
};

use super::{Chain, Mentions};
use crate::{builtins, import::module, machine::Machine};

/// Words of source for which there is room from the beginning.
const ROOM: usize = 256;

impl Machine<'_, '_, '_> {
    /// What source mentions.
    ///
    /// # Errors
    /// A [`Stop`] when the budget ends.
    pub(crate) fn mentioned_in_source<'t>(&mut self, suite: &'t [Stmt]) -> Result<Mentions<'t>, Stop> {
        let mut imports = Imports { mentions: Mentions::with_room(ROOM), any: false, class: false };
        suite.iter().for_each(|statement| imports.visit_stmt(statement));
        let mut finder =
            Finder { mentions: imports.mentions, hidden: Vec::new(), functions: 0, calls: false, nodes: 0 };
        suite.iter().for_each(|statement| finder.visit_stmt(statement));
        // Whoever is told to evaluates annotations.
        if finder.calls && finder.mentions.asks_for("signature") || finder.mentions.asks_for("get_annotations") {
            finder.mentions.tells();
        }
        let (mentions, nodes) = (finder.mentions, finder.nodes);
        if imports.any {
            self.sink.milestone()?;
        }
        self.sink.meter().steps(nodes)?;
        Ok(mentions)
    }
}

/// What the imports of source bind.
struct Imports<'t> {
    mentions: Mentions<'t>,
    /// Whether there are any.
    any: bool,
    /// Whether the body of a class is looked at.
    class: bool,
}

impl<'t> Visitor<'t> for Imports<'t> {
    fn visit_stmt(&mut self, statement: &'t Stmt) {
        match statement {
            Stmt::Import(node) => {
                self.any = true;
                for alias in &node.names {
                    let path = alias.name.as_str();
                    let (bound, path) = match &alias.asname {
                        Some(name) => (name.as_str(), path),
                        None => path.split_once('.').map_or((path, path), |(root, _)| (root, root)),
                    };
                    self.mentions.binds(bound, &module(path).into(), self.class);
                }
            }
            Stmt::ImportFrom(node) => {
                self.any = true;
                // Of a module beside this one nobody knows what it holds.
                let path = node.module.as_ref().map_or("", |name| name.as_str());
                for alias in node.names.iter().filter(|_| node.level == 0) {
                    if alias.name.as_str() == "*" {
                        self.mentions.tells();
                        continue;
                    }
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.mentions.binds(bound, &eval::name(path, &alias.name, false), self.class);
                }
            }
            Stmt::FunctionDef(node) => self.mentions.defines(&node.name),
            _ => {}
        }
        let class = match statement {
            Stmt::ClassDef(_) => true,
            Stmt::FunctionDef(_) => false,
            _ => self.class,
        };
        let outer = std::mem::replace(&mut self.class, class);
        walk_stmt(self, statement);
        self.class = outer;
    }

    fn visit_expr(&mut self, _: &'t Expr) {}
}

/// What source mentions.
struct Finder<'t> {
    mentions: Mentions<'t>,
    /// Parameters of the functions around that have the names of builtins.
    hidden: Vec<&'t str>,
    /// How many functions there are around.
    functions: usize,
    /// Whether an annotation is the text of a call.
    calls: bool,
    nodes: u64,
}

impl<'t> Finder<'t> {
    /// What an expression may be that other modules have.
    fn chain(&mut self, expr: &'t Expr) -> Chain {
        let mut chain = Chain::new();
        match expr {
            Expr::Name(name) if &*name.id == "getattr" => self.mentions.tells(),
            Expr::Name(name) if &*name.id == "locals" && self.functions > 0 => self.mentions.uses_locals(),
            Expr::Name(name) => {
                let word = self.mentions.word(&name.id);
                self.mentions.loads(word, self.hidden.contains(&&*name.id), &mut chain);
            }
            Expr::Attribute(access) => {
                chain = self.chain(&access.value);
                let word = self.mentions.word(&access.attr);
                self.mentions.attribute(&mut chain, word);
            }
            other => self.visit_expr(other),
        }
        chain
    }

    /// Looks at what stands in a function with these parameters.
    fn inside(&mut self, parameters: Option<&'t Parameters>, look: impl FnOnce(&mut Self)) {
        let outside = self.hidden.len();
        let names = parameters.into_iter().flat_map(Parameters::iter).map(|parameter| parameter.name().as_str());
        self.hidden.extend(names.filter(|name| builtins::is_builtin(name)));
        look(self);
        self.hidden.truncate(outside);
    }

    /// `getattr(of, "name")` is an attribute as any other; where it stands in the call.
    fn constant_getattr(node: &'t ExprCall) -> Option<(&'t Expr, &'t str)> {
        if !node.arguments.keywords.is_empty() {
            return None;
        }
        match (&*node.func, &*node.arguments.args) {
            (Expr::Name(name), [of, Expr::StringLiteral(attribute), ..]) if &*name.id == "getattr" => {
                Some((of, attribute.value.iter().next()?.as_str()))
                    .filter(|_| !attribute.value.is_implicit_concatenated())
            }
            _ => None,
        }
    }
}

impl<'t> Visitor<'t> for Finder<'t> {
    fn visit_stmt(&mut self, statement: &'t Stmt) {
        match statement {
            Stmt::FunctionDef(node) => {
                node.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                node.type_params.iter().for_each(|parameters| self.visit_type_params(parameters));
                self.visit_parameters(&node.parameters);
                node.returns.iter().for_each(|returns| self.visit_annotation(returns));
                self.functions = self.functions.saturating_add(1);
                self.inside(Some(&node.parameters), |finder| finder.visit_body(&node.body));
                self.functions = self.functions.saturating_sub(1);
            }
            // It is no parameter of a function around, whatever that has.
            Stmt::Global(node) if node.names.iter().any(|name| builtins::is_builtin(name)) => self.mentions.tells(),
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_annotation(&mut self, expr: &'t Expr) {
        self.calls |= matches!(expr, Expr::StringLiteral(text) if text.value.to_str().contains('('));
        self.visit_expr(expr);
    }

    fn visit_pattern_keyword(&mut self, keyword: &'t PatternKeyword) {
        let word = self.mentions.word(&keyword.attr);
        let mut chain = Chain::new();
        self.mentions.attribute(&mut chain, word);
        self.mentions.uses(&mut chain);
        walk_pattern_keyword(self, keyword);
    }

    fn visit_keyword(&mut self, keyword: &'t Keyword) {
        if let Some(name) = &keyword.arg {
            self.mentions.word(name);
        }
        self.visit_expr(&keyword.value);
    }

    fn visit_expr(&mut self, expr: &'t Expr) {
        self.nodes = self.nodes.saturating_add(1);
        match expr {
            _ if self.mentions.telling() => {}
            Expr::Name(_) | Expr::Attribute(_) => {
                let mut chain = self.chain(expr);
                self.mentions.uses(&mut chain);
            }
            Expr::Call(node) if let Some((of, name)) = Self::constant_getattr(node) => {
                let mut chain = self.chain(of);
                let word = self.mentions.word(name);
                self.mentions.attribute(&mut chain, word);
                self.mentions.uses(&mut chain);
                node.arguments.args.iter().skip(2).for_each(|arg| self.visit_expr(arg));
            }
            Expr::Call(node) if matches!(&*node.func, Expr::Name(_) | Expr::Attribute(_)) => {
                let mut chain = self.chain(&node.func);
                self.mentions.calls(&mut chain);
                self.visit_arguments(&node.arguments);
            }
            Expr::Lambda(node) => {
                // Defaults stand outside, and may be the builtins that the parameters hide.
                node.parameters.iter().for_each(|parameters| self.visit_parameters(parameters));
                self.inside(node.parameters.as_deref(), |finder| finder.visit_expr(&node.body));
            }
            other => walk_expr(self, other),
        }
    }
}
