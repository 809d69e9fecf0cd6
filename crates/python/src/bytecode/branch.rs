//! What a branch asks, whether that is known, and how people write it.

use base::expr::shorten;
use eval::Value;

use super::{stack::Frame, step::Wants};
use crate::{expression::truth, scope::Known, statement::is_type_checking};

/// Characters of a condition that a fact shows.
const SHOWN: usize = 80;

/// Whether a branch jumps, where that is known.
pub(super) fn jumps(test: &Value, wants: Wants) -> Option<bool> {
    let nothing = || match test {
        Value::None => Some(true),
        value if value.is_constant() || value.as_name().is_some() => Some(false),
        _ => None,
    };
    match wants {
        Wants::True => truth(test),
        Wants::False => truth(test).map(|holds| !holds),
        Wants::Nothing => nothing(),
        Wants::Something => nothing().map(|none| !none),
        Wants::Unknown => None,
    }
}

/// The condition under which what follows a branch runs, as people write it.
pub(super) fn condition(frame: &Frame<'_>, test: &Known, wants: Wants) -> String {
    let written = |known: &Known| match known.written() {
        Value::External(name) => name.to_string(),
        value => value.to_expr().to_string(),
    };
    let text = match &frame.compared {
        Some((_, "except", _)) => return "except".to_owned(),
        Some((left, shown, right)) => format!("{} {shown} {}", written(left), written(right)),
        None => written(test),
    };
    let text = shorten(&text, SHOWN).0.to_string();
    match wants {
        Wants::False => format!("if {text}"),
        Wants::True => format!("if not {text}"),
        Wants::Nothing => format!("if {text} is not None"),
        Wants::Something => format!("if {text} is None"),
        Wants::Unknown => "except".to_owned(),
    }
}

/// What a condition is while a module is imported, where that is certain.
pub(super) fn on_import(frame: &Frame<'_>, test: &Known) -> Option<bool> {
    let named = |known: &Known| matches!(&known.value, Value::External(known) if **known == *"__name__");
    let main = |known: &Known| known.value.as_str() == Some("__main__");
    match &frame.compared {
        Some((left, how @ ("==" | "!="), right)) => {
            let asks = named(left) && main(right) || main(left) && named(right);
            asks.then_some(*how == "!=")
        }
        Some(_) => None,
        None => is_type_checking(test).then_some(false),
    }
}
