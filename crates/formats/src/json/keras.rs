//! Objects that a Keras configuration names (`keras/src/saving/serialization_lib.py`): `{"module": …, "class_name": …, "config": …}`.
//!
//! A class of Keras's own becomes an operator; what lies elsewhere is imported when the configuration is read, and functions
//! are called while the model is built.

use std::collections::HashSet;

use base::{
    expr::Expr,
    fact::{Call, Import, Operator},
    location::{Place, Unit},
    sink::Sink,
    stop::Stop,
};

/// Bytes of a name that is kept, and names that are told apart.
const NAME: usize = 256;
const STATED: usize = 4096;
/// Keys under which an object names what it is.
const KEYS: &[&str] = &["class_name", "config", "function", "function_type", "module", "registered_name"];
/// Packages of Keras.
const KERAS: &[&str] = &["keras", "keras_core", "keras_cv", "keras_hub", "keras_nlp", "tensorflow", "tf_keras"];
/// Modules of Keras whose functions layers are made with.
const FUNCTIONS: &[&str] = &[
    "activations", "backend", "constraints", "initializers", "losses", "math", "metrics", "nn", "ops", "optimizers", "random",
    "regularizers",
];

/// What an object says that it is, as far as it was read.
#[derive(Default)]
pub(super) struct Named {
    module: String,
    class: String,
    config: String,
    function: String,
    kind: String,
    at: Place,
}

/// The names that were stated.
#[derive(Default)]
pub(super) struct Keras {
    stated: HashSet<(String, String)>,
}

impl Named {
    /// Takes note of a text under `key`.
    pub(super) fn note(named: &mut Option<Box<Self>>, key: &str, text: &str, place: &Place) {
        if text.len() > NAME || !KEYS.contains(&key) {
            return;
        }
        let named = named.get_or_insert_default();
        let field = match key {
            "module" => &mut named.module,
            "class_name" => &mut named.class,
            "config" => &mut named.config,
            "function" => &mut named.function,
            "function_type" => &mut named.kind,
            _ => return,
        };
        text.clone_into(field);
        if matches!(key, "class_name" | "function") {
            named.at = place.clone();
        }
    }
}

impl Keras {
    /// States what an object names, now that it is closed.
    pub(super) fn state(&mut self, sink: &mut Sink<'_>, named: &Named, pointer: String) -> Result<(), Stop> {
        let Named { module, class, config, function, kind, at } = named;
        // Versions before 3 keep the function of a Lambda by its name.
        let (function, is_function) = match (class.as_str(), kind.as_str()) {
            ("function", _) => (config, true),
            ("", "function") => (function, true),
            _ => (class, false),
        };
        let plain = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || "_.".contains(letter));
        if !plain(module) || !plain(function) || matches!(module.as_str(), "builtins" | "__main__") {
            return Ok(());
        }
        if self.stated.len() >= STATED || !self.stated.insert((module.clone(), function.clone())) {
            return Ok(());
        }
        sink.meter().hold((module.len() as u64).saturating_add(function.len() as u64).saturating_add(96))?;
        let at = at.clone().pointer(Unit::JsonPointer, pointer);
        let own = module.split('.').next().is_some_and(|first| KERAS.contains(&first));
        let usual = own && module.split('.').any(|part| FUNCTIONS.contains(&part));
        if own && (!is_function || usual) {
            // Code of a Lambda is told where it stands.
            if function == "Lambda" {
                return Ok(());
            }
            let args = vec![Expr::str(module.as_str())];
            return sink.fact(at, Operator { domain: "keras".into(), name: function.as_str().into(), node: "".into(), args, ..Operator::default() });
        }
        let known = eval::name(module, function, false);
        let (place, name) = match known.as_name() {
            Some(name) => (name.module.to_string(), name.qualname.to_string()),
            None => (module.clone(), function.clone()),
        };
        let written = if place == *module && name == *function { String::new() } else { format!("{module}.{function}") };
        if is_function {
            let call = Call {
                module: place.into(),
                name: name.into(),
                written: written.into(),
                how: "call".into(),
                when: "load".into(),
                repeats: 1,
                ..Call::default()
            };
            return sink.fact(at, call);
        }
        let import = Import {
            module: place.into(),
            name: name.into(),
            written: written.into(),
            origin: "global".into(),
            when: "load".into(),
        };
        sink.fact(at, import)
    }
}
