//! Expressions: what they evaluate to, and the calls in them.

use std::rc::Rc;

use base::stop::Stop;
use eval::{Span, Value, Why};
use ruff_python_ast::{
    BoolOp, CmpOp, Expr, ExprBinOp, ExprCompare, ExprName, ExprSlice, ExprSubscript, Operator, UnaryOp,
};
use ruff_text_size::Ranged;

use crate::{
    builtins,
    comprehension::MAX_ITERATED,
    function::Body,
    literal,
    local::Local,
    machine::Machine,
    scope::{Bound, Known},
};

impl<'t> Machine<'t, '_, '_> {
    /// What `expr` evaluates to. Depth is bounded by [`crate::nesting`].
    pub(crate) fn eval(&mut self, expr: &'t Expr) -> Result<Known, Stop> {
        if !self.pay()? {
            return Ok(Known::unknown());
        }
        Ok(match expr {
            Expr::StringLiteral(node) => Value::str(node.value.to_str()).into(),
            Expr::BytesLiteral(node) => {
                let bytes: Vec<u8> = node.value.bytes().collect();
                Value::bytes(bytes).into()
            }
            Expr::NumberLiteral(node) => literal::number(&node.value).into(),
            Expr::BooleanLiteral(node) => Value::Bool(node.value).into(),
            Expr::NoneLiteral(_) => Value::None.into(),
            Expr::EllipsisLiteral(_) => Value::Ellipsis.into(),
            Expr::Name(node) => {
                let found = self.scope.find(&node.id, |bound| (bound.said().clone(), bound.before.clone()));
                let (known, others) = match found {
                    Some(found) => found,
                    None => (self.unbound(&node.id), None),
                };
                self.takes(expr, &known.value);
                for other in others.iter().flat_map(|others| others.iter()) {
                    self.takes(expr, &other.value);
                }
                known
            }
            Expr::Attribute(_) => {
                let known = self.path(expr)?;
                self.takes(expr, &known.value);
                known
            }
            Expr::Call(node) => self.call(node)?,
            Expr::BinOp(node) => self.binary(node)?,
            Expr::UnaryOp(node) => {
                let of = self.eval(&node.operand)?;
                let (name, method) = match node.op {
                    UnaryOp::Invert => ("invert", "__invert__"),
                    UnaryOp::Not => ("not_", "__bool__"),
                    UnaryOp::UAdd => ("pos", "__pos__"),
                    UnaryOp::USub => ("neg", "__neg__"),
                };
                self.operate_one(expr, name, method, of)?
            }
            Expr::BoolOp(node) => self.last(&node.values, node.op == BoolOp::Or)?,
            Expr::Compare(node) => self.compare(node)?,
            Expr::Subscript(node) => self.subscript(node)?,
            Expr::Slice(node) => self.slice(node)?,
            Expr::FString(node) => self.f_string(node)?,
            Expr::List(node) => self.display(&node.elts, Value::list)?,
            Expr::Tuple(node) => self.display(&node.elts, Value::tuple)?,
            Expr::Set(node) => {
                let list = self.display(&node.elts, Value::list)?;
                self.pure("builtins", "set", [list])?
            }
            Expr::Dict(node) => self.dict(node)?,
            Expr::Lambda(node) => {
                let defaults = match &node.parameters {
                    Some(parameters) => self.parameters(parameters)?,
                    None => Vec::new(),
                };
                let function = self.function("<lambda>", node.parameters.as_deref(), Body::Expression(&node.body));
                self.keep_defaults(&function, defaults);
                self.takes(expr, &function.value);
                function
            }
            Expr::If(node) => self.choice(&node.test, &node.body, &node.orelse)?,
            Expr::Named(node) => {
                let known = self.eval(&node.value)?;
                self.assign(&node.target, known.clone())?;
                known
            }
            Expr::ListComp(node) => self.comprehension(expr, (&node.elt, None), &node.generators)?,
            Expr::SetComp(node) => self.comprehension(expr, (&node.elt, None), &node.generators)?,
            Expr::Generator(node) => self.comprehension(expr, (&node.elt, None), &node.generators)?,
            Expr::DictComp(node) => self.comprehension(expr, (&node.value, node.key.as_deref()), &node.generators)?,
            Expr::Await(node) => self.eval(&node.value)?,
            Expr::YieldFrom(node) => self.eval(&node.value)?,
            Expr::Starred(node) => self.eval(&node.value)?,
            Expr::Yield(node) => {
                let given = match &node.value {
                    Some(value) => self.eval(value)?,
                    None => Value::None.into(),
                };
                if self.quiet > 0 && self.yielded.len() < MAX_ITERATED {
                    if self.yielded.last().is_none_or(|last| *last != given.value) {
                        self.progress(&given.value);
                    }
                    self.yielded.push(given.value);
                }
                Known::unknown()
            }
            Expr::TString(_) | Expr::IpyEscapeCommand(_) => Known::unknown(),
        })
    }

    /// A name, or an attribute of something, that is looked at and not put anywhere.
    pub(crate) fn path(&mut self, expr: &'t Expr) -> Result<Known, Stop> {
        match expr {
            Expr::Name(node) => Ok(self.name(node)),
            Expr::Attribute(node) => {
                let of = match &*node.value {
                    Expr::Name(_) | Expr::Attribute(_) if self.pay()? => self.path(&node.value)?,
                    other => self.eval(other)?,
                };
                self.attribute_of(expr, &of, &node.attr)
            }
            other => self.eval(other),
        }
    }

    /// What a name is: of several branches the last one that says something.
    pub(crate) fn name(&mut self, node: &ExprName) -> Known {
        // PEP 3131: identifiers are compared in NFKC, which the parser has applied.
        let name = node.id.as_str();
        match self.scope.find(name, |bound| bound.said().clone()) {
            Some(known) => known,
            None => self.unbound(name),
        }
    }

    /// All that a name may be.
    pub(crate) fn names(&mut self, node: &ExprName) -> Bound {
        let name = node.id.as_str();
        match self.scope.find(name, Bound::clone) {
            Some(bound) => bound,
            None => self.unbound(name).into(),
        }
    }

    /// What a name is that nothing in the file binds.
    pub(crate) fn unbound(&mut self, name: &str) -> Known {
        if let Some(known) = self.memo.unbound(name) {
            return known;
        }
        self.misses(name);
        let known = self.free(name);
        self.memo.keep_unbound(name, &known);
        known
    }

    fn free(&self, name: &str) -> Known {
        let star = self.stars.iter().rev().find(|module| eval::is_named(module, name));
        match star {
            Some(module) => Value::global(module, name).into(),
            None if name == "__builtins__" => Value::module("builtins").into(),
            None if matches!(name, "__loader__" | "__spec__") => Value::global("builtins", name).into(),
            None if builtins::is_builtin(name) => Value::global("builtins", name).into(),
            None => Known::named(name),
        }
    }

    /// A call of a function that computes and does nothing else.
    pub(crate) fn pure<const N: usize>(
        &mut self,
        module: &'static str,
        name: &'static str,
        args: [Known; N],
    ) -> Result<Known, Stop> {
        if args.iter().any(|arg| arg.encoded.is_some()) {
            let callee = self.memo.callable(module, name);
            let written = args.iter().map(|arg| arg.written().clone()).collect();
            let encoded = Some(Rc::new(Value::called(callee.clone(), written, Vec::new())));
            let values = args.map(|arg| arg.value);
            let outcome = eval::call(&callee, &values, &[], self.sink.meter())?;
            let value = if is_made(&outcome.result) {
                outcome.result
            } else {
                Value::called(callee, values.into(), Vec::new())
            };
            return Ok(Known { value, encoded });
        }
        let values = args.map(|arg| arg.value);
        // Names of modules may be constants, and reading an iterator calls what it is made of.
        if module == "operator" && !values.iter().any(|value| matches!(value, Value::Global(_) | Value::Lazy(_))) {
            // Of values that nobody knows an operator makes another one.
            if values.iter().any(is_opaque) && values.iter().all(is_plain) {
                self.sink.meter().steps(N as u64)?;
            } else if let Some(value) = eval::operate(name, &values, self.sink.meter())?.filter(is_made) {
                return Ok(value.into());
            }
            return Ok(Value::called(self.memo.callable(module, name), values.into(), Vec::new()).into());
        }
        let callee = self.memo.callable(module, name);
        let result = eval::call(&callee, &values, &[], self.sink.meter())?.result;
        Ok(if is_made(&result) { result } else { Value::called(callee, values.into(), Vec::new()) }.into())
    }

    /// A chain of binary operators, from the left, without recursion along the chain.
    fn binary(&mut self, node: &'t ExprBinOp) -> Result<Known, Stop> {
        let mut inner = Vec::new();
        let mut first = &*node.left;
        while let Expr::BinOp(link) = first {
            inner.push(link);
            first = &link.left;
        }
        let mut left = self.eval(first)?;
        for link in inner.into_iter().rev().chain([node]) {
            let right = self.eval(&link.right)?;
            // `exec code`, the statement of Python 2, as the repair writes it.
            if link.op == Operator::BitOr && is_builtin_exec(&left) {
                left = self.apply(link, &left, vec![right], Vec::new(), false)?;
                continue;
            }
            left = self.operate(link, operator_name(link.op), left, right, false)?;
        }
        Ok(left)
    }

    /// An operator by its function of `operator`, as one of the file's own objects or anything else takes it.
    pub(crate) fn operate(
        &mut self,
        node: impl Ranged + Copy,
        name: &'static str,
        left: Known,
        right: Known,
        in_place: bool,
    ) -> Result<Known, Stop> {
        if (self.is_own(&left) || self.is_own(&right))
            && let Some((_, [assigning, method, reflected])) = METHODS.iter().find(|(known, _)| *known == name)
        {
            for (of, method, with) in [(&left, assigning, &right), (&left, method, &right), (&right, reflected, &left)]
            {
                if (in_place || method != assigning)
                    && let Some(known) = self.dunder(node, of, method, vec![with.clone()])?
                {
                    return Ok(known);
                }
            }
        }
        self.pure("operator", name, [left, right])
    }

    fn compare(&mut self, node: &'t ExprCompare) -> Result<Known, Stop> {
        let mut left = self.eval(&node.left)?;
        let (mut result, single) = (Known::unknown(), node.ops.len() == 1);
        for (op, comparator) in node.ops.iter().zip(&node.comparators) {
            let right = self.eval(comparator)?;
            let name = match op {
                CmpOp::Eq => "eq",
                CmpOp::NotEq => "ne",
                CmpOp::Lt => "lt",
                CmpOp::LtE => "le",
                CmpOp::Gt => "gt",
                CmpOp::GtE => "ge",
                CmpOp::In => "contains",
                CmpOp::NotIn => "not in",
                CmpOp::Is | CmpOp::IsNot => "is",
            };
            if single {
                return self.compared(node, name, left, right);
            }
            if self.is_own(&left) || self.is_own(&right) {
                result = self.compared(node, name, left, right.clone())?;
            }
            left = right;
        }
        Ok(if single { result } else { Known::unknown() })
    }

    /// A comparison by its function of `operator`; `contains` has the container on the right.
    pub(crate) fn compared(
        &mut self,
        node: impl Ranged + Copy,
        name: &'static str,
        left: Known,
        right: Known,
    ) -> Result<Known, Stop> {
        let contains = matches!(name, "contains" | "not in");
        if contains && self.is_own(&right) {
            for method in ["__contains__", "__iter__"] {
                let args = if method == "__iter__" { Vec::new() } else { vec![left.clone()] };
                if let Some(known) = self.dunder(node, &right, method, args)? {
                    return Ok(known);
                }
            }
        }
        if (self.is_own(&left) || self.is_own(&right))
            && let Some((_, [method, reflected])) = COMPARISONS.iter().find(|(known, _)| *known == name)
        {
            for (of, method, with) in [(&left, method, &right), (&right, reflected, &left)] {
                if let Some(known) = self.dunder(node, of, method, vec![with.clone()])? {
                    return Ok(known);
                }
            }
        }
        match name {
            "is" | "not in" => Ok(Known::unknown()),
            "contains" => self.pure("operator", name, [right, left]),
            name => self.pure("operator", name, [left, right]),
        }
    }

    /// An operator of one operand.
    pub(crate) fn operate_one(
        &mut self,
        node: impl Ranged + Copy,
        name: &'static str,
        method: &str,
        of: Known,
    ) -> Result<Known, Stop> {
        match self.dunder(node, &of, method, Vec::new())? {
            Some(known) => Ok(known),
            None => self.pure("operator", name, [of]),
        }
    }

    /// Whether this is a class of the file, or an object of one.
    pub(crate) fn is_own(&self, known: &Known) -> bool {
        matches!(self.local(known), Some(Local::Class(_) | Local::Instance(_)))
    }

    /// `of[key]`.
    fn subscript(&mut self, node: &'t ExprSubscript) -> Result<Known, Stop> {
        let of = self.eval(&node.value)?;
        let key = self.eval(&node.slice)?;
        self.item_of(node, &of, &key, is_literal(&node.slice))
    }

    /// `of[key]`; `literal`: the key reads as what it is.
    pub(crate) fn item_of(
        &mut self,
        node: impl Ranged + Copy,
        of: &Known,
        key: &Known,
        literal: bool,
    ) -> Result<Known, Stop> {
        if let Some(known) = self.own_item(node, of, key, literal)? {
            return Ok(known);
        }
        let value =
            crate::chosen::member_of(&of.value, &key.value).unwrap_or_else(|| eval::item(&of.value, &key.value));
        // Text read backwards is text that was not meant to be read.
        let reversed = matches!(&key.value, Value::Slice(span) if span.step.is_some_and(|step| step < 0));
        let encoded = (of.encoded.is_some() || key.encoded.is_some() || reversed && is_text(&of.value))
            .then(|| Rc::new(Value::item_of(of.written().clone(), key.written().clone())));
        // What stands in a table of the file is written there; what a namespace gives is only named by its key.
        let table = matches!(of.value, Value::Dict(_) | Value::List(_) | Value::Tuple(_));
        if let Value::Global(name) = &value
            && !table
            && !literal
        {
            self.state_import(node, &Rc::clone(name), "computed")?;
        }
        Ok(Known { value, encoded })
    }

    fn slice(&mut self, node: &'t ExprSlice) -> Result<Known, Stop> {
        let mut bounds = [None; 3];
        let mut known = true;
        for (bound, part) in bounds.iter_mut().zip([&node.lower, &node.upper, &node.step]) {
            let Some(part) = part else { continue };
            match self.eval(part)?.value {
                Value::Int(number) => *bound = Some(number),
                Value::None => {}
                _ => known = false,
            }
        }
        let [start, stop, step] = bounds;
        Ok(if known && step != Some(0) { Value::slice(Span { start, stop, step }).into() } else { Known::unknown() })
    }

    fn display(&mut self, elements: &'t [Expr], make: fn(Vec<Value>) -> Value) -> Result<Known, Stop> {
        let (values, written) = self.items(elements)?;
        Ok(match values {
            Some(values) => Known { value: make(values), encoded: written.map(make).map(Rc::new) },
            None => Known::unknown(),
        })
    }

    /// The last of several, all of which may run; the comparison that decides, where one does.
    fn last(&mut self, values: &'t [Expr], wanted: bool) -> Result<Known, Stop> {
        let (mut last, mut decided) = (Known::unknown(), None);
        for value in values {
            last = self.eval(value)?;
            if matches!(last.value, Value::Bool(holds) if holds == wanted) {
                decided.get_or_insert_with(|| last.clone());
            }
        }
        Ok(decided.unwrap_or(last))
    }

    fn choice(&mut self, test: &'t Expr, body: &'t Expr, orelse: &'t Expr) -> Result<Known, Stop> {
        let test = self.eval(test)?.value;
        let (body, orelse) = (self.eval(body)?, self.eval(orelse)?);
        Ok(match truth(&test) {
            Some(false) => orelse,
            Some(true) => body,
            // What is a name of a module or of this file says more than a constant.
            None if body.value.as_name().is_none() && self.local(&body).is_none() => orelse,
            None => body,
        })
    }
}

/// The function of `operator` that an operator stands for.
pub(crate) fn operator_name(op: Operator) -> &'static str {
    match op {
        Operator::Add => "add",
        Operator::Sub => "sub",
        Operator::Mult => "mul",
        Operator::MatMult => "matmul",
        Operator::Div => "truediv",
        Operator::Mod => "mod",
        Operator::Pow => "pow",
        Operator::LShift => "lshift",
        Operator::RShift => "rshift",
        Operator::BitOr => "or_",
        Operator::BitXor => "xor",
        Operator::BitAnd => "and_",
        Operator::FloorDiv => "floordiv",
    }
}

/// The methods by which a function of `operator` calls its operands: of the left one in place, of the left one, of the right one.
const METHODS: &[(&str, [&str; 3])] = &[
    ("add", ["__iadd__", "__add__", "__radd__"]),
    ("and_", ["__iand__", "__and__", "__rand__"]),
    ("floordiv", ["__ifloordiv__", "__floordiv__", "__rfloordiv__"]),
    ("lshift", ["__ilshift__", "__lshift__", "__rlshift__"]),
    ("matmul", ["__imatmul__", "__matmul__", "__rmatmul__"]),
    ("mod", ["__imod__", "__mod__", "__rmod__"]),
    ("mul", ["__imul__", "__mul__", "__rmul__"]),
    ("or_", ["__ior__", "__or__", "__ror__"]),
    ("pow", ["__ipow__", "__pow__", "__rpow__"]),
    ("rshift", ["__irshift__", "__rshift__", "__rrshift__"]),
    ("sub", ["__isub__", "__sub__", "__rsub__"]),
    ("truediv", ["__itruediv__", "__truediv__", "__rtruediv__"]),
    ("xor", ["__ixor__", "__xor__", "__rxor__"]),
];

/// The methods by which a comparison calls its operands: of the left one, of the right one.
const COMPARISONS: &[(&str, [&str; 2])] = &[
    ("eq", ["__eq__", "__eq__"]),
    ("ge", ["__ge__", "__le__"]),
    ("gt", ["__gt__", "__lt__"]),
    ("le", ["__le__", "__ge__"]),
    ("lt", ["__lt__", "__gt__"]),
    ("ne", ["__ne__", "__ne__"]),
];

fn is_builtin_exec(known: &Known) -> bool {
    known.value.as_name().is_some_and(|name| name.is("builtins", "exec"))
}

/// Whether it was not too large to be made: what is, is still made of what it was to be made of.
fn is_made(value: &Value) -> bool {
    !matches!(value, Value::Unknown(Why::OverCap))
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some() || value.as_bytes().is_some()
}

/// Whether nobody knows what this is, nor what an operator makes of it.
pub(crate) fn is_opaque(value: &Value) -> bool {
    matches!(value, Value::External(_) | Value::Unknown(Why::Unfollowed) | Value::Attribute(_) | Value::Item(_))
}

/// Whether this can be an operand without anything being read of it: no iterator, and no name that may be a constant.
fn is_plain(value: &Value) -> bool {
    is_opaque(value) || value.is_constant() && !matches!(value, Value::Lazy(_) | Value::Iterator(_))
}

/// Whether a constant is true.
pub(crate) fn truth(value: &Value) -> Option<bool> {
    Some(match value {
        Value::None => false,
        Value::Bool(flag) => *flag,
        Value::Int(number) => *number != 0,
        Value::Str(text) => !text.is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::Tuple(items) | Value::List(items) => !items.is_empty(),
        _ => return None,
    })
}

/// Whether an expression is what it reads as: a literal, or a name.
pub(crate) fn is_literal(expr: &Expr) -> bool {
    expr.is_literal_expr() || matches!(expr, Expr::Name(_) | Expr::Attribute(_))
}
