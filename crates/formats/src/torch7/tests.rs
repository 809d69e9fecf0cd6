//! Files as `torch.save` writes them.
use super::*;
use crate::reading;

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
}

fn int(value: i32) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

fn class(index: i32, name: &str) -> Vec<u8> {
    [int(4), int(index), text("V 1"), text(name)].concat()
}

/// A layer: a table of its fields with a weight and a function.
fn network(function: &[u8]) -> Vec<u8> {
    let tensor = [class(3, "torch.FloatTensor"), int(1), 2_i64.to_le_bytes().to_vec(), 1_i64.to_le_bytes().to_vec()];
    let storage = [class(4, "torch.FloatStorage"), 2_i64.to_le_bytes().to_vec(), vec![0; 8]];
    let function = [int(8), int(5), int(i32::try_from(function.len()).unwrap()), function.to_vec(), int(3), int(6), int(0)];
    [
        class(1, "nn.Linear"),
        [int(3), int(2), int(4)].concat(),
        [int(2), text("weight")].concat(),
        tensor.concat(),
        1_i64.to_le_bytes().to_vec(),
        storage.concat(),
        [int(2), text("again"), int(4), int(3)].concat(),
        [int(2), text("train"), int(5), int(1)].concat(),
        [int(2), text("hook")].concat(),
        function.concat(),
    ]
    .concat()
}

#[test]
fn tensors_classes_and_functions_are_read() {
    let bytes = network(b"\x1bLua dumped");
    let reading = reading::read(&FORMAT, "net.t7", &bytes).unwrap();
    assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger);
    assert_eq!(reading.children.len(), 1);
    let facts = reading::facts(&reading).join("\n");
    assert!(facts.contains("nn.Linear") && facts.contains("dtype=\"float32\" shape=\"2\" bytes=8"), "{facts}");
}

#[test]
fn ascii_is_read_as_binary_is() {
    let text = b"4\n1\n3\nV 1\n9\nnn.Linear\n3\n2\n2\n2\n4\nbias\n4\n3\n3\nV 1\n17\ntorch.FloatTensor\n1\n2\n1\n1\n4\n4\n3\nV 1\n18\ntorch.FloatStorage\n2\n0.5 1e-3\n1\n1\n5\n1\n";
    let reading = reading::read(&FORMAT, "net.t7", text).unwrap();
    assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger);
    let function = b"8\n1\n9\n\x1bLua code\n3\n2\n0\n";
    let reading = reading::read(&FORMAT, "f.t7", function).unwrap();
    assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger);
    assert_eq!(reading.children.len(), 1);
}

#[test]
fn source_in_place_of_bytecode_comes_back_as_source() {
    let code = b"os.execute('id')";
    for start in [[int(6)].concat(), [int(8), int(1)].concat()] {
        let bytes = [start, int(16), code.to_vec(), int(0)].concat();
        let reading = reading::read(&FORMAT, "f.t7", &bytes).unwrap();
        assert!(reading.complete(), "{:?}", reading.stop);
        assert_eq!(reading.children[0].name, b"function-1.lua");
    }
}

#[test]
fn every_prefix_stops_politely_and_keeps_the_function() {
    let bytes = network(b"\x1bLua dumped");
    let at = bytes.windows(4).position(|window| window == b"\x1bLua").unwrap();
    for cut in testkit::prefixes(&bytes, &[]) {
        let reading = reading::parse(&FORMAT, "net.t7", &bytes[..cut], false);
        assert!(reading.stop.is_some(), "cut at {cut}");
        assert_eq!(reading.children.len(), usize::from(cut >= at), "cut at {cut}");
    }
}

#[test]
fn lies_stop_politely() {
    let mut table = [int(3), int(1), int(i32::MAX)].concat();
    table.extend([int(2), text("k")].concat());
    for bytes in [
        table,
        [class(1, "torch.FloatStorage"), u64::MAX.to_le_bytes().to_vec()].concat(),
        [class(1, "torch.FloatTensor"), int(i32::MAX)].concat(),
        [int(6), int(-1)].concat(),
        [int(9)].concat(),
    ] {
        let reading = reading::parse(&FORMAT, "x.t7", &bytes, false);
        assert!(reading.stop.is_some());
    }
}

#[test]
fn changed_bytes_stop_politely() {
    reading::change(&FORMAT, "a.t7", &network(b"\x1bLua dumped"));
}
