//! What PyTorch's restricted unpickler lets a checkpoint name (`torch/_weights_only_unpickler.py`, 2.8).

use base::fact::Data;

/// `module.name`, one a line, sorted by module and name: what `_get_allowed_globals` returns.
const ALLOWED: &str = include_str!("weights-only.txt");

/// Whether an import is of a name that is not on the list.
pub(super) fn refuses(data: &Data) -> bool {
    let Data::Import(import) = data else { return false };
    // The list has the names under which they are saved, a fact the ones to which they lead.
    let canonical = format!("{}.{}", import.module, import.name);
    let written = import.written.replace("__builtin__.", "builtins.");
    !ALLOWED.lines().any(|allowed| allowed == canonical || allowed == written)
}
