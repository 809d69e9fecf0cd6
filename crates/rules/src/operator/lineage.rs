//! Operators over where an argument comes from: what was called to make it.

use base::{
    expr::Expr,
    fact::{Data, Value},
};

use crate::standing::look_up;

fn expressions(data: &Data) -> impl Iterator<Item = &Expr> {
    let exprs = match data.field("args") {
        Some(Value::Exprs(exprs)) => exprs,
        _ => &[],
    };
    exprs.iter().flat_map(Expr::walk)
}

/// The module and name of every global in the arguments, and of those that are called there.
fn globals(data: &Data) -> impl Iterator<Item = (&str, &str)> {
    expressions(data).filter_map(|expr| match expr {
        Expr::Global { module, name } => Some((&**module, &**name)),
        _ => None,
    })
}

/// Names that build text or bytes out of numbers.
const BUILDERS: &[&str] = &["bytes.fromhex", "bytearray.fromhex", "chr", "unichr"];

/// Whether decoding or decompressing took part in an argument, or it is spelled from numbers or backwards.
pub(super) fn is_decoded(data: &Data) -> bool {
    // Encoding is the way back: what it gives is no program.
    let encodes = |name: &str| {
        name.ends_with("encode") && name != "encode"
            || name.starts_with("b2a_")
            || name.ends_with("encodebytes")
            || name.ends_with("encodestring")
            || name == "hexlify"
            || name.starts_with("quote")
            || name == "urlencode"
            || name.ends_with("compress") && !name.ends_with("decompress")
    };
    let decoder = |(module, name): (&str, &str)| {
        !encodes(name)
            && (module == "builtins" && BUILDERS.contains(&name)
                || !name.is_empty() && matches!(look_up(module, name).word(), "judged/decode") && module != "builtins")
    };
    let backwards = |expr: &Expr| {
        matches!(expr, Expr::Item { of, key } if matches!(&**of, Expr::Str(_) | Expr::Bytes(_))
            && matches!(&**key, Expr::Call { callee, args, .. }
                if callee.dotted().as_deref() == Some("builtins.slice") && matches!(args.last(), Some(Expr::Int(..0)))))
    };
    globals(data).any(decoder) || expressions(data).any(|expr| backwards(expr) || is_spelled(expr))
}

/// Whether bytes are made of numbers: a program that was written as a list of them, or whose bytes were computed.
fn is_spelled(expr: &Expr) -> bool {
    let Expr::Call { callee, args, .. } = expr else { return false };
    let numbers = |items: &[Expr]| items.len() > 3 && items.iter().all(|item| matches!(item, Expr::Int(..)));
    matches!(args.first(), Some(Expr::List(items) | Expr::Tuple(items)) if numbers(items))
        && matches!(callee.dotted().as_deref(), Some("builtins.bytes" | "builtins.bytearray"))
}

/// Words of methods that only look at a connection or a request, and of calls that send nothing and fetch nothing.
const PASSIVE: &[&str] =
    &["gethostname", "getfqdn", "quote", "unquote", "urlencode", "urlparse", "urljoin", "urlsplit", "socketpair"];

/// Whether an argument was read from the network.
pub(super) fn is_downloaded(data: &Data) -> bool {
    expressions(data).any(|expr| match expr {
        Expr::Call { callee, .. } => callee.walk().any(|part| match part {
            Expr::Global { module, name } => {
                !PASSIVE.iter().any(|word| name.ends_with(word)) && look_up(module, name).word() == "dangerous/network"
            }
            _ => false,
        }),
        // What a web server is asked with.
        Expr::Global { module, name } => {
            matches!(&**module, "flask" | "bottle" | "quart") && (&**name == "request" || name.starts_with("request."))
        }
        _ => false,
    })
}

/// Names of callables that turn the name of a machine into an address: asking for one tells it to whoever owns the domain.
const ASKS_FOR_HOST: &[&str] =
    &["gethostbyname", "gethostbyname_ex", "getaddrinfo", "resolve", "query", "Resolver.resolve"];

/// Whether the name of a machine is asked for that is put together of a domain and of something that was read or encoded.
pub(super) fn tells_host(data: &Data) -> bool {
    let Data::Call(call) = data else { return false };
    let Some(host @ Expr::Call { .. }) = call.args.first().filter(|_| ASKS_FOR_HOST.contains(&&*call.name)) else {
        return false;
    };
    let domain = |part: &Expr| part.as_str().is_some_and(|text| text.trim_start_matches('.').contains('.'));
    let told = |part: &Expr| match part {
        Expr::Global { module, name } => {
            &**module == "os" && (name.starts_with("environ") || &**name == "getenv")
                || name.ends_with("encode")
                    && look_up(module, name).word() == "judged/decode"
                    && &**module != "builtins"
                || &**module == "builtins" && &**name == "open"
        }
        _ => false,
    };
    host.walk().any(domain) && host.walk().any(told)
}

/// Whether the environment as a whole is an argument.
pub(super) fn reads_environment(data: &Data) -> bool {
    // `os.environ['X']` and `os.environ.get('X')` are one variable; the walk sees them as items and calls of attributes.
    let one = |expr: &Expr| {
        matches!(expr, Expr::Item { .. })
            || matches!(expr, Expr::Call { callee, .. }
            if callee.dotted().is_some_and(|name| name.ends_with("environ.get") || name.ends_with("getenv")))
    };
    let mut queue: Vec<&Expr> = match data.field("args") {
        Some(Value::Exprs(exprs)) => exprs.iter().collect(),
        _ => Vec::new(),
    };
    while let Some(expr) = queue.pop() {
        if matches!(expr, Expr::Global { module, name } if &**module == "os" && matches!(&**name, "environ" | "environb"))
        {
            return true;
        }
        if !one(expr) {
            queue.extend(expr.children());
        }
    }
    false
}

/// Whether an argument was read from a place of secrets: a file that is opened, or what a program or an address gave.
pub(super) fn holds_secrets(data: &Data) -> bool {
    let reads = |part: &Expr| match part {
        Expr::Attribute { name, .. } => name.starts_with("read"),
        Expr::Global { module, name } => {
            matches!(
                look_up(module, name).word(),
                "dangerous/read" | "dangerous/file" | "dangerous/process" | "dangerous/network"
            )
        }
        _ => false,
    };
    let secret = |part: &Expr| part.as_str().is_some_and(super::text::names_private_file);
    expressions(data)
        .any(|expr| matches!(expr, Expr::Call { callee, .. } if callee.walk().any(reads)) && expr.walk().any(secret))
}

/// Whether the first argument is a constant.
pub(super) fn first_is_constant(data: &Data) -> bool {
    match data.field("args") {
        Some(Value::Exprs([first, ..])) => matches!(first, Expr::Str(_) | Expr::Bytes(_)),
        _ => false,
    }
}
