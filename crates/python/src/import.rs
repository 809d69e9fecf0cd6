//! `import` and `from … import`.

use std::sync::Arc;

use base::stop::Stop;
use eval::{Name, Value};
use ruff_python_ast::{StmtImport, StmtImportFrom};

use crate::{machine::Machine, scope::Known};

/// Modules of `from module import *` that are remembered.
const MAX_STARS: usize = 16;

impl<'t> Machine<'t, '_, '_> {
    /// `import a.b, c as d`.
    pub(crate) fn import(&mut self, node: &'t StmtImport) -> Result<(), Stop> {
        for alias in &node.names {
            let module = module(alias.name.as_str());
            self.state_import(alias, &module, "import")?;
            let (bound, value) = match &alias.asname {
                Some(name) => (name.as_str(), module),
                None => {
                    let root = alias.name.as_str().split('.').next().unwrap_or_default();
                    (root, self::module(root))
                }
            };
            self.scope.clone().bind(bound, Known::from(Value::from(value)), self.branch);
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
                let star = self::module(&module);
                self.state_import(alias, &star, "import")?;
                if self.stars.len() < MAX_STARS {
                    self.stars.push(star.module);
                }
                continue;
            }
            let value =
                if dots.is_empty() { eval::name(&module, name, false) } else { Name::new(&module, name).into() };
            if let Value::Global(found) = &value {
                self.state_import(alias, &Arc::clone(found), "import")?;
            }
            let bound = alias.asname.as_ref().unwrap_or(&alias.name);
            self.scope.clone().bind(bound, value.into(), self.branch);
        }
        Ok(())
    }
}

/// A module by its name; a relative one stays as it is written.
fn module(path: &str) -> Name {
    match Value::module(path) {
        Value::Global(name) if !path.starts_with('.') => Name::clone(&name),
        _ => Name::new(path, ""),
    }
}
