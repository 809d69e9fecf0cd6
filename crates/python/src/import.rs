//! `import` and `from … import`.

use std::rc::Rc;

use base::stop::Stop;
use eval::{Name, Value};
use ruff_python_ast::{StmtImport, StmtImportFrom};
use ruff_text_size::Ranged;

use crate::{machine::Machine, scope::Known};

/// Characters of a text that `exec` runs whose imports are bound.
const MAX_TEXT: usize = 4096;
/// Modules of `from module import *` that are remembered.
const MAX_STARS: usize = 16;

impl<'t> Machine<'t, '_, '_> {
    /// `import a.b, c as d`.
    pub(crate) fn import(&mut self, node: &'t StmtImport) -> Result<(), Stop> {
        for alias in &node.names {
            let module = self.import_module(alias, alias.name.as_str())?;
            let (bound, value) = match &alias.asname {
                Some(name) => (name.as_str(), module),
                None => {
                    let root = alias.name.as_str().split('.').next().unwrap_or_default();
                    (root, self::module(root))
                }
            };
            self.bind(bound, Known::from(Value::from(value)), self.branch);
        }
        Ok(())
    }

    /// Imports a module by its dotted name.
    pub(crate) fn import_module(&mut self, node: impl Ranged, path: &str) -> Result<Name, Stop> {
        let module = module(path);
        self.state_import(node, &module, "import")?;
        Ok(module)
    }

    /// The name `name` of a module, imported from it.
    pub(crate) fn import_member(&mut self, node: impl Ranged, module: &str, name: &str) -> Result<Value, Stop> {
        let value =
            if module.starts_with('.') { Name::new(module, name).into() } else { eval::name(module, name, false) };
        if let Value::Global(found) = &value {
            self.state_import(&node, &Rc::clone(found), "import")?;
        }
        // Whoever runs a text may call what it imports.
        if self.executed {
            self.state_kept(node, &value)?;
        }
        Ok(value)
    }

    /// What the imports of a text bind that `exec` runs where the reading is: `exec("import os as o")`.
    pub(crate) fn bind_executed(&mut self, callee: &Name, args: &[Known]) {
        if !callee.is("builtins", "exec") {
            return;
        }
        let here = |known: &Known| match &known.value {
            Value::None => true,
            Value::Call(call) => call.callee.as_name().is_some_and(|name| {
                &*name.module == "builtins" && matches!(&*name.qualname, "globals" | "locals" | "vars")
            }),
            _ => false,
        };
        let Some((text, namespaces)) = args.split_first() else { return };
        let Value::Str(text) = &text.value else { return };
        if text.len() > MAX_TEXT || !namespaces.iter().all(here) {
            return;
        }
        let plain = |line: &&str| !line.starts_with(char::is_whitespace);
        for statement in text.lines().filter(plain).flat_map(|line| line.split(';')).map(str::trim) {
            if let Some(names) = statement.strip_prefix("import ") {
                for (path, bound) in names.split(',').filter_map(alias) {
                    // `import a.b` binds `a`.
                    let (path, bound) = match bound {
                        Some(bound) => (path, bound),
                        None => path.split_once('.').map_or((path, path), |(root, _)| (root, root)),
                    };
                    self.bind(bound, Known::from(Value::from(module(path))), self.branch);
                }
            } else if let Some((path, names)) =
                statement.strip_prefix("from ").and_then(|rest| rest.split_once(" import "))
            {
                let names = names.trim().trim_matches(['(', ')']);
                for (name, bound) in names.split(',').filter_map(alias) {
                    let value = eval::name(path.trim(), name, false);
                    self.bind(bound.unwrap_or(name), value.into(), self.branch);
                }
            }
        }
    }

    /// `from module import *`.
    pub(crate) fn import_star(&mut self, node: impl Ranged, path: &str) -> Result<(), Stop> {
        let star = module(path);
        self.state_import(node, &star, "import")?;
        self.binds_all(star.module);
        Ok(())
    }

    /// All that a module holds is bound by its name.
    pub(crate) fn binds_all(&mut self, module: std::sync::Arc<str>) {
        if self.stars.len() >= MAX_STARS {
            return;
        }
        // What was bound before is that of the module now, as far as it is known.
        for (name, _) in self.scope.values() {
            if eval::is_named(&module, &name) {
                let value = Value::global(&module, &name);
                self.bind(&name, value.into(), true);
            }
        }
        self.stars.push(module);
        self.memo.forget_unbound();
    }

    /// `from a import b as c`.
    pub(crate) fn import_from(&mut self, node: &'t StmtImportFrom) -> Result<(), Stop> {
        let dots = ".".repeat(usize::try_from(node.level.min(64)).unwrap_or(0));
        let module = format!("{dots}{}", node.module.as_ref().map_or("", |name| name.as_str()));
        for alias in &node.names {
            let name = alias.name.as_str();
            if name == "*" {
                self.import_star(alias, &module)?;
                continue;
            }
            let value = self.import_member(alias, &module, name)?;
            let bound = alias.asname.as_ref().unwrap_or(&alias.name);
            self.bind(bound, value.into(), self.branch);
        }
        Ok(())
    }
}

/// The name that one part of an import names, and the one to which it binds it.
fn alias(part: &str) -> Option<(&str, Option<&str>)> {
    let is_name = |text: &&str| {
        !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'))
    };
    let mut words = part.split_whitespace();
    let name = words.next().filter(is_name)?;
    match (words.next(), words.next()) {
        (None, _) => Some((name, None)),
        (Some("as"), Some(bound)) => Some((name, Some(bound).filter(is_name))),
        _ => None,
    }
}

/// A module by its name; a relative one stays as it is written.
pub(crate) fn module(path: &str) -> Name {
    match Value::module(path) {
        Value::Global(name) if !path.starts_with('.') => Name::clone(&name),
        _ => Name::new(path, ""),
    }
}
