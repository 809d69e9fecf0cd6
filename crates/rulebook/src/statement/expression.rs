//! Expressions as Python would write them, with `?` for the unknown, `…` for what was left out and `<…>` for what a loader supplies.

use base::expr::{Expr, MAX_DEPTH};

/// Reads one expression.
///
/// # Errors
/// What was expected.
pub fn expression(text: &str) -> Result<Expr, String> {
    let mut cursor = Cursor::new(text.trim());
    let expr = cursor.expr(0)?;
    if cursor.done() { Ok(expr) } else { Err(format!("{:?} is left over", cursor.rest)) }
}

/// What is left of a line.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(rest: &'a str) -> Self {
        Self { rest }
    }

    pub(super) fn done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Consumes `token` if it comes next.
    pub(super) fn takes(&mut self, token: &str) -> bool {
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// All up to the first character that `ends` it.
    fn until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let (word, rest) =
            self.rest.split_at_checked(self.rest.find(ends).unwrap_or(self.rest.len())).unwrap_or((self.rest, ""));
        self.rest = rest;
        word
    }

    pub(super) fn word(&mut self) -> String {
        self.until(char::is_whitespace).to_owned()
    }

    pub(super) fn field(&mut self) -> String {
        self.until(|letter| letter == '=' || letter.is_whitespace()).to_owned()
    }

    /// A bare word, or text in double quotes.
    pub(super) fn text(&mut self) -> Result<String, String> {
        if self.takes("\"") { self.quoted('"').map(|chars| chars.into_iter().collect()) } else { Ok(self.word()) }
    }

    /// `(a, b)` as a list of arguments.
    pub(super) fn arguments(&mut self) -> Result<Vec<Expr>, String> {
        if !self.takes("(") {
            return Err("( is expected".into());
        }
        self.items(")", 0).map(|(items, _)| items)
    }

    /// Expressions separated by commas up to `end`, and whether a comma came last.
    fn items(&mut self, end: &str, depth: usize) -> Result<(Vec<Expr>, bool), String> {
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            self.blanks();
            if self.takes(end) {
                return Ok((items, comma));
            }
            if !items.is_empty() && !comma {
                return Err(format!("a comma or {end} is expected"));
            }
            items.push(self.expr(depth.saturating_add(1))?);
            self.blanks();
            comma = self.takes(",");
        }
    }

    fn expr(&mut self, depth: usize) -> Result<Expr, String> {
        if depth > MAX_DEPTH {
            return Err("the expression is too deep".into());
        }
        self.blanks();
        let mut expr = self.atom(depth)?;
        loop {
            if self.takes("(") {
                expr = Expr::Call { callee: expr.into(), args: self.items(")", depth)?.0, kwargs: Vec::new() };
            } else if self.takes("[") {
                let key = self.expr(depth.saturating_add(1))?;
                if !self.takes("]") {
                    return Err("] is expected".into());
                }
                expr = Expr::Item { of: expr.into(), key: key.into() };
            } else if self.takes(".") {
                expr = Expr::Attribute { of: expr.into(), name: self.name().into() };
            } else {
                return Ok(expr);
            }
        }
    }

    fn atom(&mut self, depth: usize) -> Result<Expr, String> {
        if self.takes("?") {
            return Ok(Expr::Unknown);
        }
        if self.takes("…") {
            return Ok(Expr::Elided);
        }
        for quote in ['\'', '"'] {
            if self.takes(&quote.to_string()) {
                return Ok(Expr::str(self.quoted(quote)?.into_iter().collect::<String>()));
            }
            if self.takes(&format!("b{quote}")) {
                let bytes = self.quoted(quote)?.into_iter().map(|letter| u8::try_from(u32::from(letter)));
                let bytes: Result<Vec<u8>, _> = bytes.collect();
                return Ok(Expr::Bytes(bytes.map_err(|_| "bytes hold letters up to \\xff")?.into()));
            }
        }
        if self.takes("(") {
            let (mut items, comma) = self.items(")", depth)?;
            return Ok(if items.len() == 1 && !comma { items.pop().unwrap_or(Expr::None) } else { Expr::Tuple(items) });
        }
        if self.takes("[") {
            return Ok(Expr::List(self.items("]", depth)?.0));
        }
        if self.takes("{") {
            return self.braces(depth);
        }
        if self.takes("<") {
            let what = self.until(|letter| letter == '>');
            return if self.takes(">") { Ok(Expr::External(what.into())) } else { Err("> is expected".into()) };
        }
        self.bare()
    }

    /// A set or a dict.
    fn braces(&mut self, depth: usize) -> Result<Expr, String> {
        let (mut keys, mut pairs) = (Vec::new(), Vec::new());
        loop {
            self.blanks();
            if self.takes("}") {
                return Ok(if keys.is_empty() { Expr::Dict(pairs) } else { Expr::Set(keys) });
            }
            let key = self.expr(depth.saturating_add(1))?;
            self.blanks();
            if self.takes(":") {
                pairs.push((key, self.expr(depth.saturating_add(1))?));
            } else {
                keys.push(key);
            }
            self.blanks();
            if !self.takes(",") && !self.rest.starts_with('}') {
                return Err("a comma or } is expected".into());
            }
        }
    }

    fn name(&mut self) -> &'a str {
        self.until(|letter| !(letter.is_alphanumeric() || letter == '_'))
    }

    /// A number, a constant, or a dotted name: the module, then behind the last dot or a colon the name inside it.
    fn bare(&mut self) -> Result<Expr, String> {
        let word = self.until(|letter| !(letter.is_alphanumeric() || matches!(letter, '_' | '.' | ':' | '-' | '+')));
        match word {
            "" => Err(format!("an expression is expected at {:?}", self.rest)),
            "None" => Ok(Expr::None),
            "True" => Ok(Expr::Bool(true)),
            "False" => Ok(Expr::Bool(false)),
            word if word.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-') => {
                let number = word.parse().map(Expr::Int).or_else(|_| word.parse().map(Expr::Float));
                number.map_err(|_| format!("{word:?} is no number"))
            }
            word => {
                let split = word.split_once(':').or_else(|| word.rsplit_once('.'));
                let (module, name) = split.unwrap_or((word, ""));
                Ok(Expr::global(module, name))
            }
        }
    }

    /// Characters up to the closing quote; bytes as the letters of their numbers.
    fn quoted(&mut self, quote: char) -> Result<Vec<char>, String> {
        let mut letters = Vec::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, letter)) = chars.next() {
            if letter == quote {
                self.rest = self.rest.get(at.saturating_add(1)..).unwrap_or("");
                return Ok(letters);
            }
            if letter != '\\' {
                letters.push(letter);
                continue;
            }
            let mut next = || chars.next().map(|(_, letter)| letter);
            match next() {
                Some('n') => letters.push('\n'),
                Some('r') => letters.push('\r'),
                Some('t') => letters.push('\t'),
                Some('x') => {
                    let digits: String = [next(), next()].into_iter().flatten().collect();
                    let code = u8::from_str_radix(&digits, 16).map_err(|_| "two digits are expected behind \\x")?;
                    letters.push(char::from(code));
                }
                Some(letter @ ('\\' | '\'' | '"')) => letters.push(letter),
                other => return Err(format!("unknown escape {other:?}")),
            }
        }
        Err(format!("{quote} is expected"))
    }
}
