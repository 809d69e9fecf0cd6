//! What Lua's names and pure functions stand for.

use base::expr::Expr;

use crate::program::{self, Applied, Language, joined};

/// Lua of any version, LuaJIT with it.
pub(super) const LUA: Language = Language { global, field, fold, applies, guarded, evaluates, imports, child: "chunk.lua" };

const GLOBALS: &str = "lua:_G";

/// The table of globals.
pub(super) fn environment() -> Expr {
    Expr::global(GLOBALS, "")
}

fn global(name: &str) -> Expr {
    match name {
        "_G" | "_ENV" => environment(),
        name => Expr::global(GLOBALS, name),
    }
}

fn field(of: &Expr, key: &str) -> Expr {
    match of {
        Expr::Global { module, name } => match (&**module, &**name) {
            (GLOBALS, "") | ("lua:package", "loaded") => global(key),
            // A library is a global table: `os` and then `execute`.
            (GLOBALS, library) => Expr::global(format!("lua:{library}"), key),
            (module, "") => Expr::global(module, key),
            (module, name) if name.len() < 256 => Expr::global(module, format!("{name}.{key}")),
            _ => Expr::Unknown,
        },
        // Methods of texts are those of the library.
        Expr::Str(_) | Expr::Bytes(_) => Expr::global("lua:string", key),
        // Whatever has a member of this name is the table of globals, or was made from it.
        Expr::Unknown if matches!(key, "os" | "io" | "package" | "debug") => Expr::global(GLOBALS, key),
        _ => Expr::Unknown,
    }
}

fn applies(module: &str, name: &str, args: &[Expr]) -> Option<Applied> {
    let handlers = match (module, name) {
        (GLOBALS, "pcall") => 0,
        // The function that handles errors stands between.
        (GLOBALS, "xpcall") => 1,
        _ => return None,
    };
    let (function, rest) = args.split_first()?;
    Some((function.clone(), rest.iter().skip(handlers).cloned().collect()))
}

/// The globals, and the libraries that reach the system.
fn guarded(module: &str, name: &str) -> bool {
    match module {
        GLOBALS => matches!(name, "" | "os" | "io" | "package" | "debug" | "ffi"),
        "lua:package" => name == "loaded",
        _ => false,
    }
}

fn evaluates(module: &str, name: &str) -> bool {
    module == GLOBALS && matches!(name, "load" | "loadstring")
}

fn imports(module: &str, name: &str, args: &[Expr]) -> Option<String> {
    match (module, name, args.first()) {
        (GLOBALS, "require", Some(Expr::Str(library))) if library.len() < 256 => Some(library.to_string()),
        _ => None,
    }
}

fn fold(module: &str, name: &str, args: &[Expr]) -> Option<Expr> {
    match (module, name) {
        (GLOBALS, "getfenv") => Some(environment()),
        (GLOBALS, "rawget") => match args {
            [of @ Expr::Global { .. }, Expr::Str(key)] => Some(field(of, key)),
            _ => None,
        },
        (GLOBALS, "tostring") => Some(args.first()?.clone()),
        ("lua:string", "char") => {
            let bytes: Option<Vec<u8>> = args.iter().map(byte).collect();
            Some(program::text(&bytes?))
        }
        ("lua:string", "reverse") => {
            let mut bytes = program::constant(args.first()?)?;
            bytes.reverse();
            Some(program::text(&bytes))
        }
        ("lua:string", "lower") => Some(program::text(&program::constant(args.first()?)?.to_ascii_lowercase())),
        ("lua:string", "upper") => Some(program::text(&program::constant(args.first()?)?.to_ascii_uppercase())),
        ("lua:string", "sub") => {
            let bytes = program::constant(args.first()?)?;
            let (from, to) = (position(args.get(1)?, bytes.len())?, args.get(2));
            let to = to.map_or(Some(bytes.len()), |to| position(to, bytes.len()))?;
            Some(program::text(bytes.get(from.saturating_sub(1)..to.min(bytes.len())).unwrap_or_default()))
        }
        ("lua:table", "concat") => match args.first()? {
            Expr::List(items) => {
                let between = args.get(1).map_or(Some(Vec::new()), program::constant)?;
                Some(joined(items, &between)).filter(|value| !matches!(value, Expr::Unknown))
            }
            _ => None,
        },
        _ => None,
    }
}

fn byte(value: &Expr) -> Option<u8> {
    match value {
        Expr::Int(number) => u8::try_from(*number).ok(),
        _ => None,
    }
}

/// A position of `string.sub`: from 1, or from the end where it is negative.
fn position(value: &Expr, length: usize) -> Option<usize> {
    let Expr::Int(number) = value else { return None };
    let number = *number;
    match usize::try_from(number) {
        Ok(number) => Some(number),
        Err(_) => Some(length.saturating_sub(usize::try_from(number.unsigned_abs()).ok()?).saturating_add(1)),
    }
}
