//! The small part of Python's literals that array headers use: dicts, lists, tuples, texts, whole numbers, truth values.

/// A literal. Its depth is bounded, so it may be walked recursively.
#[derive(Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(i64),
    Word,
    List(Vec<Literal>),
    Tuple(Vec<Literal>),
    Dict(Vec<(Literal, Literal)>),
}

/// Containers within containers: NumPy's own headers need three.
const DEPTH: u32 = 32;

/// The one literal that `text` is.
pub(super) fn parse(text: &str) -> Option<Literal> {
    let mut parser = Parser { rest: text };
    let literal = parser.literal(DEPTH)?;
    parser.space();
    parser.rest.is_empty().then_some(literal)
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c', '\0']);
    }

    fn eat(&mut self, mark: char) -> bool {
        self.space();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn literal(&mut self, depth: u32) -> Option<Literal> {
        let depth = depth.checked_sub(1)?;
        if self.eat('{') {
            return self.dict(depth);
        }
        if self.eat('[') {
            return self.items(depth, ']').map(|(items, _)| Literal::List(items));
        }
        if self.eat('(') {
            // Without a comma parentheses only group.
            let (mut items, commas) = self.items(depth, ')')?;
            return if items.len() == 1 && !commas { items.pop() } else { Some(Literal::Tuple(items)) };
        }
        match self.rest.chars().next()? {
            '\'' | '"' | 'b' | 'u' | 'r' => self.text(),
            '0'..='9' | '-' => self.number(),
            _ => ["True", "False", "None"].iter().find_map(|word| {
                self.rest = self.rest.strip_prefix(word)?;
                Some(Literal::Word)
            }),
        }
    }

    fn dict(&mut self, depth: u32) -> Option<Literal> {
        let mut items = Vec::new();
        while !self.eat('}') {
            let key = self.literal(depth)?;
            if !self.eat(':') {
                return None;
            }
            items.push((key, self.literal(depth)?));
            if !self.eat(',') {
                return self.eat('}').then_some(Literal::Dict(items));
            }
        }
        Some(Literal::Dict(items))
    }

    /// Items up to `end`, and whether there was a comma.
    fn items(&mut self, depth: u32, end: char) -> Option<(Vec<Literal>, bool)> {
        let mut items = Vec::new();
        let mut commas = false;
        while !self.eat(end) {
            items.push(self.literal(depth)?);
            if !self.eat(',') {
                return self.eat(end).then_some((items, commas));
            }
            commas = true;
        }
        Some((items, commas))
    }

    fn text(&mut self) -> Option<Literal> {
        let rest = self.rest.trim_start_matches(['b', 'u', 'r']);
        let quote = rest.chars().next().filter(|letter| matches!(letter, '\'' | '"'))?;
        let mut text = String::new();
        let mut letters = rest.get(1..)?.chars();
        loop {
            match letters.next()? {
                letter if letter == quote => break,
                // Names of fields may hold escapes; what they mean does not matter here.
                '\\' => text.extend(letters.next()),
                letter => text.push(letter),
            }
        }
        self.rest = letters.as_str();
        Some(Literal::Text(text))
    }

    fn number(&mut self) -> Option<Literal> {
        let end = self.rest.find(|letter: char| !letter.is_ascii_digit() && letter != '-').unwrap_or(self.rest.len());
        let number = self.rest.get(..end)?.parse().ok()?;
        // Python 2 wrote long numbers with an L.
        self.rest = self.rest.get(end..)?.trim_start_matches('L');
        Some(Literal::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_numpy_writes() {
        let text = "{'descr': [('a', '<f4', (2, 3)), (\"b\", 'O')], 'fortran_order': False, 'shape': (3L,), }  \n";
        let Some(Literal::Dict(items)) = parse(text) else { panic!("not a dict") };
        assert_eq!(items[2].1, Literal::Tuple(vec![Literal::Number(3)]));
        assert_eq!(items[1].1, Literal::Word);
        assert_eq!(parse("(5)"), Some(Literal::Number(5)));
        for wrong in ["", "{", "(1", "'a", "x", "1 2", "__import__('os')", &"[".repeat(100_000)] {
            assert_eq!(parse(wrong), None);
        }
    }
}
