//! Modules that PyTorch has traced (`torch.fx`): they are written as the source text of their `forward`, which loading runs.

use base::{blob::Blob, sink::Child, stop::Stop};
use eval::Value as Known;

use crate::{
    machine::Machine,
    value::{Kind, Value},
};

/// The name of the artifact that such a source is: the reader of Python knows by it that loading runs the text.
const CHILD: &str = "traced-graph.py";
/// The attribute of the module with the text of `forward`, and what it was called before PyTorch 1.8.
const ATTRIBUTES: [&str; 2] = ["_code", "code"];

/// What loading runs: the attribute with the text, the text, and the imports that are put before it.
pub(crate) struct GraphSource {
    attribute: &'static str,
    code: String,
    imports: Option<String>,
    /// Whether the class that traces is one that is named, or none.
    tracer: Known,
}

impl GraphSource {
    /// The arguments as they are stated: of the module only what says what runs.
    pub(crate) fn arguments(&self) -> Vec<Known> {
        let mut body = vec![(Known::str(self.attribute), Known::str(self.code.as_str()))];
        if !matches!(self.tracer, Known::None) {
            body.push((Known::str("_tracer_cls"), self.tracer.clone()));
        }
        let mut args = vec![Known::dict(body)];
        args.extend(self.imports.as_deref().map(Known::str));
        args
    }
}

impl Machine<'_, '_> {
    /// The source that a call of `reduce_graph_module(body, import_block)` runs, where all of it is known: `exec(import_block + body['_code'])`.
    pub(crate) fn graph_source(&self, callee: &Known, args: Value) -> Option<GraphSource> {
        let name = callee.as_name().filter(|name| &*name.module == "torch.fx.graph_module")?;
        let args = self.arena.items_of_run(args).filter(|_| args.kind() == Kind::Tuple)?;
        let (body, imports) = match (&*name.qualname, args) {
            ("reduce_graph_module", [body]) => (*body, None),
            // With an importer in front, as `torch.deploy` had it.
            ("reduce_graph_module", [body, imports]) | ("reduce_deploy_graph_module", [_, body, imports]) => {
                (*body, Some(*imports))
            }
            _ => return None,
        };
        let imports = match imports {
            Some(imports) => Some(self.texts.text(&self.arena, imports)?),
            None => None,
        };
        let (items, total) = self.arena.items(body).filter(|_| body.kind() == Kind::Dict)?;
        if total != items.len() as u64 {
            return None;
        }
        let mut found = [None, None];
        let mut tracer = Known::None;
        for pair in items.chunks_exact(2) {
            let [key, value] = pair else { return None };
            let key = self.texts.text(&self.arena, *key)?;
            if let Some(at) = ATTRIBUTES.iter().position(|name| **name == *key) {
                found.get_mut(at)?.replace(*value);
            } else if key == "_tracer_cls" {
                tracer = self.view().shown(*value);
            }
        }
        // `body.get('_code') or body['code']`
        let (attribute, code) = ATTRIBUTES.into_iter().zip(found).find_map(|(name, value)| {
            let value = value.filter(|value| *value != Value::NONE)?;
            Some((name, self.texts.text(&self.arena, value))).filter(|(_, text)| text.as_deref() != Some(""))
        })?;
        Some(GraphSource { attribute, code: code?, imports, tracer })
    }

    /// Gives back the source as `exec` gets it.
    pub(crate) fn give_back_graph(&mut self, source: GraphSource) -> Result<(), Stop> {
        let text = source.imports.unwrap_or_default() + &source.code;
        self.meter.bytes(text.len() as u64)?;
        let place = self.place();
        self.sink.child(Child::window(CHILD, place, Blob::from_bytes(text.into_bytes())))
    }
}
