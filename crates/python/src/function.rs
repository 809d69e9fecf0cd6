//! Functions and classes of the file: walked once, when it is known who calls them, and evaluated where their value matters.

use std::{rc::Rc, sync::Arc};

use base::stop::Stop;
use ruff_python_ast::{Expr, Parameters, Stmt, StmtClassDef, StmtFunctionDef};

use crate::{
    machine::{Machine, When},
    scope::{Known, Local, Scope},
    statement::Flow,
};

/// What a function runs.
#[derive(Clone, Copy)]
pub(crate) enum Body<'t> {
    /// Statements.
    Statements(&'t [Stmt]),
    /// The expression of a lambda.
    Expression(&'t Expr),
}

/// A function or lambda of the file.
pub(crate) struct Function<'t> {
    name: Arc<str>,
    parameters: Option<&'t Parameters>,
    body: Body<'t>,
    scope: Rc<Scope>,
    /// The class whose method it is.
    class: Option<usize>,
    when: When,
    walked: bool,
    /// Arguments of the first call that was seen.
    arguments: Vec<(Arc<str>, Known)>,
    running: bool,
}

/// A class of the file.
pub(crate) struct Class {
    /// What its body binds.
    pub(crate) scope: Rc<Scope>,
    /// Classes of this file that it inherits from.
    bases: Vec<usize>,
}

/// Functions and classes of one file that are followed.
const MAX_LOCALS: usize = 1 << 16;
/// Functions evaluated within functions.
const MAX_INLINED: u32 = 8;
/// Methods that making an object of a class calls, or that run by themselves.
const CONSTRUCTORS: [&str; 4] = ["__new__", "__init__", "__post_init__", "__del__"];

impl<'t> Machine<'t, '_, '_> {
    /// A function of this file.
    pub(crate) fn function(&mut self, name: &str, parameters: Option<&'t Parameters>, body: Body<'t>) -> Known {
        if self.functions.len() >= MAX_LOCALS {
            return Known::named(name);
        }
        let qualified = match &self.context {
            Some(context) if self.when == When::Called => format!("{context}.{name}").into(),
            _ => Arc::from(name),
        };
        let index = self.functions.len();
        self.functions.push(Function {
            name: qualified,
            parameters,
            body,
            scope: self.scope.visible(),
            class: None,
            when: When::Called,
            walked: false,
            arguments: Vec::new(),
            running: false,
        });
        Known::local(Local::Function(index), name)
    }

    /// `def`: decorators, defaults and annotations run now, the body later.
    pub(crate) fn define(&mut self, node: &'t StmtFunctionDef) -> Result<(), Stop> {
        self.parameters(&node.parameters)?;
        if let Some(returns) = &node.returns {
            self.eval(returns)?;
        }
        let function = self.function(&node.name, Some(&node.parameters), Body::Statements(&node.body));
        let decorated = self.decorate(&node.decorator_list, function)?;
        self.scope.clone().bind(&node.name, decorated, self.branch);
        Ok(())
    }

    /// Evaluates defaults and annotations.
    pub(crate) fn parameters(&mut self, parameters: &'t Parameters) -> Result<(), Stop> {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(annotation) = &parameter.parameter.annotation {
                self.eval(annotation)?;
            }
            if let Some(default) = &parameter.default {
                self.eval(default)?;
            }
        }
        Ok(())
    }

    /// Applies decorators, the innermost first.
    fn decorate(&mut self, decorators: &'t [ruff_python_ast::Decorator], mut of: Known) -> Result<Known, Stop> {
        for decorator in decorators.iter().rev() {
            let callee = self.eval(&decorator.expression)?;
            let result = self.apply(decorator, &callee, vec![of.clone()], Vec::new(), true)?;
            // What a decorator of another module makes of a function is still that function, as far as anyone can see.
            if result.local.is_some() || callee.local.is_some() {
                of = result;
            }
        }
        Ok(of)
    }

    /// `class`: bases, keywords and body run now.
    pub(crate) fn class(&mut self, node: &'t StmtClassDef) -> Result<(), Stop> {
        let mut bases = Vec::new();
        if let Some(arguments) = &node.arguments {
            for base in &arguments.args {
                if let Some(Local::Class(index)) = self.eval(base)?.local {
                    bases.push(index);
                }
            }
            for keyword in &arguments.keywords {
                self.eval(&keyword.value)?;
            }
        }
        let scope = Scope::inside(&self.scope, true);
        let outer = std::mem::replace(&mut self.scope, Rc::clone(&scope));
        let result = self.during(self.when, None, |machine| {
            machine.branch = false;
            machine.body(&node.body)
        });
        self.scope = outer;
        result?;
        let index = self.classes.len();
        for (name, member) in scope.values() {
            if let Some(Local::Function(function)) = member.local
                && let Some(function) = self.functions.get_mut(function)
            {
                function.class = Some(index);
                if function.name == name {
                    function.name = format!("{}.{name}", node.name).into();
                }
            }
        }
        self.classes.push(Class { scope, bases });
        let class = Known::local(Local::Class(index), &node.name);
        let decorated = self.decorate(&node.decorator_list, class)?;
        self.scope.clone().bind(&node.name, decorated, self.branch);
        Ok(())
    }

    /// A member of a class of this file or of those that it inherits from.
    pub(crate) fn member(&self, class: usize, name: &str) -> Option<Known> {
        let mut queue = vec![class];
        let mut seen = 0_u32;
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

    /// The function is called now: it runs when this statement runs.
    pub(crate) fn called(&mut self, index: usize, args: &[Known], kwargs: &[(Arc<str>, Known)]) {
        let when = self.when;
        let Some(function) = self.functions.get_mut(index) else { return };
        if when > function.when {
            function.when = when;
        }
        if function.arguments.is_empty() {
            function.arguments = bindings(function, args, kwargs);
        }
    }

    /// A class of this file is called: its constructors run.
    pub(crate) fn built(&mut self, class: usize, args: &[Known], kwargs: &[(Arc<str>, Known)]) {
        for name in CONSTRUCTORS {
            if let Some(Local::Function(index)) = self.member(class, name).and_then(|member| member.local) {
                self.called(index, args, kwargs);
            }
        }
    }

    /// The next function to walk: those that run at import first.
    pub(crate) fn next_function(&self) -> Option<usize> {
        let waiting = self.functions.iter().enumerate().filter(|(_, function)| !function.walked);
        let (index, _) = waiting.max_by_key(|(index, function)| (function.when, std::cmp::Reverse(*index)))?;
        Some(index)
    }

    /// Walks the body of a function and states what is in it.
    pub(crate) fn walk_function(&mut self, index: usize) -> Result<(), Stop> {
        let Some(function) = self.functions.get_mut(index) else { return Ok(()) };
        function.walked = true;
        let (body, when, name) = (function.body, function.when, function.name.clone());
        let scope = self.frame(index);
        let outer = std::mem::replace(&mut self.scope, scope);
        let before = (self.when, self.context.replace(name), self.branch);
        (self.when, self.branch) = (when, false);
        let result = match body {
            Body::Statements(body) => self.body(body).map(|_| ()),
            Body::Expression(body) => self.eval(body).map(|_| ()),
        };
        self.scope = outer;
        (self.when, self.context, self.branch) = before;
        result
    }

    /// The scope of a call: parameters bound to what is known of them.
    fn frame(&self, index: usize) -> Rc<Scope> {
        let Some(function) = self.functions.get(index) else { return Rc::default() };
        let scope = Scope::inside(&function.scope, false);
        let Some(parameters) = function.parameters else { return scope };
        for (position, parameter) in parameters.iter().enumerate() {
            let name = parameter.name();
            let bound = function.arguments.iter().find(|(bound, _)| **bound == *name.as_str());
            let known = match (bound, function.class) {
                (Some((_, known)), _) => known.clone(),
                (None, Some(class)) if position == 0 => Known::local(Local::Instance(class), name),
                _ => Known::named(name),
            };
            scope.bind(name, known, false);
        }
        scope
    }

    /// What a function of this file returns, where evaluating it is cheap and certain.
    pub(crate) fn inline(&mut self, index: usize, args: &[Known], kwargs: &[(Arc<str>, Known)]) -> Result<Known, Stop> {
        let Some(function) = self.functions.get_mut(index) else { return Ok(Known::unknown()) };
        if function.running || self.quiet >= MAX_INLINED || self.effort == 0 {
            return Ok(Known::unknown());
        }
        let body = function.body;
        let kept = std::mem::take(&mut function.arguments);
        function.arguments = bindings(function, args, kwargs);
        function.running = true;
        let scope = self.frame(index);
        let outer = std::mem::replace(&mut self.scope, scope);
        let (branch, returned) = (std::mem::replace(&mut self.branch, false), self.returned.take());
        let result = self.quietly(|machine| match body {
            Body::Expression(body) => machine.eval(body),
            Body::Statements(body) => match machine.execute(body)? {
                Flow::Return => Ok(machine.returned.take().unwrap_or_else(Known::unknown)),
                Flow::Next => Ok(eval::Value::None.into()),
                _ => Ok(Known::unknown()),
            },
        });
        self.scope = outer;
        self.branch = branch;
        self.returned = returned;
        if let Some(function) = self.functions.get_mut(index) {
            function.running = false;
            function.arguments = kept;
        }
        result
    }
}

/// Which parameter gets which argument.
fn bindings(function: &Function<'_>, args: &[Known], kwargs: &[(Arc<str>, Known)]) -> Vec<(Arc<str>, Known)> {
    let Some(parameters) = function.parameters else { return Vec::new() };
    let skipped = usize::from(function.class.is_some());
    let positional = parameters.posonlyargs.iter().chain(&parameters.args).skip(skipped);
    let by_place = positional.zip(args).map(|(parameter, known)| (Arc::from(parameter.name().as_str()), known.clone()));
    by_place.chain(kwargs.iter().cloned()).collect()
}
