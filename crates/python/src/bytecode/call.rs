//! Calls, and the making of functions and classes.

use std::{rc::Rc, sync::Arc};

use base::{fact::Str, stop::Stop};
use eval::Value;

use super::{
    MAX_ENTERED,
    code::{Code, Const},
    instruction::Instruction,
    opcode::Op,
    stack::{Frame, Role, Slot},
    step::node,
    version::Version,
};
use crate::{
    class::Bases,
    function::Body,
    local::Local,
    machine::{Machine, When},
    reach::chooses,
    scope::{Known, Scope},
};

/// What MAKE_FUNCTION is given beside the code (`Include/internal/pycore_code.h`, `MAKE_FUNCTION_…`; from 3.13 on
/// SET_FUNCTION_ATTRIBUTE sets one of them).
const DEFAULTS: u32 = 1;
const KEYWORD_DEFAULTS: u32 = 2;
const ANNOTATIONS: u32 = 4;
const CLOSURE: u32 = 8;

/// Arguments of one call: positional ones, then names of the keywords.
struct Arguments {
    args: Vec<Known>,
    keywords: Vec<(Str, Known)>,
    /// More arguments than can be told: `*args` that are not known.
    literal: bool,
}

impl<'t> Machine<'t, '_, '_> {
    /// Calls, functions and classes; `false`: the instruction does something else.
    pub(super) fn call_instruction(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<bool, Stop> {
        let (version, arg) = (self.version(), instruction.arg);
        match instruction.op {
            Op::Call => {
                let names = frame.keywords.take().unwrap_or_default();
                self.call_with(frame, instruction, arg, names, true)?;
            }
            Op::CallFunctionKw if version == Version::V2_7 => self.call_two(frame, instruction)?,
            Op::CallKw | Op::CallFunctionKw => {
                let names = words(&frame.pop().known.value);
                self.call_with(frame, instruction, arg, names, instruction.op == Op::CallKw)?;
            }
            Op::CallMethod => self.call_with(frame, instruction, arg, Vec::new(), true)?,
            Op::CallFunction if version >= Version::V3_6 => {
                self.call_with(frame, instruction, arg, Vec::new(), false)?
            }
            Op::CallFunction | Op::CallFunctionVar | Op::CallFunctionVarKw => self.call_two(frame, instruction)?,
            Op::CallFunctionEx => self.call_expanded(frame, instruction)?,
            // INTRINSIC_TYPEVAR_WITH_BOUND, …_CONSTRAINTS, SET_TYPEPARAM_DEFAULT: the function lies on top.
            Op::CallIntrinsic2 => {
                let (function, of) = (frame.pop(), frame.pop());
                self.computed_later(&function.known)?;
                frame.push(of);
            }
            Op::CallIntrinsic1 => self.intrinsic(frame, instruction)?,
            Op::MakeFunction | Op::MakeClosure => self.make_function(frame, instruction)?,
            Op::SetFunctionAttribute => {
                let function = frame.pop();
                let given = frame.pop();
                self.function_extra(instruction, &function.known, instruction.arg, &given.known);
                frame.push(function);
            }
            Op::BuildClass => {
                let (function, bases, name) = (frame.pop(), frame.pop(), frame.pop());
                let mut inherited = Bases::default();
                if let Value::Tuple(items) = &bases.known.value {
                    items.iter().for_each(|base| self.inherit(&base.clone().into(), &mut inherited));
                }
                let known = self.build_class(&function.known, name.known.value.as_str().unwrap_or("?"), inherited)?;
                self.hooks(node(instruction), &known, None, &[])?;
                frame.push(known);
            }
            Op::ExecStmt => {
                drop(frame.take(2));
                let code = frame.pop();
                let exec = Known::from(Value::global("builtins", "exec"));
                self.invoke(instruction, &exec, vec![code.known], Vec::new(), code.literal)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A call with `count` arguments, the last of which are keywords; `pair`: NULL or `self` stands beside the callee.
    fn call_with(
        &mut self,
        frame: &mut Frame<'t>,
        instruction: &Instruction,
        count: u32,
        names: Vec<Str>,
        pair: bool,
    ) -> Result<(), Stop> {
        let fresh = frame.fresh().filter(|_| count <= 1 && names.is_empty());
        let made = fresh.and_then(|value| self.locals.of(value));
        self.reach.decorating = matches!(made, Some(Local::Function(_) | Local::Class(_)));
        let others = if self.runs_now() { frame.other_texts(count) } else { Vec::new() };
        let (mut args, mut literal) = frame.arguments(count, names.len());
        let keywords = if names.is_empty() {
            Vec::new()
        } else {
            let values = args.split_off(args.len().saturating_sub(names.len()));
            names.into_iter().zip(values).collect()
        };
        let callee = if pair {
            let (upper, lower) = (frame.pop_path(), frame.pop_path());
            match (lower.is_null(), upper.is_null()) {
                (true, _) => upper,
                (false, true) => lower,
                (false, false) => {
                    literal &= upper.literal;
                    args.insert(0, upper.known);
                    lower
                }
            }
        } else {
            frame.pop_path()
        };
        if callee.known.value.as_name().is_some_and(|name| chooses(name)) {
            for (at, other) in others {
                let mut args = args.clone();
                if let Some(arg) = args.get_mut(at) {
                    *arg = other;
                }
                let found = self.invoke(instruction, &callee.known, args, Vec::new(), false)?;
                self.takes(node(instruction), &found.value);
            }
        }
        self.finish(frame, instruction, &callee, Arguments { args, keywords, literal })
    }

    /// CALL_FUNCTION and its like of 2.7: pairs of keywords are counted in the upper byte.
    fn call_two(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<(), Stop> {
        let (count, pairs) = (instruction.arg & 0xff, instruction.arg >> 8 & 0xff);
        let mut expanded = Vec::new();
        let mut expanded_pairs = Vec::new();
        if matches!(instruction.op, Op::CallFunctionKw | Op::CallFunctionVarKw) {
            expanded_pairs = by_name(frame.pop().known);
        }
        if matches!(instruction.op, Op::CallFunctionVar | Op::CallFunctionVarKw) {
            let over = frame.pop();
            expanded = self.expanded(&over.known)?;
        }
        let named = frame.take(pairs.saturating_mul(2));
        let pair = |pair: &[Slot<'t>]| match pair {
            [key, value] => Some((Str::from(key.known.value.as_str()?), value.known.clone())),
            _ => None,
        };
        let keywords = named.chunks_exact(2).filter_map(pair).chain(expanded_pairs).collect();
        let (mut args, literal) = frame.arguments(count, 0);
        let literal = literal && expanded.is_empty();
        args.extend(expanded);
        let callee = frame.pop_path();
        // Text of Python 2 is bytes.
        if let (true, Some(first)) =
            (callee.known.value.as_name().is_some_and(|name| name.is("io", "BytesIO")), args.first_mut())
            && let Value::Str(text) = &first.value
        {
            *first = Value::bytes(text.as_bytes()).into();
        }
        // A class body is called without arguments; BUILD_CLASS, which follows, makes the class.
        if let (0, Some(Local::Function(index))) = (instruction.arg, self.local(&callee.known))
            && self
                .functions
                .get(index)
                .is_some_and(|function| matches!(function.body, Body::Code(code) if !code.is_function()))
        {
            frame.push(callee);
            return Ok(());
        }
        self.finish(frame, instruction, &callee, Arguments { args, keywords, literal })
    }

    /// `f(*args, **kwargs)`.
    fn call_expanded(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<(), Stop> {
        let version = self.version();
        let named = if version >= Version::V3_14 || instruction.arg & 1 == 1 { Some(frame.pop()) } else { None };
        let over = frame.pop();
        let mut callee = frame.pop_path();
        // NULL beside the callee: below it up to 3.12, above it since.
        if version >= Version::V3_11 {
            let other = frame.pop();
            if callee.is_null() {
                callee = other;
            }
        }
        let args = self.expanded(&over.known)?;
        let keywords = match named.map(|slot| (slot.is_null(), slot.known)) {
            Some((false, known)) => {
                self.spreads(node(instruction), &known.value)?;
                by_name(known)
            }
            _ => Vec::new(),
        };
        let literal = args.is_empty();
        self.finish(frame, instruction, &callee, Arguments { args, keywords, literal })
    }

    /// The items of `*args`.
    fn expanded(&mut self, over: &Known) -> Result<Vec<Known>, Stop> {
        Ok(match self.list_of(over)? {
            Some(items) if over.encoded.is_none() => items.into_iter().map(Known::from).collect(),
            _ => vec![Known::from(Value::item_of(over.written().clone(), Known::unknown().value))],
        })
    }

    /// Calls, and leaves the result.
    fn finish(
        &mut self,
        frame: &mut Frame<'t>,
        instruction: &Instruction,
        callee: &Slot<'t>,
        arguments: Arguments,
    ) -> Result<(), Stop> {
        let Arguments { args, keywords, literal } = arguments;
        if matches!(callee.role, Role::Enter) {
            frame.push(callee.known.clone());
            return Ok(());
        }
        let builds = callee.known.value.as_name().is_some_and(|name| name.is("builtins", "__build_class__"));
        if let (true, Some((function, rest))) = (builds, args.split_first()) {
            let name = rest.first().and_then(|name| name.value.as_str()).unwrap_or("?").to_owned();
            frame.untake();
            let mut bases = Bases::default();
            rest.iter().for_each(|base| self.inherit(base, &mut bases));
            let known = self.build_class(function, &name, bases)?;
            let (metaclass, others): (Vec<_>, Vec<_>) =
                keywords.into_iter().partition(|(name, _)| &**name == "metaclass");
            let metaclass = metaclass.into_iter().next().map(|(_, known)| known);
            self.hooks(node(instruction), &known, metaclass, &others)?;
            frame.push(known);
            return Ok(());
        }
        for other in callee.others.iter().flat_map(|others| others.iter()) {
            self.invoke(instruction, other, args.clone(), keywords.clone(), literal)?;
        }
        let known = self.invoke(instruction, &callee.known, args, keywords, literal)?;
        if let (Some(name), Value::Attribute(bound)) = (&callee.receiver, &callee.known.value)
            && bound.of.is_constant()
        {
            self.keep(name);
        }
        frame.push(known);
        Ok(())
    }

    /// Calls `callee`, which may be code of this stream.
    fn invoke(
        &mut self,
        instruction: &Instruction,
        callee: &Known,
        args: Vec<Known>,
        keywords: Vec<(Arc<str>, Known)>,
        literal: bool,
    ) -> Result<Known, Stop> {
        let one = match &*args {
            [one] => self.local(one).map(|local| (local, one.clone())),
            [first, ..] => {
                let code = self.local(first).filter(|local| matches!(local, Local::Code(_)));
                code.map(|local| (local, first.clone()))
            }
            [] => None,
        };
        if let [of] = &*args
            && self.binds(callee, of)
        {
            return Ok(of.clone());
        }
        let mut result = self.apply(node(instruction), callee, args, keywords, literal)?;
        match one {
            // What is handed a code object may run it, or makes a function of it.
            Some((Local::Code(index), code)) => {
                let function = self.function_of(index, &code);
                let named = |name: &str| callee.value.as_name().is_some_and(|callee| callee.is("builtins", name));
                if let (true, Some(Local::Function(index))) = (named("exec") || named("eval"), self.local(&function)) {
                    self.called(index, &[], &[]);
                } else if self.local(&result).is_none() && !result.value.is_constant() {
                    result.value = function.value;
                }
            }
            // What another module's decorator makes of a function or class is still that, as far as anyone can see.
            Some((Local::Function(_) | Local::Class(_), of))
                if self.local(&result).is_none()
                    && self.local(callee).is_none()
                    && callee.value.as_name().is_none_or(|name| &*name.module != "collections")
                    && !result.value.is_constant()
                    && !matches!(result.value, Value::Partial(_))
                    && result.value.as_name().is_none() =>
            {
                result.value = of.value;
            }
            _ => {}
        }
        Ok(result)
    }

    /// The function of a code object of this stream.
    fn function_of(&mut self, index: usize, shown: &Known) -> Known {
        match self.running.and_then(|running| running.codes.get(index)) {
            Some(code) => self.function(&code.name, None, Body::Code(code)),
            None => shown.clone(),
        }
    }

    fn make_function(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<(), Stop> {
        let (version, arg) = (self.version(), instruction.arg);
        if (Version::V3_6..Version::V3_11).contains(&version) {
            frame.pop();
        }
        let code = frame.pop();
        let mut given = Vec::new();
        match version {
            Version::V2_7 => {
                if instruction.op == Op::MakeClosure {
                    frame.pop();
                }
                let values = frame.take(arg).into_iter().map(|slot| slot.known.value).collect::<Vec<_>>();
                given.push((DEFAULTS, Value::tuple(values).into()));
            }
            Version::V3_13 | Version::V3_14 => {}
            _ => {
                let flags =
                    [DEFAULTS, KEYWORD_DEFAULTS, ANNOTATIONS, CLOSURE].into_iter().filter(|flag| arg & flag != 0);
                given.extend(flags.zip(frame.take((arg & 15).count_ones()).into_iter().map(|slot| slot.known)));
            }
        }
        let annotates = matches!(&code.known.value, Value::External(name) if &**name == "__annotate__");
        let known = match self.local(&code.known) {
            Some(Local::Code(index)) => self.function_of(index, &code.known),
            _ => Known::unknown(),
        };
        for (flag, given) in given {
            self.function_extra(instruction, &known, flag, &given);
        }
        // PEP 649: annotations are a function, which whoever asks for them calls.
        if version == Version::V3_14 && annotates {
            let texts = match self.local(&known).map(|local| self.body_of(local)) {
                Some(Some(code)) => code.consts.iter().map(Const::value).collect(),
                _ => Vec::new(),
            };
            texts.into_iter().for_each(|text| self.keep_annotation(node(instruction), &text.into()));
            self.computed_later(&known)?;
        }
        frame.push(known);
        Ok(())
    }

    /// The code of a function.
    fn body_of(&self, function: Local) -> Option<&'t Code> {
        match function {
            Local::Function(index) => match self.functions.get(index)?.body {
                Body::Code(code) => Some(code),
                _ => None,
            },
            _ => None,
        }
    }

    /// A function that was made just now has these defaults or annotations.
    fn function_extra(&mut self, instruction: &Instruction, function: &Known, flag: u32, given: &Known) {
        let code = self.local(function).and_then(|local| self.body_of(local));
        let pairs: Vec<(Str, Value)> = match (flag, &given.value) {
            // Those of the last positional parameters.
            (DEFAULTS, Value::Tuple(values)) => {
                let names = code.map_or(&[][..], Code::positional);
                let first = names.len().saturating_sub(values.len());
                names.iter().skip(first).cloned().zip(values.iter().cloned()).collect()
            }
            (KEYWORD_DEFAULTS, Value::Dict(pairs)) => {
                let named = |(name, value): &(Value, Value)| Some((name.as_str()?.into(), value.clone()));
                pairs.iter().filter_map(named).collect()
            }
            (ANNOTATIONS, Value::Dict(pairs)) => {
                pairs.iter().for_each(|(_, text)| self.keep_annotation(node(instruction), &text.clone().into()));
                return;
            }
            // From 3.10 on names and annotations take turns.
            (ANNOTATIONS, Value::Tuple(items)) => {
                items.iter().for_each(|text| self.keep_annotation(node(instruction), &text.clone().into()));
                return;
            }
            _ => return,
        };
        let told = |value: &Value| !matches!(value, Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_));
        let pairs = pairs.into_iter().filter(|(_, value)| told(value));
        let defaults = pairs.map(|(name, value)| (name, value.into())).collect();
        self.keep_defaults(function, defaults);
    }

    /// A class whose body is this function: it runs now.
    fn build_class(&mut self, function: &Known, name: &str, bases: Bases) -> Result<Known, Stop> {
        let body = match self.local(function) {
            Some(Local::Function(index)) => self.take_code(index),
            _ => None,
        };
        let entered = self.running.map_or(0, |running| running.entered);
        let Some(body) = body.filter(|_| self.quiet == 0 && entered < MAX_ENTERED) else {
            return Ok(Known::named(name));
        };
        let scope = Scope::inside(&self.scope, true);
        let outer = std::mem::replace(&mut self.scope, Rc::clone(&scope));
        let result = self.during(self.when, None, |machine| {
            machine.branch = false;
            machine.walk_code(body)
        });
        self.scope = outer;
        result?;
        Ok(self.make_class(name, scope, bases))
    }

    /// The code of a function that runs now and never again: a class body.
    fn take_code(&mut self, index: usize) -> Option<&'t Code> {
        let function = self.functions.get(index)?;
        match function.body {
            Body::Code(code) => {
                self.waiting.remove(&(std::cmp::Reverse(function.when), index));
                Some(code)
            }
            _ => None,
        }
    }

    /// Functions in what is handed to the making of a type: perhaps they are called.
    fn computed_later(&mut self, of: &Known) -> Result<(), Stop> {
        let values = match &of.value {
            Value::Tuple(items) => items.to_vec(),
            other => vec![other.clone()],
        };
        for value in values {
            if let Some(Local::Function(index)) = self.locals.of(&value) {
                self.during(When::Conditional, None, |machine| {
                    machine.called(index, &[], &[]);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn intrinsic(&mut self, frame: &mut Frame<'t>, instruction: &Instruction) -> Result<(), Stop> {
        let of = frame.pop();
        match instruction.arg {
            // INTRINSIC_IMPORT_STAR
            2 => {
                let module = frame.importing.take().unwrap_or_else(|| super::load::starred(&of.known));
                self.import_star(node(instruction), &module)?;
                frame.push(Slot::from(Value::None));
            }
            // INTRINSIC_UNARY_POSITIVE
            5 => {
                let known = self.operate_one(node(instruction), "pos", "__pos__", of.known)?;
                frame.push(known);
            }
            // INTRINSIC_LIST_TO_TUPLE
            6 => frame.push(match &of.known.value {
                Value::List(items) => Slot::from(Value::tuple(items.to_vec())),
                _ => of,
            }),
            // INTRINSIC_TYPEALIAS and bounds of type variables: functions that whoever asks for the value calls.
            7..=11 => {
                self.computed_later(&of.known)?;
                frame.push(Slot::unknown());
            }
            // INTRINSIC_ASYNC_GEN_WRAP
            4 => frame.push(of),
            _ => frame.push(Slot::unknown()),
        }
        Ok(())
    }
}

/// The keyword arguments that `**of` gives.
fn by_name(of: Known) -> Vec<(Str, Known)> {
    match &of.value {
        Value::Dict(pairs) => {
            pairs.iter().filter_map(|(key, value)| Some((Str::from(key.as_str()?), value.clone().into()))).collect()
        }
        _ => vec![("**".into(), of)],
    }
}

/// The texts of a tuple.
pub(super) fn words(value: &Value) -> Vec<Str> {
    match value {
        Value::Tuple(items) => {
            let word = |item: &Value| match item {
                Value::Str(text) => text.clone(),
                _ => "?".into(),
            };
            items.iter().map(word).collect()
        }
        _ => Vec::new(),
    }
}
