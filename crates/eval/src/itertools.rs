//! Iterators that compute as they are read: `map`, `filter`, `zip` and the functions of `itertools`.

use crate::{
    arguments::{Arguments, count, int},
    compare,
    evaluator::{Evaluator, Fault, Folded, raise},
    iterate::{self, all, endless, take},
    operation,
    value::{Call, Exception, Value},
};

/// Whether calling this makes an iterator and does nothing yet.
pub(crate) fn makes_iterator(module: &str, name: &str) -> bool {
    match module {
        "builtins" => matches!(name, "map" | "filter" | "zip" | "enumerate"),
        "itertools" => matches!(
            name,
            "starmap"
                | "chain"
                | "chain.from_iterable"
                | "islice"
                | "repeat"
                | "cycle"
                | "count"
                | "accumulate"
                | "compress"
                | "zip_longest"
                | "product"
                | "permutations"
                | "combinations"
                | "combinations_with_replacement"
                | "takewhile"
                | "dropwhile"
                | "filterfalse"
                | "pairwise"
                | "batched"
                | "groupby"
        ),
        _ => false,
    }
}

/// The first items of an iterator, `wanted` at most.
pub(crate) fn read(evaluator: &mut Evaluator<'_>, call: &Call, wanted: usize) -> Folded<Vec<Value>> {
    let args = Arguments::new(&call.args, &call.kwargs);
    let Some(name) = call.callee.as_name() else {
        return Err(Fault::Unfollowed);
    };
    match &*name.qualname {
        "map" => mapped(evaluator, args, wanted),
        "starmap" => star_mapped(evaluator, args, wanted),
        "filter" | "filterfalse" => filtered(evaluator, args, wanted, &*name.qualname == "filter"),
        "takewhile" | "dropwhile" => prefix(evaluator, args, wanted, &*name.qualname == "takewhile"),
        "accumulate" => accumulated(evaluator, args, wanted),
        "groupby" => grouped(evaluator, args, wanted),
        "zip" => Ok(rows(evaluator, args.args, wanted)?.into_iter().map(Value::tuple).collect()),
        "zip_longest" => longest(evaluator, args, wanted),
        "enumerate" => {
            let start = args.int_or(1, "start", 0)?;
            let items = take(evaluator, args.required(0, "iterable")?, wanted)?;
            let numbered = items.into_iter().enumerate().map(|(place, item)| {
                let place = start.saturating_add(i64::try_from(place).unwrap_or(i64::MAX));
                Value::tuple([Value::Int(place), item])
            });
            Ok(numbered.collect())
        }
        // `iter(callable, sentinel)` calls until the sentinel comes: once is known.
        "iter" if args.len() > 1 => {
            let first = evaluator.invoke(args.value(0)?, &[], &[])?;
            if wanted == 1 { Ok(vec![first]) } else { Err(Fault::Unfollowed) }
        }
        "iter" => take(evaluator, args.value(0)?, wanted),
        "chain" => chained(evaluator, args.args, wanted),
        "chain.from_iterable" => {
            let parts = all(evaluator, args.value(0)?)?;
            chained(evaluator, &parts, wanted)
        }
        "islice" => islice(evaluator, args, wanted),
        "repeat" => {
            let times = args.at(1, "times").map_or(Ok(wanted), |times| int(times).map(count))?;
            let times = times.min(wanted);
            iterate::room(evaluator, times.min(crate::value::MAX_ITEMS.saturating_add(1)))?;
            Ok(vec![args.required(0, "object")?.clone(); times])
        }
        "cycle" => {
            let items = all(evaluator, args.value(0)?)?;
            iterate::room(evaluator, wanted)?;
            Ok(items.into_iter().cycle().take(wanted).collect())
        }
        "count" => counted(evaluator, args, wanted),
        "compress" => compressed(evaluator, args, wanted),
        "pairwise" => {
            let items = take(evaluator, args.value(0)?, wanted.saturating_add(1))?;
            Ok(items.windows(2).map(Value::tuple).collect())
        }
        "batched" => {
            let size = count(args.int_or(1, "n", 0)?).max(1);
            let items = take(evaluator, args.value(0)?, wanted.saturating_mul(size))?;
            Ok(items.chunks(size).map(Value::tuple).collect())
        }
        "product" => product(evaluator, args),
        "combinations" | "combinations_with_replacement" | "permutations" => {
            selections(evaluator, args, &name.qualname)
        }
        _ => Err(Fault::Unfollowed),
    }
}

/// The rows that `zip` makes: the finite iterables decide how much is read of the endless ones.
fn rows(evaluator: &mut Evaluator<'_>, columns: &[Value], wanted: usize) -> Folded<Vec<Vec<Value>>> {
    let mut shortest = wanted;
    let mut read: Vec<Option<std::vec::IntoIter<Value>>> = Vec::new();
    for column in columns {
        let items = if endless(column) { None } else { Some(take(evaluator, column, wanted)?) };
        shortest = items.as_ref().map_or(shortest, |items| shortest.min(items.len()));
        read.push(items.map(Vec::into_iter));
    }
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    iterate::room(evaluator, shortest)?;
    let mut items = Vec::new();
    for (column, read) in columns.iter().zip(read) {
        items.push(match read {
            Some(read) => read,
            None => take(evaluator, column, shortest)?.into_iter(),
        });
    }
    let row = |items: &mut Vec<std::vec::IntoIter<Value>>| items.iter_mut().map(Iterator::next).collect();
    Ok((0..shortest).map_while(|_| row(&mut items)).collect())
}

fn mapped(evaluator: &mut Evaluator<'_>, args: Arguments<'_>, wanted: usize) -> Folded<Vec<Value>> {
    let function = args.value(0)?;
    let rows = rows(evaluator, args.rest(1), wanted)?;
    rows.into_iter().map(|row| evaluator.invoke(function, &row, &[])).collect()
}

fn star_mapped(evaluator: &mut Evaluator<'_>, args: Arguments<'_>, wanted: usize) -> Folded<Vec<Value>> {
    let function = args.value(0)?;
    let mut results = Vec::new();
    for row in take(evaluator, args.value(1)?, wanted)? {
        let row = all(evaluator, &row)?;
        results.push(evaluator.invoke(function, &row, &[])?);
    }
    Ok(results)
}

/// The truth of `function(item)`, or of the item when there is no function.
fn holds(evaluator: &mut Evaluator<'_>, function: &Value, item: &Value) -> Folded<Option<bool>> {
    if matches!(function, Value::None) {
        return Ok(compare::truth(item));
    }
    Ok(compare::truth(&evaluator.invoke(function, std::slice::from_ref(item), &[])?))
}

fn filtered(evaluator: &mut Evaluator<'_>, args: Arguments<'_>, wanted: usize, keep: bool) -> Folded<Vec<Value>> {
    let (function, of) = (args.value(0)?, args.value(1)?);
    // How many must be read is not known before they are judged; an endless source is read as far as asked.
    let items = if endless(of) { take(evaluator, of, wanted)? } else { all(evaluator, of)? };
    let (mut kept, mut known) = (Vec::new(), true);
    for item in items {
        match holds(evaluator, function, &item)? {
            Some(truth) if truth == keep => kept.push(item),
            Some(_) => {}
            None => known = false,
        }
        if known && kept.len() >= wanted {
            break;
        }
    }
    if known { Ok(kept) } else { Err(Fault::Unfollowed) }
}

fn prefix(evaluator: &mut Evaluator<'_>, args: Arguments<'_>, wanted: usize, keep: bool) -> Folded<Vec<Value>> {
    let (function, of) = (args.value(0)?, args.value(1)?);
    let items = if endless(of) { take(evaluator, of, wanted)? } else { all(evaluator, of)? };
    let mut end = 0_usize;
    for item in &items {
        if !holds(evaluator, function, item)?.ok_or(Fault::Unfollowed)? {
            break;
        }
        end = end.saturating_add(1);
    }
    let part = if keep { items.get(..end) } else { items.get(end..) };
    Ok(part.unwrap_or_default().iter().take(wanted).cloned().collect())
}

fn accumulated(evaluator: &mut Evaluator<'_>, args: Arguments<'_>, wanted: usize) -> Folded<Vec<Value>> {
    let function = args.present(1, "func");
    let mut items = take(evaluator, args.required(0, "iterable")?, wanted)?;
    if let Some(first) = args.keyword("initial").filter(|first| !matches!(first, Value::None)) {
        items.insert(0, first.clone());
    }
    let mut held: Option<Value> = None;
    let mut results = Vec::new();
    for item in items.into_iter().take(wanted) {
        let next = match (held, function) {
            (None, _) => item,
            (Some(held), Some(function)) => evaluator.invoke(function, &[held, item], &[])?,
            (Some(held), None) => operation::binary(evaluator, "add", &held, &item)?,
        };
        results.push(next.clone());
        held = Some(next);
    }
    Ok(results)
}

fn grouped(evaluator: &mut Evaluator<'_>, args: Arguments<'_>, wanted: usize) -> Folded<Vec<Value>> {
    let function = args.present(1, "key");
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in all(evaluator, args.required(0, "iterable")?)? {
        let key = match function {
            Some(function) => evaluator.invoke(function, std::slice::from_ref(&item), &[])?,
            None => item.clone(),
        };
        let same = groups.last().map_or(Some(false), |(last, _)| compare::equal(last, &key));
        match groups.last_mut() {
            Some((_, group)) if same.ok_or(Fault::Unfollowed)? => group.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    Ok(groups.into_iter().take(wanted).map(|(key, group)| Value::tuple([key, Value::iterator(group)])).collect())
}

fn longest(evaluator: &mut Evaluator<'_>, args: Arguments<'_>, wanted: usize) -> Folded<Vec<Value>> {
    let fill = args.keyword("fillvalue").cloned().unwrap_or(Value::None);
    let mut columns = Vec::new();
    for column in args.args {
        columns.push(take(evaluator, column, wanted)?);
    }
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    iterate::room(evaluator, rows.saturating_mul(columns.len()))?;
    let cell = |column: &Vec<Value>, row: usize| column.get(row).cloned().unwrap_or_else(|| fill.clone());
    Ok((0..rows).map(|row| Value::tuple(columns.iter().map(|column| cell(column, row)).collect::<Vec<_>>())).collect())
}

fn chained(evaluator: &mut Evaluator<'_>, parts: &[Value], wanted: usize) -> Folded<Vec<Value>> {
    let mut items = Vec::new();
    for part in parts {
        let left = wanted.saturating_sub(items.len());
        if left == 0 {
            break;
        }
        items.extend(take(evaluator, part, left)?);
    }
    Ok(items)
}

fn islice(evaluator: &mut Evaluator<'_>, args: Arguments<'_>, wanted: usize) -> Folded<Vec<Value>> {
    let part = |value: Option<&Value>| match value {
        None | Some(Value::None) => Ok(None),
        Some(value) => match int(value)? {
            value if value < 0 => raise(Exception::Value),
            value => Ok(Some(count(value))),
        },
    };
    let of = args.value(0)?;
    let (start, stop, step) = match args.rest(1) {
        [stop] => (0, part(Some(stop))?, 1),
        [start, rest @ ..] => {
            (part(Some(start))?.unwrap_or(0), part(rest.first())?, part(rest.get(1))?.unwrap_or(1).max(1))
        }
        [] => return raise(Exception::Type),
    };
    let reach = start.saturating_add(wanted.saturating_mul(step));
    let end = stop.unwrap_or(usize::MAX).min(reach);
    let items = take(evaluator, of, end)?;
    Ok(items.into_iter().skip(start).step_by(step).take(wanted).collect())
}

fn counted(evaluator: &mut Evaluator<'_>, args: Arguments<'_>, wanted: usize) -> Folded<Vec<Value>> {
    let step = args.at(1, "step").cloned().unwrap_or(Value::Int(1));
    let mut next = args.at(0, "start").cloned().unwrap_or(Value::Int(0));
    iterate::room(evaluator, wanted)?;
    let mut items = Vec::new();
    for _ in 0..wanted {
        items.push(next.clone());
        next = operation::binary(evaluator, "add", &next, &step)?;
    }
    Ok(items)
}

fn compressed(evaluator: &mut Evaluator<'_>, args: Arguments<'_>, wanted: usize) -> Folded<Vec<Value>> {
    let pair = [args.required(0, "data")?.clone(), args.required(1, "selectors")?.clone()];
    let mut kept = Vec::new();
    for row in rows(evaluator, &pair, crate::value::MAX_ITEMS)? {
        if let [item, selector] = row.as_slice()
            && compare::truth(selector).ok_or(Fault::Unfollowed)?
        {
            kept.push(item.clone());
        }
    }
    kept.truncate(wanted);
    Ok(kept)
}

fn product(evaluator: &mut Evaluator<'_>, args: Arguments<'_>) -> Folded<Vec<Value>> {
    let repeat = args.keyword("repeat").map_or(Ok(1), int).map(count)?;
    if repeat > 64 {
        return Err(Fault::OverCap("a product of more than 64 iterables"));
    }
    let mut columns = Vec::new();
    for column in args.args {
        columns.push(all(evaluator, column)?);
    }
    let columns: Vec<Vec<Value>> = std::iter::repeat_n(columns, repeat).flatten().collect();
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for column in &columns {
        let size = rows.len().saturating_mul(column.len());
        iterate::room(evaluator, size.saturating_mul(columns.len()))?;
        let longer = |row: &Vec<Value>, item: &Value| row.iter().chain([item]).cloned().collect();
        rows = rows.iter().flat_map(|row| column.iter().map(move |item| longer(row, item))).collect();
    }
    Ok(rows.into_iter().map(Value::tuple).collect())
}

/// Combinations and permutations, in the order of `itertools`: by place, lexicographic.
fn selections(evaluator: &mut Evaluator<'_>, args: Arguments<'_>, kind: &str) -> Folded<Vec<Value>> {
    let pool = all(evaluator, args.required(0, "iterable")?)?;
    let length = args.present(1, "r").map_or(Ok(pool.len()), |r| int(r).map(count))?;
    if length > 64 {
        return Err(Fault::OverCap("selections of more than 64 items"));
    }
    let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..length {
        let mut longer = Vec::new();
        for row in &rows {
            // Each row is paid for once; the cap holds for all of them.
            if longer.len().saturating_mul(length) > crate::value::MAX_ITEMS {
                return Err(Fault::OverCap("more than a million items"));
            }
            evaluator.pay(pool.len().saturating_mul(length))?;
            let last = row.last().copied();
            let places = (0..pool.len()).filter(|place| match kind {
                "combinations" => last.is_none_or(|last| *place > last),
                "combinations_with_replacement" => last.is_none_or(|last| *place >= last),
                _ => !row.contains(place),
            });
            longer.extend(places.map(|place| row.iter().copied().chain([place]).collect::<Vec<_>>()));
        }
        rows = longer;
    }
    let items = |row: Vec<usize>| row.into_iter().filter_map(|place| pool.get(place).cloned()).collect::<Vec<_>>();
    Ok(rows.into_iter().map(|row| Value::tuple(items(row))).collect())
}
