//! Templates in structured texts: values that a template engine renders, given back as children.

use std::collections::HashMap;

use base::{
    blob::Blob,
    location::Place,
    reason::Reason,
    sink::{Child, ChildBody, Sink},
    stop::Stop,
};

/// Bytes of a template that is given back.
pub(crate) const LENGTH: usize = 1 << 20;

/// The templates that were given back, counted by name.
#[derive(Default)]
pub(crate) struct Templates {
    names: HashMap<String, u64>,
}

/// Whether a key says that what lies under it is a template.
pub(crate) fn is_template_key(key: &str) -> bool {
    key.to_ascii_lowercase().contains("template")
}

/// Whether a text holds what a template engine acts on.
pub(crate) fn has_tags(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

impl Templates {
    /// Gives the value at `place` back. `keys` lead to it, the outermost first; they name the child.
    pub(crate) fn give<'k>(
        &mut self,
        sink: &mut Sink<'_>,
        place: Place,
        keys: impl Iterator<Item = &'k str> + Clone,
        text: &str,
    ) -> Result<(), Stop> {
        let key = keys.clone().find(|key| is_template_key(key)).or_else(|| keys.last()).unwrap_or("value");
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || "_-".contains(letter) { letter } else { '_' };
        let mut name: String = key.chars().take(super::KEY).map(plain).collect();
        let count = self.names.entry(name.clone()).or_default();
        *count = count.saturating_add(1);
        if *count > 1 {
            name.push_str(&format!("-{count}"));
        }
        name.push_str(".jinja");
        if text.len() > LENGTH {
            let body = ChildBody::Closed(Stop::Limit(Reason::Memory));
            return sink.child(Child {
                name: name.into_bytes(),
                place,
                body,
                also: Vec::new(),
                tensor_data: false,
                origins: Vec::new(),
                given: Vec::new(),
            });
        }
        // The text waits for its turn until this artifact is closed.
        sink.meter().hold(text.len() as u64)?;
        sink.child(Child::window(name, place, Blob::from_bytes(text)))
    }
}
