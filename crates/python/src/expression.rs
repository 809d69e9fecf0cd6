//! Expressions: what they evaluate to, and the calls in them.

use std::sync::Arc;

use base::stop::Stop;
use eval::{Span, Value};
use ruff_python_ast::{CmpOp, Expr, ExprBinOp, ExprCompare, ExprName, ExprSlice, ExprSubscript, Operator, UnaryOp};

use crate::{
    builtins,
    function::Body,
    literal,
    machine::Machine,
    scope::{Known, Local},
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
            Expr::Name(node) => self.name(node),
            Expr::Attribute(node) => {
                let of = self.eval(&node.value)?;
                self.attribute(&of, &node.attr)
            }
            Expr::Call(node) => self.call(node)?,
            Expr::BinOp(node) => self.binary(node)?,
            Expr::UnaryOp(node) => {
                let of = self.eval(&node.operand)?;
                let name = match node.op {
                    UnaryOp::Invert => "invert",
                    UnaryOp::Not => "not_",
                    UnaryOp::UAdd => "pos",
                    UnaryOp::USub => "neg",
                };
                self.pure("operator", name, vec![of])?
            }
            Expr::BoolOp(node) => self.last(&node.values)?,
            Expr::Compare(node) => self.compare(node)?,
            Expr::Subscript(node) => self.subscript(node)?,
            Expr::Slice(node) => self.slice(node)?,
            Expr::FString(node) => self.f_string(node)?,
            Expr::List(node) => self.display(&node.elts, Value::list)?,
            Expr::Tuple(node) => self.display(&node.elts, Value::tuple)?,
            Expr::Set(node) => {
                self.display(&node.elts, Value::list)?;
                Known::unknown()
            }
            Expr::Dict(node) => self.dict(node)?,
            Expr::Lambda(node) => {
                if let Some(parameters) = &node.parameters {
                    self.parameters(parameters)?;
                }
                self.function("<lambda>", node.parameters.as_deref(), Body::Expression(&node.body))
            }
            Expr::If(node) => self.choice(&node.test, &node.body, &node.orelse)?,
            Expr::Named(node) => {
                let known = self.eval(&node.value)?;
                self.assign(&node.target, known.clone())?;
                known
            }
            Expr::ListComp(node) => self.comprehension(&node.elt, None, &node.generators)?,
            Expr::SetComp(node) => self.comprehension(&node.elt, None, &node.generators)?,
            Expr::Generator(node) => self.comprehension(&node.elt, None, &node.generators)?,
            Expr::DictComp(node) => self.comprehension(&node.value, node.key.as_deref(), &node.generators)?,
            Expr::Await(node) => self.eval(&node.value)?,
            Expr::YieldFrom(node) => self.eval(&node.value)?,
            Expr::Starred(node) => self.eval(&node.value)?,
            Expr::Yield(node) => match &node.value {
                Some(value) => self.eval(value)?,
                None => Known::unknown(),
            },
            Expr::TString(_) | Expr::IpyEscapeCommand(_) => Known::unknown(),
        })
    }

    fn name(&self, node: &ExprName) -> Known {
        self.names(node).pop().unwrap_or_else(Known::unknown)
    }

    /// All that a name may be; what was bound last stands last.
    pub(crate) fn names(&self, node: &ExprName) -> Vec<Known> {
        let name = node.id.as_str();
        if let Some(found) = self.scope.find(name) {
            return found;
        }
        let star = self.stars.iter().rev().find(|module| eval::is_named(module, name));
        let known = match star {
            Some(module) => Value::global(module, name).into(),
            None if name == "__builtins__" => Value::module("builtins").into(),
            None if builtins::is_builtin(name) => Value::global("builtins", name).into(),
            None => Known::named(name),
        };
        vec![known]
    }

    /// `of.name`.
    pub(crate) fn attribute(&self, of: &Known, name: &str) -> Known {
        if let Some(Local::Class(class) | Local::Instance(class)) = of.local
            && let Some(member) = self.member(class, name)
        {
            return member;
        }
        let encoded = of.encoded.as_ref().map(|encoded| Value::attribute_of(encoded.clone(), name));
        Known { value: eval::attribute(&of.value, name), encoded, local: None }
    }

    /// A call of a function that computes and does nothing else.
    pub(crate) fn pure(&mut self, module: &str, name: &str, args: Vec<Known>) -> Result<Known, Stop> {
        let callee = Value::global(module, name);
        let values: Vec<Value> = args.iter().map(|arg| arg.value.clone()).collect();
        let outcome = eval::call(&callee, &values, &[], self.sink.meter())?;
        let encoded = args.iter().any(|arg| arg.encoded.is_some()).then(|| {
            let written = args.iter().map(|arg| arg.written().clone()).collect();
            Value::called(callee, written, Vec::new())
        });
        Ok(Known { value: outcome.result, encoded, local: None })
    }

    /// A chain of binary operators, from the left, without recursion along the chain.
    fn binary(&mut self, node: &'t ExprBinOp) -> Result<Known, Stop> {
        let mut links = vec![node];
        let mut first = &*node.left;
        while let Expr::BinOp(inner) = first {
            links.push(inner);
            first = &inner.left;
        }
        let mut left = self.eval(first)?;
        for link in links.into_iter().rev() {
            let right = self.eval(&link.right)?;
            left = self.operate(link.op, left, right)?;
        }
        Ok(left)
    }

    /// `left op right`.
    pub(crate) fn operate(&mut self, op: Operator, left: Known, right: Known) -> Result<Known, Stop> {
        let name = match op {
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
        };
        self.pure("operator", name, vec![left, right])
    }

    fn compare(&mut self, node: &'t ExprCompare) -> Result<Known, Stop> {
        let left = self.eval(&node.left)?;
        let mut rights = Vec::new();
        for comparator in &node.comparators {
            rights.push(self.eval(comparator)?);
        }
        let ([op], Some(right), true) = (&*node.ops, rights.pop(), rights.is_empty()) else {
            return Ok(Known::unknown());
        };
        let (name, args) = match op {
            CmpOp::Eq => ("eq", vec![left, right]),
            CmpOp::NotEq => ("ne", vec![left, right]),
            CmpOp::Lt => ("lt", vec![left, right]),
            CmpOp::LtE => ("le", vec![left, right]),
            CmpOp::Gt => ("gt", vec![left, right]),
            CmpOp::GtE => ("ge", vec![left, right]),
            CmpOp::In => ("contains", vec![right, left]),
            CmpOp::Is | CmpOp::IsNot | CmpOp::NotIn => return Ok(Known::unknown()),
        };
        self.pure("operator", name, args)
    }

    /// `of[key]`.
    fn subscript(&mut self, node: &'t ExprSubscript) -> Result<Known, Stop> {
        let of = self.eval(&node.value)?;
        let key = self.eval(&node.slice)?;
        let value = eval::item(&of.value, &key.value);
        // Text read backwards is text that was not meant to be read.
        let reversed = matches!(key.value, Value::Slice(Span { step: Some(step), .. }) if step < 0);
        let encoded = (of.encoded.is_some() || key.encoded.is_some() || reversed && of.value.as_str().is_some())
            .then(|| Value::item_of(of.written().clone(), key.written().clone()));
        if let Value::Global(name) = &value
            && !is_literal(&node.slice)
        {
            self.state_import(node, &Arc::clone(name), "computed")?;
        }
        Ok(Known { value, encoded, local: None })
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
        Ok(if known && step != Some(0) { Value::Slice(Span { start, stop, step }).into() } else { Known::unknown() })
    }

    fn display(&mut self, elements: &'t [Expr], make: fn(Vec<Value>) -> Value) -> Result<Known, Stop> {
        let (values, written) = self.items(elements)?;
        Ok(match values {
            Some(values) => Known { value: make(values), encoded: written.map(make), local: None },
            None => Known::unknown(),
        })
    }

    /// The last of several, all of which may run.
    fn last(&mut self, values: &'t [Expr]) -> Result<Known, Stop> {
        let mut last = Known::unknown();
        for value in values {
            last = self.eval(value)?;
        }
        Ok(last)
    }

    fn choice(&mut self, test: &'t Expr, body: &'t Expr, orelse: &'t Expr) -> Result<Known, Stop> {
        let test = self.eval(test)?.value;
        let (body, orelse) = (self.eval(body)?, self.eval(orelse)?);
        Ok(match truth(&test) {
            Some(false) => orelse,
            Some(true) => body,
            // What is a name of a module or of this file says more than a constant.
            None if body.value.as_name().is_none() && body.local.is_none() => orelse,
            None => body,
        })
    }
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
