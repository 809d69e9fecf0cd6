//! The backward slice as a graph: lines are nodes, what they need are edges.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use base::{escape, listing::NamedListing, verdict::Severity};
use engine::Explained;

use super::svg;
use crate::arguments::Graph;

/// Nodes of a graph; of a longer slice the end is drawn.
const MAX_NODES: usize = 200;
/// Letters of a node.
const LABEL: usize = 60;

/// A node.
pub(super) struct Node {
    /// What it says: number and text, harmless.
    pub(super) label: String,
    /// The worst that is said of it.
    pub(super) severity: Option<Severity>,
    /// Nodes that it needs, by position in the graph.
    pub(super) needs: Vec<usize>,
}

/// The graph of one listing.
pub(super) struct Flow {
    /// The artifact.
    pub(super) title: String,
    /// In the order of the lines, so that what a node needs stands before it.
    pub(super) nodes: Vec<Node>,
    /// Nodes left out.
    pub(super) omitted: usize,
}

impl Flow {
    /// What leads to the marks; without marks, to the last line.
    pub(super) fn of(named: &NamedListing) -> Self {
        let lines = &named.listing.lines;
        let marks: Vec<usize> = named.marks.iter().map(|mark| mark.line).collect();
        let ends = if marks.is_empty() { lines.len().checked_sub(1).into_iter().collect() } else { marks };
        let slice: BTreeSet<usize> = named.listing.slice(ends);
        let omitted = slice.len().saturating_sub(MAX_NODES);
        let kept: Vec<usize> = slice.into_iter().skip(omitted).collect();
        let position: BTreeMap<usize, usize> = kept.iter().enumerate().map(|(at, line)| (*line, at)).collect();
        let node = |line: usize| {
            let found = lines.get(line);
            let text = found.map_or("", |line| line.text.as_str());
            let uses = found.into_iter().flat_map(|line| &line.uses);
            let needs = uses.filter_map(|line| position.get(&usize::try_from(*line).ok()?).copied());
            Node {
                label: format!("{}: {}", line.saturating_add(1), escape::bounded(text, LABEL)),
                severity: named.marks.iter().filter(|mark| mark.line == line).map(|mark| mark.severity).max(),
                needs: needs.collect(),
            }
        };
        let nodes = kept.into_iter().map(node).collect();
        Self { title: escape::line(&named.artifact).into_owned(), nodes, omitted }
    }
}

/// Every listing's graph.
pub(super) fn draw(kind: Graph, all: &[Explained]) -> String {
    let flows: Vec<Flow> = all.iter().flat_map(|explained| &explained.listings).map(Flow::of).collect();
    match kind {
        Graph::Mermaid => mermaid(&flows),
        Graph::Dot => dot(&flows),
        Graph::Svg => svg::draw(&flows),
    }
}

/// Whether the node is one that is marked as dangerous.
pub(super) fn is_bad(node: &Node) -> bool {
    node.severity.is_some_and(|severity| severity >= Severity::Medium)
}

fn mermaid(flows: &[Flow]) -> String {
    let mut out = String::from("flowchart TD\n");
    for (graph, flow) in flows.iter().enumerate() {
        let _ = writeln!(out, "  subgraph a{graph}[\"{}\"]", entities(&flow.title));
        for (at, node) in flow.nodes.iter().enumerate() {
            let class = if is_bad(node) { ":::danger" } else { "" };
            let _ = writeln!(out, "    a{graph}n{at}[\"{}\"]{class}", entities(&node.label));
        }
        for (at, node) in flow.nodes.iter().enumerate() {
            for need in &node.needs {
                let _ = writeln!(out, "    a{graph}n{need} --> a{graph}n{at}");
            }
        }
        if flow.omitted > 0 {
            let _ = writeln!(out, "    a{graph}more[\"{} earlier lines are left out\"]", flow.omitted);
        }
        out.push_str("  end\n");
    }
    out.push_str("  classDef danger fill:#fdd,stroke:#b00,stroke-width:2px,color:#000\n");
    out
}

/// Mermaid's entity codes for everything that could be markup.
fn entities(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_alphanumeric() || " _.,:=/+-".contains(letter) {
            out.push(letter);
        } else {
            let _ = write!(out, "#{};", u32::from(letter));
        }
    }
    out
}

fn dot(flows: &[Flow]) -> String {
    let mut out = String::from("digraph flow {\n  node [shape=box, fontname=\"monospace\"];\n");
    for (graph, flow) in flows.iter().enumerate() {
        let _ = writeln!(out, "  subgraph cluster_{graph} {{\n    label=\"{}\";", quoted(&flow.title));
        for (at, node) in flow.nodes.iter().enumerate() {
            let style = if is_bad(node) { ", color=\"#bb0000\", style=filled, fillcolor=\"#ffdddd\"" } else { "" };
            let _ = writeln!(out, "    a{graph}n{at} [label=\"{}\"{style}];", quoted(&node.label));
        }
        for (at, node) in flow.nodes.iter().enumerate() {
            for need in &node.needs {
                let _ = writeln!(out, "    a{graph}n{need} -> a{graph}n{at};");
            }
        }
        if flow.omitted > 0 {
            let _ = writeln!(out, "    a{graph}more [label=\"{} earlier lines are left out\"];", flow.omitted);
        }
        out.push_str("  }\n");
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use base::{
        listing::{Line, Listing, Mark},
        location::Place,
    };

    use super::*;

    fn named() -> NamedListing {
        let mut listing = Listing::new("python");
        for (text, uses) in [("import os", vec![]), ("x = 1", vec![]), ("y = os.system(\"<&'id'>\")", vec![0])] {
            listing.push(Line { text: text.into(), place: Place::bytes(0, 1), uses });
        }
        let mark =
            Mark { line: 2, note: "n".into(), severity: Severity::Critical, rule: "r".into(), fingerprint: "f".into() };
        NamedListing { artifact: "a\"b.pkl".into(), format: "pickle".into(), listing, marks: vec![mark] }
    }

    #[test]
    fn graphs_are_drawn_and_nothing_in_them_is_markup() {
        let flows = [Flow::of(&named())];
        let expected = "flowchart TD
  subgraph a0[\"a#34;b.pkl\"]
    a0n0[\"1: import os\"]
    a0n1[\"3: y = os.system#40;#34;#60;#38;#39;id#39;#62;#34;#41;\"]:::danger
    a0n0 --> a0n1
  end
  classDef danger fill:#fdd,stroke:#b00,stroke-width:2px,color:#000
";
        assert_eq!(mermaid(&flows), expected);
        let expected = r##"digraph flow {
  node [shape=box, fontname="monospace"];
  subgraph cluster_0 {
    label="a\"b.pkl";
    a0n0 [label="1: import os"];
    a0n1 [label="3: y = os.system(\"<&'id'>\")", color="#bb0000", style=filled, fillcolor="#ffdddd"];
    a0n0 -> a0n1;
  }
}
"##;
        assert_eq!(dot(&flows), expected);
        let svg = svg::draw(&flows);
        assert!(svg.contains("&lt;&amp;&#39;id&#39;&gt;") && !svg.contains("<&'id'>"), "{svg}");
    }
}
