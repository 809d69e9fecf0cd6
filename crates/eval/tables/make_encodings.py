"""Writes encodings.tsv: the text encodings of CPython, their aliases and the characters of single-byte ones.

Run with a CPython of the newest supported version; only the standard library is used.
"""

import codecs
import encodings.aliases
import pathlib
import pkgutil

MULTIBYTE = ("utf", "iso2022", "hz", "ascii", "latin_1", "big5", "cp932", "cp949", "cp950", "euc_", "gb", "johab", "shift_")
SKIP = {"aliases", "idna", "punycode", "undefined", "mbcs", "oem", "unicode_escape", "raw_unicode_escape", "charmap"}


def single_byte(name):
    """The 256 characters, or None when the encoding is not one character a byte."""
    row = []
    for byte in range(256):
        try:
            text = bytes([byte]).decode(name)
        except UnicodeDecodeError:
            text = "\ufffd"
        if len(text) != 1 or ord(text) > 0xFFFF:
            return None
        row.append(text)
    return row if len(set(row)) > 64 else None


def main():
    aliases = {}
    for alias, name in encodings.aliases.aliases.items():
        aliases.setdefault(name, set()).add(alias)
    names = {module.name for module in pkgutil.iter_modules(encodings.__path__)} - {"aliases", "mbcs", "oem"}
    lines = ["# encoding\taliases\tthe characters of the bytes 0 to 255, or 128 to 255 over ASCII, in hexadecimal"]
    for name in sorted(names):
        row = None
        if name not in SKIP and codecs.lookup(name)._is_text_encoding:
            if not name.startswith(MULTIBYTE):
                row = single_byte(name)
        if row is not None and "".join(row[:128]).isascii() and row[:128] == [chr(byte) for byte in range(128)]:
            row = row[128:]
        cells = "" if row is None else "".join(f"{ord(c):04x}" for c in row)
        lines.append(f"{name}\t{' '.join(sorted(aliases.get(name, ())))}\t{cells}")
    path = pathlib.Path(__file__).with_name("encodings.tsv")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


main()
