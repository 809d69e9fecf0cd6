//! Classes of the file: bodies run where they stand, hooks of bases and metaclasses with them.

use std::{rc::Rc, sync::Arc};

use base::stop::Stop;
use eval::{Name, Value};
use ruff_python_ast::StmtClassDef;
use ruff_text_size::Ranged;

use crate::{
    function::MAX_LOCALS,
    local::Local,
    machine::{Machine, When},
    scope::{Known, Scope},
};

/// A class of the file.
pub(crate) struct Class {
    /// What its body binds.
    pub(crate) scope: Rc<Scope>,
    /// Its name.
    pub(crate) name: Arc<str>,
    /// The value that stands for it.
    pub(crate) itself: Known,
    /// The value that stands for an object of it.
    pub(crate) instance: Known,
    /// Classes of this file that it inherits from.
    pub(crate) bases: Vec<usize>,
    /// Whether it inherits from something that another module defines.
    pub(crate) foreign: bool,
    /// Whether it inherits from the standard library, whose constructors call methods.
    pub(crate) hooked: bool,
    /// Whether making it makes objects of it.
    enumerates: bool,
    /// Whether whoever loads models makes objects of it.
    loaded: bool,
    /// The metaclass, where it is one of this file.
    pub(crate) meta: Option<usize>,
    /// When what is called of its objects by itself was last said to run.
    implicit: Option<When>,
    /// Whether its `__init__` was followed for what it keeps.
    kept: bool,
}

/// What a class inherits from.
#[derive(Default)]
pub(crate) struct Bases {
    /// Classes of this file.
    pub(crate) own: Vec<usize>,
    /// Whether there is another of which nobody knows what it calls.
    pub(crate) foreign: bool,
    /// Whether there is one of the standard library.
    pub(crate) hooked: bool,
    /// Whether there is one that makes objects of the class when it is made.
    pub(crate) enumerates: bool,
    /// Whether there is one of which whoever loads models makes objects.
    pub(crate) loaded: bool,
}

/// Classes that servers of models look for by these names: Hugging Face's endpoints, Triton's Python backend.
const HANDLERS: [&str; 2] = ["EndpointHandler", "TritonPythonModel"];
/// Libraries whose loaders make objects of the classes that derive from theirs, and call them.
const LOADERS: [&str; 14] = [
    "adapters",
    "diffusers",
    "keras",
    "kserve",
    "lightning",
    "mlflow",
    "open_clip",
    "peft",
    "pytorch_lightning",
    "sentence_transformers",
    "spacy",
    "timm",
    "transformers",
    "ts",
];

/// Whether whoever loads models makes objects of the classes that derive from this.
pub(crate) fn is_loaded(base: &Name) -> bool {
    let root = base.module.split('.').next().unwrap_or_default();
    LOADERS.contains(&root) || base.module.starts_with("tensorflow.keras")
}

/// Methods that making an object of a class calls, or that run by themselves.
const CONSTRUCTORS: [&str; 6] =
    ["__new__", "__init__", "__post_init__", "__del__", "_generate_next_value_", "_missing_"];
/// Special methods that run only where something is said to be called, entered, pickled or made a class of; those are followed.
const ASKED: [&str; 22] = [
    "__aenter__",
    "__aexit__",
    "__call__",
    "__class_getitem__",
    "__copy__",
    "__enter__",
    "__exit__",
    "__getattr__",
    "__getattribute__",
    "__getnewargs__",
    "__getnewargs_ex__",
    "__getstate__",
    "__init__",
    "__init_subclass__",
    "__main__",
    "__mro_entries__",
    "__new__",
    "__post_init__",
    "__reduce__",
    "__reduce_ex__",
    "__setstate__",
    "__prepare__",
];
/// Methods of a metaclass that making a class calls.
const MAKERS: [&str; 4] = ["__prepare__", "__new__", "__init__", "mro"];
/// Classes among which a derived one is sought.
const MAX_DERIVED: usize = 64;
/// Methods of an installer's command that installing calls.
const COMMAND: [&str; 3] = ["initialize_options", "finalize_options", "run"];
/// Methods of a finder that importing calls.
const FINDER: [&str; 3] = ["find_spec", "find_module", "__call__"];

impl<'t> Machine<'t, '_, '_> {
    /// `class`: bases, keywords and body run now.
    pub(crate) fn class(&mut self, node: &'t StmtClassDef) -> Result<(), Stop> {
        let (mut bases, mut metaclass, mut keywords) = (Bases::default(), None, Vec::new());
        if let Some(arguments) = &node.arguments {
            for base in &arguments.args {
                let known = self.path(base)?;
                self.inherit(&known, &mut bases);
            }
            for keyword in &arguments.keywords {
                let known = self.eval(&keyword.value)?;
                match keyword.arg.as_ref().map(|name| name.as_str()) {
                    Some("metaclass") => metaclass = Some(known),
                    Some(name) => keywords.push((Arc::from(name), known)),
                    None => {}
                }
            }
        }
        self.type_parameters(node.type_params.as_deref())?;
        let scope = Scope::inside(&self.scope, true);
        let outer = std::mem::replace(&mut self.scope, Rc::clone(&scope));
        let result = self.during(self.when, None, |machine| {
            machine.branch = false;
            machine.body(&node.body)
        });
        self.scope = outer;
        result?;
        let class = self.make_class(&node.name, scope, bases);
        self.hooks(node, &class, metaclass, &keywords)?;
        let decorated = self.decorate(&node.decorator_list, class)?;
        self.bind(&node.name, decorated, self.branch);
        Ok(())
    }

    /// A class with these members, which become its methods.
    pub(crate) fn make_class(&mut self, name: &str, scope: Rc<Scope>, bases: Bases) -> Known {
        let index = self.classes.len();
        if index >= MAX_LOCALS {
            return Known::named(name);
        }
        for (member, known) in scope.values().into_iter().chain(scope.others()) {
            if let Some(Local::Function(function)) = self.local(&known) {
                if matches!(&*member, "__reduce__" | "__reduce_ex__") {
                    self.reduces(function);
                }
                let before = self.functions.get(function).and_then(|function| function.before);
                if let Some(before) = before.and_then(|before| self.functions.get_mut(before)) {
                    before.class = Some(index);
                }
                if let Some(function) = self.functions.get_mut(function) {
                    function.class = Some(index);
                    if function.name == member || &*function.name == "<lambda>" {
                        function.name = format!("{name}.{member}").into();
                    }
                }
            }
        }
        let (itself, instance) =
            (self.locals.add(name, Local::Class(index)), self.locals.add(name, Local::Instance(index)));
        let Bases { own: bases, foreign, hooked, enumerates, loaded } = bases;
        let hooked = hooked || bases.iter().any(|base| self.classes.get(*base).is_some_and(|base| base.hooked));
        let enumerates =
            enumerates || bases.iter().any(|base| self.classes.get(*base).is_some_and(|base| base.enumerates));
        let foreign = foreign || bases.iter().any(|base| self.classes.get(*base).is_some_and(|base| base.foreign));
        let loaded = loaded
            || HANDLERS.contains(&name)
            || bases.iter().any(|base| self.classes.get(*base).is_some_and(|base| base.loaded));
        let meta = bases.iter().find_map(|base| self.classes.get(*base)?.meta);
        self.classes.push(Class {
            scope,
            name: name.into(),
            itself: itself.clone(),
            instance,
            bases,
            foreign,
            hooked,
            enumerates,
            loaded,
            meta,
            implicit: None,
            kept: false,
        });
        if loaded {
            self.hand(index);
        }
        itself
    }

    /// What making a class calls: its metaclass, its bases, and descriptors in it.
    pub(crate) fn hooks(
        &mut self,
        node: impl Ranged + Copy,
        of: &Known,
        metaclass: Option<Known>,
        keywords: &[(Arc<str>, Known)],
    ) -> Result<(), Stop> {
        let Some(Local::Class(index)) = self.local(of) else { return Ok(()) };
        // Python 2 names the metaclass in the body.
        let in_body = || self.classes.get(index)?.scope.own("__metaclass__");
        if let Some(known) = metaclass.or_else(in_body) {
            if let Some(Local::Class(meta)) = self.local(&known) {
                if let Some(class) = self.classes.get_mut(index) {
                    class.meta = Some(meta);
                }
            } else {
                let name = self.classes.get(index).map(|class| Value::Str(class.name.clone()));
                let args = [name.unwrap_or(Value::None), Value::tuple(Vec::new()), Value::dict(Vec::new())];
                self.apply(node, &known, args.into_iter().map(Known::from).collect(), Vec::new(), true)?;
            }
        }
        if let Some(meta) = self.classes.get(index).and_then(|class| class.meta) {
            self.implicit(meta);
        }
        let Some(class) = self.classes.get(index) else { return Ok(()) };
        let (meta, bases, values) = (class.meta, class.bases.clone(), class.scope.values());
        for name in MAKERS {
            if let Some(Local::Function(function)) =
                meta.and_then(|meta| self.member(meta, name)).and_then(|member| self.local(&member))
            {
                self.called(function, &[], &[]);
            }
        }
        if meta.is_some() {
            self.uses(Local::Class(index));
        }
        if self.classes.get(index).is_some_and(|class| class.enumerates) {
            self.built(index, &[], &[]);
        }
        for base in bases {
            if let Some(member) = self.member(base, "__init_subclass__") {
                self.uses(Local::Class(index));
                self.apply(node, &member, Vec::new(), keywords.to_vec(), true)?;
            }
        }
        for (_, value) in values {
            self.run_methods(&value, &["__set_name__"], &[]);
        }
        Ok(())
    }

    /// A member of a class of this file or of those that it inherits from.
    pub(crate) fn member(&self, class: usize, name: &str) -> Option<Known> {
        let first = self.classes.get(class)?;
        match first.scope.own(name) {
            None if !first.bases.is_empty() => {
                self.search(first.bases.iter().copied().filter(|base| *base < class).collect(), 1, name)
            }
            found => found,
        }
    }

    /// A member that only a class derived from this one has: what `self.name` is in a method that others complete.
    pub(crate) fn derived(&self, class: usize, name: &str) -> Option<Known> {
        let later = self.classes.iter().skip(class.saturating_add(1)).take(MAX_DERIVED);
        later.filter(|derived| derived.bases.contains(&class)).find_map(|derived| derived.scope.own(name))
    }

    /// A member of what a class inherits from: `super().name`.
    pub(crate) fn inherited(&self, class: usize, name: &str) -> Option<Known> {
        self.search(self.classes.get(class)?.bases.clone(), 0, name)
    }

    /// The member in the classes of `queue` and above, where `seen` others were looked at before.
    fn search(&self, mut queue: Vec<usize>, mut seen: u32, name: &str) -> Option<Known> {
        while let Some(index) = queue.pop() {
            let class = self.classes.get(index)?;
            if let Some(found) = class.scope.own(name) {
                return Some(found);
            }
            seen = seen.saturating_add(1);
            if seen > 64 {
                return None;
            }
            queue.extend(class.bases.iter().copied().filter(|base| *base < index));
        }
        None
    }

    /// What the interpreter or a library calls of an object by itself: printing it, comparing it, reading it as a number.
    fn implicit(&mut self, class: usize) {
        let (mut queue, mut seen) = (vec![class], 0_u32);
        while let Some(index) = queue.pop() {
            seen = seen.saturating_add(1);
            let Some(class) = self.classes.get(index).filter(|_| seen <= 64) else { return };
            if class.implicit >= Some(self.when) {
                continue;
            }
            queue.extend(class.bases.iter().copied().filter(|base| *base < index));
            let members = class.scope.values();
            if let Some(class) = self.classes.get_mut(index) {
                class.implicit = Some(self.when);
            }
            for (name, member) in members {
                let special = name.len() > 4 && name.starts_with("__") && name.ends_with("__");
                if special
                    && !ASKED.contains(&&*name)
                    && let Some(Local::Function(function)) = self.local(&member)
                {
                    self.called(function, &[], &[]);
                }
            }
        }
    }

    /// A class of this file is called: its constructors run.
    pub(crate) fn built(&mut self, class: usize, args: &[Known], kwargs: &[(Arc<str>, Known)]) {
        self.implicit(class);
        if let Some(meta) = self.classes.get(class).and_then(|class| class.meta)
            && let Some(Local::Function(index)) = self.member(meta, "__call__").and_then(|member| self.local(&member))
        {
            self.called(index, &[], &[]);
        }
        for name in CONSTRUCTORS {
            if let Some(Local::Function(index)) = self.member(class, name).and_then(|member| self.local(&member)) {
                self.called(index, args, kwargs);
            }
        }
    }

    /// What a constructor keeps: `self.run = run` of each callable that it is given, a field by its position, and once what
    /// `__init__` sets by itself.
    pub(crate) fn keep_fields(
        &mut self,
        class: usize,
        args: &[Known],
        kwargs: &[(Arc<str>, Known)],
    ) -> Result<(), Stop> {
        let mut given = args.iter().chain(kwargs.iter().map(|(_, known)| known));
        if self.when == When::Called || self.quiet > 0 {
            return Ok(());
        }
        let first = self.classes.get_mut(class).is_some_and(|class| !std::mem::replace(&mut class.kept, true));
        if !first && !given.any(|known| known.value.as_name().is_some()) {
            return Ok(());
        }
        if let Some(Local::Function(index)) = self.member(class, "__init__").and_then(|member| self.local(&member)) {
            return self.inline(index, args, kwargs).map(|_| ());
        }
        let Some(class) = self.classes.get(class) else { return Ok(()) };
        let by_place = class.scope.fields().into_iter().zip(args.iter().cloned());
        for (name, known) in by_place.chain(kwargs.iter().cloned()) {
            class.scope.bind(&name, known, true);
        }
        Ok(())
    }

    /// Methods of a class or an object of this file are called.
    pub(crate) fn run_methods(&mut self, of: &Known, names: &[&str], args: &[Known]) {
        let Some(Local::Class(class) | Local::Instance(class)) = self.local(of) else { return };
        for name in names {
            if let Some(Local::Function(index)) = self.member(class, name).and_then(|member| self.local(&member)) {
                self.called(index, args, &[]);
            }
        }
    }

    /// The tests of every class of the file.
    pub(crate) fn run_tests(&mut self) {
        let members: Vec<Known> = self
            .classes
            .iter()
            .flat_map(|class| class.scope.values())
            .filter(|(name, _)| name.starts_with("test") || name.starts_with("setUp") || name.starts_with("tearDown"))
            .map(|(_, known)| known)
            .collect();
        for member in members {
            if let Some(Local::Function(index)) = self.local(&member) {
                self.called(index, &[], &[]);
            }
        }
    }

    /// Finders in a list that is assigned to a hook of the import system.
    pub(crate) fn run_finders(&mut self, list: &Value) {
        if let Value::List(items) | Value::Tuple(items) = list {
            for item in items.iter() {
                self.run_methods(&item.clone().into(), &FINDER, &[]);
            }
        }
    }

    /// Commands that an installer is handed, and finders that the import system is: it calls their methods.
    pub(crate) fn run_handed_classes(&mut self, callee: &eval::Name, args: &[Known], kwargs: &[(Arc<str>, Known)]) {
        if &*callee.qualname == "setup"
            && matches!(&*callee.module, "setuptools" | "distutils.core" | "setuptools.dist")
        {
            let commands = kwargs.iter().find(|(name, _)| &**name == "cmdclass").map(|(_, known)| known.value.clone());
            let Some(Value::Dict(commands)) = commands else { return };
            for (_, command) in commands.iter() {
                self.run_methods(&command.clone().into(), &COMMAND, &[]);
            }
        }
        if &*callee.module == "sys"
            && (callee.qualname.starts_with("meta_path.") || callee.qualname.starts_with("path_hooks."))
        {
            for known in args {
                self.run_methods(known, &FINDER, &[]);
            }
        }
    }
}
