//! Whoever asks about some facts gets those, whatever is left: every program of the tests is read for him too.

use base::{
    fact::{Data, Fact},
    sink::{Child, Collected, Receiver},
    stop::Stop,
};

/// Asks about what starts something or runs a text, as rules do, and about nothing else.
#[derive(Default)]
pub(crate) struct Picky(pub(crate) Collected);

impl Receiver for Picky {
    fn fact(&mut self, fact: Fact) {
        self.0.fact(fact);
    }

    fn child(&mut self, child: Child) -> Result<(), Stop> {
        self.0.child(child)
    }

    fn asks(&self, sketch: &Data) -> bool {
        let (module, name) = match sketch {
            Data::Call(call) => (&*call.module, &*call.name),
            Data::Import(import) if &*import.origin != "import" => (&*import.module, &*import.name),
            _ => return false,
        };
        match module {
            "builtins" => matches!(name, "?" | "compile" | "eval" | "exec" | "execfile"),
            "os" => crate::handed::runs_code(&eval::Name::new(module, name)) || name == "?",
            _ => crate::handed::runs_code(&eval::Name::new(module, name)) || module == "socket",
        }
    }
}

/// What a picky receiver of the same reading is told: all that he asks about in `full`.
#[track_caller]
pub(crate) fn check(full: &Collected, read: impl FnOnce(&mut Picky)) {
    let mut picky = Picky::default();
    read(&mut picky);
    let asked = |fact: &&Fact| picky.asks(&fact.data);
    let wanted: Vec<String> = full.facts.iter().filter(asked).map(ToString::to_string).collect();
    let told: Vec<String> = picky.0.facts.iter().filter(asked).map(ToString::to_string).collect();
    assert_eq!(told, wanted);
    assert_eq!(picky.0.children.len(), full.children.len());
}
