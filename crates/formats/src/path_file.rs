//! `.pth` files of the `site` module: a line that begins with `import` is executed whenever Python starts.

use base::{
    blob::Blob,
    fact::Kind,
    format::{Certainty, Class, Depth, Format, Head},
    sink::Sink,
    source::Access,
    stop::Stop,
};

use crate::{identified::extension, whole};

/// A path configuration with lines that run; one without is text, and a checkpoint may have the same extension.
pub const FORMAT: Format = Format {
    id: "python-path-file",
    name: "Python path configuration that imports",
    extensions: &["pth"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity],
    detect,
    explain: None,
    parse,
};

/// Bytes of such a file.
const LENGTH: usize = 1 << 20;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    let text = head.first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head.first);
    let named = extension(head).eq_ignore_ascii_case("pth");
    (named && text.split(|byte| matches!(byte, b'\n' | b'\r')).any(runs)).then_some(Certainty::Certain)
}

/// `site.addpackage`: lines that begin so are handed to `exec`.
fn runs(line: &[u8]) -> bool {
    line.starts_with(b"import ") || line.starts_with(b"import\t")
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    whole::embedded(blob, sink, LENGTH, FORMAT.id, "site-lines.py", |text, kept| {
        for (number, line) in text.split(['\n', '\r']).enumerate().filter(|(_, line)| runs(line.as_bytes())) {
            kept.keep(number, line);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{detect as found, parse as read};

    #[test]
    fn lines_that_import_run() {
        let text = b"# paths\nlib\nimport os; os.system('id')\n\nimport sys\n";
        assert!(found(&FORMAT, "x.pth", text).is_some() && found(&FORMAT, "x.pth", b"lib\n").is_none());
        assert!(found(&FORMAT, "x.pth", b"\x80\x02}q\x00.").is_none() && found(&FORMAT, "x.txt", text).is_none());
        let reading = read(&FORMAT, "x.pth", text, false);
        assert!(reading.complete());
        let base::sink::ChildBody::Window(blob) = &reading.children[0].body else { panic!("a window") };
        let program = blob.bytes_at(0, 1 << 10).unwrap();
        assert_eq!(String::from_utf8_lossy(&program), "\n\nimport os; os.system('id')\n\nimport sys\n");
    }
}
