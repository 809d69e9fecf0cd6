//! What is given back as an artifact of its own: code and streams that a call is handed, and what decoding yields.

use base::{blob::Blob, location::Place, sink::Child, stop::Stop};
use eval::{Decoded, Value as Known};

use crate::{
    calls::Called,
    code,
    machine::Machine,
    names::Global,
    value::{Kind, Value},
};

/// Callables that run or load an argument: module, name, its position, the name of the child.
const LOADERS: &[(&str, &str, usize, &str)] = &[
    ("builtins", "exec", 0, "exec-argument.py"),
    ("builtins", "eval", 0, "eval-argument.py"),
    ("builtins", "compile", 0, "compile-argument.py"),
    ("code", "InteractiveInterpreter.runsource", 0, "runsource-argument.py"),
    ("timeit", "timeit", 0, "timeit-argument.py"),
    ("torch.fx.graph_module", "_exec_with_source", 0, "exec-argument.py"),
    ("torch.fx.graph_module", "_forward_from_src", 0, "exec-argument.py"),
    ("torch.fx.graph_module", "_method_from_src", 1, "exec-argument.py"),
    ("cProfile", "run", 0, "run-argument.py"),
    ("profile", "run", 0, "run-argument.py"),
    ("pdb", "run", 0, "run-argument.py"),
    ("pickle", "loads", 0, "loads-argument.pkl"),
    ("pickle", "load", 0, "load-argument.pkl"),
    ("pickle", "_loads", 0, "loads-argument.pkl"),
    ("pickle", "_load", 0, "load-argument.pkl"),
    ("pickle", "Unpickler", 0, "load-argument.pkl"),
    ("pickle", "_Unpickler", 0, "load-argument.pkl"),
    ("multiprocessing.reduction", "ForkingPickler.loads", 0, "loads-argument.pkl"),
    ("srsly._pickle_api", "pickle_loads", 0, "loads-argument.pkl"),
    ("srsly.cloudpickle", "loads", 0, "loads-argument.pkl"),
    ("pandas.compat.pickle_compat", "loads", 0, "loads-argument.pkl"),
    ("pandas.compat.pickle_compat", "load", 0, "load-argument.pkl"),
    ("pandas.compat.pickle_compat", "Unpickler", 0, "load-argument.pkl"),
    ("joblib.numpy_pickle", "NumpyUnpickler", 1, "load-argument.joblib"),
    ("numba.core.serialize", "_unpickle__CustomPickled", 0, "loads-argument.pkl"),
    ("ray.cloudpickle", "loads", 0, "loads-argument.pkl"),
    ("distributed.protocol.pickle", "loads", 0, "loads-argument.pkl"),
    ("cloudpickle.cloudpickle", "loads", 0, "loads-argument.pkl"),
    ("cloudpickle.cloudpickle", "load", 0, "load-argument.pkl"),
    ("dill", "loads", 0, "loads-argument.pkl"),
    ("dill", "load", 0, "load-argument.pkl"),
    ("dill._dill", "loads", 0, "loads-argument.pkl"),
    ("cloudpickle", "loads", 0, "loads-argument.pkl"),
    ("cloudpickle", "load", 0, "load-argument.pkl"),
    ("joblib", "load", 0, "load-argument.joblib"),
    ("joblib.numpy_pickle", "load", 0, "load-argument.joblib"),
    ("numpy", "load", 0, "load-argument.npy"),
    ("pandas", "read_pickle", 0, "load-argument.pkl"),
    ("torch.storage", "_load_from_bytes", 0, "storage.pt"),
    ("torch", "load", 0, "load-argument.pt"),
    ("marshal", "loads", 0, "loads-argument.marshal"),
    ("marshal", "load", 0, "load-argument.marshal"),
    ("yaml", "load", 0, "load-argument.yaml"),
    ("yaml", "unsafe_load", 0, "load-argument.yaml"),
];

/// Beginnings by which bytes are something that a loader or a system would run.
const MAGICS: &[&[u8]] = &[
    b"\x80\x02",
    b"\x80\x03",
    b"\x80\x04",
    b"\x80\x05",
    b"PK\x03\x04",
    b"\x7fELF",
    b"MZ",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"#!",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\0asm",
];

impl Machine<'_, '_> {
    /// Gives back the argument that a call runs or loads. `tuple` is the packed tuple of the arguments, where there is one.
    pub(crate) fn give_back_arguments(&mut self, call: &Called<'_>, tuple: Value) -> Result<(), Stop> {
        let Some(name) = call.callee.callee_name() else {
            return Ok(());
        };
        if code::makes_code(&name) {
            if let Some(stream) = code::marshalled(call.args) {
                let place = self.place();
                return self.sink.child(Child::window("code-argument.marshal", place, Blob::from_bytes(stream)));
            }
            return Ok(());
        }
        let loader = LOADERS.iter().find(|row| *name.module == *row.0 && *name.qualname == *row.1);
        // Every class of Keras has this method.
        let keras = name.qualname.ends_with("._unpickle_model") && name.module.starts_with("keras");
        let loader = loader.map(|row| (row.2, row.3)).or(keras.then_some((0, "load-argument.keras")));
        let items = self.arena.items_of_run(tuple).map(<[Value]>::to_vec).unwrap_or_default();
        if let Some((position, child)) = loader {
            let argument = call.args.get(position).or_else(|| call.kwargs.first().map(|(_, value)| value));
            return match argument {
                Some(argument) => self.give_back_argument(argument, items.get(position).copied(), child),
                None => Ok(()),
            };
        }
        // Which argument it is differs between versions: whatever bytes it is given are looked at.
        let holds = |argument: &Known| !matches!(argument, Known::Str(_) | Known::None | Known::Int(_));
        let args = call.args.iter().chain(call.kwargs.iter().map(|(_, value)| value));
        if !args.clone().any(holds) || !eval::loads(&name.module, &name.qualname) {
            return Ok(());
        }
        for (position, argument) in args.enumerate().filter(|(_, argument)| holds(argument)) {
            self.give_back_argument(argument, items.get(position).copied(), "loads-argument.pkl")?;
        }
        Ok(())
    }

    /// Gives back the bytes that an object takes as its state, where its class loads them.
    pub(crate) fn give_back_state(&mut self, object: Value, state: Value) -> Result<(), Stop> {
        if !matches!(state.kind(), Kind::Bytes | Kind::Constant) {
            return Ok(());
        }
        let class = self.names.at(object.class()).and_then(Global::name).cloned();
        if !class.is_some_and(|name| eval::loads(&name.module, &name.qualname)) {
            return Ok(());
        }
        let argument = self.view().known(state);
        self.give_back_argument(&argument, Some(state), "loads-argument.pkl")
    }

    /// Gives back the bytes of an argument; `packed`: the value that it was read from.
    fn give_back_argument(&mut self, argument: &Known, packed: Option<Value>, child: &'static str) -> Result<(), Stop> {
        let bytes: Option<&[u8]> = match argument {
            Known::Str(text) | Known::StringIo(text) => Some(text.as_bytes()),
            other => other.as_bytes().map(|bytes| &**bytes),
        };
        let placed = packed.and_then(|packed| self.bytes_place(packed));
        let in_stream = placed.and_then(|(offset, len, position)| {
            let blob = self.texts.window(offset, len).filter(|_| len > 0)?;
            // A constant that is too long to be looked at is given back all the same.
            let left = len.saturating_sub(position as u64);
            let whole = bytes.map_or(len > crate::text::MAX_CONSTANT, |bytes| left == bytes.len() as u64);
            whole.then_some((Place::bytes(offset, len), blob, left))
        });
        let bytes = bytes.filter(|bytes| !bytes.is_empty());
        match (in_stream, bytes) {
            (None, None) => Ok(()),
            (None, Some(bytes)) => self.sink.child(Child::window(child, self.place(), Blob::from_bytes(bytes))),
            (Some((place, blob, left)), _) => {
                // Where a stream in memory stands between its ends, some readers go on from there and others go back.
                if left > 0 && left < place.length {
                    let offset = place.offset.saturating_add(place.length.saturating_sub(left));
                    if let Some(rest) = self.texts.window(offset, left) {
                        self.sink.child(Child::window(child, Place::bytes(offset, left), rest))?;
                    }
                }
                self.sink.child(Child::window(child, place, blob))
            }
        }
    }

    /// Gives back what a decoding step yielded, if it is text or begins like something that runs. Other bytes are data until something loads them.
    pub(crate) fn give_back_decoded(&mut self, decoded: &Decoded) -> Result<(), Stop> {
        let magic = MAGICS.iter().any(|magic| decoded.bytes.starts_with(magic));
        let plain = std::str::from_utf8(&decoded.bytes).is_ok_and(|text| {
            text.len() >= 16 && text.chars().all(|letter| !letter.is_control() || letter.is_whitespace())
        });
        if !magic && !plain {
            return Ok(());
        }
        let by = decoded.by.replace('.', "-");
        let place = self.place();
        self.sink.child(Child::window(format!("{by}-result"), place, Blob::from_bytes(decoded.bytes.to_vec())))
    }
}
