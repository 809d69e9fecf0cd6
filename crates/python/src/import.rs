//! `import` and `from … import`.

use std::sync::Arc;

use base::stop::Stop;
use eval::{Name, Value};
use ruff_python_ast::{StmtImport, StmtImportFrom};
use ruff_text_size::Ranged;

use crate::{machine::Machine, scope::Known};

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
            self.state_import(node, &Arc::clone(found), "import")?;
        }
        Ok(value)
    }

    /// `from module import *`.
    pub(crate) fn import_star(&mut self, node: impl Ranged, path: &str) -> Result<(), Stop> {
        let star = module(path);
        self.state_import(node, &star, "import")?;
        if self.stars.len() < MAX_STARS {
            self.stars.push(star.module);
            self.memo.forget_unbound();
        }
        Ok(())
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

/// A module by its name; a relative one stays as it is written.
pub(crate) fn module(path: &str) -> Name {
    match Value::module(path) {
        Value::Global(name) if !path.starts_with('.') => Name::clone(&name),
        _ => Name::new(path, ""),
    }
}
