//! Statements. What cannot be parsed is skipped to the end of its tag and makes the reading end malformed; the rest is read all the same.

use base::{reason::Reason, stop::Stop};

use super::{
    lexer::{Spanned, Token},
    syntax::{Branch, Expr, Kind, Loop, Macro, Node, Span, Step, Target},
};

/// Nesting of expressions, and of statements: more than Jinja itself reads within the recursion that Python allows (about 70 and 100).
const DEPTH: usize = 100;

/// A parser over the tokens of one template.
pub(super) struct Parser<'s> {
    tokens: Vec<Spanned<'s>>,
    at: usize,
    depth: usize,
    statements: usize,
    /// What is wrong first.
    pub(super) trouble: Option<Stop>,
}

impl<'s> Parser<'s> {
    /// Parses everything.
    pub(super) fn new(tokens: Vec<Spanned<'s>>, trouble: Option<Stop>) -> Self {
        Self { tokens, at: 0, depth: 0, statements: 0, trouble }
    }

    /// The whole template.
    pub(super) fn template(&mut self) -> Vec<Node<'s>> {
        let mut nodes = Vec::new();
        loop {
            nodes.extend(self.body());
            if self.peek().is_none() {
                return nodes;
            }
            // A closing tag that nothing opened.
            self.note(self.expected("a statement"));
            self.skip();
            self.recover();
        }
    }

    pub(super) fn peek(&self) -> Option<&Token<'s>> {
        self.tokens.get(self.at).map(|spanned| &spanned.token)
    }

    fn ahead(&self, count: usize) -> Option<&Token<'s>> {
        self.tokens.get(self.at.saturating_add(count)).map(|spanned| &spanned.token)
    }

    pub(super) fn skip(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    pub(super) fn next(&mut self) -> Option<Token<'s>> {
        let token = self.peek().cloned();
        self.skip();
        token
    }

    /// Where the next token begins.
    pub(super) fn start(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(0, |spanned| spanned.span.start)
    }

    /// Where the last token ended.
    pub(super) fn end(&self) -> usize {
        self.tokens.get(self.at.saturating_sub(1)).map_or(0, |spanned| spanned.span.end)
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol)
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(found)) if *found == name)
    }

    /// Whether the token after the next is this name.
    pub(super) fn follows(&self, name: &str) -> bool {
        matches!(self.ahead(1), Some(Token::Name(found)) if *found == name)
    }

    /// Whether the token after the next is an equals sign.
    pub(super) fn assigns(&self) -> bool {
        matches!(self.ahead(1), Some(Token::Symbol("=")))
    }

    pub(super) fn takes(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at = self.at.saturating_add(usize::from(found));
        found
    }

    pub(super) fn takes_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        self.at = self.at.saturating_add(usize::from(found));
        found
    }

    pub(super) fn expect(&mut self, symbol: &'static str) -> Result<(), Stop> {
        if self.takes(symbol) { Ok(()) } else { Err(self.expected(symbol)) }
    }

    pub(super) fn expected(&self, what: &str) -> Stop {
        Stop::malformed(self.start() as u64, format!("expected {what}"))
    }

    /// One level deeper; every `descend` that succeeds is followed by an `ascend`, or by the end of the tag.
    pub(super) fn descend(&mut self) -> Result<(), Stop> {
        if self.depth >= DEPTH {
            return Err(Stop::Limit(Reason::Depth));
        }
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    pub(super) fn ascend(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// One statement deeper; `body` goes back up.
    fn nest(&mut self) -> Result<(), Stop> {
        if self.statements >= DEPTH {
            return Err(Stop::Limit(Reason::Depth));
        }
        self.statements = self.statements.saturating_add(1);
        Ok(())
    }

    fn note(&mut self, stop: Stop) {
        self.trouble.get_or_insert(stop);
    }

    /// Goes to the end of the tag, unless its end was what was not expected.
    fn recover(&mut self) {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        if last.is_some_and(|spanned| spanned.token == Token::Close) {
            return;
        }
        while let Some(token) = self.next() {
            if token == Token::Close {
                break;
            }
        }
    }

    /// Nodes up to a tag that closes or continues the statement around them; that tag is left.
    fn body(&mut self) -> Vec<Node<'s>> {
        let mut nodes = Vec::new();
        while let Some(token) = self.peek() {
            match token {
                Token::Data(text) => {
                    let text = *text;
                    let span = self.tokens.get(self.at).map_or(0..0, |spanned| spanned.span.clone());
                    self.skip();
                    nodes.push(Node::Data(text, span));
                }
                Token::OutputOpen => {
                    self.skip();
                    let depth = self.depth;
                    let output = self.tuple().and_then(|value| self.close().map(|()| value));
                    self.depth = depth;
                    self.keep(output.map(Node::Output), &mut nodes);
                }
                Token::TagOpen if self.is_end() => return nodes,
                _ => {
                    self.skip();
                    let (depth, statements) = (self.depth, self.statements);
                    let statement = self.statement();
                    (self.depth, self.statements) = (depth, statements);
                    self.keep(statement, &mut nodes);
                }
            }
        }
        nodes
    }

    fn keep(&mut self, node: Result<Node<'s>, Stop>, nodes: &mut Vec<Node<'s>>) {
        match node {
            Ok(node) => nodes.push(node),
            Err(stop) => {
                self.note(stop);
                self.recover();
            }
        }
    }

    /// Whether the tag ahead closes or continues a statement.
    fn is_end(&self) -> bool {
        matches!(self.ahead(1), Some(Token::Name(name))
            if name.starts_with("end") || matches!(*name, "else" | "elif" | "pluralize"))
    }

    fn close(&mut self) -> Result<(), Stop> {
        match self.next() {
            Some(Token::Close) => Ok(()),
            _ => {
                self.at = self.at.saturating_sub(1);
                Err(self.expected("the end of the tag"))
            }
        }
    }

    /// Steps over the tag `word`, if it is next; its expressions are dropped only for words that have none.
    fn takes_tag(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(&Token::TagOpen) && self.follows(word);
        self.at = self.at.saturating_add(if found { 2 } else { 0 });
        found
    }

    /// The body of a statement and its closing tag. Deeper than the limit the body is read beside the statement.
    fn inner(&mut self, end: &str) -> Result<Vec<Node<'s>>, Stop> {
        self.nest()?;
        let nodes = self.body();
        if !self.takes_tag(end) {
            self.note(self.expected(end));
            return Ok(nodes);
        }
        // `endblock` and `endmacro` may repeat the name.
        self.recover();
        Ok(nodes)
    }

    fn name(&mut self) -> Result<&'s str, Stop> {
        match self.next() {
            Some(Token::Name(name)) => Ok(name),
            _ => Err(self.expected("a name")),
        }
    }

    /// A statement behind `{%`.
    fn statement(&mut self) -> Result<Node<'s>, Stop> {
        let at = self.start() as u64;
        let word = self.name()?;
        match word {
            "if" => self.condition(),
            "for" => self.repetition(),
            "set" => self.assignment(),
            "macro" => self.definition(),
            "call" => self.call(),
            "filter" => {
                let steps = self.filters()?;
                self.close()?;
                Ok(Node::Filter(steps, self.inner("endfilter")?))
            }
            "block" | "generation" | "autoescape" | "with" | "trans" => self.block(word),
            "include" | "import" | "from" | "extends" => self.reference(word),
            "do" => {
                let value = self.tuple()?;
                self.close()?;
                Ok(Node::Set(Vec::new(), value))
            }
            "break" | "continue" | "debug" => {
                self.close()?;
                Ok(Node::Data("", 0..0))
            }
            _ => {
                let _ = self.trouble.get_or_insert(Stop::Unsupported(format!("the tag {word} at byte {at}")));
                self.recover();
                Ok(Node::Data("", 0..0))
            }
        }
    }

    fn condition(&mut self) -> Result<Node<'s>, Stop> {
        let mut branches = Vec::new();
        let mut condition = Some(self.tuple()?);
        self.close()?;
        self.nest()?;
        loop {
            let body = self.body();
            branches.push(Branch { condition: condition.take(), body });
            if self.takes_tag("elif") {
                match self.tuple().and_then(|value| self.close().map(|()| value)) {
                    Ok(value) => condition = Some(value),
                    Err(stop) => {
                        self.note(stop);
                        self.recover();
                    }
                }
            } else if self.takes_tag("else") {
                self.recover();
            } else {
                if !self.takes_tag("endif") {
                    self.note(self.expected("endif"));
                    return Ok(Node::If(branches));
                }
                self.recover();
                return Ok(Node::If(branches));
            }
        }
    }

    fn repetition(&mut self) -> Result<Node<'s>, Stop> {
        let targets = self.targets()?;
        if !self.takes_name("in") {
            return Err(self.expected("in"));
        }
        // The condition of the loop is no conditional expression.
        let iterable = self.loop_iterable()?;
        let filter = if self.takes_name("if") { Some(self.expression()?) } else { None };
        self.takes_name("recursive");
        self.close()?;
        self.nest()?;
        let body = self.body();
        let otherwise = if self.takes_tag("else") {
            self.recover();
            self.body()
        } else {
            Vec::new()
        };
        if self.takes_tag("endfor") {
            self.recover();
        } else {
            self.note(self.expected("endfor"));
        }
        Ok(Node::For(Box::new(Loop { targets, iterable, filter, body, otherwise })))
    }

    fn targets(&mut self) -> Result<Vec<Target<'s>>, Stop> {
        let mut targets = Vec::new();
        loop {
            let open = self.takes("(");
            if !open && matches!(self.peek(), Some(Token::Name("in"))) && !targets.is_empty() {
                return Ok(targets);
            }
            if !open {
                let name = self.name()?;
                let attribute = if self.takes(".") { Some(self.name()?) } else { None };
                targets.push(Target { name, attribute });
            }
            while self.takes(")") {}
            if !self.takes(",") && !open {
                return Ok(targets);
            }
        }
    }

    fn assignment(&mut self) -> Result<Node<'s>, Stop> {
        let targets = self.targets()?;
        if self.takes("=") {
            let value = self.tuple()?;
            self.close()?;
            return Ok(Node::Set(targets, value));
        }
        let steps = if self.is_symbol("|") { self.filters()? } else { Vec::new() };
        self.close()?;
        Ok(Node::SetBody(targets, steps, self.inner("endset")?))
    }

    /// Filters one after another.
    fn filters(&mut self) -> Result<Vec<Step<'s>>, Stop> {
        let mut steps = Vec::new();
        loop {
            let start = self.start();
            let kind = self.filter()?;
            steps.push(Step { kind, span: start..self.end() });
            if !self.is_symbol("|") {
                return Ok(steps);
            }
        }
    }

    fn definition(&mut self) -> Result<Node<'s>, Stop> {
        let name = self.name()?;
        let parameters = self.parameters()?;
        self.close()?;
        Ok(Node::Macro(Macro { name, parameters, body: self.inner("endmacro")? }))
    }

    fn parameters(&mut self) -> Result<Vec<(&'s str, Option<Expr<'s>>)>, Stop> {
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.takes(")") {
            let name = self.name()?;
            let default = if self.takes("=") { Some(self.expression()?) } else { None };
            parameters.push((name, default));
            if !self.takes(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(parameters)
    }

    fn call(&mut self) -> Result<Node<'s>, Stop> {
        if self.is_symbol("(") {
            self.parameters()?;
        }
        let value = self.expression()?;
        self.close()?;
        Ok(Node::Call(value, self.inner("endcall")?))
    }

    /// A statement whose head holds names, expressions and assignments, and whose body is read as it is.
    fn block(&mut self, word: &'s str) -> Result<Node<'s>, Stop> {
        let mut values = Vec::new();
        let mut nodes = Vec::new();
        while self.peek() != Some(&Token::Close) {
            if self.takes(",") {
                continue;
            }
            if matches!(self.peek(), Some(Token::Name(_))) && self.assigns() {
                let name = self.name()?;
                self.skip();
                nodes.push(Node::Set(vec![Target { name, attribute: None }], self.expression()?));
            } else {
                values.push(self.expression()?);
            }
        }
        self.close()?;
        if word == "trans" {
            // The singular, then the plural.
            nodes.extend(self.body());
            if self.takes_tag("pluralize") {
                self.recover();
            }
        }
        nodes.extend(self.inner(&format!("end{word}"))?);
        Ok(Node::Body(values, nodes))
    }

    fn reference(&mut self, word: &'s str) -> Result<Node<'s>, Stop> {
        let template = self.expression()?;
        // What follows are names: those that are imported, and how missing templates and the context are treated.
        let mut names = Vec::new();
        while self.peek().is_some_and(|token| *token != Token::Close) {
            if let Some(Token::Name(name)) = self.next() {
                names.push(name);
            }
        }
        self.close()?;
        Ok(Node::Reference(word, template, names))
    }

    fn loop_iterable(&mut self) -> Result<Expr<'s>, Stop> {
        let first = self.plain()?;
        if !self.is_symbol(",") {
            return Ok(first);
        }
        let span: Span = first.span.clone();
        let mut items = vec![first];
        while self.takes(",") {
            items.push(self.plain()?);
        }
        Ok(Expr { kind: Kind::Tuple(items), span: span.start..self.end() })
    }
}
