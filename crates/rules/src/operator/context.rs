//! What a judge remembers of the calls that it has seen: whether one was dangerous, and which callable led to which name.

use std::collections::HashMap;

use base::{
    expr::Expr,
    fact::{Call, Data},
};

use crate::{render, standing::Known};

/// Calls whose arguments are remembered; an artifact with more of them needs no better story.
const REMEMBERED: usize = 4_096;

/// The memory of one artifact.
#[derive(Debug, Default)]
pub(crate) struct Context {
    dangerous: bool,
    /// PyTorch reads the artifact as the pickle of a checkpoint.
    torch: bool,
    /// It is the source of a traced module, which `torch.load` runs.
    traced: bool,
    /// TorchScript's own unpickler reads it, which knows the classes of the archive's code and imports nothing.
    torchscript: bool,
    /// An installer unpacks the artifact as a part of a package.
    packaged: bool,
    /// Loading the model imports the artifact: source inside a container that brings its own modules.
    imported: bool,
    /// A person runs the artifact, cell by cell.
    cell: bool,
    remembered: usize,
    /// From the dotted name of a callable to the callable that called it: `functools.partial`.
    callers: HashMap<String, String>,
    /// From a dotted name to the callable that looked it up: `builtins.getattr`.
    finders: HashMap<String, String>,
}

impl Context {
    /// Whether a call was seen that does harm.
    pub(crate) fn called_dangerous(&self) -> bool {
        self.dangerous
    }

    /// Whether `torch.load` reads the artifact.
    pub(crate) fn loaded_by_torch(&self) -> bool {
        self.torch
    }

    /// Whether it is the source of a traced module.
    pub(crate) fn traced(&self) -> bool {
        self.traced
    }

    /// Whether `torch.jit.load` reads the artifact.
    pub(crate) fn loaded_by_torchscript(&self) -> bool {
        self.torchscript
    }

    /// Whether the artifact is a part of a package, such as a wheel.
    pub(crate) fn is_packaged(&self) -> bool {
        self.packaged
    }

    /// Whether loading the model imports the artifact.
    pub(crate) fn imported_by_loading(&self) -> bool {
        self.imported
    }

    /// Whether a person runs the artifact as a cell of a notebook.
    pub(crate) fn run_by_cell(&self) -> bool {
        self.cell
    }

    /// Remembers a fact that was judged.
    pub(crate) fn saw(&mut self, data: &Data, known: Option<Known>) {
        if let Data::Identity(identity) = data {
            self.torch |= &*identity.key == "loader" && &*identity.value == "torch.load";
            self.traced |= &*identity.key == "loader" && &*identity.value == "torch.fx";
            self.packaged |= &*identity.key == "role" && &*identity.value == "packaged";
            self.torchscript |= &*identity.key == "loader" && &*identity.value == "torch.jit.load";
            self.cell |= &*identity.key == "run-by";
            self.imported |= &*identity.key == "imported-by";
        }
        let (Data::Call(call), Some(known)) = (data, known) else { return };
        self.dangerous |= known.is_dangerous();
        let map = match known.word() {
            "judged/apply" | "judged/deferred" => &mut self.callers,
            "judged/attribute" | "judged/method" | "judged/item" | "judged/import" | "judged/register" => {
                &mut self.finders
            }
            _ => return,
        };
        if self.remembered < REMEMBERED {
            self.remembered = self.remembered.saturating_add(1);
            let carrier = render::callee(data);
            for name in names(call) {
                map.entry(name).or_insert_with(|| carrier.clone());
            }
        }
    }

    /// The callable through which the one that `data` names was called or found.
    pub(crate) fn carrier(&self, data: &Data) -> Option<&str> {
        let (module, name, applied) = match data {
            Data::Call(call) => (&call.module, &call.name, matches!(&*call.how, "apply" | "deferred")),
            Data::Import(import) => (&import.module, &import.name, false),
            _ => return None,
        };
        let dotted = format!("{module}.{name}");
        let found = if applied { self.callers.get(&dotted) } else { None };
        found.or_else(|| self.finders.get(&dotted)).map(String::as_str)
    }
}

/// The dotted names in the arguments: those that stand there, and those that a name and a text make together.
fn names(call: &Call) -> Vec<String> {
    let mut names: Vec<String> = call.args.iter().flat_map(Expr::walk).filter_map(Expr::dotted).collect();
    for (first, second) in call.args.iter().zip(call.args.iter().skip(1)) {
        let (Some(home), Some(name)) = (first.dotted().or_else(|| first.as_str().map(str::to_owned)), second.as_str())
        else {
            continue;
        };
        let resolved = knowledge::resolve(&home, name);
        names.push(format!("{}.{}", resolved.module, resolved.name));
    }
    names
}
