//! Names of modules and of what they hold, resolved to one canonical spelling that remembers how it was reached.

use std::{rc::Rc, sync::Arc};

use crate::value::Value;

/// A canonical name and how it was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// The dotted canonical module.
    pub module: Arc<str>,
    /// The dotted qualified name inside it; empty for the module itself.
    pub qualname: Arc<str>,
    /// Module and name as written, where they differ.
    pub written: Option<(Arc<str>, Arc<str>)>,
    /// Whether a call or an attribute access computed it, rather than an opcode or a statement naming it.
    pub computed: bool,
    /// Whether the walk left the module that was named for one that is not below it.
    pub crossed: bool,
    /// The first attribute walked through that leads out of any object, such as `__globals__`.
    pub special: Option<Arc<str>>,
}

impl Name {
    /// This spelling, taken as canonical.
    pub fn new(module: &str, qualname: &str) -> Self {
        Self { module: module.into(), qualname: qualname.into(), ..Self::default() }
    }

    /// Whether this is a module.
    pub fn is_module(&self) -> bool {
        self.qualname.is_empty()
    }

    /// `module.qualname`.
    pub fn dotted(&self) -> String {
        if self.is_module() { self.module.to_string() } else { format!("{}.{}", self.module, self.qualname) }
    }

    /// Whether this is exactly `qualname` of `module`.
    pub fn is(&self, module: &str, qualname: &str) -> bool {
        &*self.module == module && &*self.qualname == qualname
    }

    /// `self.member`, with the same history and without a walk through modules.
    pub(crate) fn member(&self, member: &str) -> Self {
        let qualname = if self.is_module() { member.into() } else { [&*self.qualname, ".", member].concat().into() };
        Self {
            module: self.module.clone(),
            qualname,
            written: self.written.clone(),
            computed: self.computed,
            crossed: self.crossed,
            special: self.special.clone(),
        }
    }

    /// What `dotted` leads to from here, as an attribute access would.
    pub(crate) fn walk(&self, dotted: &str) -> Self {
        let path = self.member(dotted).qualname;
        let found = resolved(&self.module, &path);
        Self {
            written: self.written.clone(),
            computed: true,
            crossed: self.crossed || found.crossed,
            special: self.special.clone().or(found.special),
            ..found
        }
    }

    /// This name, reached by computation.
    pub(crate) fn computed(self) -> Self {
        Self { computed: true, ..self }
    }

    /// This name, reached through `attribute`.
    pub(crate) fn through(mut self, attribute: &str) -> Self {
        self.computed = true;
        self.special.get_or_insert_with(|| attribute.into());
        self
    }

    /// The name without its last component, and that component.
    pub(crate) fn split(&self) -> Option<(Self, Arc<str>)> {
        if self.is_module() {
            return None;
        }
        let (owner, last) = self.qualname.rsplit_once('.').unwrap_or(("", &self.qualname));
        Some((Self { qualname: owner.into(), ..self.clone() }, last.into()))
    }
}

impl From<Name> for Value {
    fn from(name: Name) -> Self {
        Self::Global(Rc::new(name))
    }
}

fn resolved(module: &str, qualname: &str) -> Name {
    let found = knowledge::resolve(module, qualname);
    let written = (found.module != module || found.name != qualname).then(|| (module.into(), qualname.into()));
    Name {
        module: found.module.as_ref().into(),
        qualname: found.name.as_ref().into(),
        written,
        computed: false,
        crossed: found.crossed,
        special: found.special.map(Arc::from),
    }
}

/// What `qualname` of `module` is, as GLOBAL, STACK_GLOBAL, INST or an `import` statement names it: always a
/// [`Value::Global`]. `python2` applies the mapping that `fix_imports` does for protocols below 3.
pub fn name(module: &str, qualname: &str, python2: bool) -> Value {
    let mapped = if python2 { knowledge::python2(module, qualname) } else { None };
    let Some((new_module, new_name)) = mapped else {
        return resolved(module, qualname).into();
    };
    let written = Some((module.into(), qualname.into()));
    Name { written, ..resolved(new_module, new_name) }.into()
}
