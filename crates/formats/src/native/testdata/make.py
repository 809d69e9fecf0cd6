"""Mach-O files by hand: a library with imports, a constructor and symbols, alone and in a fat file; ELF of 32 bits, big-endian."""
import struct

def command(kind, body):
    body += b"\0" * (-len(body) % 8)
    return struct.pack("<II", kind, len(body) + 8) + body

def text(offset, name):
    return struct.pack("<I", offset) + name + b"\0"

def library(symbols):
    names = b"\0"
    table = b""
    for name, kind, section, description in symbols:
        table += struct.pack("<IBBHQ", len(names), kind, section, description, 0)
        names += name + b"\0"
    sections = struct.pack("<16s16sQQIIIIIIII", b"__text", b"__TEXT", 0x1000, 64, 0x400, 4, 0, 0, 0x80000400, 0, 0, 0)
    sections += struct.pack("<16s16sQQIIIIIIII", b"__mod_init_func", b"__DATA", 0x1040, 8, 0x440, 3, 0, 0, 9, 0, 0, 0)
    segment = struct.pack("<16sQQQQIIII", b"__TEXT", 0, 0x1000, 0, 0x448, 5, 5, 2, 0) + sections
    commands = [
        command(0x19, segment),
        command(0xC, struct.pack("<IIII", 24, 2, 0, 0) + b"/usr/lib/libSystem.B.dylib\0"),
        command(0x8000001C, text(12, b"@loader_path/.")),
        command(0x2, struct.pack("<IIII", 0x448, len(symbols), 0x448 + len(table), len(names))),
    ]
    body = b"".join(commands)
    head = struct.pack("<IIIIIIII", 0xFEEDFACF, 0x01000007, 3, 6, len(commands), len(body), 0x85, 0)
    file = (head + body).ljust(0x400, b"\0") + b"\x90" * 64 + b"\0" * 8
    return file + table + names

def main():
    plain = library([(b"_posix_spawn", 1, 0, 0x100), (b"_memcpy", 1, 0, 0x100), (b"_TF_InitKernel", 0xF, 1, 0)])
    open("plain.dylib", "wb").write(plain)
    at = 4096
    fat = struct.pack(">II", 0xCAFEBABE, 1) + struct.pack(">IIIII", 0x01000007, 3, at, len(plain), 12)
    open("fat.dylib", "wb").write(fat.ljust(at, b"\0") + plain)
    # An object file of 32 bits and the other byte order: a section table, two symbols.
    texts = b"\0system\0own\0"
    names = b"\0.symtab\0.strtab\0.text\0"
    symbols = struct.pack(">IIIBBH", 0, 0, 0, 0, 0, 0)
    symbols += struct.pack(">IIIBBH", 1, 0, 0, 0x10, 0, 0) + struct.pack(">IIIBBH", 8, 0, 0, 0x12, 0, 3)
    body = symbols + texts + names + b"\x60\0\0\0"
    at = 52
    places = []
    for part in (symbols, texts, names, b"\x60\0\0\0"):
        places.append((at, len(part)))
        at += len(part)
    section = lambda name, kind, flags, place, link, size: struct.pack(">IIIIIIIIII", name, kind, flags, 0, *place, link, 0, 1, size)
    table = section(0, 0, 0, (0, 0), 0, 0) + section(1, 2, 0, places[0], 2, 16) + section(9, 3, 0, places[1], 0, 0)
    table += section(17, 1, 6, places[3], 0, 0) + section(9, 3, 0, places[2], 0, 0)
    head = b"\x7fELF\x01\x02\x01".ljust(16, b"\0")
    head += struct.pack(">HHIIIIIHHHHHH", 1, 20, 1, 0, 0, at, 0, 52, 0, 0, 40, 5, 4)
    open("big-endian.o", "wb").write(head + body + table)

main()
