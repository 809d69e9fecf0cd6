//! Attributes and items of what the file itself defines: members, hooks of objects, and namespaces reached as dicts.

use std::{rc::Rc, sync::Arc};

use base::{fact::Str, stop::Stop};
use eval::{Name, Value};
use ruff_text_size::Ranged;

use crate::{
    function::Binding,
    local::Local,
    lost::{is_namespace, namespace_of},
    machine::Machine,
    memo::Memo,
    scope::{Known, Scope},
};

/// Copied items that binding one member counts for.
pub(crate) const BOUND: usize = 16;
/// Attributes of one function that are remembered.
const MAX_ATTRIBUTES: usize = 64;
/// Methods that a `string.Formatter` calls of itself.
const FORMATTER: [&str; 6] = ["get_value", "get_field", "format_field", "convert_field", "check_unused_args", "parse"];
/// Methods by which a dict gives an item.
const GETTERS: [&str; 4] = ["__getitem__", "get", "pop", "setdefault"];

/// Attributes by which a function is called, or made another one of.
const OF_FUNCTIONS: [&str; 6] = ["__call__", "__code__", "__func__", "__get__", "__wrapped__", "func_code"];

/// Attributes that lead from a generator, coroutine, traceback or frame to all that a function sees.
const OF_FRAMES: &[&str] = &[
    "ag_code",
    "ag_frame",
    "cr_code",
    "cr_frame",
    "f_back",
    "f_builtins",
    "f_globals",
    "f_locals",
    "func_globals",
    "gi_code",
    "gi_frame",
    "tb_frame",
    "tb_next",
];

impl<'t> Machine<'t, '_, '_> {
    /// `of.name`, of a name that is shared already.
    pub(crate) fn attribute(&mut self, node: impl Ranged + Copy, of: &Known, name: &Str) -> Result<Known, Stop> {
        self.attribute_as(node, of, name, |_| name.clone())
    }

    /// `of.name`, of a name that is written in the source.
    pub(crate) fn attribute_of(&mut self, node: impl Ranged + Copy, of: &Known, name: &str) -> Result<Known, Stop> {
        self.attribute_as(node, of, name, |memo| memo.word(name))
    }

    fn attribute_as(
        &mut self,
        node: impl Ranged + Copy,
        of: &Known,
        name: &str,
        share: impl FnOnce(&mut Memo) -> Str,
    ) -> Result<Known, Stop> {
        if self.traced {
            self.state_inner(node, &of.value, &Value::str(name))?;
        }
        self.asks(name);
        if let Some(known) = self.own_attribute(node, of, name)? {
            return Ok(known);
        }
        // What it does not define itself others do.
        if let Some(Local::Class(class) | Local::Instance(class)) = self.local(of)
            && self.classes.get(class).is_some_and(|class| class.foreign)
        {
            self.hand(class);
        }
        if is_namespace(&of.value) && !matches!(name, "update" | "__setitem__") {
            self.reflects_on_itself();
        }
        let name = share(&mut self.memo);
        let encoded = of.encoded.as_deref().map(|encoded| Rc::new(Value::attribute_of(encoded.clone(), name.clone())));
        let value = match &of.value {
            Value::Global(owner) => self.memo.attribute(owner, &name),
            of @ (Value::External(_) | Value::Unknown(_) | Value::Item(_))
                if !matches!(&*name, "f_builtins" | "__builtins__") =>
            {
                Value::attribute_of(of.clone(), name)
            }
            of => eval::attribute(of, &name),
        };
        Ok(Known { value, encoded })
    }

    /// States that the source of a traced module reads an attribute by which the interpreter keeps its own, or one of which the name is not known.
    pub(crate) fn state_inner(&mut self, node: impl Ranged, of: &Value, name: &Value) -> Result<(), Stop> {
        let plain = name.as_str().is_some_and(|name| !name.starts_with("__") && !OF_FRAMES.contains(&name));
        if plain {
            return Ok(());
        }
        let getattr = Name::new("builtins", "getattr");
        let callee = Value::from(getattr.clone());
        self.state_always(node, (&callee, &getattr), &[of.clone(), name.clone()], &[])
    }

    pub(crate) fn own_attribute(
        &mut self,
        node: impl Ranged + Copy,
        of: &Known,
        name: &str,
    ) -> Result<Option<Known>, Stop> {
        let local = self.local(of);
        match local {
            Some(Local::Class(class) | Local::Instance(class)) if name == "__dict__" => self.hand(class),
            Some(local @ (Local::Class(_) | Local::Instance(_))) => self.uses(local),
            // By these it is called, or made another function of.
            Some(local @ Local::Function(_)) if OF_FUNCTIONS.contains(&name) => self.uses(local),
            _ => {}
        }
        let found = match (local, &of.value) {
            (Some(Local::Function(index)), _) => self.function_attribute(index, of, name),
            (Some(Local::Class(class)), _) => match (self.member(class, name), name) {
                (Some(member), _) => Some(self.described(node, member)?),
                (None, _) if self.classes.get(class).is_some_and(|class| class.meta.is_some()) => {
                    return self.meta_attribute(node, class, name);
                }
                (None, "__name__" | "__qualname__") => {
                    self.classes.get(class).map(|class| Value::Str(class.name.clone()).into())
                }
                _ => None,
            },
            (Some(Local::Instance(class)), _) => return self.instance_attribute(node, class, name),
            (None, Value::Call(call) | Value::Instance(call)) => {
                let callee = call.callee.as_name();
                if callee.is_some_and(|callee| callee.is("builtins", "super"))
                    && let Some(class) = self.method.0
                {
                    self.inherited(class, name)
                } else if callee.is_some_and(|callee| callee.is("types", "SimpleNamespace")) {
                    let given = call.kwargs.iter().find(|(given, _)| &**given == name);
                    given.map(|(_, value)| value.clone().into()).or_else(|| self.locals.read(call, name))
                } else {
                    self.locals.read(call, name)
                }
            }
            (None, of) if is_own_module(of) => return self.module_attribute(node, name),
            _ => None,
        };
        Ok(found)
    }

    /// An attribute of the module itself, reached through `sys.modules`.
    fn module_attribute(&mut self, node: impl Ranged + Copy, name: &str) -> Result<Option<Known>, Stop> {
        if name == "__dict__" {
            return Ok(Some(Value::called(Value::global("builtins", "globals"), Vec::new(), Vec::new()).into()));
        }
        let scope = self.scope.module();
        if let Some(known) = scope.own(name) {
            return Ok(Some(known));
        }
        // PEP 562.
        match scope.own("__getattr__").filter(|hook| self.local(hook).is_some()) {
            Some(hook) => self.apply(node, &hook, vec![Value::str(name).into()], Vec::new(), true).map(Some),
            None => Ok(None),
        }
    }

    /// An attribute that the metaclass gives a class.
    fn meta_attribute(&mut self, node: impl Ranged + Copy, class: usize, name: &str) -> Result<Option<Known>, Stop> {
        let Some(meta) = self.classes.get(class).and_then(|class| class.meta) else { return Ok(None) };
        if let Some(member) = self.member(meta, name) {
            return Ok(Some(member));
        }
        match self.member(meta, "__getattr__") {
            Some(member) => self.apply(node, &member, vec![Value::str(name).into()], Vec::new(), true).map(Some),
            None => Ok(None),
        }
    }

    fn function_attribute(&self, index: usize, of: &Known, name: &str) -> Option<Known> {
        let function = self.functions.get(index)?;
        Some(match name {
            "__globals__" | "func_globals" => {
                Value::called(Value::global("builtins", "globals"), Vec::new(), Vec::new()).into()
            }
            "__builtins__" => Value::module("builtins").into(),
            "__name__" => Value::str(function.name.rsplit('.').next().unwrap_or_default()).into(),
            "__qualname__" => Value::Str(function.name.clone()).into(),
            "__doc__" | "func_doc" => self.documentation(index)?.into(),
            "__call__" | "__func__" | "__wrapped__" => of.clone(),
            "__closure__" | "func_closure" => Value::tuple(function.cells()).into(),
            "__defaults__" | "func_defaults" => {
                Value::tuple(function.defaults.iter().map(|(_, known)| known.value.clone()).collect::<Vec<_>>()).into()
            }
            name => {
                return function.attributes.iter().find(|(known, _)| **known == *name).map(|(_, known)| known.clone());
            }
        })
    }

    /// What a member gives that is read: a descriptor is asked.
    fn described(&mut self, node: impl Ranged + Copy, member: Known) -> Result<Known, Stop> {
        let given = match self.local(&member) {
            Some(Local::Instance(_)) => {
                self.dunder(node, &member, "__get__", vec![Known::unknown(), Known::unknown()])?
            }
            _ => None,
        };
        Ok(given.unwrap_or(member))
    }

    fn instance_attribute(
        &mut self,
        node: impl Ranged + Copy,
        class: usize,
        name: &str,
    ) -> Result<Option<Known>, Stop> {
        if let Some(member) = self.member(class, name) {
            let property = match self.local(&member) {
                Some(Local::Function(index)) => {
                    let function = self.functions.get(index);
                    let binding = function.map(|function| function.binding);
                    // What another property was replaced by reads as that.
                    if let Some(before) = function.and_then(|function| function.before) {
                        self.called(before, &[], &[]);
                        return self.inline(before, &[], &[]).map(Some);
                    }
                    binding == Some(Binding::Property)
                }
                _ => false,
            };
            if property {
                return self.apply(node, &member, Vec::new(), Vec::new(), true).map(Some);
            }
            return self.described(node, member).map(Some);
        }
        // `threading.Thread.start` and its like call the `run` of the class.
        if name == "start"
            && let Some(member) = self.member(class, "run")
        {
            return Ok(Some(member));
        }
        // `pickle.Unpickler.load` asks the class for what a stream names.
        if name == "load"
            && let Some(member) = self.member(class, "find_class").or_else(|| self.member(class, "persistent_load"))
        {
            return Ok(Some(member));
        }
        // `string.Formatter.format` asks the class for what it puts in.
        if matches!(name, "format" | "vformat")
            && let Some(member) = FORMATTER.iter().find_map(|hook| self.member(class, hook))
        {
            return Ok(Some(member));
        }
        if name == "__class__" {
            return Ok(self.classes.get(class).map(|class| class.itself.clone()));
        }
        if let Some(member) = self.derived(class, name) {
            return Ok(Some(member));
        }
        for hook in ["__getattribute__", "__getattr__"] {
            if let Some(member) = self.member(class, hook) {
                return self.apply(node, &member, vec![Value::str(name).into()], Vec::new(), true).map(Some);
            }
        }
        Ok(None)
    }

    /// Calls a method of an object of this file, if it has it.
    pub(crate) fn dunder(
        &mut self,
        node: impl Ranged + Copy,
        of: &Known,
        method: &str,
        args: Vec<Known>,
    ) -> Result<Option<Known>, Stop> {
        let class = match self.local(of) {
            Some(Local::Instance(class)) => class,
            Some(Local::Class(class)) if method == "__class_getitem__" => class,
            // What a class does as an object its metaclass says.
            Some(Local::Class(class)) => match self.classes.get(class).and_then(|class| class.meta) {
                Some(meta) => meta,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        match self.member(class, method) {
            Some(member) => self.apply(node, &member, args, Vec::new(), true).map(Some),
            None => Ok(None),
        }
    }

    /// `of[key]`, where this file defines what that gives.
    pub(crate) fn own_item(
        &mut self,
        node: impl Ranged + Copy,
        of: &Known,
        key: &Known,
        literal: bool,
    ) -> Result<Option<Known>, Stop> {
        if let Some(found) = self.namespace_item(&of.value, &key.value) {
            if let (Value::Global(name), false) = (&found.value, literal) {
                self.state_import(node, &Rc::clone(name), "computed")?;
            }
            return Ok(Some(found));
        }
        if let Value::Call(call) = &of.value
            && call.callee.as_name().is_some_and(|name| name.is("collections", "defaultdict"))
            && let Some(Local::Function(index)) = call.args.first().and_then(|made_by| self.locals.of(made_by))
        {
            return self.inline(index, &[], &[]).map(Some);
        }
        let method = match self.local(of) {
            Some(Local::Instance(_)) => "__getitem__",
            Some(Local::Class(class)) if self.member(class, "__class_getitem__").is_some() => "__class_getitem__",
            Some(Local::Class(_)) => "__getitem__",
            _ => return Ok(None),
        };
        self.dunder(node, of, method, vec![key.clone()])
    }

    /// An item of a namespace: `globals()['name']`, `A.__dict__['name']`.
    fn namespace_item(&self, of: &Value, key: &Value) -> Option<Known> {
        let key = key.as_str()?;
        if let Some(scope) = self.namespace(of) {
            return scope.find(key, |bound| bound.last.clone());
        }
        match of {
            Value::Attribute(access) if &*access.name == "__dict__" => match self.locals.of(&access.of)? {
                Local::Class(class) | Local::Instance(class) => self.member(class, key),
                Local::Function(_) | Local::Code(_) => None,
            },
            _ => None,
        }
    }

    /// The scope that a call gives as a dict: `globals()`, `locals()`, `vars()`.
    fn namespace(&self, of: &Value) -> Option<std::rc::Rc<Scope>> {
        if let Value::Attribute(access) = of {
            return match &*access.name {
                "f_globals" | "f_locals" if is_own_frame(&access.of) => Some(self.scope.module()),
                "__dict__" if is_own_module(&access.of) => Some(self.scope.module()),
                _ => None,
            };
        }
        let Value::Call(call) = of else { return None };
        let name = call.callee.as_name().filter(|name| &*name.module == "builtins" && call.args.is_empty())?;
        match &*name.qualname {
            "globals" => Some(self.scope.module()),
            "locals" | "vars" => Some(self.scope.clone()),
            _ => None,
        }
    }

    /// A method of a namespace: what it gives, or what it binds.
    pub(crate) fn namespace_method(
        &mut self,
        node: impl Ranged + Copy,
        callee: &Known,
        args: &[Known],
        kwargs: &[(Arc<str>, Known)],
    ) -> Result<Option<Known>, Stop> {
        let Value::Attribute(access) = &callee.value else { return Ok(None) };
        match (&*access.name, args) {
            (name, [key, ..]) if GETTERS.contains(&name) => {
                let Some(found) = self.namespace_item(&access.of, &key.value) else { return Ok(None) };
                if let Value::Global(name) = &found.value {
                    self.state_import(node, &Rc::clone(name), "computed")?;
                }
                Ok(Some(found))
            }
            ("__setitem__", [key, value]) => {
                self.bind_item(&access.of, &key.value, value);
                Ok(None)
            }
            ("update", args) => {
                if let Some(module) = args.first().and_then(|known| namespace_of(&known.value)) {
                    self.binds_all(module);
                }
                if let Some(Value::Dict(pairs)) = args.first().map(|known| &known.value) {
                    for (key, value) in pairs.iter() {
                        self.bind_item(&access.of, key, &value.clone().into());
                    }
                }
                for (name, known) in kwargs {
                    self.bind_item(&access.of, &Value::Str(name.clone()), known);
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// `globals()[key] = value`; whether `of` is a namespace.
    pub(crate) fn bind_item(&mut self, of: &Value, key: &Value, known: &Known) -> bool {
        let own = match of {
            Value::Attribute(access) if &*access.name == "__dict__" => match self.locals.of(&access.of) {
                Some(Local::Class(class) | Local::Instance(class)) => self.classes.get(class),
                _ => None,
            },
            _ => None,
        };
        let Some(scope) = own.map(|class| class.scope.clone()).or_else(|| self.namespace(of)) else { return false };
        if let Some(key) = key.as_str() {
            scope.bind(key, known.clone(), self.branch);
        }
        true
    }

    /// `of.name = known`, where that can be read again.
    pub(crate) fn write(&mut self, of: &Known, name: &str, known: &Known) -> bool {
        match (self.local(of), &of.value) {
            (Some(Local::Function(index)), _) => {
                if let Some(function) = self.functions.get_mut(index).filter(|of| of.attributes.len() < MAX_ATTRIBUTES)
                {
                    function.attributes.push((name.into(), known.clone()));
                }
                true
            }
            // An object that becomes one of another class has the methods of both, as far as anyone can see.
            (Some(Local::Instance(class)), _)
                if name == "__class__"
                    && let Some(Local::Class(other)) = self.local(known) =>
            {
                let scope = |class: usize| self.classes.get(class).map(|class| Rc::clone(&class.scope));
                if let (Some(own), Some(other)) = (scope(class), scope(other)) {
                    // A member is dearer than an item.
                    if self.may_copy(other.count().saturating_mul(BOUND)) {
                        other.values().into_iter().for_each(|(member, known)| own.bind(&member, known, true));
                    }
                }
                true
            }
            (Some(Local::Class(class) | Local::Instance(class)), _) => {
                if let Some(Local::Function(index)) = self.member(class, name).and_then(|member| self.local(&member))
                    && self.functions.get(index).is_some_and(|function| function.binding == Binding::Setter)
                {
                    self.called(index, std::slice::from_ref(known), &[]);
                    return true;
                }
                if let Some(class) = self.classes.get(class) {
                    class.scope.bind(name, known.clone(), true);
                }
                true
            }
            (None, of) if is_own_module(of) => {
                self.scope.bind_global(name, known.clone(), self.branch);
                true
            }
            (None, Value::Call(call) | Value::Instance(call)) => {
                self.locals.write(call, name, known.clone());
                true
            }
            // Every module sees what is put into `builtins`; that it is put there is stated all the same.
            (None, Value::Global(owner)) if &*owner.module == "builtins" && owner.is_module() => {
                if self.scope.module().own(name).is_none() {
                    self.scope.bind_global(name, known.clone(), self.branch);
                }
                false
            }
            _ => false,
        }
    }
}

/// Whether this is the module itself: `sys.modules[__name__]`, `__import__(__name__)`.
pub(crate) fn is_own_module(of: &Value) -> bool {
    let own = |key: &Value| matches!(key, Value::External(name) if &**name == "__name__");
    match of {
        Value::Item(access) => own(&access.name) && access.of.as_name().is_some_and(|of| of.is("sys", "modules")),
        Value::Call(call) if call.args.first().is_some_and(own) => match &call.callee {
            Value::Global(name) => {
                matches!(&*name.qualname, "__import__" | "import_module" | "modules.get" | "modules.__getitem__")
            }
            Value::Attribute(access) => access.of.as_name().is_some_and(|of| of.is("sys", "modules")),
            _ => false,
        },
        _ => false,
    }
}

/// Whether this is a frame of the module, or of one of its functions.
fn is_own_frame(of: &Value) -> bool {
    let Value::Call(call) = of else { return false };
    call.callee.as_name().is_some_and(|name| name.is("sys", "_getframe") || name.is("inspect", "currentframe"))
}
