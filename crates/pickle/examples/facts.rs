//! Prints what a pickle states: `facts FILE…`; `--time` prints only nanoseconds an opcode.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a tool for the command line")]

use std::{sync::Arc, time::Instant};

use base::{
    blob::Blob,
    budget::Meter,
    sink::{Child, Receiver, Sink},
    source::Source,
    stop::Stop,
};

struct File(std::fs::File, u64);

impl Source for File {
    fn len(&self) -> Option<u64> {
        Some(self.1)
    }
    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.0, into, offset)
    }
}

struct Printer {
    quiet: bool,
    facts: u64,
}

impl Receiver for Printer {
    fn fact(&mut self, fact: base::fact::Fact) {
        self.facts += 1;
        if !self.quiet || self.facts < 10 {
            println!("{fact}");
        }
    }
    fn child(&mut self, child: Child) -> Result<(), Stop> {
        println!("child {} @{:#x}", String::from_utf8_lossy(&child.name), child.place.offset);
        Ok(())
    }
}

fn main() {
    let mut quiet = false;
    for name in std::env::args().skip(1) {
        if name == "--time" {
            quiet = true;
            continue;
        }
        let file = std::fs::File::open(&name).unwrap();
        let len = file.metadata().unwrap().len();
        let blob = Blob::new(Arc::new(File(file, len)));
        let meter = Meter::unlimited();
        let mut printer = Printer { quiet, facts: 0 };
        let mut sink = Sink::new(&mut printer, meter.clone(), true, &name);
        let start = Instant::now();
        let outcome = pickle::read(&blob, &mut sink);
        let time = start.elapsed();
        let passed = sink.passed();
        let gaps = sink.ledger().gaps(len);
        let spent = meter.spent();
        println!("{name}: {outcome:?} passed={passed} gaps={gaps:?} defects={}", sink.ledger().defects());
        if quiet {
            let each = time.as_nanos() as f64 / spent.steps.max(1) as f64;
            println!("{} steps, {each:.2} ns each, {time:?}, {} MB declared", spent.steps, spent.memory / 1_000_000);
        }
    }
}
