//! Operators: what a condition can ask beyond the value of a field. A closed list, named in [`crate::words::OPERATORS`].

mod arguments;
mod code;
mod context;
mod lineage;
mod shell;
mod template;
mod text;
mod weights_only;

use base::fact::Data;

pub(crate) use context::Context;

/// An operator over a fact.
pub(crate) type Operator = fn(&Data, &Context) -> bool;

/// The operator of this name.
pub(crate) fn named(name: &str) -> Option<Operator> {
    Some(match name {
        "after-dangerous-call" => |_, context| context.called_dangerous(),
        "argument-carries-constructor" => |data, _| arguments::texts(data).any(|text| text::carries_constructor(&text)),
        "argument-writes-startup-file" => |data, _| arguments::writes_startup_file(data),
        "argument-names-executing-path" => |data, _| arguments::name_executing_path(data),
        "argument-names-private-file" => |data, _| arguments::texts(data).any(|text| text::names_private_file(&text)),
        "argument-names-foreign-host" => |data, _| arguments::texts(data).any(|text| text::names_foreign_host(&text)),
        "argument-tells-host" => |data, _| lineage::tells_host(data),
        "argument-holds-secrets" => |data, _| lineage::holds_secrets(data),
        "first-argument-is-whole-tree" => |data, _| arguments::first_is_whole_tree(data),
        "argument-is-decoded" => |data, _| lineage::is_decoded(data),
        "argument-is-downloaded" => |data, _| lineage::is_downloaded(data),
        "argument-is-reverse-shell" => |data, _| arguments::texts(data).any(|text| text::is_reverse_shell(&text)),
        "argument-is-shell-download" => |data, _| arguments::texts(data).any(|text| text::is_shell_download(&text)),
        "argument-may-be-path" => |data, _| arguments::may_be_path(data),
        "argument-names-credentials" => |data, _| arguments::texts(data).any(|text| text::names_credentials(&text)),
        "argument-names-dangerous-callable" => |data, _| arguments::name_dangerous_callable(data),
        "argument-names-dangerous-module" => |data, _| arguments::name_dangerous_module(data),
        "argument-names-dangerous-pair" => |data, _| arguments::name_dangerous_pair(data),
        "argument-names-executing-callable" => |data, _| arguments::name_executing_callable(data),
        "argument-names-library-file" => |data, _| arguments::name_library_file(data),
        "argument-names-persistence" => |data, _| arguments::texts(data).any(|text| text::names_persistence(&text)),
        "argument-names-scratch-place" => |data, _| arguments::texts(data).any(|text| text::names_scratch_place(&text)),
        "argument-names-whole-tree" => |data, _| arguments::texts(data).any(|text| text::names_whole_tree(&text)),
        "argument-opens-for-writing" => |data, _| arguments::open_for_writing(data),
        "argument-reads-environment" => |data, _| lineage::reads_environment(data),
        "argument-sends-credentials" => |data, _| arguments::texts(data).any(|text| text::sends_credentials(&text)),
        "callee-is-made-class" => |data, _| code::callee_is_made_by(data, &["judged/type"]),
        "callee-is-made-enumeration" => |data, _| code::callee_is_made_enumeration(data),
        "callee-is-made-function" => |data, _| code::callee_is_made_by(data, &["judged/code"]),
        "callee-is-new" => |data, _| arguments::callee_is_new(data),
        "callee-is-new-or-traced" => {
            |data, context| arguments::callee_is_new(data) || context.traced() && code::is_method_of_value(data)
        }
        "callee-names-dangerous-callable" => |data, _| arguments::callee_names_dangerous_callable(data),
        "class-has-loading-method" => |data, _| code::class_has_loading_method(data),
        "code-is-partly-unknown" => |data, _| code::is_partly_unknown(data),
        "code-names-dangerous-callable" => |data, _| code::names_dangerous(data),
        "first-argument-is-singleton" => |data, _| code::first_is_singleton(data),
        "first-argument-is-constant" => |data, _| lineage::first_is_constant(data),
        "first-argument-unresolved" => |data, _| arguments::first_is_unresolved(data),
        "import-has-effect" => |data, _| matches!(data, Data::Import(import) if arguments::acts_when_imported(import)),
        "imported-by-loading" => |_, context| context.imported_by_loading(),
        "imports-unknown-module" => |data, _| arguments::import_unknown_module(data),
        "leads-out" => |data, context| arguments::lead_out(data) || context.traced() && arguments::reach_inside(data),
        "method-of-traced-value" => |data, context| context.traced() && code::is_method_of_value(data),
        "names-graph-source" => |data, _| code::names_graph_source(data),
        "needs-more-than-stored" => |data, _| matches!(data, Data::Tensor(tensor) if tensor.bytes > tensor.stored),
        "not-of-torchscript" => |data, context| !(context.loaded_by_torchscript() && arguments::name_is_compiled(data)),
        "of-another-language" => |data, _| arguments::of_another_language(data),
        "packaged" => |_, context| context.is_packaged(),
        "refused-by-weights-only" => |data, context| context.loaded_by_torch() && weights_only::refuses(data),
        "runs-in-notebook" => |_, context| context.run_by_cell(),
        "reaches-interpreter" => |data, _| template::reaches_interpreter(data),
        "speaks" => |data, _| template::speaks(data),
        "state-carries-template" => |data, _| code::state_carries_template(data),
        "target-escapes" => |data, _| matches!(data, Data::Reference(reference) if text::escapes(&reference.target)),
        "target-module-is-unknown" => |data, _| arguments::target_is_unknown(data),
        "text-argument-unresolved" => |data, _| arguments::text_is_unresolved(data),
        "argument-destroys" => |data, _| arguments::texts(data).any(|text| shell::damage::destroys(&text)),
        "argument-is-from-host" => |data, _| arguments::texts(data).any(|text| shell::is_from_host(&text)),
        "argument-is-from-mirror" => |data, _| arguments::texts(data).any(|text| shell::is_from_mirror(&text)),
        "argument-is-from-publisher" => |data, _| arguments::texts(data).any(|text| shell::is_from_publisher(&text)),
        "argument-is-proved" => |data, _| arguments::texts(data).any(|text| shell::is_proved(&text)),
        "argument-mines" => |data, _| arguments::texts(data).any(|text| shell::damage::mines(&text)),
        "argument-names-address" => |data, _| arguments::texts(data).any(|text| shell::names_address(&text)),
        "argument-opens-tunnel" => |data, _| arguments::texts(data).any(|text| shell::tunnels::opens_tunnel(&text)),
        "argument-pipes-decoded" => |data, _| arguments::texts(data).any(|text| shell::stages::decodes_and_runs(&text)),
        "argument-pipes-download" => {
            |data, _| arguments::texts(data).any(|text| shell::fetches_and_runs(&text.to_lowercase()))
        }
        "argument-plants-fetched" => {
            |data, _| arguments::texts(data).any(|text| shell::persistence::plants_fetched(&text))
        }
        "argument-plants-itself" => {
            |data, _| arguments::texts(data).any(|text| shell::persistence::plants_itself(&text))
        }
        "argument-reads-credentials" => {
            |data, _| arguments::texts(data).any(|text| shell::secrets::reads_credentials(&text))
        }
        "argument-sends-secrets" => |data, _| arguments::texts(data).any(|text| shell::secrets::sends_secrets(&text)),
        "argument-shares-port" => |data, _| arguments::texts(data).any(|text| shell::tunnels::shares_port(&text)),
        "argument-weakens-host" => |data, _| arguments::texts(data).any(|text| shell::damage::weakens(&text)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::OPERATORS;

    #[test]
    fn every_word_has_its_operator() {
        assert!(OPERATORS.iter().all(|name| named(name).is_some()));
        assert!(OPERATORS.is_sorted());
        assert!(named("no-such-operator").is_none());
    }
}
