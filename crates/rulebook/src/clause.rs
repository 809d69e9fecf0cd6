//! A `[[when]]` table: a kind of fact and what must hold of it.

use base::fact::Kind;
use toml::de::{DeTable, DeValue};

use crate::{
    error::Error,
    front::{Front, Value},
    message,
    rule::{Clause, Condition, List, Test, Text},
    vocabulary::Vocabulary,
};

/// Reads one clause.
pub(crate) fn clause(front: &Front<'_>, value: &Value<'_>, vocabulary: &Vocabulary<'_>) -> Result<Clause, Error> {
    let table = value.get_ref().as_table().ok_or_else(|| front.refuse(value.span(), "[[when]] must be a table"))?;
    let word = table.get("fact").ok_or_else(|| front.refuse(value.span(), "[[when]] names no fact"))?;
    let id = front.text(word)?;
    let fact = Kind::parse(&id).ok_or_else(|| front.refuse(word.span(), format!("unknown kind of fact {id:?}")))?;
    let mut clause = Clause { fact, all: List::default(), severity: None, confidence: None, message: None };
    let mut all = Vec::new();
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "fact" => {}
            "severity" => clause.severity = Some(front.severity(value)?),
            "confidence" => clause.confidence = Some(front.confidence(value)?),
            "message" => {
                let text = front.text(value)?;
                if let Some(name) = message::unfilled(&text, fact) {
                    return Err(front.refuse(value.span(), format!("a fact of kind {id} cannot fill {{{name}}}")));
                }
                clause.message = Some(text);
            }
            "not" => {
                let inner = value.get_ref().as_table();
                let inner = inner.ok_or_else(|| front.refuse(value.span(), "`not` must be a table"))?;
                all.extend(conditions(front, inner, fact, vocabulary, true)?);
            }
            _ => all.push(condition(front, key, value, fact, vocabulary, false)?),
        }
    }
    // Operators last: they are the dear ones.
    all.sort_by_key(|condition| matches!(condition.test, Test::Operator(_)));
    clause.all = all.into();
    Ok(clause)
}

/// The conditions of `not`: none of them may hold.
fn conditions(
    front: &Front<'_>,
    table: &DeTable<'_>,
    fact: Kind,
    vocabulary: &Vocabulary<'_>,
    negated: bool,
) -> Result<Vec<Condition>, Error> {
    table.iter().map(|(key, value)| condition(front, key, value, fact, vocabulary, negated)).collect()
}

fn condition(
    front: &Front<'_>,
    key: &toml::Spanned<std::borrow::Cow<'_, str>>,
    value: &Value<'_>,
    fact: Kind,
    vocabulary: &Vocabulary<'_>,
    negated: bool,
) -> Result<Condition, Error> {
    let test = match key.get_ref().as_ref() {
        "standing" => standing(front, value, fact, vocabulary)?,
        "operator" => operator(front, value, vocabulary)?,
        field => {
            let known = fact.fields().iter().find(|(name, _, _)| *name == field);
            let (_, kind, _) = known.ok_or_else(|| {
                front.refuse(key.span(), format!("a fact of kind {} has no field {field:?}", fact.id()))
            })?;
            of_field(front, field, kind, value)?
        }
    };
    Ok(Condition { test, negated })
}

fn standing(front: &Front<'_>, value: &Value<'_>, fact: Kind, vocabulary: &Vocabulary<'_>) -> Result<Test, Error> {
    if !message::fills(fact, "callee") {
        return Err(front.refuse(value.span(), format!("a fact of kind {} names no callable", fact.id())));
    }
    let words = front.one_or_more(value)?;
    match words.iter().find(|word| !vocabulary.is_standing(word)) {
        Some(word) => Err(front.refuse(value.span(), format!("unknown standing {word:?}"))),
        None => Ok(Test::Standing(words)),
    }
}

fn operator(front: &Front<'_>, value: &Value<'_>, vocabulary: &Vocabulary<'_>) -> Result<Test, Error> {
    let word = front.text(value)?;
    if vocabulary.operators.contains(&&*word) {
        return Ok(Test::Operator(word));
    }
    Err(front.refuse(value.span(), format!("unknown operator {word:?}")))
}

/// A condition on a field of the type `kind`, one of the words of the fact table.
fn of_field(front: &Front<'_>, field: &str, kind: &str, value: &Value<'_>) -> Result<Test, Error> {
    let field = field.to_owned().into();
    match kind {
        "text" => {
            let mut texts = front.one_or_more(value)?;
            // What perhaps runs while it is imported runs at the latest when it is called.
            if field == "when" && texts.iter().any(|text| **text == *"called") {
                texts = texts.iter().cloned().chain([Text::from("perhaps")]).collect::<Vec<_>>().into();
            }
            Ok(Test::OneOf { field, texts })
        }
        "flag" => {
            let flag = value.get_ref().as_bool();
            let value = flag.ok_or_else(|| front.refuse(value.span(), "true or false is expected"))?;
            Ok(Test::Flag { field, value })
        }
        _ => {
            let (least, most) = bounds(front, value)?;
            Ok(Test::Between { field, least, most })
        }
    }
}

/// A number, or `{ at_least = …, at_most = … }`; of a list its length.
fn bounds(front: &Front<'_>, value: &Value<'_>) -> Result<(u64, u64), Error> {
    let DeValue::Table(table) = value.get_ref() else {
        let number = front.number(value)?;
        return Ok((number, number));
    };
    let (mut least, mut most) = (0, u64::MAX);
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "at_least" => least = front.number(value)?,
            "at_most" => most = front.number(value)?,
            other => return Err(front.refuse(key.span(), format!("unknown comparison {other:?}"))),
        }
    }
    if least > most || (least, most) == (0, u64::MAX) {
        return Err(front.refuse(value.span(), "this comparison always gives the same answer"));
    }
    Ok((least, most))
}
