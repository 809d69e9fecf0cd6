//! What a file mentions, wherever that stands: whether it can do anything that somebody asks about.
//!
//! Most files of a model repository compute and do nothing else, and walking them is most of the work. Whatever a program does
//! to the world it does through something that is not its own: a module, a builtin, an attribute that leads to one. Each has to
//! be mentioned somewhere in the file, or be looked up by something that is mentioned. Where nothing of the kind is mentioned,
//! a walk would state no fact that whoever receives them asks about, and the file is not walked.

mod asking;
mod source;

use std::{cell::RefCell, rc::Rc};

use base::fact::Str;
use eval::{Name, Value};
use foldhash::HashMap;

use crate::builtins;

/// Whether this is an attribute that leads from anything to its namespace, code or frame, a method that looks names up, or an
/// argument by which annotations are evaluated.
pub(crate) fn leads(word: &str) -> bool {
    match word.strip_prefix("__") {
        Some(special) => matches!(
            special,
            "base__"
                | "bases__"
                | "builtins__"
                | "closure__"
                | "code__"
                | "dict__"
                | "getattribute__"
                | "globals__"
                | "import__"
                | "loader__"
                | "mro__"
                | "reduce__"
                | "reduce_ex__"
                | "self__"
                | "spec__"
                | "subclasses__"
        ),
        None => matches!(
            word,
            "ag_code"
                | "ag_frame"
                | "cr_code"
                | "cr_frame"
                | "eval_str"
                | "f_back"
                | "f_builtins"
                | "f_globals"
                | "f_locals"
                | "find_class"
                | "func_globals"
                | "get_field"
                | "gi_frame"
                | "mro"
                | "tb_frame"
        ),
    }
}

/// A word of the file, by its position among those that were seen.
pub(crate) type Word = usize;

/// What other modules have that a name or an attribute may be, each by its position among those that were met.
pub(crate) type Chain = Vec<usize>;

/// What is known of one word.
#[derive(Default)]
struct Info {
    /// What imports bind it to, wherever they stand.
    bound: Vec<usize>,
    /// The builtin of this name, once it was loaded as a name.
    builtin: Option<Option<usize>>,
    /// Whether it is an attribute that is asked for.
    asked: bool,
}

/// What is done with something of another module.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// It is asked for attributes.
    #[default]
    Asked,
    /// It is called where it stands.
    Called,
    /// It is kept or given to somebody, who may do anything with it.
    Kept,
}

/// What was seen so far.
#[derive(Default)]
pub(crate) struct Mentions<'t> {
    words: HashMap<&'t str, Word>,
    infos: Vec<(&'t str, Info)>,
    /// What of other modules was met, and what is done with it.
    names: Vec<(Rc<Name>, Use)>,
    /// Their attributes; some are constants.
    members: HashMap<(usize, Word), Option<usize>>,
    /// Whether something was seen that may lead anywhere.
    telling: bool,
}

impl<'t> Mentions<'t> {
    /// Room for so many words.
    pub(crate) fn with_room(words: usize) -> Self {
        let mut mentions = Self::default();
        mentions.words.reserve(words);
        mentions.infos.reserve(words);
        mentions
    }

    /// Whether there is no need to look further.
    pub(crate) fn telling(&self) -> bool {
        self.telling
    }

    /// Something may lead anywhere.
    pub(crate) fn tells(&mut self) {
        self.telling = true;
    }

    /// A word of the file.
    pub(crate) fn word(&mut self, text: &'t str) -> Word {
        if let Some(known) = self.words.get(text) {
            return *known;
        }
        let word = self.infos.len();
        self.words.insert(text, word);
        self.telling |= leads(text);
        self.infos.push((text, Info::default()));
        word
    }

    fn met(&mut self, name: Rc<Name>) -> usize {
        self.names.push((name, Use::Asked));
        self.names.len().saturating_sub(1)
    }

    /// An import binds `name`; `kept`: in the body of a class, where whoever makes the class gets it.
    pub(crate) fn binds(&mut self, name: &'t str, to: &Value, kept: bool) {
        let word = self.word(name);
        let Some(met) = self.imports(to, kept) else { return };
        if let Some((_, info)) = self.infos.get_mut(word).filter(|(_, info)| !info.bound.contains(&met)) {
            info.bound.push(met);
        }
    }

    /// Something is imported, and whoever gets it has no name for it.
    pub(crate) fn keeps(&mut self, found: &Value) {
        self.imports(found, true);
    }

    /// Something is imported; `used`: whoever gets it may do anything with it.
    fn imports(&mut self, found: &Value, used: bool) -> Option<usize> {
        let Value::Global(found) = found else { return None };
        let known = self.names.iter().position(|(known, _)| known == found);
        let met = known.unwrap_or_else(|| self.met(found.clone()));
        if let (true, Some((_, how))) = (used, self.names.get_mut(met)) {
            *how = Use::Kept;
        }
        Some(met)
    }

    /// A function is defined.
    pub(crate) fn defines(&mut self, name: &str) {
        self.telling |= matches!(name, "__reduce__" | "__reduce_ex__");
    }

    /// What a name may be, into `chain`; `local`: it is a variable of a function, and no builtin.
    pub(crate) fn loads(&mut self, word: Word, local: bool, chain: &mut Chain) {
        let Some((text, info)) = self.infos.get_mut(word) else { return };
        chain.extend_from_slice(&info.bound);
        if local {
            return;
        }
        let builtin = match info.builtin {
            Some(known) => known,
            None => {
                let found = builtins::is_builtin(text).then_some(self.names.len());
                info.builtin = Some(found);
                self.names.extend(found.map(|_| (Rc::new(Name::new("builtins", text)), Use::Asked)));
                found
            }
        };
        chain.extend(builtin);
    }

    /// An attribute of what `chain` is.
    pub(crate) fn attribute(&mut self, chain: &mut Chain, word: Word) {
        let Some((text, info)) = self.infos.get_mut(word) else { return };
        info.asked = true;
        // What an import in the body of a class binds is an attribute of it.
        let bound = info.bound.clone();
        chain.retain_mut(|of| {
            let known = self.members.get(&(*of, word)).copied();
            let met = known.unwrap_or_else(|| {
                let (owner, _) = self.names.get(*of)?;
                let met = member(owner, text).map(|found| {
                    self.names.push((found, Use::Asked));
                    self.names.len().saturating_sub(1)
                });
                self.members.insert((*of, word), met);
                met
            });
            *of = met.unwrap_or(*of);
            met.is_some()
        });
        chain.extend(bound);
    }

    /// `locals()` in a function: whatever is imported may be looked up in it.
    pub(crate) fn uses_locals(&mut self) {
        let bound = self.infos.iter().flat_map(|(_, info)| info.bound.iter().copied());
        for name in bound.collect::<Vec<_>>() {
            self.uses(&mut vec![name]);
        }
    }

    /// What `chain` is is kept or given to somebody.
    pub(crate) fn uses(&mut self, chain: &mut Chain) {
        self.notes(chain, Use::Kept);
    }

    /// What `chain` is is called.
    pub(crate) fn calls(&mut self, chain: &mut Chain) {
        self.notes(chain, Use::Called);
    }

    fn notes(&mut self, chain: &mut Chain, how: Use) {
        for name in chain.drain(..) {
            if let Some((_, known)) = self.names.get_mut(name) {
                *known = how.max(*known);
            }
        }
    }

    /// All attributes that are asked for.
    fn attributes(&self) -> impl Iterator<Item = &'t str> {
        self.infos.iter().filter(|(_, info)| info.asked).map(|(text, _)| *text)
    }

    /// Whether an attribute of this name is asked for.
    fn asks_for(&self, text: &str) -> bool {
        let info = self.words.get(text).and_then(|word| self.infos.get(*word));
        info.is_some_and(|(_, info)| info.asked)
    }
}

/// Attributes that are remembered.
const MAX_MEMBERS: usize = 1 << 14;

/// Attributes of one name, each as what it is; nothing: a constant.
type OfName = HashMap<Str, Option<Rc<Name>>>;

/// Attributes of names that were found: by module and name.
#[derive(Default)]
struct Members {
    of: HashMap<Str, HashMap<Str, OfName>>,
    count: usize,
}

thread_local! {
    /// The files of a repository ask for the same attributes.
    static MEMBERS: RefCell<Members> = RefCell::default();
}

/// The attribute `name` of `owner`, if that is no constant.
fn member(owner: &Rc<Name>, name: &str) -> Option<Rc<Name>> {
    let find = || match eval::attribute(&Value::Global(owner.clone()), name) {
        Value::Global(found) => Some(found),
        _ => None,
    };
    // What was reached through a special attribute keeps that.
    if owner.special.is_some() {
        return find();
    }
    let known = MEMBERS.with_borrow(|members| {
        let names = members.of.get(&owner.module).and_then(|names| names.get(&owner.qualname));
        names.and_then(|names| names.get(name)).cloned()
    });
    known.unwrap_or_else(|| {
        let found = find();
        MEMBERS.with_borrow_mut(|members| {
            if members.count >= MAX_MEMBERS {
                *members = Members::default();
            }
            members.count = members.count.saturating_add(1);
            let names = members.of.entry(owner.module.clone()).or_default();
            names.entry(owner.qualname.clone()).or_default().insert(name.into(), found.clone());
        });
        found
    })
}
