//! What a container says of a member: stated alike, whatever container it is.

use base::{
    fact::{Entry, Flaw, Reference},
    location::Place,
    sink::Sink,
    stop::Stop,
};

use crate::names::{self, shown};

/// A member as listed.
pub(crate) struct Listed<'a> {
    pub(crate) path: &'a [u8],
    /// `file`, `folder`, `symlink`, `hardlink`, `device` or `fifo`.
    pub(crate) kind: &'static str,
    pub(crate) size: u64,
    pub(crate) packed: u64,
    pub(crate) method: &'a str,
    /// Where a symbolic link leads.
    pub(crate) target: Option<&'a [u8]>,
}

impl Listed<'_> {
    /// States the member, where it leads, and what is wrong with its name.
    pub(crate) fn state(&self, sink: &mut Sink<'_>, place: &Place) -> Result<(), Stop> {
        let Self { path, kind, size, packed, method, target } = *self;
        sink.fact(place.clone(), Entry { name: shown(path), kind: kind.into(), size, packed, method: method.into() })?;
        // Names with backslashes are what some tools of Windows write.
        let mut flaws: Vec<&str> = names::flaws(path).filter(|id| *id != "backslash-path").collect();
        if matches!(kind, "device" | "fifo") {
            flaws.push("device");
        }
        if let Some(target) = target {
            let reference = Reference { kind: "link".into(), target: shown(target), role: "link-target".into() };
            sink.fact(place.clone(), reference)?;
            if names::link_escapes(path, target) {
                flaws.push("link-escape");
            }
        }
        for id in flaws {
            sink.fact(place.clone(), Flaw { id: id.into(), detail: "".into(), part: shown(path) })?;
        }
        Ok(())
    }
}
