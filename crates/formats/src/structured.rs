//! What structured texts state in common: their distinct keys, and markers of values on which some loader acts.
//!
//! The engine compares keys and markers with `loads.toml`; a reader only says what is there. Markers of values are
//! - `{{` or `{%`: a template, `${`: an interpolation that calls a resolver, `$`: an expression for MONAI,
//! - `dotted:KEY`: the value under KEY names a class or function by its dotted path,
//! - `repository:KEY`: the value under KEY has the form `owner/name`.

mod scalar;
mod templates;

use std::collections::HashSet;

use base::{
    fact::{Flaw, Text},
    location::Place,
    sink::Sink,
    stop::Stop,
};

pub(crate) use self::scalar::Scalar;
pub(crate) use self::templates::{LENGTH as TEMPLATE, Templates, has_tags, is_template_key};

/// Characters of a key that can matter: what is longer is no loader's key.
pub(crate) const KEY: usize = 64;
/// Duplicate keys told one by one.
const DUPLICATES: usize = 64;

/// The keys and markers that were stated, each once.
#[derive(Default)]
pub(crate) struct Statements {
    stated: HashSet<(Role, Box<str>)>,
    duplicates: HashSet<Box<str>>,
    held: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Role {
    Key,
    Marker,
}

impl Statements {
    /// States a key. Keys that are longer than any loader's, or not printable ASCII, say nothing and are left out.
    pub(crate) fn key(&mut self, sink: &mut Sink<'_>, at: Place, key: &str) -> Result<(), Stop> {
        if key.is_empty() || key.len() > KEY || !key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Ok(());
        }
        self.state(sink, at, Role::Key, key)
    }

    /// States a marker.
    pub(crate) fn marker(&mut self, sink: &mut Sink<'_>, at: Place, marker: &str) -> Result<(), Stop> {
        self.state(sink, at, Role::Marker, marker)
    }

    /// States the markers of a value.
    pub(crate) fn value(
        &mut self,
        sink: &mut Sink<'_>,
        at: &Place,
        key: Option<&str>,
        value: &Scalar,
    ) -> Result<(), Stop> {
        for marker in value.markers(key) {
            self.marker(sink, at.clone(), &marker)?;
        }
        Ok(())
    }

    fn state(&mut self, sink: &mut Sink<'_>, at: Place, role: Role, text: &str) -> Result<(), Stop> {
        if !self.stated.insert((role, text.into())) {
            return Ok(());
        }
        // What a set entry takes beside its text.
        let size = (text.len() as u64).saturating_add(48);
        sink.meter().hold(size)?;
        self.held = self.held.saturating_add(size);
        let role = match role {
            Role::Key => "key",
            Role::Marker => "marker",
        };
        sink.fact(at, Text { role: role.into(), text: text.into() })
    }

    /// States that one mapping has a key twice: loaders disagree on which value counts.
    pub(crate) fn duplicate(&mut self, sink: &mut Sink<'_>, at: Place, key: &str) -> Result<(), Stop> {
        if self.duplicates.len() >= DUPLICATES || !self.duplicates.insert(key.into()) {
            return Ok(());
        }
        let detail = "one mapping has this key more than once".into();
        sink.fact(at, Flaw { id: "duplicate-key".into(), detail, part: key.into() })
    }

    /// Gives back the memory that was held.
    pub(crate) fn release(&self, sink: &Sink<'_>) {
        sink.meter().release(self.held);
    }
}
