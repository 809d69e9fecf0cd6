//! Prints what the `.pyc` and marshal files named state: `cargo run -p modelward-python --example bytecode -- FILE…`; several files print only a summary.

use std::time::Instant;

use base::{
    blob::Blob,
    budget::Meter,
    sink::{Collected, Sink},
};

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let (mut bytes, start, mut flaws) = (0_u64, Instant::now(), 0_u64);
    for name in &names {
        let Ok(content) = std::fs::read(name) else { continue };
        bytes = bytes.saturating_add(content.len() as u64);
        let blob = Blob::from_bytes(content);
        let pyc = name.ends_with(".pyc");
        if names.len() == 1 && std::env::var_os("EXPLAIN").is_some() {
            let explain = if pyc { python::bytecode::explain_pyc } else { python::bytecode::explain_marshal };
            match explain(&blob, &Meter::unlimited()) {
                Ok(listing) => listing
                    .lines
                    .iter()
                    .for_each(|line| println!("{:6} {:3} {}", line.place.offset, line.place.line, line.text)),
                Err(stop) => println!("{stop}"),
            }
            continue;
        }
        let mut collected = Collected::default();
        let mut sink = Sink::new(&mut collected, Meter::unlimited(), false, name);
        let began = Instant::now();
        let result = if pyc {
            python::bytecode::read_pyc(&blob, &mut sink)
        } else {
            python::bytecode::read_marshal(&blob, &mut sink)
        };
        if began.elapsed().as_millis() > 500 {
            println!("{name}: slow: {:?}", began.elapsed());
        }
        if let Err(stop) = result {
            println!("{name}: {stop}");
        }
        for fact in &collected.facts {
            let shown = fact.to_string();
            let flaw = shown.starts_with("flaw");
            flaws = flaws.saturating_add(u64::from(flaw));
            if names.len() == 1 || flaw && flaws < 40 {
                println!("{}{shown}", if names.len() == 1 { String::new() } else { format!("{name}: ") });
            }
        }
        if names.len() == 1 {
            for child in &collected.children {
                println!("child {} {}", String::from_utf8_lossy(&child.name), child.place.line);
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = bytes as f64 / seconds / 1e6;
    println!("{} files, {bytes} bytes, {flaws} flaws, {seconds:.2} s, {rate:.1} MB/s", names.len());
}
