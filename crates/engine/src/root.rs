//! One root, a file named or found with all that it contains, read depth first on one thread: its report does not depend on any schedule.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    sync::Arc,
};

use base::{
    blob::Blob,
    budget::Budget,
    limits::{Level, Limits},
    location::{ArtifactPath, Place},
    memory::Memory,
    reason::Reason,
    report::QUIET_LISTED,
    sink::{Child, ChildBody, Packed},
    source::{Access, Source},
};
use rules::Catalogue;

use crate::{
    checks::Checks,
    forward::{End, Forward, Inflated},
    hash,
    layout::{Matched, Role},
    node::{Closed, Node},
    recorder::{Recorder, Seen},
    selection::Selection,
};

/// Members up to this size that a reader read whole get a SHA-256 of their own.
const HASHED_MEMBER: u64 = 64 << 20;

/// Containers above an artifact beyond which it counts as deep: the files of an image's compressed layers have three.
const DEEP: usize = 3;

/// Members that are listed one by one once the run is over; the rest are a number.
const LATE: u64 = 1000;

/// What the scan of a root needs.
pub(crate) struct Context<'c> {
    pub catalogue: &'c Catalogue,
    pub budget: Budget,
    pub limits: Arc<Limits>,
    pub level: Level,
    pub temp_dir: Option<PathBuf>,
    pub selection: &'c Selection,
    pub memory: Option<Arc<dyn Memory>>,
    /// Whether comments in scanned source are looked for.
    pub inline: bool,
    /// Who looks on.
    pub recorder: Option<&'c dyn Recorder>,
}

/// What a root came to: closed artifacts in canonical order (parent, its children in their order, next sibling).
#[derive(Default)]
pub(crate) struct RootResult {
    pub closed: Vec<Closed>,
    /// Quiet artifacts that were dropped from `closed` because no report lists them.
    pub unlisted: u64,
    /// Coverage of those.
    pub coverage: base::coverage::Coverage,
    /// What became of the rules.
    pub checks: Checks,
    /// SHA-256 of the root itself.
    pub sha256: Option<String>,
    /// What comments beside findings say, by fingerprint.
    pub inline: BTreeMap<String, String>,
}

/// An artifact whose children are being read.
struct Frame<'c> {
    node: Node<'c>,
    blob: Option<Blob>,
    /// Position in canonical order.
    slot: usize,
    children: VecDeque<Child>,
    /// How many of the next children a sweep found.
    swept: usize,
    matched: Matched,
    names: BTreeMap<Vec<u8>, u64>,
    forward: Option<(Arc<Forward>, Packed)>,
    place: Place,
    /// Layers of compression above.
    packed: u32,
}

/// The scan of one root.
pub(crate) struct RootScan<'c, 'x> {
    context: &'x Context<'c>,
    inflated: Arc<Inflated>,
    /// A million members have a place each, and most need no more: they are quiet.
    slots: Vec<Option<Box<Closed>>>,
    stack: Vec<Frame<'c>>,
    entries: u64,
    deep: u64,
    late: u64,
    quiet: u64,
    result: RootResult,
}

impl<'c, 'x> RootScan<'c, 'x> {
    /// A scan that has not begun.
    pub(crate) fn new(context: &'x Context<'c>) -> Self {
        let result = RootResult::default();
        Self {
            context,
            inflated: Arc::default(),
            slots: Vec::new(),
            stack: Vec::new(),
            entries: 0,
            deep: 0,
            late: 0,
            quiet: 0,
            result,
        }
    }

    /// Reads `blob` and everything inside. `finish` completes the root's own node before it closes (hash, changed files).
    pub(crate) fn scan(mut self, path: ArtifactPath, blob: Blob, finish: impl FnOnce(&mut Node<'c>)) -> RootResult {
        let mut node = self.node(path, blob.len());
        node.size = blob.len();
        node.read(&blob, None, None);
        self.push(node, Some(blob), None, Place::default(), 0);
        let mut finish = Some(finish);
        while let Some(frame) = self.stack.last_mut() {
            match frame.children.pop_front() {
                Some(child) => self.open(child),
                None => {
                    let Some(mut frame) = self.stack.pop() else { break };
                    if let Some(finish) = finish.take_if(|_| self.stack.is_empty()) {
                        finish(&mut frame.node);
                    }
                    self.close(frame);
                }
            }
        }
        self.result.closed = self.slots.into_iter().flatten().map(|closed| *closed).collect();
        self.result
    }

    fn node(&self, path: ArtifactPath, size: Option<u64>) -> Node<'c> {
        Node::new(self.context.catalogue, path, self.context.budget.meter(size), self.context.recorder)
    }

    /// Puts a node that was read on the stack, its children matched against the layouts.
    fn push(
        &mut self,
        mut node: Node<'c>,
        blob: Option<Blob>,
        forward: Option<(Arc<Forward>, Packed)>,
        place: Place,
        packed: u32,
    ) {
        let children = node.take_children();
        let matched = Matched::of(file_name(node.path.as_str()), &node.format_ids(), &children);
        matched.ids.iter().for_each(|id| node.identity("layout", id));
        let random = blob.as_ref().filter(|blob| blob.access() == Access::Random && !blob.is_empty());
        // What a sweep found lies in bytes that were swept: its own data are not swept again.
        let sweep = self.context.level > Level::Quick && !node.swept;
        let found = random.filter(|_| sweep).map(|blob| node.sweep(blob)).unwrap_or_default();
        let swept = found.len();
        let slot = self.slots.len();
        self.slots.push(None);
        let names = BTreeMap::new();
        // Not collected anew: a million children are held once.
        let mut children = VecDeque::from(children);
        found.into_iter().rev().for_each(|child| children.push_front(child));
        self.stack.push(Frame { node, blob, slot, children, swept, matched, names, forward, place, packed });
    }

    /// Opens, identifies and reads one child of the artifact on top of the stack.
    fn open(&mut self, child: Child) {
        let depth = self.stack.len();
        let Some(parent) = self.stack.last_mut() else { return };
        self.entries = self.entries.saturating_add(1);
        self.deep = self.deep.saturating_add(u64::from(depth > DEEP));
        if self.entries >= self.context.limits.entries || self.deep > self.context.limits.deep_entries {
            parent.node.leave_unopened(stated_size(&child));
            return parent.node.trouble(Reason::Entries, "there are more members than the limit");
        }
        let over = self.context.budget.ended();
        self.late = self.late.saturating_add(u64::from(over.is_some()));
        if let Some(reason) = over.filter(|_| self.late > LATE) {
            let rest = parent.leave_the_rest(&child);
            return parent.node.trouble(reason, format!("{}: {rest} members were not opened", reason.describe()));
        }
        let (role, packed) = (parent.matched.role(&child), parent.packed);
        let storages = parent.matched.storages(&child);
        let swept = parent.swept.checked_sub(1);
        parent.swept = swept.unwrap_or(0);
        let cell = parent.node.format_ids().contains(&"notebook");
        let path = parent.path_of(&child);
        let too_deep = depth > usize::try_from(self.context.limits.depth).unwrap_or(usize::MAX);
        let mut node = self.node(path, Some(stated_size(&child)));
        node.claims(storages);
        if cell {
            node.identity("run-by", "a cell");
        }
        if role == Some(Role::ImportedCode) {
            node.identity("imported-by", "the loader of the model");
        }
        node.swept = swept.is_some();
        node.told_by_container(&child);
        let ended = over.or(too_deep.then_some(Reason::Depth));
        if let Some(reason) = ended {
            node.leave_unopened(stated_size(&child));
            node.trouble(reason, reason.describe());
            return self.push(node, None, None, child.place, packed);
        }
        match child.body {
            ChildBody::Window(blob) => {
                node.size = blob.len();
                node.read(&blob, role, None);
                self.push(node, Some(blob), None, child.place, packed);
            }
            ChildBody::Packed(from) => self.open_packed(node, from, role, child.place, packed),
            ChildBody::Closed(stop) => {
                node.stopped(&stop);
                self.push(node, None, None, child.place, packed);
            }
        }
    }

    /// Opens a compressed child.
    fn open_packed(&mut self, mut node: Node<'c>, from: Packed, role: Option<Role>, place: Place, packed: u32) {
        let context = self.context;
        let hasty = context.level == Level::Quick;
        let opened = Forward::open(&from, hasty, &context.limits, context.temp_dir.clone(), &self.inflated, packed > 0);
        match opened {
            Err(stop) => {
                node.stopped(&stop);
                self.push(node, None, None, place, packed);
            }
            Ok(forward) => {
                // Whoever looks on may read it again.
                if context.recorder.is_some() {
                    forward.retain();
                }
                let blob = Blob::new(forward.clone());
                node.read(&blob, role, Some(&forward));
                self.push(node, Some(blob), Some((forward, from)), place, packed.saturating_add(1));
            }
        }
    }

    /// Closes an artifact whose children are done and fills its place in canonical order.
    fn close(&mut self, mut frame: Frame<'c>) {
        if let Some((forward, packed)) = frame.forward.take() {
            self.end_stream(&mut frame, &forward, &packed);
        }
        if let Some(blob) = frame.blob.as_ref().filter(|blob| frame.slot > 0 && blob.access() == Access::Random) {
            let small = blob.len().is_some_and(|len| len <= HASHED_MEMBER);
            if small && self.context.level > Level::Quick && frame.node.wholly_read() {
                frame.node.sha256 = hash::sha256(blob, frame.node.meter()).ok().map(|(sum, _)| sum);
            }
        }
        let told = self
            .context
            .recorder
            .map(|recorder| (recorder, frame.node.formats().to_vec(), frame.node.ledger().clone()));
        let mut closed = frame.node.close(frame.blob.as_ref());
        if let Some((recorder, formats, ledger)) = told {
            recorder.artifact(&Seen {
                position: frame.slot,
                depth: self.stack.len(),
                record: &closed.record,
                formats: &formats,
                ledger: &ledger,
                coverage: closed.coverage,
                findings: &closed.findings,
                blob: frame.blob.as_ref(),
                meter: &self.context.budget.meter(closed.record.size),
            });
        }
        for (rule, check) in std::mem::take(&mut closed.checks) {
            self.result.checks.add(rule, check);
        }
        let quiet = closed.record.complete() && closed.findings.is_empty();
        if let Some(parent) = self.stack.last_mut() {
            parent.node.child_closed(&closed.record);
        }
        self.quiet = self.quiet.saturating_add(u64::from(quiet));
        if quiet && self.quiet > QUIET_LISTED {
            self.result.unlisted = self.result.unlisted.saturating_add(1);
            self.result.coverage = self.result.coverage.plus(closed.coverage);
        } else if let Some(slot) = self.slots.get_mut(frame.slot) {
            *slot = Some(Box::new(closed));
        }
    }

    /// Reads a compressed child to its end and holds its container to what it stated.
    fn end_stream(&mut self, frame: &mut Frame<'c>, forward: &Forward, packed: &Packed) {
        let whole = frame.node.is_sound() && self.context.level > Level::Quick;
        let broken = if whole { forward.drain().err() } else { forward.failure() };
        if let Some(stop) = broken {
            frame.node.stopped(&stop);
        }
        frame.node.size = forward.len().or(Some(forward.produced()));
        let Some(end) = forward.end() else { return };
        let part = frame.node.path.shared();
        if let Some(parent) = self.stack.last_mut() {
            for (id, detail) in lies(packed, &end) {
                parent.node.flaw(&frame.place, id, file_name(&part), detail);
            }
            // What follows the end of the stream is read by nobody else.
            if let Some(rest) = packed.from.from(end.consumed).filter(|rest| !rest.is_empty()) {
                let name = format!("{}.trailing", file_name(&part));
                parent.children.push_front(Child::window(name, frame.place.clone(), rest));
            }
        }
    }
}

impl Frame<'_> {
    /// Leaves `child` and all that follow unopened; how many these are.
    fn leave_the_rest(&mut self, child: &Child) -> usize {
        self.node.leave_unopened(stated_size(child));
        let rest = std::mem::take(&mut self.children);
        rest.iter().for_each(|child| self.node.leave_unopened(stated_size(child)));
        rest.len().saturating_add(1)
    }

    /// The path of a child: a member's own name, or where in the artifact it was found. A repeated name is told apart.
    fn path_of(&mut self, child: &Child) -> ArtifactPath {
        let mut name = child.name.clone();
        let seen = self.names.entry(name.clone()).or_default();
        *seen = seen.saturating_add(1);
        if *seen > 1 {
            name.extend(format!("~{seen}").bytes());
        }
        if self.node.names_members() {
            return self.node.path.member(&name);
        }
        self.node.path.part(child.place.offset, &name)
    }
}

/// Where a container's statement about a member differs from what came out.
fn lies(packed: &Packed, end: &End) -> Vec<(&'static str, String)> {
    let mut lies = Vec::new();
    if let Some(size) = packed.size.filter(|size| *size != end.size) {
        lies.push(("size-mismatch", format!("{size} bytes are stated, {} came out", end.size)));
    }
    if let Some(crc) = packed.crc32.zip(end.crc32).filter(|(stated, found)| stated != found) {
        lies.push(("crc-mismatch", format!("CRC-32 {:08x} is stated, the content has {:08x}", crc.0, crc.1)));
    }
    if let Some(len) = packed.from.len().filter(|len| *len > end.consumed) {
        let rest = len.saturating_sub(end.consumed);
        lies.push(("trailing-data", format!("{rest} bytes follow the end of the compressed data")));
    }
    lies
}

/// Bytes of a child as far as they are known before it is opened.
fn stated_size(child: &Child) -> u64 {
    match &child.body {
        ChildBody::Window(blob) => blob.len().unwrap_or(0),
        ChildBody::Packed(packed) => packed.size.or(packed.from.len()).unwrap_or(0),
        ChildBody::Closed(_) => child.place.length,
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit("!/").next().unwrap_or(path)
}
