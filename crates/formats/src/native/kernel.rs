//! Calls of the kernel by number, without the library that has a name for them: `mov eax, 59; syscall`.

use std::{collections::HashSet, ops::Range};

use base::{
    blob::Blob,
    budget::Meter,
    fact::Import,
    location::{Place, Unit},
    sink::Sink,
    stop::Stop,
};
use memchr::memmem::Finder;

/// Whose calls the numbers stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    LinuxX86,
    LinuxX86Wide,
    LinuxArm,
    MacX86,
    MacArm,
    Windows,
}

/// Bytes of code that are searched, and how many at a time.
const SEARCHED: u64 = 64 << 20;
const BLOCK: u64 = 1 << 20;
/// Bytes before the instruction in which its number is sought.
const BEFORE: usize = 32;

/// Numbers of Linux on x86-64 (arch/x86/entry/syscalls/syscall_64.tbl), x86 (syscall_32.tbl) and AArch64 (asm-generic/unistd.h).
const LINUX: &[(&str, [u32; 3])] = &[
    ("connect", [42, 362, 203]),
    ("delete_module", [176, 129, 106]),
    ("execve", [59, 11, 221]),
    ("execveat", [322, 358, 281]),
    ("finit_module", [313, 350, 273]),
    ("init_module", [175, 128, 105]),
    ("memfd_create", [319, 356, 279]),
    ("process_vm_writev", [311, 348, 271]),
    ("ptrace", [101, 26, 117]),
    ("socket", [41, 359, 198]),
];
/// Numbers of XNU (bsd/kern/syscalls.master).
const MAC: &[(&str, u32)] = &[("connect", 98), ("execve", 59), ("posix_spawn", 244), ("ptrace", 26), ("socket", 97)];

/// States the calls of the kernel in code.
pub(super) fn state(blob: &Blob, code: &[Range<u64>], target: Target, meter: &Meter, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut left = SEARCHED;
    let mut stated = HashSet::new();
    for range in code {
        let end = range.end.min(range.start.saturating_add(left));
        left = left.saturating_sub(end.saturating_sub(range.start));
        let mut start = range.start;
        while start < end {
            let size = BLOCK.saturating_add(BEFORE as u64).min(end.saturating_sub(start));
            meter.hold(size)?;
            let bytes = blob.bytes_at(start, usize::try_from(size).unwrap_or(0))?;
            meter.bytes(size)?;
            for (at, name) in found(&bytes, target) {
                if !stated.insert(name) {
                    continue;
                }
                let import = Import {
                    module: "native".into(),
                    name: name.into(),
                    origin: "kernel".into(),
                    when: "load".into(),
                    ..Import::default()
                };
                let place = Place::bytes(start.saturating_add(at as u64), 2);
                sink.fact(place.pointer(Unit::Symbol, name), import)?;
            }
            meter.release(size);
            start = start.saturating_add(BLOCK);
        }
    }
    Ok(())
}

/// The calls in a block of code.
pub(super) fn found(bytes: &[u8], target: Target) -> Vec<(usize, &'static str)> {
    let instructions: &[&[u8]] = match target {
        Target::LinuxX86 => &[b"\xcd\x80"],
        Target::LinuxX86Wide | Target::MacX86 | Target::Windows => &[b"\x0f\x05"],
        Target::LinuxArm => &[b"\x01\0\0\xd4"],
        Target::MacArm => &[b"\x01\x10\0\xd4"],
    };
    let mut found = Vec::new();
    for instruction in instructions {
        for at in Finder::new(instruction).find_iter(bytes) {
            let before = bytes.get(at.saturating_sub(BEFORE)..at).unwrap_or_default();
            let name = match target {
                Target::LinuxX86 => loaded(before).and_then(|number| linux(number, 1)),
                Target::LinuxX86Wide => loaded(before).and_then(|number| linux(number, 0)),
                Target::MacX86 => loaded(before).and_then(|number| mac(number.checked_sub(0x0200_0000)?)),
                Target::LinuxArm => moved(before, 8).and_then(|number| linux(number, 2)),
                Target::MacArm => moved(before, 16).and_then(mac),
                // `mov r10, rcx; mov eax, number`: what only ntdll does, and whoever goes around it. The numbers differ by build.
                Target::Windows => {
                    let stub = |window: &[u8]| matches!(window, [0x4c, 0x8b, 0xd1, 0xb8] | [0x49, 0x89, 0xca, 0xb8]);
                    before.windows(4).any(stub).then_some("syscall")
                }
            };
            found.extend(name.map(|name| (at, name)));
        }
    }
    found
}

fn linux(number: u32, column: usize) -> Option<&'static str> {
    LINUX.iter().find(|(_, numbers)| numbers.get(column) == Some(&number)).map(|(name, _)| *name)
}

fn mac(number: u32) -> Option<&'static str> {
    MAC.iter().find(|(_, known)| *known == number).map(|(name, _)| *name)
}

/// The number that the last instruction before puts into `eax`.
fn loaded(before: &[u8]) -> Option<u32> {
    let zeroed = |until: usize| {
        let before = before.get(..until).unwrap_or_default();
        before.windows(2).any(|pair| matches!(pair, [0x31 | 0x33, 0xc0]))
    };
    (0..before.len()).rev().find_map(|at| {
        let behind = at.checked_sub(1).and_then(|at| before.get(at));
        match before.get(at..)? {
            // `mov eax, imm32`, not `mov r8d, imm32`.
            [0xb8, rest @ ..] if !matches!(behind, Some(0x41 | 0x49)) => Some(u32::from_le_bytes(*rest.first_chunk()?)),
            // `mov rax, imm32`
            [0x48, 0xc7, 0xc0, rest @ ..] => Some(u32::from_le_bytes(*rest.first_chunk()?)),
            // `push imm8; pop rax`
            [0x6a, number, 0x58, ..] => Some(u32::from(*number)),
            // `xor eax, eax; …; mov al, imm8`
            [0xb0, number, ..] if zeroed(at) => Some(u32::from(*number)),
            _ => None,
        }
    })
}

/// The number that the last `movz` before puts into a register of AArch64.
fn moved(before: &[u8], register: u32) -> Option<u32> {
    let (_, words) = before.as_rchunks::<4>();
    let word = words.iter().rev().map(|word| u32::from_le_bytes(*word)).find(|word| word & 0x7fe0_001f == 0x5280_0000 | register)?;
    Some(word >> 5 & 0xffff)
}
