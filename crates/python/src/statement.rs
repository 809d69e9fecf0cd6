//! Statements: walked for what they state, or executed for their value alone.

use std::sync::Arc;

use base::{expr::shorten, stop::Stop};
use eval::Value;
use ruff_python_ast::{
    BoolOp, CmpOp, ExceptHandler, Expr, Int, Number, Stmt, StmtFor, StmtIf, StmtTry, StmtWhile, UnaryOp,
};
use ruff_text_size::Ranged;

use crate::{
    builtins,
    comprehension::MAX_ITERATED,
    endless::{assigned, never_ends},
    expression::{operator_name, truth},
    local::Local,
    machine::{Machine, When},
    scope::Known,
};

/// How a statement that is executed ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// The next one follows.
    Next,
    /// `return`.
    Return,
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// What happens is not known.
    Lost,
}

/// Characters of a condition that a fact shows.
const SHOWN: usize = 80;
/// Rounds of a loop that are walked one by one.
pub(crate) const ROUNDS: usize = 8;

impl<'t> Machine<'t, '_, '_> {
    /// Walks statements in order, every branch of them.
    pub(crate) fn body(&mut self, body: &'t [Stmt]) -> Result<(), Stop> {
        let mut last: Option<&'t Stmt> = None;
        for statement in body {
            if let (Some(Stmt::Expr(before)), Stmt::Expr(node)) = (last, statement)
                && let Expr::Name(name) = &*before.value
                && name.id.as_str() == "exec"
                && self.lines.line(before.range.end().to_usize()) == self.lines.line(node.range.start().to_usize())
            {
                self.python2_exec(&node.value)?;
            }
            self.statement(statement)?;
            last = Some(statement);
        }
        Ok(())
    }

    /// `exec code in namespace`, the statement of Python 2, which the parser reads as two expressions.
    fn python2_exec(&mut self, argument: &'t Expr) -> Result<(), Stop> {
        let code = match argument {
            Expr::Compare(node) => &*node.left,
            other => other,
        };
        let code = self.eval(code)?;
        let exec = Known::from(Value::global("builtins", "exec"));
        self.apply(argument, &exec, vec![code], Vec::new(), true)?;
        Ok(())
    }

    fn statement(&mut self, statement: &'t Stmt) -> Result<(), Stop> {
        self.pay()?;
        match statement {
            Stmt::FunctionDef(node) => self.define(node),
            Stmt::ClassDef(node) => self.class(node),
            Stmt::If(node) => self.branches(node),
            Stmt::For(node) => self.walk_for(node),
            Stmt::While(node) => self.walk_while(node),
            Stmt::Try(node) => self.attempt(node),
            Stmt::With(node) => {
                self.contexts(node)?;
                self.body(&node.body)
            }
            Stmt::Match(node) => self.walk_match(node),
            Stmt::Return(node) => match &node.value {
                Some(value) => self.give(node, value),
                None => Ok(()),
            },
            simple => self.simple(simple),
        }
    }

    /// A statement without statements in it.
    fn simple(&mut self, statement: &'t Stmt) -> Result<(), Stop> {
        match statement {
            Stmt::Import(node) => self.import(node)?,
            Stmt::ImportFrom(node) => self.import_from(node)?,
            // The text that a function begins with does nothing.
            Stmt::Expr(node) if node.value.is_string_literal_expr() => {
                self.pay()?;
            }
            Stmt::Expr(node) => {
                self.eval(&node.value)?;
            }
            Stmt::Assign(node) => {
                let known = self.eval(&node.value)?;
                for target in &node.targets {
                    self.assign(target, known.clone())?;
                }
            }
            Stmt::AnnAssign(node) => {
                self.annotation(&node.annotation)?;
                if let Expr::Name(name) = &*node.target {
                    self.scope.annotate(&name.id);
                }
                if let Some(value) = &node.value {
                    let known = self.eval(value)?;
                    self.assign(&node.target, known)?;
                }
            }
            Stmt::AugAssign(node) => {
                let (left, right) = (self.eval(&node.target)?, self.eval(&node.value)?);
                let known = self.operate(node, operator_name(node.op), left, right, true)?;
                if matches!(&*node.target, Expr::Name(_) | Expr::Subscript(_)) {
                    self.assign(&node.target, known)?;
                }
            }
            Stmt::Delete(node) => {
                for target in &node.targets {
                    self.eval(target)?;
                    if let Expr::Name(name) = target
                        && (!self.branch || builtins::is_builtin(&name.id))
                    {
                        self.scope.unbind(&name.id);
                    }
                }
            }
            // PEP 695: the value is evaluated when somebody asks for it.
            Stmt::TypeAlias(node) => {
                self.under(|| "type alias".into(), |machine| machine.eval(&node.value).map(|_| ()))?
            }
            Stmt::Nonlocal(node) => node.names.iter().for_each(|name| self.scope.declare_nonlocal(name)),
            Stmt::Global(node) => node.names.iter().for_each(|name| self.scope.declare_global(name)),
            Stmt::Raise(node) => {
                for expr in node.exc.iter().chain(&node.cause) {
                    let raised = self.eval(expr)?;
                    if let Some(Local::Class(_)) = self.local(&raised) {
                        self.apply(&**expr, &raised, Vec::new(), Vec::new(), true)?;
                    }
                }
            }
            Stmt::Assert(node) => {
                self.eval(&node.test)?;
                if let Some(message) = &node.msg {
                    self.eval(message)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn contexts(&mut self, node: &'t ruff_python_ast::StmtWith) -> Result<(), Stop> {
        for item in &node.items {
            let context = self.eval(&item.context_expr)?;
            let known = self.enter(&item.context_expr, context)?;
            if let Some(target) = &item.optional_vars {
                self.assign(target, known)?;
            }
        }
        Ok(())
    }

    /// What a context gives that is entered, and at the end left.
    pub(crate) fn enter(&mut self, node: impl Ranged + Copy, context: Known) -> Result<Known, Stop> {
        let mut known = context;
        for method in ["__exit__", "__aexit__", "__enter__", "__aenter__"] {
            let given = self.dunder(node, &known, method, Vec::new())?;
            if let Some(given) = given.filter(|_| method.ends_with("enter__")) {
                known = given;
            }
        }
        // What `contextlib.contextmanager` makes of a generator gives what it yields first.
        if let Value::Iterator(items) = &known.value
            && let Some(first) = items.first()
        {
            known = first.clone().into();
        }
        Ok(known)
    }

    /// What is iterated over, where one of the file's own objects says what it gives.
    pub(crate) fn iterated(&mut self, node: impl Ranged + Copy, over: Known) -> Result<Known, Stop> {
        let mut known = over;
        for method in ["__next__", "__anext__", "__getitem__", "__iter__", "__aiter__"] {
            let given = self.dunder(node, &known, method, Vec::new())?;
            if let Some(given) = given.filter(|given| given.value.is_constant() && method.ends_with("iter__")) {
                known = given;
            }
        }
        Ok(known)
    }

    /// Runs `step` under a condition; inside a function the function's name says more.
    pub(crate) fn under(
        &mut self,
        condition: impl FnOnce() -> Arc<str>,
        step: impl FnOnce(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let context = (self.when > When::Perhaps).then(condition);
        self.during(When::Conditional, context, |machine| {
            machine.branch = true;
            step(machine)
        })
    }

    fn branches(&mut self, node: &'t StmtIf) -> Result<(), Stop> {
        let clauses = node.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &*clause.body));
        // What the conditions so far are while a module is imported: all false, one of them true, or not known.
        let mut before = Some(false);
        for (test, body) in std::iter::once((Some(&*node.test), &*node.body)).chain(clauses) {
            let holds = self.branch_of(test, body, before)?;
            before = match (before, holds) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        Ok(())
    }

    /// Walks one branch behind conditions that are `before`; returns what its own condition is while a module is imported.
    fn branch_of(
        &mut self,
        test: Option<&'t Expr>,
        body: &'t [Stmt],
        before: Option<bool>,
    ) -> Result<Option<bool>, Stop> {
        let holds = match test {
            Some(test) => {
                self.eval(test)?;
                self.on_import(test)
            }
            None => Some(true),
        };
        let never = before == Some(true) || holds == Some(false);
        if before == Some(false) && holds == Some(true) {
            self.body(body)?;
        } else if self.when <= When::Perhaps && !never {
            // The function's name says more than a condition.
            self.under(|| "if".into(), |machine| machine.body(body))?;
        } else {
            let context: Arc<str> = match test {
                Some(test) => format!("if {}", shorten(self.lines.text(test.range()), SHOWN).0).into(),
                None => "else".into(),
            };
            let when = if never { When::Called } else { When::Conditional };
            self.during(when, Some(context), |machine| {
                machine.branch = true;
                machine.body(body)
            })?;
        }
        Ok(holds)
    }

    /// What a condition is while a module is imported, where that is certain.
    fn on_import(&self, test: &Expr) -> Option<bool> {
        match test {
            // Whoever assigns `__name__` chooses what it is.
            Expr::Compare(_) if self.scope.find("__name__", |_| ()).is_some() => None,
            Expr::Compare(_) => asks_for_main(test).map(|equal| equal == self.runs_as_script()),
            Expr::Name(_) | Expr::Attribute(_) => (self.is_type_checking(test) && !self.checking).then_some(false),
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => self.on_import(&node.operand).map(|holds| !holds),
            Expr::BoolOp(node) => {
                let decides = node.op == BoolOp::Or;
                let mut parts = node.values.iter().map(|part| self.on_import(part));
                let mut all = true;
                let decided = parts.any(|part| {
                    all &= part.is_some();
                    part == Some(decides)
                });
                if decided { Some(decides) } else { all.then_some(!decides) }
            }
            Expr::BooleanLiteral(node) => Some(node.value),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::NoneLiteral(_) => literal_truth(test),
            _ => None,
        }
    }

    /// Whether this names what type checkers take for true.
    fn is_type_checking(&self, test: &Expr) -> bool {
        let bound = |name: &str| self.scope.find(name, |bound| bound.said().clone());
        match test {
            Expr::Name(name) => bound(&name.id).is_some_and(|known| is_type_checking(&known)),
            Expr::Attribute(access) if &*access.attr == "TYPE_CHECKING" => match &*access.value {
                Expr::Name(name) => bound(&name.id).is_some_and(|known| {
                    let module = known.value.as_name().filter(|name| name.is_module());
                    module.is_some_and(|name| matches!(&*name.module, "typing" | "typing_extensions"))
                }),
                _ => false,
            },
            _ => false,
        }
    }

    /// An installer runs this file as a program: what it keeps for `__main__` runs too.
    fn runs_as_script(&self) -> bool {
        self.sink.name().rsplit(['/', '\\']).next().is_some_and(|name| name == "setup.py" || name == "__main__.py")
    }

    fn attempt(&mut self, node: &'t StmtTry) -> Result<(), Stop> {
        self.body(&node.body)?;
        for ExceptHandler::ExceptHandler(handler) in &node.handlers {
            if let Some(class) = &handler.type_ {
                let class = self.eval(class)?;
                if let (Some(Local::Class(class)), Some(name)) = (self.local(&class), &handler.name)
                    && let Some(instance) = self.classes.get(class).map(|class| class.instance.clone())
                {
                    self.bind(name, instance, true);
                }
            }
            self.under(|| "except".into(), |machine| machine.body(&handler.body))?;
        }
        self.body(&node.orelse)?;
        self.body(&node.finalbody)
    }

    /// A loop over what is known is walked for its first rounds and executed for its value; over anything else it is walked once.
    fn walk_for(&mut self, node: &'t StmtFor) -> Result<(), Stop> {
        let over = self.eval(&node.iter)?;
        let over = self.iterated(&*node.iter, over)?;
        if let Some(members) = self.members(&over.value)? {
            return self.walk_members(node, &over, members);
        }
        match self.list_of(&over)?.filter(|items| items.len() <= MAX_ITERATED) {
            Some(items) if items.is_empty() => self.walk_empty(node, &over)?,
            Some(items) => {
                // Loops within loops are walked once a round of the outer one, or rounds would multiply.
                let rounds = if self.unrolling { 1 } else { ROUNDS };
                let before = (items.len() > rounds).then(|| self.scope.snapshot());
                let outer = std::mem::replace(&mut self.unrolling, true);
                for item in items.iter().take(rounds) {
                    self.assign(&node.target, item.clone().into())?;
                    self.body(&node.body)?;
                }
                self.unrolling = outer;
                if let Some(before) = before {
                    self.scope.restore(before);
                    let flow = self.quietly(|machine| machine.rounds(node, items))?;
                    self.forget(&node.body, flow);
                }
            }
            None => {
                self.forget(&node.body, Flow::Lost);
                let item = Value::item_of(over.written().clone(), Known::unknown().value);
                self.assign(&node.target, item.into())?;
                self.body(&node.body)?;
            }
        }
        self.body(&node.orelse)
    }

    /// What is empty as far as this file says need not be when the loop runs: its body is walked like a branch.
    fn walk_empty(&mut self, node: &'t StmtFor, over: &Known) -> Result<(), Stop> {
        let branch = std::mem::replace(&mut self.branch, true);
        let item = Value::item_of(over.written().clone(), Known::unknown().value);
        let result = self.assign(&node.target, item.into()).and_then(|()| self.body(&node.body));
        self.branch = branch;
        result
    }

    /// A loop over the members of a module: the rounds that call something are walked, or one for all of them.
    fn walk_members(&mut self, node: &'t StmtFor, over: &Known, members: Vec<Value>) -> Result<(), Stop> {
        let outer = std::mem::replace(&mut self.unrolling, true);
        let mut walked = 0_usize;
        for member in members {
            let tells = walked < ROUNDS
                && self.tells(|machine| {
                    machine.assign(&node.target, member.clone().into())?;
                    machine.execute(&node.body).map(|_| ())
                })?;
            if tells {
                walked = walked.saturating_add(1);
                self.assign(&node.target, member.into())?;
                self.body(&node.body)?;
            }
        }
        self.unrolling = outer;
        if walked == 0 {
            self.forget(&node.body, Flow::Lost);
            let item = Value::item_of(over.written().clone(), Known::unknown().value);
            self.assign(&node.target, item.into())?;
            self.body(&node.body)?;
        }
        self.body(&node.orelse)
    }

    /// Names that a loop adds to are not known when its rounds are not.
    fn forget(&mut self, body: &'t [Stmt], flow: Flow) {
        if flow != Flow::Lost {
            return;
        }
        for statement in body {
            if let Stmt::AugAssign(node) = statement
                && let Expr::Name(name) = &*node.target
            {
                self.scope.clone().bind(&name.id, Known::unknown(), false);
            }
        }
    }

    /// Nothing that a loop assigns is known where it was left before its end.
    fn forget_assigned(&mut self, body: &'t [Stmt]) {
        let names = assigned(body);
        self.effort = self.effort.saturating_sub(u32::try_from(names.len()).unwrap_or(u32::MAX));
        for name in names {
            self.bind(name, Known::unknown(), false);
        }
    }

    fn walk_while(&mut self, node: &'t StmtWhile) -> Result<(), Stop> {
        self.forget(&node.body, Flow::Lost);
        self.eval(&node.test)?;
        self.body(&node.body)?;
        self.body(&node.orelse)
    }

    /// What a function gives: of `__reduce__` it is a call that unpickling makes.
    pub(crate) fn give(&mut self, node: impl Ranged, value: &'t Expr) -> Result<(), Stop> {
        let known = self.eval(value)?;
        self.gives(node, &known)
    }

    /// The function that is walked returns this.
    pub(crate) fn gives(&mut self, node: impl Ranged, known: &Known) -> Result<(), Stop> {
        self.hands(std::slice::from_ref(known), &[]);
        if !self.method.1 {
            return Ok(());
        }
        if let Value::Tuple(parts) = &known.value
            && let [callee, Value::Tuple(args), ..] = &**parts
        {
            let place = self.place(node);
            self.state_reduction(&place, callee, args)?;
        }
        Ok(())
    }

    /// Executes statements for their value alone.
    pub(crate) fn execute(&mut self, body: &'t [Stmt]) -> Result<Flow, Stop> {
        for statement in body {
            if !self.pay()? {
                return Ok(Flow::Lost);
            }
            let flow = match statement {
                Stmt::Return(node) => {
                    self.returned = match &node.value {
                        Some(value) => Some(self.eval(value)?),
                        None => Some(Value::None.into()),
                    };
                    Flow::Return
                }
                Stmt::If(node) => self.execute_if(node)?,
                Stmt::For(node) => {
                    let over = self.eval(&node.iter)?;
                    match self.items_of(&over)? {
                        Some(items) => self.rounds(node, items)?,
                        None => Flow::Lost,
                    }
                }
                Stmt::While(node) => self.execute_while(node)?,
                Stmt::Try(node) => self.execute(&node.body)?,
                Stmt::With(node) => {
                    self.contexts(node)?;
                    self.execute(&node.body)?
                }
                Stmt::FunctionDef(node) => {
                    self.define(node)?;
                    Flow::Next
                }
                Stmt::Break(_) => Flow::Break,
                Stmt::Continue(_) => Flow::Continue,
                Stmt::ClassDef(_) | Stmt::Match(_) | Stmt::Raise(_) => Flow::Lost,
                simple => {
                    self.simple(simple)?;
                    Flow::Next
                }
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn execute_if(&mut self, node: &'t StmtIf) -> Result<Flow, Stop> {
        let clauses = node.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &clause.body));
        for (test, body) in std::iter::once((Some(&*node.test), &node.body)).chain(clauses) {
            let holds = match test {
                Some(test) => truth(&self.eval(test)?.value),
                None => Some(true),
            };
            match holds {
                Some(true) => return self.execute(body),
                Some(false) => {}
                None => return Ok(Flow::Lost),
            }
        }
        Ok(Flow::Next)
    }

    fn execute_while(&mut self, node: &'t StmtWhile) -> Result<Flow, Stop> {
        self.looping(|machine| machine.execute_rounds(node))
    }

    fn execute_rounds(&mut self, node: &'t StmtWhile) -> Result<Flow, Stop> {
        let mut endless = None;
        loop {
            match truth(&self.eval(&node.test)?.value) {
                Some(true) => {}
                Some(false) => return Ok(Flow::Next),
                None => return Ok(Flow::Lost),
            }
            match self.execute(&node.body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                other => return Ok(other),
            }
            if *endless.get_or_insert_with(|| never_ends(node)) {
                return Ok(Flow::Lost);
            }
            if !self.end_round() {
                self.forget_assigned(&node.body);
                return Ok(Flow::Next);
            }
        }
    }

    fn rounds(&mut self, node: &'t StmtFor, items: Vec<Value>) -> Result<Flow, Stop> {
        let flow = self.looping(|machine| {
            for item in items {
                machine.assign(&node.target, item.into())?;
                match machine.execute(&node.body)? {
                    Flow::Next | Flow::Continue => {}
                    other => return Ok(other),
                }
                if !machine.end_round() {
                    machine.assign(&node.target, Known::unknown())?;
                    machine.forget_assigned(&node.body);
                    return Ok(Flow::Next);
                }
            }
            Ok(Flow::Next)
        })?;
        match flow {
            Flow::Next => self.execute(&node.orelse),
            Flow::Break => Ok(Flow::Next),
            other => Ok(other),
        }
    }
}

/// `__name__ == '__main__'`, or that it is not.
fn asks_for_main(test: &Expr) -> Option<bool> {
    let Expr::Compare(node) = test else { return None };
    let equal = match &*node.ops {
        [CmpOp::Eq] => true,
        [CmpOp::NotEq] => false,
        _ => return None,
    };
    let mut sides = std::iter::once(&*node.left).chain(&*node.comparators);
    let names = |side: &Expr| matches!(side, Expr::StringLiteral(text) if text.value.to_str() == "__main__");
    sides.any(names).then_some(equal)
}

/// Whether a number or text counts as true.
fn literal_truth(test: &Expr) -> Option<bool> {
    Some(match test {
        Expr::NoneLiteral(_) => false,
        Expr::StringLiteral(text) => !text.value.is_empty(),
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(number) => *number != Int::ZERO,
            Number::Float(number) => *number != 0.0,
            Number::Complex { .. } => return None,
        },
        _ => return None,
    })
}

/// Whether this is what type checkers take for true.
pub(crate) fn is_type_checking(known: &Known) -> bool {
    known.value.as_name().is_some_and(|name| {
        matches!(&*name.module, "typing" | "typing_extensions") && &*name.qualname == "TYPE_CHECKING"
    })
}
