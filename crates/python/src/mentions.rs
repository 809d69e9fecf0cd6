//! What a file mentions, wherever that stands: whether it can do anything that somebody asks about.
//!
//! Most files of a model repository compute and do nothing else, and walking them is most of the work. Whatever a program does
//! to the world it does through something that is not its own: a module, a builtin, an attribute that leads to one. Each has to
//! be mentioned somewhere in the file, or be looked up by something that is mentioned. Where nothing of the kind is mentioned,
//! a walk would state no fact that whoever receives them asks about, and the file is not walked.

use std::{cell::RefCell, rc::Rc};

use base::{
    fact::{Attribute, Call, Import, Str},
    sink::Sink,
    stop::Stop,
};
use eval::{Name, Value};
use foldhash::{HashMap, HashSet};
use ruff_python_ast::{
    Expr, ExprCall, Keyword, Parameters, PatternKeyword, Stmt,
    visitor::{Visitor, walk_expr, walk_pattern_keyword, walk_stmt},
};

use crate::{builtins, children::gives_children, import::module, lost::telling, machine::Machine};

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
    /// at once, is walked.
    pub(crate) fn may_be_left(&self) -> bool {
        !(self.traced || self.executed || self.at_load)
    }

    /// What source mentions.
    ///
    /// # Errors
    /// A [`Stop`] when the budget ends.
    pub(crate) fn mentioned_in_source<'t>(&mut self, suite: &'t [Stmt]) -> Result<Mentions<'t>, Stop> {
        let mut imports = Imports { mentions: Mentions::with_room(ROOM), any: false, class: false };
        suite.iter().for_each(|statement| imports.visit_stmt(statement));
        let mut finder =
            Finder { mentions: imports.mentions, hidden: Vec::new(), functions: 0, calls: false, nodes: 0 };
        suite.iter().for_each(|statement| finder.visit_stmt(statement));
        // Whoever is told to evaluates annotations.
        if finder.calls && finder.mentions.asks_for("signature") || finder.mentions.asks_for("get_annotations") {
            finder.mentions.tells();
        }
        let (mentions, nodes) = (finder.mentions, finder.nodes);
        if imports.any {
            self.sink.milestone()?;
        }
        self.sink.meter().steps(nodes)?;
        Ok(mentions)
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

/// Attributes of one name, each as what it is; nothing: a constant.
type OfName = HashMap<Str, Option<Rc<Name>>>;

/// Attributes of names that were found: by module and name.
#[derive(Default)]
struct Members {
    of: HashMap<Str, HashMap<Str, OfName>>,
    count: usize,
}

thread_local! {
    /// The files of a repository use the same names.
    static KNOWN: RefCell<Known> = RefCell::default();
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
            if members.count >= MAX_KNOWN {
                *members = Members::default();
            }
            members.count = members.count.saturating_add(1);
            let names = members.of.entry(owner.module.clone()).or_default();
            names.entry(owner.qualname.clone()).or_default().insert(name.into(), found.clone());
        });
        found
    })
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
        let module = name.trim_start_matches('_');
        telling(name).is_some() || eval::is_stdlib(module) && self.asks_for_any(&self.through(&module.into(), ""))
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

/// Words of source for which there is room from the beginning.
const ROOM: usize = 256;

/// What the imports of source bind.
struct Imports<'t> {
    mentions: Mentions<'t>,
    /// Whether there are any.
    any: bool,
    /// Whether the body of a class is looked at.
    class: bool,
}

impl<'t> Visitor<'t> for Imports<'t> {
    fn visit_stmt(&mut self, statement: &'t Stmt) {
        match statement {
            Stmt::Import(node) => {
                self.any = true;
                for alias in &node.names {
                    let path = alias.name.as_str();
                    let (bound, path) = match &alias.asname {
                        Some(name) => (name.as_str(), path),
                        None => path.split_once('.').map_or((path, path), |(root, _)| (root, root)),
                    };
                    self.mentions.binds(bound, &module(path).into(), self.class);
                }
            }
            Stmt::ImportFrom(node) => {
                self.any = true;
                // Of a module beside this one nobody knows what it holds.
                let path = node.module.as_ref().map_or("", |name| name.as_str());
                for alias in node.names.iter().filter(|_| node.level == 0) {
                    if alias.name.as_str() == "*" {
                        self.mentions.tells();
                        continue;
                    }
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.mentions.binds(bound, &eval::name(path, &alias.name, false), self.class);
                }
            }
            Stmt::FunctionDef(node) => self.mentions.defines(&node.name),
            _ => {}
        }
        let class = match statement {
            Stmt::ClassDef(_) => true,
            Stmt::FunctionDef(_) => false,
            _ => self.class,
        };
        let outer = std::mem::replace(&mut self.class, class);
        walk_stmt(self, statement);
        self.class = outer;
    }

    fn visit_expr(&mut self, _: &'t Expr) {}
}

/// What source mentions.
struct Finder<'t> {
    mentions: Mentions<'t>,
    /// Parameters of the functions around that have the names of builtins.
    hidden: Vec<&'t str>,
    /// How many functions there are around.
    functions: usize,
    /// Whether an annotation is the text of a call.
    calls: bool,
    nodes: u64,
}

impl<'t> Finder<'t> {
    /// What an expression may be that other modules have.
    fn chain(&mut self, expr: &'t Expr) -> Chain {
        let mut chain = Chain::new();
        match expr {
            Expr::Name(name) if &*name.id == "getattr" => self.mentions.tells(),
            Expr::Name(name) if &*name.id == "locals" && self.functions > 0 => self.mentions.uses_locals(),
            Expr::Name(name) => {
                let word = self.mentions.word(&name.id);
                self.mentions.loads(word, self.hidden.contains(&&*name.id), &mut chain);
            }
            Expr::Attribute(access) => {
                chain = self.chain(&access.value);
                let word = self.mentions.word(&access.attr);
                self.mentions.attribute(&mut chain, word);
            }
            other => self.visit_expr(other),
        }
        chain
    }

    /// Looks at what stands in a function with these parameters.
    fn inside(&mut self, parameters: Option<&'t Parameters>, look: impl FnOnce(&mut Self)) {
        let outside = self.hidden.len();
        let names = parameters.into_iter().flat_map(Parameters::iter).map(|parameter| parameter.name().as_str());
        self.hidden.extend(names.filter(|name| builtins::is_builtin(name)));
        look(self);
        self.hidden.truncate(outside);
    }

    /// `getattr(of, "name")` is an attribute as any other; where it stands in the call.
    fn constant_getattr(node: &'t ExprCall) -> Option<(&'t Expr, &'t str)> {
        match (&*node.func, &*node.arguments.args) {
            (Expr::Name(name), [of, Expr::StringLiteral(attribute), ..]) if &*name.id == "getattr" => {
                Some((of, attribute.value.iter().next()?.as_str()))
                    .filter(|_| !attribute.value.is_implicit_concatenated())
            }
            _ => None,
        }
    }
}

impl<'t> Visitor<'t> for Finder<'t> {
    fn visit_stmt(&mut self, statement: &'t Stmt) {
        match statement {
            Stmt::FunctionDef(node) => {
                node.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                node.type_params.iter().for_each(|parameters| self.visit_type_params(parameters));
                self.visit_parameters(&node.parameters);
                node.returns.iter().for_each(|returns| self.visit_annotation(returns));
                self.functions = self.functions.saturating_add(1);
                self.inside(Some(&node.parameters), |finder| finder.visit_body(&node.body));
                self.functions = self.functions.saturating_sub(1);
            }
            // It is no parameter of a function around, whatever that has.
            Stmt::Global(node) if node.names.iter().any(|name| builtins::is_builtin(name)) => self.mentions.tells(),
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_annotation(&mut self, expr: &'t Expr) {
        self.calls |= matches!(expr, Expr::StringLiteral(text) if text.value.to_str().contains('('));
        self.visit_expr(expr);
    }

    fn visit_pattern_keyword(&mut self, keyword: &'t PatternKeyword) {
        let word = self.mentions.word(&keyword.attr);
        let mut chain = Chain::new();
        self.mentions.attribute(&mut chain, word);
        self.mentions.uses(&mut chain);
        walk_pattern_keyword(self, keyword);
    }

    fn visit_keyword(&mut self, keyword: &'t Keyword) {
        if let Some(name) = &keyword.arg {
            self.mentions.word(name);
        }
        self.visit_expr(&keyword.value);
    }

    fn visit_expr(&mut self, expr: &'t Expr) {
        self.nodes = self.nodes.saturating_add(1);
        match expr {
            _ if self.mentions.telling() => {}
            Expr::Name(_) | Expr::Attribute(_) => {
                let mut chain = self.chain(expr);
                self.mentions.uses(&mut chain);
            }
            Expr::Call(node) if let Some((of, name)) = Self::constant_getattr(node) => {
                let mut chain = self.chain(of);
                let word = self.mentions.word(name);
                self.mentions.attribute(&mut chain, word);
                self.mentions.uses(&mut chain);
                node.arguments.args.iter().skip(2).for_each(|arg| self.visit_expr(arg));
            }
            Expr::Call(node) if matches!(&*node.func, Expr::Name(_) | Expr::Attribute(_)) => {
                let mut chain = self.chain(&node.func);
                self.mentions.calls(&mut chain);
                self.visit_arguments(&node.arguments);
            }
            Expr::Lambda(node) => {
                // Defaults stand outside, and may be the builtins that the parameters hide.
                node.parameters.iter().for_each(|parameters| self.visit_parameters(parameters));
                self.inside(node.parameters.as_deref(), |finder| finder.visit_expr(&node.body));
            }
            other => walk_expr(self, other),
        }
    }
}
