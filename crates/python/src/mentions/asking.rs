//! Whether anything that a file mentions is asked about, or leads to what is.

use std::{cell::RefCell, rc::Rc};

use base::{
    fact::{Attribute, Call, Import, Str},
    sink::Sink,
};
use eval::{Name, Value};
use foldhash::{HashMap, HashSet};

use super::{Mentions, Use};
use crate::{children::gives_children, lost::telling, machine::Machine};

impl Machine<'_, '_, '_> {
    /// Whether nothing that was mentioned is asked about, or leads to anything that is. Who does not know yet what he reads is
    /// told by walking it.
    pub(crate) fn nobody_asks(&self, mentions: &Mentions<'_>) -> bool {
        let written = Attribute { kind: "imported".into(), ..Attribute::default() };
        let asking = Asking { sink: &*self.sink, mentions };
        let mut used = mentions.names.iter().filter(|(_, how)| *how > Use::Asked);
        !mentions.telling
            && self.sink.passed()
            && !self.sink.asks(&written.into())
            && !used.any(|(name, how)| asking.about(name, *how))
            && !mentions.attributes().any(|name| asking.about_attribute(name))
    }

    /// Whether it is enough to look for what is mentioned: who does not know yet what he reads, and what something else runs
    /// at once or gives names to, is walked.
    pub(crate) fn may_be_left(&self) -> bool {
        !(self.traced || self.executed || self.at_load || !self.sink.given().is_empty())
    }
}

/// The question what of all that is asked about.
struct Asking<'m, 's> {
    sink: &'m Sink<'s>,
    mentions: &'m Mentions<'m>,
}

/// What is asked about a name, whatever the file mentions.
struct Asked {
    /// The name as what is called, or what it gives that the file does not mention.
    called: bool,
    /// The name, whatever is done with it.
    kept: bool,
    /// What is reached through it.
    through: Rc<Through>,
}

/// The last words of what is asked about and reached through something.
type Through = HashSet<&'static str>;

/// What was found out about names, for who asked.
#[derive(Default)]
struct Known {
    asker: u64,
    names: HashMap<Str, HashMap<Str, Rc<Asked>>>,
    /// What is reached through modules and their classes.
    through: HashMap<Str, HashMap<Str, Rc<Through>>>,
    count: usize,
}

/// Names and words that are remembered.
const MAX_KNOWN: usize = 1 << 16;

thread_local! {
    /// The files of a repository use the same names.
    static KNOWN: RefCell<Known> = RefCell::default();
}

impl Asking<'_, '_> {
    /// Whether something is asked about `name`, or it leads to such a thing.
    fn about(&self, name: &Name, how: Use) -> bool {
        name.special.is_some()
            || self.leads(&name.module, &name.qualname, how)
            // A module that stands for itself may be asked for whatever anything is asked for.
            || name.is_module()
                && self.mentions.attributes().any(|attribute| {
                    match eval::attribute(&Value::Global(Rc::new(name.clone())), attribute) {
                        Value::Global(found) => self.leads(&found.module, &found.qualname, Use::Kept),
                        _ => false,
                    }
                })
    }

    /// Whether an attribute of anything leads to something that is asked about: a method of which everybody knows whose it is,
    /// or a module, as modules have those that they import.
    fn about_attribute(&self, name: &str) -> bool {
        let leads = |module: &str| eval::is_stdlib(module) && self.asks_for_any(&self.through(&module.into(), ""));
        telling(name).is_some() || leads(name) || name.starts_with('_') && leads(name.trim_start_matches('_'))
    }

    /// Whether this is asked about, or attributes that are asked for lead from there to something that is.
    fn leads(&self, module: &Str, name: &Str, how: Use) -> bool {
        let asked = self.asked(module, name);
        asked.called || asked.kept && how == Use::Kept || self.asks_for_any(&asked.through)
    }

    fn asks_for_any(&self, words: &Through) -> bool {
        match words.len() < self.mentions.infos.len() {
            true => words.iter().any(|word| self.mentions.asks_for(word)),
            false => self.mentions.attributes().any(|attribute| words.contains(attribute)),
        }
    }

    /// The last words of what is asked about and reached through this: a method of a class may give another object of it.
    fn through(&self, module: &Str, name: &str) -> Rc<Through> {
        let owner = owner(name);
        let known = self.known(|known| known.through.get(module)?.get(owner).cloned());
        known.unwrap_or_else(|| {
            let all = eval::names_below(module, owner);
            let all = all.filter(|(module, name)| self.kept(&(*module).into(), &(*name).into()));
            let through: Rc<Through> = Rc::new(all.map(|(_, name)| last(name)).collect());
            self.learn(through.len(), |known| {
                known.through.entry(module.clone()).or_default().insert(owner.into(), through.clone());
            });
            through
        })
    }

    fn asked(&self, module: &Str, name: &Str) -> Rc<Asked> {
        let known = self.known(|known| known.names.get(module)?.get(name).cloned());
        known.unwrap_or_else(|| {
            let (called, kept) = (self.called(module, name), self.kept(module, name));
            let asked = Rc::new(Asked { called, kept, through: self.through(module, name) });
            self.learn(1, |known| {
                known.names.entry(module.clone()).or_default().insert(name.clone(), asked.clone());
            });
            asked
        })
    }

    /// Something that was found out before, for the same who asks.
    fn known<T>(&self, find: impl FnOnce(&Known) -> Option<T>) -> Option<T> {
        let asker = self.sink.asker();
        KNOWN.with_borrow(|known| if known.asker == asker && asker != 0 { find(known) } else { None })
    }

    /// Remembers something of so many words.
    fn learn(&self, words: usize, learn: impl FnOnce(&mut Known)) {
        let asker = self.sink.asker();
        KNOWN.with_borrow_mut(|known| {
            if known.asker != asker || known.count >= MAX_KNOWN {
                *known = Known { asker, ..Known::default() };
            }
            known.count = known.count.saturating_add(words).saturating_add(1);
            learn(known);
        });
    }

    /// Whether something is asked about this, or about what it has no row of its own for, whatever is done with it.
    fn kept(&self, module: &Str, name: &Str) -> bool {
        // How it is imported is not known: it may be found by what others compute, or be run by whom it is given to.
        self.called(module, name) || self.sink.asks(&imported(module, name, Str::default()).into())
    }

    /// Whether something is asked about a call of this or of what it has no row of its own for, or it gives something that the
    /// file does not mention.
    fn called(&self, module: &Str, name: &Str) -> bool {
        let call = |name: Str| Call { module: module.clone(), name, ..Call::default() };
        eval::gives_names(module, name)
            || eval::looks_up(module, name)
            || matches!(&**name, "get_type_hints")
            || gives_children(module, name)
            || self.sink.asks(&call(name.clone()).into())
            || self.sink.asks(&call([name, ".?"].concat().into()).into())
            || self.sink.asks(&imported(module, name, "import".into()).into())
    }
}

/// The fact that something is imported.
fn imported(module: &Str, name: &Str, origin: Str) -> Import {
    Import { module: module.clone(), name: name.clone(), origin, ..Import::default() }
}

/// The first part of a dotted name: the class of a method.
fn owner(name: &str) -> &str {
    name.split_once('.').map_or(name, |(owner, _)| owner)
}

fn last(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}
