//! Expressions, by Jinja's own levels of precedence (`jinja2.parser.Parser`, version 3.1).

use base::stop::Stop;

use super::{
    lexer::Token,
    parser::Parser,
    syntax::{Arguments, Expr, Kind, Step, StepKind},
};

/// Binary operators from the loosest to the tightest; `not` stands between the second and the third level.
const LEVELS: &[&[&str]] = &[
    &["or"],
    &["and"],
    &["==", "!=", "<", ">", "<=", ">=", "in", "not in"],
    &["+", "-"],
    &["~"],
    &["*", "/", "//", "%"],
    &["**"],
];
/// The level of comparisons, below which `not` binds.
const COMPARISON: usize = 2;
/// The level below which signs bind.
const POWER: usize = 6;

impl<'s> Parser<'s> {
    /// An expression; with commas at its top a tuple.
    pub(super) fn tuple(&mut self) -> Result<Expr<'s>, Stop> {
        let first = self.expression()?;
        if !self.is_symbol(",") {
            return Ok(first);
        }
        let start = first.span.start;
        let mut items = vec![first];
        while self.takes(",") {
            if self.ends_tuple() {
                break;
            }
            items.push(self.expression()?);
        }
        Ok(Expr { kind: Kind::Tuple(items), span: start..self.end() })
    }

    fn ends_tuple(&self) -> bool {
        match self.peek() {
            None | Some(Token::Close) => true,
            Some(Token::Symbol(symbol)) => matches!(*symbol, ")" | "]" | "}" | "="),
            Some(Token::Name(name)) => *name == "in",
            _ => false,
        }
    }

    /// An expression with its condition.
    pub(super) fn expression(&mut self) -> Result<Expr<'s>, Stop> {
        self.descend()?;
        let mut value = self.infix(0)?;
        while self.takes_name("if") {
            let condition = self.infix(0)?;
            let otherwise = if self.takes_name("else") { Some(Box::new(self.expression()?)) } else { None };
            let span = value.span.start..self.end();
            value = Expr { kind: Kind::Choice(Box::new([value, condition]), otherwise), span };
        }
        self.ascend();
        Ok(value)
    }

    /// An expression without a condition of its own.
    pub(super) fn plain(&mut self) -> Result<Expr<'s>, Stop> {
        self.infix(0)
    }

    fn infix(&mut self, level: usize) -> Result<Expr<'s>, Stop> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        if level == COMPARISON && self.is_name("not") {
            return self.negation();
        }
        let next = level.saturating_add(1);
        let first = self.infix(next)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.operator(operators) {
            // The operand of `and` may be negated, that of a comparison may not.
            rest.push((operator, self.infix(next)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let span = first.span.start..self.end();
        Ok(Expr { kind: Kind::Infix(Box::new(first), rest), span })
    }

    /// `not`, any number of them.
    fn negation(&mut self) -> Result<Expr<'s>, Stop> {
        let start = self.start();
        let mut negated = false;
        while self.takes_name("not") {
            negated = !negated;
        }
        let inner = self.infix(COMPARISON)?;
        let span = start..self.end();
        let inner = Box::new(inner);
        // Two of them still make a truth value.
        Ok(Expr { kind: Kind::Unary(if negated { "not" } else { "bool" }, inner), span })
    }

    /// Steps over one of these operators.
    fn operator(&mut self, operators: &'static [&'static str]) -> Option<&'static str> {
        let found = match self.peek()? {
            Token::Symbol(symbol) => operators.iter().copied().find(|operator| operator == symbol)?,
            Token::Name("not") if operators.contains(&"not in") && self.follows("in") => {
                self.skip();
                "not in"
            }
            Token::Name(name) => operators.iter().copied().find(|operator| operator == name)?,
            _ => return None,
        };
        self.skip();
        Some(found)
    }

    fn unary(&mut self) -> Result<Expr<'s>, Stop> {
        let start = self.start();
        let mut sign = None;
        while let Some(Token::Symbol(symbol @ ("-" | "+"))) = self.peek() {
            sign = match (sign, *symbol) {
                (Some("-"), "-") => Some("+"),
                (Some("-"), _) | (_, "-") => Some("-"),
                _ => Some("+"),
            };
            self.skip();
        }
        let Some(sign) = sign else {
            let operand = self.primary()?;
            return self.chain(operand);
        };
        self.descend()?;
        let operand = Box::new(self.infix(POWER)?);
        self.ascend();
        self.chain(Expr { kind: Kind::Unary(sign, operand), span: start..self.end() })
    }

    fn primary(&mut self) -> Result<Expr<'s>, Stop> {
        let start = self.start();
        let kind = match self.next() {
            Some(Token::Name(name)) => match name {
                "true" | "True" => Kind::Bool(true),
                "false" | "False" => Kind::Bool(false),
                "none" | "None" => Kind::None,
                name => Kind::Name(name),
            },
            Some(Token::Text(mut text)) => {
                // Strings side by side are one.
                while let Some(Token::Text(more)) = self.peek() {
                    text.push_str(more);
                    self.skip();
                }
                Kind::Text(text)
            }
            Some(Token::Int(number)) => Kind::Int(number),
            Some(Token::Float(number)) => Kind::Float(number),
            Some(Token::Symbol("(")) => self.parenthesis()?,
            Some(Token::Symbol("[")) => Kind::List(self.items("]")?),
            Some(Token::Symbol("{")) => self.dict()?,
            _ => return Err(self.expected("an expression")),
        };
        Ok(Expr { kind, span: start..self.end() })
    }

    fn parenthesis(&mut self) -> Result<Kind<'s>, Stop> {
        if self.takes(")") {
            return Ok(Kind::Tuple(Vec::new()));
        }
        let inner = self.tuple()?;
        self.expect(")")?;
        Ok(inner.kind)
    }

    /// Expressions with commas between them, up to `close`.
    fn items(&mut self, close: &'static str) -> Result<Vec<Expr<'s>>, Stop> {
        let mut items = Vec::new();
        while !self.takes(close) {
            items.push(self.expression()?);
            if !self.takes(",") {
                self.expect(close)?;
                break;
            }
        }
        Ok(items)
    }

    fn dict(&mut self) -> Result<Kind<'s>, Stop> {
        let mut entries = Vec::new();
        while !self.takes("}") {
            let key = self.expression()?;
            self.expect(":")?;
            entries.push((key, self.expression()?));
            if !self.takes(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(Kind::Dict(entries))
    }

    /// Attributes, items, calls, filters and tests behind `head`.
    fn chain(&mut self, head: Expr<'s>) -> Result<Expr<'s>, Stop> {
        let start = head.span.start;
        let mut steps = Vec::new();
        while let Some(kind) = self.step()? {
            steps.push(Step { kind, span: start..self.end() });
        }
        if steps.is_empty() {
            return Ok(head);
        }
        Ok(Expr { kind: Kind::Chain(Box::new(head), steps), span: start..self.end() })
    }

    fn step(&mut self) -> Result<Option<StepKind<'s>>, Stop> {
        if self.takes_name("is") {
            return self.test().map(Some);
        }
        let Some(Token::Symbol(symbol)) = self.peek() else {
            return Ok(None);
        };
        Ok(Some(match *symbol {
            "." => {
                self.skip();
                match self.next() {
                    Some(Token::Name(name)) => StepKind::Attribute(name),
                    Some(Token::Int(index)) => {
                        StepKind::Item(Expr { kind: Kind::Int(index), span: self.end()..self.end() })
                    }
                    // `a.0.1` reads as a fraction.
                    Some(Token::Float(_)) => StepKind::Item(Expr { kind: Kind::Int(0), span: self.end()..self.end() }),
                    _ => return Err(self.expected("an attribute")),
                }
            }
            "[" => {
                self.skip();
                self.subscript()?
            }
            "(" => StepKind::Call(self.arguments()?),
            "|" => self.filter()?,
            _ => return Ok(None),
        }))
    }

    fn subscript(&mut self) -> Result<StepKind<'s>, Stop> {
        let mut parts = [None, None, None];
        let mut colons = 0_usize;
        loop {
            if self.takes(":") {
                colons = colons.saturating_add(1);
            } else if self.takes("]") {
                break;
            } else if self.takes(",") {
                // A tuple of subscripts: numpy's, not a template's.
                continue;
            } else {
                let part = self.expression()?;
                match parts.get_mut(colons) {
                    Some(slot) => *slot = Some(part),
                    None => return Err(self.expected("a slice")),
                }
            }
        }
        let [first, ..] = &mut parts;
        match first.take_if(|_| colons == 0) {
            Some(key) => Ok(StepKind::Item(key)),
            None if colons == 0 => Err(self.expected("a key")),
            None => Ok(StepKind::Slice(parts)),
        }
    }

    /// Arguments from their opening parenthesis.
    pub(super) fn arguments(&mut self) -> Result<Arguments<'s>, Stop> {
        self.expect("(")?;
        let mut arguments = Arguments::default();
        while !self.takes(")") {
            let splat = self.takes("**") || self.takes("*");
            match self.peek() {
                Some(Token::Name(name)) if !splat && self.assigns() => {
                    let name = *name;
                    self.skip();
                    self.skip();
                    arguments.named.push((name.into(), self.expression()?));
                }
                _ => match self.expression()? {
                    // `*[a, b]` gives its parts, `**{'name': a}` its values under their names.
                    Expr { kind: Kind::List(parts) | Kind::Tuple(parts), .. } if splat => arguments.positional.extend(parts),
                    Expr { kind: Kind::Dict(pairs), .. }
                        if splat && pairs.iter().all(|(key, _)| matches!(key.kind, Kind::Text(_))) =>
                    {
                        arguments.named.extend(pairs.into_iter().filter_map(|(key, value)| match key.kind {
                            Kind::Text(name) => Some((name.into(), value)),
                            _ => None,
                        }));
                    }
                    expr if splat => arguments.spread.push(expr),
                    expr => arguments.positional.push(expr),
                },
            }
            if !self.takes(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(arguments)
    }

    /// A filter from its bar, or by its name alone where a `filter` tag stands.
    pub(super) fn filter(&mut self) -> Result<StepKind<'s>, Stop> {
        self.takes("|");
        let name = self.dotted()?;
        let arguments = if self.is_symbol("(") { self.arguments()? } else { Arguments::default() };
        Ok(StepKind::Filter(name, arguments))
    }

    fn test(&mut self) -> Result<StepKind<'s>, Stop> {
        self.takes_name("not");
        let name = self.dotted()?;
        let mut arguments = Arguments::default();
        match self.peek() {
            Some(Token::Symbol("(")) => arguments = self.arguments()?,
            // An argument may stand without parentheses: `is divisibleby 3`.
            Some(Token::Text(_) | Token::Int(_) | Token::Float(_) | Token::Symbol("[" | "{")) => {
                arguments.positional.push(self.operand()?);
            }
            Some(Token::Name(name)) if !matches!(*name, "else" | "or" | "and" | "is" | "if" | "in" | "not") => {
                arguments.positional.push(self.operand()?);
            }
            _ => {}
        }
        Ok(StepKind::Test(name, arguments))
    }

    fn operand(&mut self) -> Result<Expr<'s>, Stop> {
        self.descend()?;
        let head = self.primary()?;
        let operand = self.chain(head)?;
        self.ascend();
        Ok(operand)
    }

    fn dotted(&mut self) -> Result<String, Stop> {
        let mut name = String::new();
        loop {
            match self.next() {
                Some(Token::Name(part)) => name.push_str(part),
                _ => return Err(self.expected("a name")),
            }
            if !self.takes(".") {
                return Ok(name);
            }
            name.push('.');
        }
    }
}
