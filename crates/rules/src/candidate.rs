//! A clause as it is asked of facts: its words looked up once, when the catalogue is made.

use base::fact::{Data, Kind, Reader, Value};
use rulebook::rule::{Clause, Condition, List, Test, Text};

use crate::{
    operator::{self, Context, Operator},
    words::OPERATORS,
};

/// A clause by its rule's and its own position, and what is left to ask of a fact that the index led to it.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) rule: usize,
    pub(crate) clause: usize,
    questions: Vec<Question>,
}

/// Operators that look at nothing but the module of a callable.
const OF_MODULES: [&str; 1] = ["of-another-language"];

/// A condition.
#[derive(Debug)]
struct Question {
    ask: Ask,
    /// The answer must be no.
    negated: bool,
}

#[derive(Debug)]
enum Ask {
    /// Whether the field is that of a module, and the texts of which it is to be one.
    OneOf(Reader, bool, List<Text>),
    Between(Reader, u64, u64),
    Flag(Reader, bool),
    /// By its position in [`OPERATORS`]; whether it looks at nothing but the module.
    Operator(usize, Operator, bool),
    /// What facts of the kind do not have, which the loader refuses.
    Nothing,
}

impl Candidate {
    /// The clause at this position. The index has decided about standings.
    pub(crate) fn new(rule: usize, clause: usize, body: &Clause) -> Self {
        Self {
            rule,
            clause,
            questions: body.all.iter().filter_map(|condition| question(body.fact, condition)).collect(),
        }
    }

    /// The modules of callables about which it asks, but for those of other languages; nothing: any.
    pub(crate) fn modules(&self) -> Option<Vec<&str>> {
        self.questions.iter().find_map(|question| match &question.ask {
            Ask::OneOf(_, true, texts) if !question.negated => Some(texts.iter().map(|text| &**text).collect()),
            Ask::Operator(.., true) if !question.negated => Some(Vec::new()),
            _ => None,
        })
    }

    /// Whether it may hold of a fact such as `sketch`, whatever the fields hold that are empty in it.
    pub(crate) fn may_hold(&self, sketch: &Data) -> bool {
        self.questions.iter().all(|question| match question.ask.foresee(sketch) {
            Some(answer) => answer != question.negated,
            None => true,
        })
    }

    /// Whether every condition holds of `data`.
    pub(crate) fn holds(&self, data: &Data, context: &Context, answers: &mut Answers) -> bool {
        self.questions.iter().all(|question| question.ask.answer(data, context, answers) != question.negated)
    }
}

/// What operators answered about one fact: several clauses ask the same.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    asked: u128,
    held: u128,
}

/// An operator beyond the set would be in no set.
const _: () = assert!(OPERATORS.len() <= 128);

impl Answers {
    fn of(&mut self, position: usize, ask: impl FnOnce() -> bool) -> bool {
        let bit = u32::try_from(position).ok().and_then(|position| 1_u128.checked_shl(position)).unwrap_or(0);
        if self.asked & bit == 0 {
            self.asked |= bit;
            self.held |= if ask() { bit } else { 0 };
        }
        self.held & bit != 0
    }
}

/// What a condition asks; nothing where the index decides about it.
fn question(kind: Kind, condition: &Condition) -> Option<Question> {
    let of = |field: &str, ask: &dyn Fn(Reader) -> Ask| kind.reader(field).map_or(Ask::Nothing, ask);
    let ask = match &condition.test {
        Test::OneOf { field, texts } => of(field, &|read| Ask::OneOf(read, field == "module", texts.clone())),
        Test::Between { field, least, most } => of(field, &|read| Ask::Between(read, *least, *most)),
        Test::Flag { field, value } => of(field, &|read| Ask::Flag(read, *value)),
        Test::Operator(name) => {
            let position = OPERATORS.iter().position(|operator| operator == name);
            let of_module = OF_MODULES.contains(&&**name);
            let operator = position.zip(operator::named(name));
            operator.map_or(Ask::Nothing, |(at, operator)| Ask::Operator(at, operator, of_module))
        }
        Test::Standing(_) => return None,
    };
    Some(Question { ask, negated: condition.negated })
}

impl Ask {
    /// The answer for every fact such as `sketch`, if there is one.
    fn foresee(&self, sketch: &Data) -> Option<bool> {
        match self {
            Self::OneOf(read, _, texts) => match read(sketch) {
                Some(Value::Text(text)) if !text.is_empty() => Some(texts.iter().any(|one| one == text)),
                _ => None,
            },
            Self::Operator(_, operator, true) => Some(operator(sketch, &Context::default())),
            Self::Between(..) | Self::Flag(..) | Self::Operator(..) => None,
            Self::Nothing => Some(false),
        }
    }

    fn answer(&self, data: &Data, context: &Context, answers: &mut Answers) -> bool {
        match self {
            Self::OneOf(read, _, texts) => match read(data) {
                Some(Value::Text(text)) => texts.iter().any(|one| one == text),
                _ => false,
            },
            Self::Between(read, least, most) => {
                let count = match read(data) {
                    Some(Value::Number(number)) => number,
                    Some(Value::Exprs(exprs)) => exprs.len() as u64,
                    Some(Value::Words(words)) => words.len() as u64,
                    _ => return false,
                };
                (*least..=*most).contains(&count)
            }
            Self::Flag(read, value) => read(data) == Some(Value::Flag(*value)),
            Self::Operator(position, operator, _) => answers.of(*position, || operator(data, context)),
            Self::Nothing => false,
        }
    }
}
