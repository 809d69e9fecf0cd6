//! The graph as a picture on its own: layers from top to bottom, no script, nothing loaded.

use std::fmt::Write as _;

use super::graph::{Flow, is_bad};

/// Heights and distances in user units.
const BOX: usize = 26;
const LAYER: usize = 62;
const LETTER: usize = 7;
const SPACE: usize = 24;
const HEAD: usize = 34;

/// Where a node stands.
struct Placed {
    x: usize,
    y: usize,
    width: usize,
}

/// Draws the graphs below each other.
pub(super) fn draw(flows: &[Flow]) -> String {
    let mut body = String::new();
    let (mut top, mut widest) = (SPACE, 320);
    for flow in flows {
        let _ = writeln!(
            body,
            "<text x=\"{SPACE}\" y=\"{}\" font-weight=\"bold\">{}</text>",
            top.saturating_add(16),
            escaped(&flow.title)
        );
        let (placed, bottom, right) = place(flow, top.saturating_add(HEAD));
        edges(&mut body, flow, &placed);
        nodes(&mut body, flow, &placed);
        top = bottom.saturating_add(SPACE);
        widest = widest.max(right.saturating_add(SPACE));
        if flow.omitted > 0 {
            let _ =
                writeln!(body, "<text x=\"{SPACE}\" y=\"{top}\">{} earlier lines are left out</text>", flow.omitted);
            top = top.saturating_add(SPACE);
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{widest}\" height=\"{top}\" viewBox=\"0 0 {widest} {top}\" \
         font-family=\"monospace\" font-size=\"11\">\n<title>What leads to the findings</title>\n\
         <rect width=\"{widest}\" height=\"{top}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

/// A node stands one layer below the lowest that it needs; within a layer, in the order of the lines. Gives also the bottom and the right.
fn place(flow: &Flow, top: usize) -> (Vec<Placed>, usize, usize) {
    let mut layers: Vec<usize> = Vec::new();
    let mut filled: Vec<usize> = Vec::new();
    let mut placed = Vec::new();
    let (mut bottom, mut right) = (top, 0_usize);
    for node in &flow.nodes {
        let below = node.needs.iter().filter_map(|need| layers.get(*need)).max();
        let layer = below.map_or(0, |layer| layer.saturating_add(1));
        layers.push(layer);
        if filled.len() <= layer {
            filled.resize(layer.saturating_add(1), SPACE);
        }
        let width = node.label.chars().count().saturating_mul(LETTER).saturating_add(16);
        let Some(x) = filled.get_mut(layer) else { continue };
        let y = top.saturating_add(layer.saturating_mul(LAYER));
        placed.push(Placed { x: *x, y, width });
        *x = x.saturating_add(width).saturating_add(SPACE);
        right = right.max(*x);
        bottom = bottom.max(y.saturating_add(BOX));
    }
    (placed, bottom, right)
}

fn nodes(body: &mut String, flow: &Flow, placed: &[Placed]) {
    for (node, at) in flow.nodes.iter().zip(placed) {
        let (fill, stroke) = if is_bad(node) { ("#ffdddd", "#bb0000") } else { ("#f4f6fa", "#667788") };
        let _ = writeln!(
            body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{BOX}\" rx=\"4\" fill=\"{fill}\" stroke=\"{stroke}\"/>\n\
             <text x=\"{}\" y=\"{}\">{}</text>",
            at.x,
            at.y,
            at.width,
            at.x.saturating_add(8),
            at.y.saturating_add(17),
            escaped(&node.label),
        );
    }
}

fn edges(body: &mut String, flow: &Flow, placed: &[Placed]) {
    for (node, to) in flow.nodes.iter().zip(placed) {
        for from in node.needs.iter().filter_map(|need| placed.get(*need)) {
            let middle = |at: &Placed| at.x.saturating_add(at.width / 2);
            let (x1, y1, x2, y2) = (middle(from), from.y.saturating_add(BOX), middle(to), to.y);
            let half = y1.saturating_add(y2) / 2;
            let _ = writeln!(
                body,
                "<path d=\"M{x1} {y1} C{x1} {half} {x2} {half} {x2} {y2}\" fill=\"none\" stroke=\"#99a3b0\"/>"
            );
        }
    }
}

/// Text that is no markup.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}
