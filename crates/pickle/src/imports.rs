//! The opcodes that import names, call them with the values on the stack, or ask the loader for an object.

use std::sync::Arc;

use base::{
    fact::{Import, Reference},
    stop::Stop,
};
use eval::{Name, Value as Known};

use crate::{
    calls::{How, dotted},
    cursor::{Cursor, Line},
    legacy::Storage,
    machine::{Machine, Step},
    value::{Kind, Value},
};

/// What a code of the extension registry stands for.
#[derive(Clone, Debug)]
pub(crate) enum Extension {
    /// A module and a name, which are imported.
    Name(String, String),
    /// What was put into the cache of the registry.
    Object(Known),
}

impl Machine<'_, '_> {
    /// REDUCE.
    pub(crate) fn reduce(&mut self) -> Result<(), Stop> {
        let args = self.stack.pop().ok_or_else(|| self.underflow())?;
        let callee = self.stack.pop().ok_or_else(|| self.underflow())?;
        if args.is_constant() {
            return Err(self.fail("not-callable", "the arguments of REDUCE are no tuple".to_owned()));
        }
        let result = self.invoke(callee, args, Value::NONE, How::Reduce)?;
        self.stack.push(result);
        Ok(())
    }

    /// NEWOBJ and NEWOBJ_EX.
    pub(crate) fn newobj(&mut self, keywords: bool) -> Result<(), Stop> {
        let kwargs = match keywords {
            true => self.stack.pop().ok_or_else(|| self.underflow())?,
            false => Value::NONE,
        };
        let args = self.stack.pop().ok_or_else(|| self.underflow())?;
        let class = self.stack.pop().ok_or_else(|| self.underflow())?;
        if args.is_constant() {
            return Err(self.fail("not-callable", "the arguments of NEWOBJ are no tuple".to_owned()));
        }
        let result = self.invoke(class, args, kwargs, How::Newobj)?;
        self.stack.push(result);
        Ok(())
    }

    /// OBJ: the class stands first above the mark.
    pub(crate) fn obj(&mut self) -> Result<(), Stop> {
        let start = self.stack.unmark().ok_or_else(|| self.no_mark())?;
        let (class, args) = match self.stack.from(start) {
            [class, args @ ..] => (*class, self.arena.run(Kind::Tuple, args)),
            [] => return Err(self.underflow()),
        };
        self.stack.cut(start);
        let result = self.invoke(class, args, Value::NONE, How::Obj)?;
        self.stack.push(result);
        Ok(())
    }

    /// INST.
    pub(crate) fn inst(&mut self, cursor: &mut Cursor<'_>) -> Step {
        let Some((module, name)) = self.two_lines(cursor)? else {
            return self.again(cursor, 1 << 16);
        };
        let start = self.stack.unmark().ok_or_else(|| self.no_mark())?;
        let class = self.import(&module, &name, "global")?;
        let args = self.arena.run(Kind::Tuple, self.stack.from(start));
        self.stack.cut(start);
        let result = self.invoke(class, args, Value::NONE, How::Inst)?;
        self.stack.push(result);
        Ok(None)
    }

    /// GLOBAL.
    pub(crate) fn global(&mut self, cursor: &mut Cursor<'_>) -> Step {
        let Some((module, name)) = self.two_lines(cursor)? else {
            return self.again(cursor, 1 << 16);
        };
        let value = self.import(&module, &name, "global")?;
        self.stack.push(value);
        Ok(None)
    }

    /// Module and name on a line each; `None` when the window ends first.
    fn two_lines(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<(String, String)>, Stop> {
        let mut lines = [const { String::new() }; 2];
        for line in &mut lines {
            let text = match cursor.line() {
                Line::Whole(text) => text,
                Line::More => return Ok(None),
                Line::Long => return Err(self.fail("bad-text", "a name of more than 60000 bytes".to_owned())),
            };
            if text.is_empty() {
                return Err(self.fail("bad-text", "an empty name".to_owned()));
            }
            match std::str::from_utf8(text) {
                Ok(text) => text.clone_into(line),
                Err(_) => return Err(self.fail("bad-text", "a name that is not UTF-8".to_owned())),
            }
        }
        let [module, name] = lines;
        Ok(Some((module, name)))
    }

    /// STACK_GLOBAL.
    pub(crate) fn stack_global(&mut self) -> Result<(), Stop> {
        let name = self.stack.pop().ok_or_else(|| self.underflow())?;
        let module = self.stack.pop().ok_or_else(|| self.underflow())?;
        if !module.may_be_text() || !name.may_be_text() {
            return Err(self.fail("not-text", "STACK_GLOBAL wants two texts".to_owned()));
        }
        let python2 = self.protocol < 3;
        if let Some(index) = self.names.by_operands(module, name, python2) {
            self.stack.push(Value::new(Kind::Global, u64::from(index)));
            return Ok(());
        }
        let literal = |value: Value| matches!(value.kind(), Kind::Text | Kind::Hook | Kind::Constant);
        let origin = if literal(module) && literal(name) { "global" } else { "computed" };
        let texts = (self.texts.text(&self.arena, module), self.texts.text(&self.arena, name));
        let (Some(module_text), Some(name_text)) = texts else {
            return self.unknown_global(module, name);
        };
        let value = self.import(&module_text, &name_text, origin)?;
        if let Some(index) = value.global() {
            self.names.keep_operands(module, name, python2, index);
        }
        self.stack.push(value);
        Ok(())
    }

    /// A name that was assembled in a way that could not be followed.
    fn unknown_global(&mut self, module: Value, name: Value) -> Result<(), Stop> {
        let view = self.view();
        let shown = format!("{}.{}", view.expr(module), view.expr(name));
        let shown = base::expr::shorten(&shown, 200).0.to_owned();
        let known = |value: Value| self.texts.text(&self.arena, value).unwrap_or_else(|| "?".to_owned());
        let fact = Import {
            module: known(module).into(),
            name: known(name).into(),
            written: shown.as_str().into(),
            origin: "computed".into(),
            when: "load".into(),
        };
        let place = self.place();
        self.sink.fact(place, fact)?;
        let value = self.arena.known(Known::External(format!("name assembled at load: {shown}").into()));
        self.stack.push(value);
        Ok(())
    }

    /// `find_class`: imports `name` of `module`.
    pub(crate) fn import(&mut self, module: &str, name: &str, origin: &str) -> Result<Value, Stop> {
        let python2 = self.protocol < 3;
        let (index, new) = self.names.import(module, name, python2);
        let found = self.names.at(index).map(|global| global.known.clone());
        if (new || origin != "global")
            && let Some(Known::Global(name)) = &found
        {
            if !self.astray && !self.sink.passed() && eval::is_named(&name.module, &name.qualname) {
                self.sink.milestone()?;
            }
            self.import_fact(name, origin)?;
        }
        match found {
            // What was written over the name is no name itself.
            Some(known) if known.as_name().is_none() => Ok(self.arena.known(known)),
            _ => Ok(Value::new(Kind::Global, u64::from(index))),
        }
    }

    /// States that a name is imported, once as it is written and from where.
    pub(crate) fn import_fact(&mut self, name: &Name, origin: &str) -> Result<(), Stop> {
        let written = name.written.as_ref().map(|(module, name)| dotted(module, name)).unwrap_or_default();
        let (written, origin): (Arc<str>, Arc<str>) = (written.into(), origin.into());
        let stated = |written, origin| (name.module.clone(), name.qualname.clone(), written, origin);
        let new = self.names.first(stated("".into(), "".into()));
        // Reached through an object, a name that was imported before says nothing more.
        let differs = &*origin != "attribute" && self.names.first(stated(written.clone(), origin.clone()));
        if !new && !differs {
            return Ok(());
        }
        if self.astray && eval::is_named(&name.module, &name.qualname) {
            self.sink.milestone()?;
        }
        let fact =
            Import { module: name.module.clone(), name: name.qualname.clone(), written, origin, when: "load".into() };
        let place = self.place();
        self.sink.fact(place, fact)
    }

    /// EXT1, EXT2 and EXT4: a code of the registry.
    pub(crate) fn extension(&mut self, code: i64) -> Result<(), Stop> {
        if code <= 0 {
            return Err(self.fail("bad-number", format!("extension code {code}")));
        }
        let value = match self.extensions.get(&code).cloned() {
            Some(Extension::Name(module, name)) => self.import(&module, &name, "extension")?,
            Some(Extension::Object(value)) => {
                if let Some(name) = value.as_name() {
                    self.import_fact(&name.clone(), "extension")?;
                }
                crate::known::pack(&mut self.arena, &mut self.names, &value)
            }
            None => {
                self.flaw("unregistered-extension", format!("extension code {code}"))?;
                self.arena.known(Known::External(format!("extension {code}").into()))
            }
        };
        self.stack.push(value);
        Ok(())
    }

    /// BINPERSID: the loader is asked for an object.
    pub(crate) fn binpersid(&mut self) -> Result<(), Stop> {
        let id = self.stack.pop().ok_or_else(|| self.underflow())?;
        let known = self.view().known(id);
        self.persistent(&known)
    }

    /// PERSID: the same with a line of text.
    pub(crate) fn persid(&mut self, cursor: &mut Cursor<'_>) -> Step {
        let Line::Whole(line) = cursor.line() else {
            return self.unread_line(cursor);
        };
        // `load_persid` decodes strictly: such a line ends the loading.
        if !line.is_ascii() {
            return Err(self.fail("bad-text", "a persistent id that is not ASCII".to_owned()));
        }
        let id = Known::str(String::from_utf8_lossy(line));
        self.persistent(&id)?;
        Ok(None)
    }

    fn persistent(&mut self, id: &Known) -> Result<(), Stop> {
        self.reduced_by_importer(id)?;
        let shown = id.to_expr().to_string();
        let shown = base::expr::shorten(&shown, 200).0.to_owned();
        let storage = storage(id);
        let (kind, target, role) = match &storage {
            Some(Storage { key, class, elements }) => {
                self.storages.add(key, class);
                ("storage", key.clone(), format!("{class}[{elements}]"))
            }
            None => ("persistent-id", shown.clone(), String::new()),
        };
        let fact = Reference { kind: kind.into(), target: target.into(), role: role.into() };
        let place = self.place();
        self.sink.fact(place, fact)?;
        let value = match module_container(id) {
            Some(class) => crate::known::pack(&mut self.arena, &mut self.names, class),
            None => self.arena.known(Known::External(format!("persistent id {shown}").into())),
        };
        if let Some(storage) = storage {
            self.limited |= !self.storages.name(value, storage);
        }
        self.stack.push(value);
        Ok(())
    }

    /// `('reduce_package', id, function, args)`: the loader of `torch.package` calls the function with itself and the arguments.
    fn reduced_by_importer(&mut self, id: &Known) -> Result<(), Stop> {
        let Known::Tuple(parts) = id else { return Ok(()) };
        let [Known::Str(word), _, callee, Known::Tuple(given)] = &**parts else { return Ok(()) };
        if &**word != "reduce_package" || callee.callee_name().is_none() {
            return Ok(());
        }
        let mut args = vec![Known::External("importer of the package".into())];
        args.extend(given.iter().cloned());
        self.call_known(callee, &args, How::Reduce)
    }

    /// NEXT_BUFFER: a buffer that the loader holds.
    pub(crate) fn next_buffer(&mut self) {
        let value = self.arena.known(Known::External("out-of-band buffer".into()));
        self.stack.push(value);
    }
}

/// PyTorch's `('module', class, file, source)` of the format before zip: its loader returns the class.
fn module_container(id: &Known) -> Option<&Known> {
    let Known::Tuple(parts) = id else {
        return None;
    };
    match &**parts {
        [Known::Str(word), class, _, _] if &**word == "module" => Some(class),
        _ => None,
    }
}

/// PyTorch's `('storage', class, key, location, numel)`.
fn storage(id: &Known) -> Option<Storage> {
    let Known::Tuple(parts) = id else {
        return None;
    };
    let [Known::Str(word), class, Known::Str(key), _, numel, ..] = &**parts else {
        return None;
    };
    if &**word != "storage" {
        return None;
    }
    let Known::Int(numel) = numel else {
        return None;
    };
    let class = class.callee_name().map(|name| name.dotted()).unwrap_or_default();
    Some(Storage { key: key.to_string(), class, elements: *numel })
}
