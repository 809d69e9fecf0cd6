//! What R's names and pure functions stand for.

use base::expr::Expr;

use crate::program::{self, Applied, Language, joined};

pub(super) const R: Language = Language { global, field, fold, applies, guarded, evaluates, imports, child: "chunk.R" };

/// The package that a name without one is looked for in.
const BASE: &str = "r:base";

/// Names that stand in other packages of every R. Sorted.
const UTILS: &[&str] = &[
    "browseURL",
    "download.file",
    "download.packages",
    "install.packages",
    "read.csv",
    "read.delim",
    "read.table",
    "untar",
    "unzip",
    "url.show",
    "write.csv",
    "write.table",
];

pub(super) fn global(name: &str) -> Expr {
    match UTILS.binary_search(&name) {
        Ok(_) => Expr::global("r:utils", name),
        Err(_) => Expr::global(BASE, name),
    }
}

/// A name of a package; fields of other values are not followed.
fn field(of: &Expr, key: &str) -> Expr {
    match of {
        Expr::Global { module, name } if **module == *BASE && name.len() < 128 => match &**name {
            "base" | "utils" => global(key),
            package => Expr::global(format!("r:{package}"), key),
        },
        _ => Expr::Unknown,
    }
}

/// Names are looked up by functions, which are calls.
fn guarded(_: &str, _: &str) -> bool {
    false
}

fn evaluates(module: &str, name: &str) -> bool {
    module == BASE && matches!(name, "parse" | "str2lang" | "str2expression")
}

fn imports(module: &str, name: &str, args: &[Expr]) -> Option<String> {
    let loads = matches!(name, "library" | "require" | "requireNamespace" | "loadNamespace" | "attachNamespace");
    match args.first().filter(|_| module == BASE && loads)? {
        Expr::Str(package) if package.len() < 128 => Some(package.to_string()),
        Expr::Global { name, .. } => Some(name.to_string()),
        _ => None,
    }
}

/// The function that a value names.
fn function(value: &Expr) -> Option<Expr> {
    match value {
        Expr::Str(name) if name.len() < 128 => match name.split_once("::") {
            Some((package, name)) => Some(field(&global(package), name.trim_start_matches(':'))),
            None => Some(global(name)),
        },
        Expr::Global { .. } => Some(value.clone()),
        _ => None,
    }
}

fn applies(module: &str, name: &str, args: &[Expr]) -> Option<Applied> {
    if module != BASE {
        return None;
    }
    let given = match name {
        "do.call" => match args.get(1) {
            Some(Expr::List(items)) => items.clone(),
            other => other.cloned().into_iter().collect(),
        },
        "lapply" | "sapply" | "vapply" => {
            let callee = function(args.get(1)?)?;
            return Some((callee, args.first().cloned().into_iter().collect()));
        }
        "Map" | "Filter" | "Reduce" | "mapply" => args.iter().skip(1).cloned().collect(),
        _ => return None,
    };
    Some((function(args.first()?)?, given))
}

fn fold(module: &str, name: &str, args: &[Expr]) -> Option<Expr> {
    if module != BASE {
        return None;
    }
    match name {
        "::" | ":::" => match (args.first()?, args.get(1)?) {
            (package, Expr::Global { name, .. } | Expr::Str(name)) => function(package).map(|package| field(&package, name)),
            _ => None,
        },
        "c" | "list" => Some(Expr::List(args.to_vec())),
        "(" | "identity" | "invisible" | "noquote" | "as.character" => args.first().cloned(),
        "get" | "get0" | "match.fun" | "getFunction" | "as.name" | "as.symbol" => function(args.first()?),
        "paste0" => Some(joined(&flat(args), b"")).filter(known),
        "paste" => Some(joined(&flat(args), b" ")).filter(known),
        "intToUtf8" => {
            let letters: Option<String> = flat(args).iter().map(letter).collect();
            Some(Expr::str(letters?))
        }
        "rev" => match args.first()? {
            Expr::List(items) => Some(Expr::List(items.iter().rev().cloned().collect())),
            _ => None,
        },
        "tolower" => Some(program::text(&program::constant(args.first()?)?.to_ascii_lowercase())),
        "toupper" => Some(program::text(&program::constant(args.first()?)?.to_ascii_uppercase())),
        _ => None,
    }
}

fn known(value: &Expr) -> bool {
    !matches!(value, Expr::Unknown)
}

fn flat(args: &[Expr]) -> Vec<Expr> {
    let items = args.iter().flat_map(|arg| match arg {
        Expr::List(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    });
    items.take(4096).cloned().collect()
}

fn letter(value: &Expr) -> Option<char> {
    match value {
        Expr::Int(number) => u32::try_from(*number).ok().and_then(char::from_u32),
        _ => None,
    }
}
