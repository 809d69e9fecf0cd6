//! Whether a clause holds of a fact.

use base::fact::{Data, Value};
use rulebook::{
    rule::{Clause, Test},
    vocabulary::in_group,
};

use crate::{
    operator::{self, Context},
    standing::Known,
};

/// Whether every condition of `clause` holds of `data`, whose callable is `known`.
pub(crate) fn holds(clause: &Clause, data: &Data, known: Option<Known>, context: &Context) -> bool {
    let timed = || {
        clause.all.iter().any(|condition| {
            !condition.negated && matches!(&condition.test, Test::OneOf { field, .. } if field == "when")
        })
    };
    if runs_with_a_program(data) && !timed() {
        return false;
    }
    clause.all.iter().all(|condition| answer(&condition.test, data, known, context) != condition.negated)
}

/// Whether a fact says what a program does when it is imported or called. Honest programs start processes and open files all
/// day: such a fact is judged by the clauses that name the time at which it runs, never by those about what loading data does.
fn runs_with_a_program(data: &Data) -> bool {
    let when = match data {
        Data::Call(call) => &call.when,
        Data::Import(import) => &import.when,
        _ => return false,
    };
    matches!(&**when, "import" | "conditional" | "called")
}

fn answer(test: &Test, data: &Data, known: Option<Known>, context: &Context) -> bool {
    match test {
        Test::OneOf { field, texts } => match data.field(field) {
            Some(Value::Text(text)) => texts.iter().any(|one| one == text),
            _ => false,
        },
        Test::Between { field, least, most } => {
            let count = match data.field(field) {
                Some(Value::Number(number)) => number,
                Some(Value::Exprs(exprs)) => exprs.len() as u64,
                Some(Value::Words(words)) => words.len() as u64,
                _ => return false,
            };
            (*least..=*most).contains(&count)
        }
        Test::Flag { field, value } => data.field(field) == Some(Value::Flag(*value)),
        Test::Standing(words) => known.is_some_and(|known| words.iter().any(|word| in_group(known.word(), word))),
        Test::Operator(name) => operator::named(name).is_some_and(|operator| operator(data, context)),
    }
}
