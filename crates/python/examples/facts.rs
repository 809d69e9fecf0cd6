//! Prints what the files named state: `cargo run -p modelward-python --example facts -- FILE…`; several files print only a summary.

use std::time::Instant;

use base::{
    blob::Blob,
    budget::Meter,
    sink::{Collected, Sink},
};

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let (mut bytes, start) = (0_u64, Instant::now());
    for name in &names {
        let Ok(content) = std::fs::read(name) else { continue };
        bytes = bytes.saturating_add(content.len() as u64);
        let mut collected = Collected::default();
        let mut sink = Sink::new(&mut collected, Meter::unlimited(), false, name);
        let began = Instant::now();
        let result = python::read(&Blob::from_bytes(content), &mut sink);
        if began.elapsed().as_millis() > 500 {
            println!("{name}: slow: {:?}", began.elapsed());
        }
        if let Err(stop) = result {
            println!("{name}: {stop}");
        }
        if names.len() == 1 {
            collected.facts.iter().for_each(|fact| println!("{fact}"));
            for child in &collected.children {
                println!("child {} {}", String::from_utf8_lossy(&child.name), child.place.line);
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = bytes as f64 / seconds / 1e6;
    println!("{} files, {bytes} bytes, {seconds:.2} s, {rate:.1} MB/s", names.len());
}
