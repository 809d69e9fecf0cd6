//! `match`: names that patterns bind, and what they are bound to where the subject is known.

use base::stop::Stop;
use eval::Value;
use ruff_python_ast::{Pattern, StmtMatch};

use crate::{local::Local, machine::Machine, scope::Known};

impl<'t> Machine<'t, '_, '_> {
    /// Walks every case.
    pub(crate) fn walk_match(&mut self, node: &'t StmtMatch) -> Result<(), Stop> {
        let subject = self.eval(&node.subject)?;
        for case in &node.cases {
            self.bind_pattern(&case.pattern, &subject)?;
            if let Some(guard) = &case.guard {
                self.eval(guard)?;
            }
            self.under(|| "case".into(), |machine| machine.body(&case.body))?;
        }
        Ok(())
    }

    /// Binds the names of a pattern. Depth is bounded by [`crate::nesting`].
    fn bind_pattern(&mut self, pattern: &'t Pattern, of: &Known) -> Result<(), Stop> {
        self.pay()?;
        match pattern {
            Pattern::MatchValue(node) => {
                self.eval(&node.value)?;
            }
            Pattern::MatchAs(node) => {
                if let Some(inner) = &node.pattern {
                    self.bind_pattern(inner, of)?;
                }
                if let Some(name) = &node.name {
                    self.scope.clone().bind(name, of.clone(), self.branch);
                }
            }
            Pattern::MatchOr(node) => {
                for inner in &node.patterns {
                    self.bind_pattern(inner, of)?;
                }
            }
            Pattern::MatchSequence(node) => {
                let star = node.patterns.iter().position(Pattern::is_match_star);
                for (position, inner) in node.patterns.iter().enumerate() {
                    let behind = node.patterns.len().saturating_sub(position);
                    let item = match (inner, &of.value) {
                        (Pattern::MatchStar(star), Value::Tuple(items) | Value::List(items)) => {
                            let end = items.len().saturating_sub(behind.saturating_sub(1)).max(position);
                            let rest = items.get(position..end).unwrap_or_default().to_vec();
                            if let Some(name) = &star.name {
                                self.scope.clone().bind(name, Value::list(rest).into(), self.branch);
                            }
                            continue;
                        }
                        // Behind a star places count from the end.
                        (_, Value::Tuple(items) | Value::List(items)) if star.is_some_and(|star| star < position) => {
                            items.len().checked_sub(behind).and_then(|at| items.get(at)).cloned()
                        }
                        _ => None,
                    };
                    let index = Value::Int(i64::try_from(position).unwrap_or(0));
                    let item = item.unwrap_or_else(|| eval::item(&of.value, &index));
                    self.bind_pattern(inner, &item.into())?;
                }
            }
            Pattern::MatchMapping(node) => {
                for (key, inner) in node.keys.iter().zip(&node.patterns) {
                    let key = self.eval(key)?;
                    self.bind_pattern(inner, &eval::item(&of.value, &key.value).into())?;
                }
                if let Some(rest) = &node.rest {
                    self.scope.clone().bind(rest, of.clone(), self.branch);
                }
            }
            Pattern::MatchClass(node) => {
                let class = self.eval(&node.cls)?;
                let names = self.match_args(&class);
                for (position, inner) in node.arguments.patterns.iter().enumerate() {
                    let member = match names.get(position) {
                        Some(name) => self.attribute(inner, of, name)?,
                        None => of.clone(),
                    };
                    self.bind_pattern(inner, &member)?;
                }
                for keyword in &node.arguments.keywords {
                    let member = self.attribute_of(&keyword.pattern, of, &keyword.attr)?;
                    self.bind_pattern(&keyword.pattern, &member)?;
                }
            }
            Pattern::MatchSingleton(_) | Pattern::MatchStar(_) => {}
        }
        Ok(())
    }

    /// The attributes that the positions of a class pattern stand for.
    pub(crate) fn match_args(&self, class: &Known) -> Vec<std::sync::Arc<str>> {
        let Some(Local::Class(class)) = self.local(class) else { return Vec::new() };
        let names = self.member(class, "__match_args__").map(|known| known.value);
        let Some(Value::Tuple(names) | Value::List(names)) = names else { return Vec::new() };
        names.iter().filter_map(|name| name.as_str().map(std::sync::Arc::from)).collect()
    }
}
