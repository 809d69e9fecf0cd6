//! What the assembler writes is what CPython reads.

use super::{Error, assemble};

fn bytes(text: &str) -> Vec<u8> {
    assemble(text).unwrap()
}

fn error(text: &str) -> Error {
    assemble(text).unwrap_err()
}

#[test]
fn a_call_in_protocol_four() {
    // What `pickle.dumps` writes for an object whose __reduce__ gives (os.system, ("echo",)).
    let text = r#"
        PROTO 4
        FRAME
        SHORT_BINUNICODE "posix"
        MEMOIZE
        SHORT_BINUNICODE "system"
        MEMOIZE
        STACK_GLOBAL
        MEMOIZE
        SHORT_BINUNICODE "echo"
        MEMOIZE
        TUPLE1
        MEMOIZE
        REDUCE
        MEMOIZE
        STOP
    "#;
    let expected: &[u8] =
        b"\x80\x04\x95\x1f\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x04echo\x94\x85\x94R\x94.";
    assert_eq!(bytes(text), expected);
}

#[test]
fn text_opcodes_keep_their_text() {
    assert_eq!(bytes("INT 0o17  # octal"), b"I0o17\n");
    assert_eq!(bytes("LONG 0x1L"), b"L0x1L\n");
    assert_eq!(bytes("FLOAT 1_0.5"), b"F1_0.5\n");
    assert_eq!(bytes("STRING 'a # b\\x41' # c"), b"S'a # b\\x41'\n");
    assert_eq!(bytes("STRING no quotes"), b"Sno quotes\n");
    assert_eq!(bytes("STRING b\"'\\xff'\""), b"S'\xff'\n");
    assert_eq!(bytes("UNICODE \"a\\\\b\\nc\\u00e9\\u20ac\\U0001f600\""), b"Va\\u005cb\\u000ac\xe9\\u20ac\\U0001f600\n");
    assert_eq!(bytes("UNICODE a\\u0041"), b"Va\\u0041\n");
    assert_eq!(bytes("PERSID some id"), b"Psome id\n");
    assert_eq!(bytes("PUT 0\nGET b\"\""), b"p0\ng\n");
    assert_eq!(bytes("GLOBAL os system"), b"cos\nsystem\n");
    assert_eq!(bytes("INST \"a b\" b\"\\xff\""), b"ia b\n\xff\n");
}

#[test]
fn numbers_fill_their_width() {
    assert_eq!(bytes("BININT -2\nBININT1 255\nBININT2 0x102"), b"J\xfe\xff\xff\xffK\xffM\x02\x01");
    assert_eq!(
        bytes("LONG1 0\nLONG1 255\nLONG1 -128\nLONG1 -129"),
        b"\x8a\0\x8a\x02\xff\0\x8a\x01\x80\x8a\x02\x7f\xff"
    );
    assert_eq!(bytes("LONG4 b\"\\x01\\x00\""), b"\x8b\x02\0\0\0\x01\0");
    assert_eq!(bytes("BINFLOAT 1.5"), b"G\x3f\xf8\0\0\0\0\0\0");
    assert_eq!(bytes("LONG_BINPUT 65536\nEXT4 -1\nEXT2 258"), b"r\0\0\x01\0\x84\xff\xff\xff\xff\x83\x02\x01");
}

#[test]
fn strings_are_counted_and_may_lie() {
    assert_eq!(bytes("SHORT_BINSTRING b\"\\xff\"\nBINSTRING \"\\xff\""), b"U\x01\xffT\x02\0\0\0\xc3\xbf");
    assert_eq!(bytes("BINUNICODE \"\\ud800\""), b"X\x03\0\0\0\xed\xa0\x80");
    assert_eq!(bytes("BINBYTES8@1099511627776 b\"abc\""), b"\x8e\0\0\0\0\0\x01\0\0abc");
    assert_eq!(bytes("BINSTRING@-1 \"a\""), b"T\xff\xff\xff\xffa");
    assert_eq!(bytes("RAW 80 04ff b\"a\\tb\" 00"), b"\x80\x04\xffa\tb\0");
}

#[test]
fn frames_are_true_or_lie() {
    assert_eq!(
        bytes("FRAME\nNONE\nFRAME\nPOP\nNONE\nSTOP\nPROTO 4"),
        b"\x95\x01\0\0\0\0\0\0\0N\x95\x03\0\0\0\0\0\0\x000N.\x80\x04"
    );
    assert_eq!(bytes("FRAME 99999\nSTOP"), b"\x95\x9f\x86\x01\0\0\0\0\0.");
}

#[test]
fn errors_say_which_line_and_why() {
    assert_eq!(error("NONE\n\nREDUC").to_string(), "line 3: there is no opcode REDUC; did you mean REDUCE?");
    assert_eq!(error("BINPUT 256").reason, "BINPUT holds 0 to 255, not 256; write other bytes with RAW");
    assert_eq!(error("GLOBAL os").reason, "GLOBAL takes a module and a name: GLOBAL os system");
    assert_eq!(error("STOP now").reason, "STOP takes no operand");
    assert_eq!(error("BINBYTES abc").reason, "the operand of BINBYTES must be quoted: \"text\" or b\"bytes\"");
    assert_eq!(error("BINUNICODE \"abc").reason, "the quote is not closed");
    assert_eq!(error("BINUNICODE \"\\u12\"").reason, "\\u wants 4 hexadecimal digits, not `12`");
    assert_eq!(error("SHORT_BINBYTES b\"\\q\"").reason, "the escape \\q is unknown in b\"...\"");
    assert_eq!(error("BININT one").reason, "`one` is not a number (decimal or 0x)");
    assert_eq!(error("INT").reason, "INT needs a text");
    assert_eq!(error("RAW 8").reason, "`8` is not pairs of hexadecimal digits; RAW takes those and b\"bytes\"");
    assert_eq!(error("SHORT_BINBYTES@256 b\"\"").reason, "SHORT_BINBYTES cannot state the length 256 in 1 bytes");
    assert_eq!(error("FRAME 1 2").reason, "FRAME takes a number, one operand; here are 2");
    assert_eq!(error("NONE@3").reason, "NONE has no length that `@` could state");
    assert_eq!(
        error(&format!("SHORT_BINBYTES b\"{}\"", "a".repeat(256))).reason,
        "256 bytes are too many for SHORT_BINBYTES"
    );
}

#[test]
fn opcodes_are_those_of_pickletools() {
    let codes: Vec<String> = super::OPCODES.iter().map(|opcode| format!("{} {}", opcode.name, opcode.code)).collect();
    let script = "import pickletools\nfor o in pickletools.opcodes: print(o.name, ord(o.code))";
    if let Some(listing) = crate::python::answers(script, b"") {
        assert_eq!(listing.lines().collect::<Vec<_>>(), codes);
    }
    assert_eq!(codes.len(), 68);
}

#[test]
fn python_disassembles_every_operand() {
    let text = r#"
        PROTO 4
        FRAME
        INT 15
        UNICODE "a\\b\n\u20ac"
        STRING 'it\'s # no comment'
        LONG1 -129
        LONG4 0x1234567890
        BINFLOAT -0.5
        BINUNICODE8 "\ud800"
        BYTEARRAY8 b"\x00"
        STOP
    "#;
    let script =
        "import pickletools, sys\nfor o, a, _ in pickletools.genops(sys.stdin.buffer.read()): print(o.name, ascii(a))";
    let expected = r#"PROTO 4
FRAME 94
INT 15
UNICODE 'a\\b\n\u20ac'
STRING "it's # no comment"
LONG1 -129
LONG4 78187493520
BINFLOAT -0.5
BINUNICODE8 '\ud800'
BYTEARRAY8 bytearray(b'\x00')
STOP None
"#;
    if let Some(listing) = crate::python::answers(script, &bytes(text)) {
        assert_eq!(listing, expected);
    }
}
