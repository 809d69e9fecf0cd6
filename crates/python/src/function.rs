//! Functions of the file: walked once, when it is known who calls them, and evaluated where their value matters.

use std::{cmp::Reverse, rc::Rc, sync::Arc};

use base::{fact::Str, stop::Stop};
use eval::{Name, Value};
use ruff_python_ast::{Expr, Parameters, Stmt, StmtFunctionDef, TypeParam, TypeParams};
use ruff_text_size::Ranged;

use crate::{
    bytecode::Code,
    local::Local,
    machine::{Machine, When},
    scope::{Known, Names, Scope},
    statement::Flow,
};

/// What a function runs.
#[derive(Clone, Copy)]
pub(crate) enum Body<'t> {
    /// Statements.
    Statements(&'t [Stmt]),
    /// The expression of a lambda.
    Expression(&'t Expr),
    /// Bytecode.
    Code(&'t Code),
}

/// What decorators of `builtins` make of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A method, where it stands in a class.
    #[default]
    Method,
    /// Called by reading an attribute.
    Property,
    /// Called by writing an attribute, or deleting it.
    Setter,
    /// Called without its object.
    Static,
    /// Called with its class.
    Class,
}

/// A function or lambda of the file.
pub(crate) struct Function<'t> {
    pub(crate) name: Arc<str>,
    parameters: Option<&'t Parameters>,
    /// The names of the parameters of a statement or expression, in their order.
    names: Rc<[Str]>,
    pub(crate) body: Body<'t>,
    scope: Rc<Scope>,
    /// The class whose method it is.
    pub(crate) class: Option<usize>,
    pub(crate) binding: Binding,
    /// The property that this one replaces: both are one.
    pub(crate) before: Option<usize>,
    pub(crate) when: When,
    /// Whether what it returns is what unpickling calls.
    reduces: bool,
    /// Defaults of parameters.
    pub(crate) defaults: Vec<(Arc<str>, Known)>,
    /// Attributes that were set on it.
    pub(crate) attributes: Vec<(Arc<str>, Known)>,
    /// Arguments of the first call that was seen.
    arguments: Vec<(Arc<str>, Known)>,
    running: bool,
    /// What it gives for arguments of which nothing is known.
    result: Option<Known>,
}

impl Function<'_> {
    /// What the names hold that the function takes from the one around it, each as the cell that Python keeps of it.
    pub(crate) fn cells(&self) -> Vec<Value> {
        if Rc::ptr_eq(&self.scope, &self.scope.module()) {
            return Vec::new();
        }
        let cell = |known: Known| {
            let content: (Arc<str>, Value) = ("cell_contents".into(), known.value);
            Value::called(Value::global("types", "SimpleNamespace"), Vec::new(), vec![content])
        };
        self.scope.values().into_iter().take(CELLS).map(|(_, known)| cell(known)).collect()
    }
}

/// Cells of a function.
const CELLS: usize = 64;
/// Functions and classes of one file that are followed.
pub(crate) const MAX_LOCALS: usize = 1 << 16;
/// Functions registered with a dispatcher, and under which name they are kept.
const MAX_REGISTERED: usize = 64;
const REGISTERED: &str = "<registered>";
/// Names of a function for which there is room from the beginning.
const ROOM: usize = 16;
/// Rooms of scopes that are kept for the next ones.
const MAX_ROOMS: usize = 32;
/// Annotations that are texts of programs.
const MAX_ANNOTATIONS: usize = 256;
/// Functions evaluated within functions.
const MAX_INLINED: u32 = 8;

impl<'t> Machine<'t, '_, '_> {
    /// A function of this file.
    pub(crate) fn function(&mut self, name: &str, parameters: Option<&'t Parameters>, body: Body<'t>) -> Known {
        if self.functions.len() >= MAX_LOCALS {
            return Known::named(name);
        }
        let shown = Str::from(name);
        let qualified = match &self.context {
            Some(context) if self.when <= When::Perhaps => format!("{context}.{name}").into(),
            _ => shown.clone(),
        };
        let index = self.functions.len();
        // Loading calls what a traced module defines, and nobody asks which; whoever runs a text may call what that defines.
        let when = match self.when {
            when if self.traced && self.quiet == 0 => when,
            when if self.executed && self.quiet == 0 && self.context.is_none() => when.min(When::Conditional),
            _ => When::Called,
        };
        self.functions.push(Function {
            name: qualified,
            parameters,
            names: match (body, parameters) {
                (Body::Statements(_) | Body::Expression(_), Some(parameters)) => {
                    parameters.iter().map(|parameter| self.memo.word(parameter.name().as_str())).collect()
                }
                _ => Rc::default(),
            },
            body,
            scope: self.scope.visible(),
            class: None,
            binding: Binding::Method,
            before: None,
            when,
            reduces: matches!(name, "__reduce__" | "__reduce_ex__"),
            defaults: Vec::new(),
            attributes: Vec::new(),
            arguments: Vec::new(),
            running: false,
            result: None,
        });
        self.waiting.insert((Reverse(when), index));
        self.locals.stand(shown, Local::Function(index))
    }

    /// `def`: decorators, defaults and annotations run now, the body later.
    pub(crate) fn define(&mut self, node: &'t StmtFunctionDef) -> Result<(), Stop> {
        self.type_parameters(node.type_params.as_deref())?;
        let defaults = self.parameters(&node.parameters)?;
        if let Some(returns) = &node.returns {
            self.annotation(returns)?;
        }
        let function = self.function(&node.name, Some(&node.parameters), Body::Statements(&node.body));
        self.keep_defaults(&function, defaults);
        let decorated = self.decorate(&node.decorator_list, function)?;
        self.bind(&node.name, decorated, self.branch);
        Ok(())
    }

    /// Bounds and defaults of type parameters (PEP 695, 696), evaluated when somebody asks for them.
    pub(crate) fn type_parameters(&mut self, parameters: Option<&'t TypeParams>) -> Result<(), Stop> {
        for parameter in parameters.into_iter().flat_map(|parameters| parameters.type_params.iter()) {
            let (bound, default) = match parameter {
                TypeParam::TypeVar(of) => (of.bound.as_deref(), of.default.as_deref()),
                TypeParam::TypeVarTuple(of) => (None, of.default.as_deref()),
                TypeParam::ParamSpec(of) => (None, of.default.as_deref()),
            };
            for expr in bound.into_iter().chain(default) {
                self.under(|| "type parameter".into(), |machine| machine.eval(expr).map(|_| ()))?;
            }
        }
        Ok(())
    }

    /// Evaluates defaults and annotations.
    pub(crate) fn parameters(&mut self, parameters: &'t Parameters) -> Result<Vec<(Arc<str>, Known)>, Stop> {
        let mut defaults = Vec::new();
        for variadic in parameters.vararg.iter().chain(&parameters.kwarg) {
            if let Some(annotation) = &variadic.annotation {
                self.annotation(annotation)?;
            }
        }
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(annotation) = &parameter.parameter.annotation {
                self.annotation(annotation)?;
            }
            if let Some(default) = &parameter.default {
                let known = self.eval(default)?;
                // A constant says nothing that a reader of the call does not see; a callable does.
                if !matches!(known.value, Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_)) {
                    defaults.push((self.memo.word(parameter.name().as_str()), known));
                }
            }
        }
        Ok(defaults)
    }

    /// An annotation.
    pub(crate) fn annotation(&mut self, annotation: &'t Expr) -> Result<(), Stop> {
        let known = self.eval(annotation)?;
        self.keep_annotation(annotation, &known);
        Ok(())
    }

    /// Remembers an annotation that is a text: it is evaluated when somebody asks for the types.
    pub(crate) fn keep_annotation(&mut self, node: impl Ranged, known: &Known) {
        let is_call = known.value.as_str().is_some_and(|text| text.contains('('));
        if is_call && self.annotations.len() < MAX_ANNOTATIONS {
            self.annotations.push((node.range(), known.clone()));
        }
    }

    /// Gives back annotations that are texts, which somebody evaluates.
    pub(crate) fn run_annotations(&mut self, callee: &Name, kwargs: &[(Arc<str>, Known)]) -> Result<(), Stop> {
        let asked =
            || kwargs.iter().any(|(name, known)| &**name == "eval_str" && !matches!(known.value, Value::Bool(false)));
        let evaluates = match &*callee.module {
            "typing" | "typing_extensions" => &*callee.qualname == "get_type_hints",
            "inspect" => {
                matches!(&*callee.qualname, "get_annotations" | "signature" | "Signature.from_callable") && asked()
            }
            _ => false,
        };
        if evaluates && self.tells_truly() {
            let eval = Name::new("builtins", "eval");
            for (range, known) in std::mem::take(&mut self.annotations) {
                self.give_back(&eval, std::slice::from_ref(&known), &[], range)?;
            }
        }
        Ok(())
    }

    /// Remembers defaults of a function that was made now.
    pub(crate) fn keep_defaults(&mut self, function: &Known, defaults: Vec<(Arc<str>, Known)>) {
        if let (Some(Local::Function(index)), false) = (self.local(function), defaults.is_empty())
            && let Some(function) = self.functions.get_mut(index)
        {
            function.defaults.extend(defaults);
        }
    }

    /// Applies decorators, the innermost first.
    pub(crate) fn decorate(
        &mut self,
        decorators: &'t [ruff_python_ast::Decorator],
        mut of: Known,
    ) -> Result<Known, Stop> {
        for decorator in decorators.iter().rev() {
            let callee = self.eval(&decorator.expression)?;
            if self.binds(&callee, &of) {
                continue;
            }
            self.reach.decorating = true;
            let result = self.apply(decorator, &callee, vec![of.clone()], Vec::new(), true)?;
            // What a decorator of another module makes of a function is still that function, as far as anyone can see.
            if self.local(&result).is_some() || self.local(&callee).is_some() {
                of = result;
            }
        }
        Ok(of)
    }

    /// Whether a decorator only says how the function is bound.
    pub(crate) fn binds(&mut self, decorator: &Known, of: &Known) -> bool {
        let mut before = None;
        let binding = match &decorator.value {
            Value::Global(name) => match (&*name.module, &*name.qualname) {
                ("builtins", "property") | ("functools", "cached_property") => Binding::Property,
                ("builtins", "staticmethod") => Binding::Static,
                ("builtins", "classmethod") => Binding::Class,
                _ => return false,
            },
            // `@x.setter`, where `x` is a property of this file.
            Value::Attribute(access)
                if matches!(&*access.name, "setter" | "deleter" | "getter")
                    && let Some(Local::Function(index)) = self.locals.of(&access.of) =>
            {
                // The first of them is what is read.
                before = self.functions.get(index).and_then(|function| function.before).or(Some(index));
                Binding::Setter
            }
            _ => return false,
        };
        if let Some(Local::Function(index)) = self.local(of)
            && let Some(function) = self.functions.get_mut(index)
        {
            function.binding = binding;
            function.before = before;
        }
        true
    }

    /// The function's result is what unpickling an object calls.
    pub(crate) fn reduces(&mut self, index: usize) {
        if let Some(function) = self.functions.get_mut(index) {
            function.reduces = true;
        }
    }

    /// The text that a function begins with.
    pub(crate) fn documentation(&self, index: usize) -> Option<Value> {
        match self.functions.get(index)?.body {
            Body::Statements(body) => documentation(body),
            Body::Code(code) => code.documentation(),
            Body::Expression(_) => None,
        }
    }

    /// The function is called now: it runs when this statement runs.
    pub(crate) fn called(&mut self, index: usize, args: &[Known], kwargs: &[(Arc<str>, Known)]) {
        self.reached(index, args, kwargs);
        // Which of the functions registered for a type a dispatcher calls, its arguments say.
        let Some(function) = self.functions.get(index).filter(|function| !function.attributes.is_empty()) else {
            return;
        };
        let registered = function.attributes.iter().filter(|(name, _)| &**name == REGISTERED);
        let place = |known: &Known| match self.local(known) {
            Some(Local::Function(index)) => Some(index),
            _ => None,
        };
        let registered: Vec<usize> = registered.filter_map(|(_, known)| place(known)).collect();
        for index in registered {
            self.reached(index, args, kwargs);
        }
    }

    /// `dispatcher.register(type, function)`, or the decorator that `dispatcher.register(type)` gives.
    pub(crate) fn register(&mut self, callee: &Known, args: &[Known]) -> Option<Known> {
        let Value::Attribute(access) = &callee.value else { return None };
        let Some(Local::Function(dispatcher)) = self.locals.of(&access.of).filter(|_| &*access.name == "register")
        else {
            return None;
        };
        let given = args.iter().rev().find(|known| matches!(self.local(known), Some(Local::Function(_)))).cloned();
        let Some(given) = given else { return Some(callee.clone()) };
        if let Some(function) = self.functions.get_mut(dispatcher).filter(|of| of.attributes.len() < MAX_REGISTERED) {
            function.attributes.push((REGISTERED.into(), given.clone()));
        }
        Some(given)
    }

    /// The function runs then, unless it does before.
    pub(crate) fn reached_at(&mut self, index: usize, when: When) {
        let Some(function) = self.functions.get_mut(index) else { return };
        if when > function.when {
            // Only what was not walked yet is waiting.
            if self.waiting.remove(&(Reverse(function.when), index)) {
                self.waiting.insert((Reverse(when), index));
            }
            function.when = when;
        }
    }

    fn reached(&mut self, index: usize, args: &[Known], kwargs: &[(Arc<str>, Known)]) {
        self.reached_at(index, self.when);
        let Some(function) = self.functions.get_mut(index) else { return };
        if function.arguments.is_empty() {
            function.arguments = bindings(function, args, kwargs);
        }
    }

    /// Walks the body of a function and states what is in it.
    pub(crate) fn walk_function(&mut self, index: usize) -> Result<(), Stop> {
        let Some(function) = self.functions.get_mut(index) else { return Ok(()) };
        let (body, when, name) = (function.body, function.when, function.name.clone());
        let inner = (function.class, function.reduces);
        let scope = self.frame(index);
        let outer = std::mem::replace(&mut self.scope, scope);
        let before = (self.when, self.context.replace(name), self.branch, self.method);
        (self.when, self.branch, self.method) = (when, false, inner);
        let result = match body {
            Body::Statements(body) => self.body(body).map(|_| ()),
            Body::Expression(body) => self.give(body, body),
            Body::Code(code) => self.walk_code(code),
        };
        self.leave_scope(outer);
        (self.when, self.context, self.branch, self.method) = before;
        result
    }

    /// Leaves a scope for `outer`.
    pub(crate) fn leave_scope(&mut self, outer: Rc<Scope>) {
        let inner = std::mem::replace(&mut self.scope, outer);
        if self.rooms.len() < MAX_ROOMS {
            self.rooms.extend(inner.room());
        }
    }

    /// The scope of a call: parameters bound to what is known of them.
    fn frame(&mut self, index: usize) -> Rc<Scope> {
        let room = self.rooms.pop().unwrap_or_else(|| Names::with_room(ROOM));
        let Some(function) = self.functions.get(index) else { return Rc::default() };
        let scope = Scope::in_room(&function.scope, false, room);
        let skipped = usize::from(function.class.is_some() && function.binding != Binding::Static);
        let named = |name: &Str| Known::from(Value::External(name.clone()));
        let names = match function.body {
            Body::Code(code) => code.parameters(),
            _ => &*function.names,
        };
        for (position, name) in names.iter().enumerate() {
            // Arguments mostly stand in the order of the parameters.
            let same = |bound: &Str| Arc::ptr_eq(bound, name) || *bound == *name;
            let given = match function.arguments.get(position.saturating_sub(skipped)) {
                Some(given) if Arc::ptr_eq(&given.0, name) => Some(given),
                _ => function.arguments.iter().find(|(bound, _)| same(bound)),
            };
            let bound = given.or_else(|| function.defaults.iter().find(|(bound, _)| same(bound)));
            let known = match (bound, function.class.and_then(|class| self.classes.get(class))) {
                (Some((_, known)), _) => known.clone(),
                (None, Some(class)) if position == 0 => match function.binding {
                    Binding::Method | Binding::Property | Binding::Setter => class.instance.clone(),
                    Binding::Class => class.itself.clone(),
                    Binding::Static => named(name),
                },
                _ => named(name),
            };
            scope.bind_shared(name, known, false);
        }
        scope
    }

    /// What a function of this file returns, where evaluating it is cheap and certain.
    pub(crate) fn inline(&mut self, index: usize, args: &[Known], kwargs: &[(Arc<str>, Known)]) -> Result<Known, Stop> {
        // Where nothing is known of the arguments, each call gives the same.
        let tells = |known: &Known| {
            let named = known.value.is_constant() || known.value.as_name().is_some();
            named || known.encoded.is_some() || self.local(known).is_some()
        };
        let given = || args.iter().chain(kwargs.iter().map(|(_, known)| known));
        let telling = args.is_empty() && kwargs.is_empty() || given().any(tells);
        if !telling && let Some(known) = self.functions.get(index).and_then(|function| function.result.clone()) {
            return Ok(known);
        }
        let Some(function) = self.functions.get_mut(index) else { return Ok(Known::unknown()) };
        if function.running || self.quiet >= MAX_INLINED || self.effort == 0 {
            return Ok(Known::unknown());
        }
        let (body, class) = (function.body, function.class);
        // What it runs that is stated is stated as its own.
        let name = (self.when != When::Called).then(|| function.name.clone());
        let kept = std::mem::take(&mut function.arguments);
        function.arguments = bindings(function, args, kwargs);
        function.running = true;
        let scope = self.frame(index);
        let outer = std::mem::replace(&mut self.scope, scope);
        let (branch, returned) = (std::mem::replace(&mut self.branch, false), self.returned.take());
        let yielded = std::mem::take(&mut self.yielded);
        let method = std::mem::replace(&mut self.method, (class, false));
        let context = name.map(|name| self.context.replace(name));
        let result = self.quietly(|machine| match body {
            Body::Expression(body) => machine.eval(body),
            Body::Code(code) => machine.execute_code(code),
            Body::Statements(body) => match machine.execute(body)? {
                Flow::Return => Ok(machine.returned.take().unwrap_or_else(Known::unknown)),
                Flow::Next => Ok(Value::None.into()),
                _ => Ok(Known::unknown()),
            },
        });
        self.leave_scope(outer);
        (self.branch, self.returned, self.method) = (branch, returned, method);
        if let Some(context) = context {
            self.context = context;
        }
        // Whatever gave something on the way is a generator: calling it gives an iterator.
        let given = std::mem::replace(&mut self.yielded, yielded);
        let result = match (result, body) {
            (Ok(_), Body::Statements(_)) if !given.is_empty() => Ok(Value::iterator(given).into()),
            (result, _) => result,
        };
        if let Some(function) = self.functions.get_mut(index) {
            function.running = false;
            function.arguments = kept;
            if let (false, Ok(known)) = (telling, &result) {
                function.result = Some(known.clone());
            }
        }
        result
    }
}

/// Which parameter gets which argument.
fn bindings(function: &Function<'_>, args: &[Known], kwargs: &[(Arc<str>, Known)]) -> Vec<(Arc<str>, Known)> {
    let skipped = usize::from(function.class.is_some() && function.binding != Binding::Static);
    if let Body::Code(code) = function.body {
        let by_place = code.positional().iter().skip(skipped).cloned().zip(args.iter().cloned());
        let mut bound: Vec<(Arc<str>, Known)> = by_place.chain(kwargs.iter().cloned()).collect();
        let mut more = code.parameters().iter().skip(code.named());
        let (takes_rest, takes_named) = code.takes();
        if let Some(rest) = takes_rest.then(|| more.next()).flatten() {
            let given = args.get(code.positional().len().saturating_sub(skipped)..).unwrap_or_default();
            let values: Vec<Value> = given.iter().map(|known| known.value.clone()).collect();
            if !values.is_empty() {
                bound.push((rest.clone(), Value::tuple(values).into()));
            }
        }
        if let (Some(named), false) = (takes_named.then(|| more.next()).flatten(), kwargs.is_empty()) {
            let declared = code.parameters().get(..code.named()).unwrap_or_default();
            let pairs: Vec<(Value, Value)> = kwargs
                .iter()
                .filter(|(name, _)| !declared.contains(name) && &**name != "**")
                .map(|(name, known)| (Value::Str(name.clone()), known.value.clone()))
                .collect();
            bound.push((named.clone(), Value::dict(pairs).into()));
        }
        return bound;
    }
    let Some(parameters) = function.parameters else { return Vec::new() };
    let count = parameters.posonlyargs.len().saturating_add(parameters.args.len());
    let by_place = function.names.iter().take(count).skip(skipped).cloned().zip(args.iter().cloned());
    let mut bound: Vec<(Arc<str>, Known)> = by_place.chain(kwargs.iter().cloned()).collect();
    if let Some(rest) = &parameters.vararg {
        let taken = count.saturating_sub(skipped);
        let rest_of = args.get(taken..).unwrap_or_default();
        let values: Vec<Value> = rest_of.iter().map(|known| known.value.clone()).collect();
        if !values.is_empty() {
            bound.push((Arc::from(rest.name.as_str()), Value::tuple(values).into()));
        }
    }
    if let (Some(named), false) = (&parameters.kwarg, kwargs.is_empty()) {
        let declared =
            |name: &str| parameters.iter_non_variadic_params().any(|parameter| parameter.name().as_str() == name);
        let pairs: Vec<(Value, Value)> = kwargs
            .iter()
            .filter(|(name, _)| !declared(name) && &**name != "**")
            .map(|(name, known)| (Value::Str(name.clone()), known.value.clone()))
            .collect();
        bound.push((Arc::from(named.name.as_str()), Value::dict(pairs).into()));
    }
    bound
}

/// The text that a body begins with.
pub(crate) fn documentation(body: &[Stmt]) -> Option<Value> {
    match body.first()? {
        Stmt::Expr(node) => match &*node.value {
            Expr::StringLiteral(text) => Some(Value::str(text.value.to_str())),
            _ => None,
        },
        _ => None,
    }
}
