"""Makes archives, tars, arrays and polyglots that hide one call, `echo` through os.system, from readers that believe one view of a file.

Needs only the standard library. Each row of `rows.tsv` says what a scan has to tell: the verdict, and one of the rules that must fire. `os.system` must be
named wherever the verdict is malicious.
"""

import bz2
import gzip
import io
import lzma
import pathlib
import struct
import tarfile
import zipfile
import zlib

HERE = pathlib.Path(__file__).parent
CALL = b"cposix\nsystem\nX\x07\x00\x00\x00echo hi\x85R"
PICKLE = b"\x80\x02" + CALL + b"."
OLD = b"cposix\nsystem\n(S'echo hi'\ntR."
HARMLESS = b"\x80\x02}q\x00."
FULL = 0xFFFFFFFF
ROWS = []


def row(name, data, verdict="malicious", *rules):
    assert not any(name == other[0] for other in ROWS), name
    ROWS.append((name, verdict, ",".join(rules)))
    (HERE / name).write_bytes(data)


# --- zip -------------------------------------------------------------------------------------------------------------


def entry(name, data, **lie):
    """A member whose headers say what `lie` says: keys with `l_` hold for the local header, with `c_` for the central one."""
    name = name.encode() if isinstance(name, str) else name
    method = lie.get("method", 0)
    packed = lie.get("packed", zlib.compress(data, 9)[2:-4] if method == 8 else data)
    true = dict(name=name, flags=0, method=method, crc=zlib.crc32(data), packed=len(packed), size=len(data), extra=b"")
    local = true | {key[2:]: value for key, value in lie.items() if key.startswith("l_")}
    central = true | {key[2:]: value for key, value in lie.items() if key.startswith("c_")}
    return local, central, packed, lie


def local_bytes(head, body, lie):
    fixed = struct.pack("<4s5H3I2H", b"PK\3\4", 20, head["flags"], head["method"], 0, 0x21, head["crc"], head["packed"], head["size"], len(head["name"]), len(head["extra"]))
    return fixed + head["name"] + head["extra"] + body + lie.get("after", b"")


def zipped(entries, prefix=b"", counted=True, comment=b"", before_end=b"", end=None, behind=b"", **lie):
    out, central, base = bytearray(prefix), bytearray(), 0 if counted else len(prefix)
    count, starts = 0, []
    for local, listed, body, extra in entries:
        out += extra.get("gap", b"")
        start = len(out) - base if "of" not in extra else starts[extra["of"]]
        starts.append(start)
        if "of" not in extra:
            out += local_bytes(local, body, extra)
        if extra.get("hidden"):
            continue
        count += 1
        central += struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", extra.get("made", 0x031E), 20, listed["flags"], listed["method"], 0, 0x21, listed["crc"], listed["packed"], listed["size"],
            len(listed["name"]), len(listed["extra"]), len(extra.get("comment", b"")), extra.get("disk", 0), 0, extra.get("external", 0o100644 << 16), extra.get("offset", start),
        ) + listed["name"] + listed["extra"] + extra.get("comment", b"")
    at = len(out) - base
    numbers = dict(disk=0, first=0, here=count, total=count, size=len(central), offset=at) | lie
    out += central + before_end
    out += struct.pack("<4s4H2IH", b"PK\5\6", numbers["disk"], numbers["first"], numbers["here"], numbers["total"], numbers["size"], numbers["offset"], lie.get("comment_length", len(comment)))
    return bytes(out) + comment + behind


def torch(data=PICKLE, root="archive", **more):
    """A checkpoint of PyTorch, with one storage."""
    return [
        entry(f"{root}/data.pkl", data, **more),
        entry(f"{root}/byteorder", b"little"),
        entry(f"{root}/data/0", bytes(16)),
        entry(f"{root}/version", b"3\n"),
    ]


def zips():
    d = "archive/data.pkl"
    # Names.
    row("zip-local-name.pt", zipped(torch(l_name=b"archive/readme.md")), "malicious", "member-name-mismatch")
    row("zip-central-name.pt", zipped(torch(c_name=b"archive/readme.md")), "malicious", "member-name-mismatch")
    row("zip-nul-name.pt", zipped(torch(c_name=b"archive/data.pkl\0.txt", l_name=b"archive/data.pkl\0.txt")), "malicious", "member-name-mismatch")
    row("zip-unicode-path.pt", zipped([entry("archive/notes.txt", PICKLE, **{key: struct.pack("<2HBI", 0x7075, 5 + len(d), 1, zlib.crc32(b"archive/notes.txt")) + d.encode() for key in ("l_extra", "c_extra")})]), "malicious", "member-name-mismatch")
    row("zip-mixed-case.pt", zipped([entry("archive/data.pkl", HARMLESS), entry("Archive/Data.PKL", PICKLE)]), "malicious", "duplicate-member")
    row("zip-backslash.zip", zipped([entry("..\\..\\data.pkl", PICKLE)]), "malicious", "member-escapes")
    row("zip-drive.zip", zipped([entry("C:/Windows/data.pkl", PICKLE)]), "malicious", "member-escapes")
    row("zip-unc.zip", zipped([entry("//host/share/data.pkl", PICKLE)]), "malicious", "member-escapes")
    row("zip-local-climbs.zip", zipped([entry("data.pkl", PICKLE, l_name=b"../../data.pkl")]), "malicious", "member-escapes")
    row("zip-empty-name.zip", zipped([entry("", PICKLE)]))
    row("zip-folder-with-content.zip", zipped([entry("weights/", PICKLE)]))
    row("zip-duplicate-first.pt", zipped([entry(d, PICKLE), entry(d, HARMLESS)]), "malicious", "duplicate-member")
    row("zip-duplicate-last.pt", zipped([entry(d, HARMLESS), entry(d, PICKLE)]), "malicious", "duplicate-member")
    # Methods, sizes, checksums, flags.
    row("zip-method-local.pt", zipped([entry(d, PICKLE, method=8, c_method=0)]), "malicious", "member-name-mismatch", "size-mismatch", "flag-mismatch", "crc-mismatch")
    row("zip-method-central.pt", zipped([entry(d, PICKLE, l_method=8)]), "malicious", "member-name-mismatch", "size-mismatch", "flag-mismatch", "crc-mismatch")
    row("zip-method-unknown.pt", zipped([entry(d, PICKLE, l_method=77, c_method=77)]), "incomplete")
    row("zip-size-zero.pt", zipped([entry(d, PICKLE, c_size=0)]), "malicious", "size-mismatch")
    row("zip-packed-zero.pt", zipped([entry(d, PICKLE, c_packed=0, c_size=0)]), "malicious", "size-mismatch")
    row("zip-packed-short.pt", zipped([entry(d, PICKLE, c_packed=5, c_size=5), entry("archive/version", b"3\n")]), "malicious", "size-mismatch")
    row("zip-size-huge.pt", zipped([entry(d, PICKLE, c_packed=FULL - 1, c_size=FULL - 1), entry("archive/version", b"3\n")]), "malicious", "size-mismatch")
    row("zip-deflated-size-short.pt", zipped([entry(d, HARMLESS + PICKLE, method=8, c_size=len(HARMLESS), l_size=len(HARMLESS))]), "malicious", "size-mismatch")
    row("zip-crc-local.pt", zipped(torch(l_crc=1)), "malicious", "crc-mismatch")
    row("zip-crc-both.pt", zipped(torch(method=8, l_crc=1, c_crc=1)), "malicious", "crc-mismatch")
    row("zip-flag-encrypted-central.pt", zipped(torch(c_flags=1)), "malicious", "flag-mismatch")
    row("zip-flag-encrypted-both.pt", zipped(torch(c_flags=1, l_flags=1)), "malicious", "flag-mismatch")
    row("zip-flag-strong.pt", zipped(torch(c_flags=0x40, l_flags=0x40)), "malicious", "flag-mismatch")
    row("zip-flag-masked.pt", zipped(torch(c_flags=0x2041, l_flags=0)), "malicious", "flag-mismatch")
    row("zip-flag-patch.pt", zipped(torch(c_flags=0x20, l_flags=0)), "malicious", "flag-mismatch")
    # Descriptors.
    row("zip-descriptor-lies.pt", zipped([entry(d, PICKLE, l_flags=8, c_flags=8, l_crc=0, l_packed=0, l_size=0, after=struct.pack("<4s3I", b"PK\7\x08", 1, 2, 3))]), "malicious", "crc-mismatch")
    row("zip-descriptor-inside.pt", zipped([entry(d, HARMLESS + struct.pack("<4s3I", b"PK\7\x08", zlib.crc32(HARMLESS), len(HARMLESS), len(HARMLESS)) + PICKLE, l_flags=8, c_flags=8, l_packed=0, l_size=0, l_crc=0)]), "malicious")
    # Directory and end.
    row("zip-count-zero.pt", zipped(torch(), total=0, here=0), "malicious", "archive-end-lie")
    row("zip-count-short.pt", zipped([entry("archive/version", b"3\n"), entry(d, PICKLE)], total=1, here=1), "malicious", "archive-end-lie")
    row("zip-size-lie.pt", zipped(torch(), size=46), "malicious", "archive-end-lie")
    row("zip-offset-lie.pt", zipped(torch(), offset=0), "malicious", "archive-end-lie", "hidden-member")
    row("zip-disks.pt", zipped(torch(), disk=1, first=1), "malicious", "archive-end-lie")
    row("zip-entry-disk.pt", zipped(torch(disk=3)), "malicious", "archive-end-lie")
    row("zip-prefix.pt", zipped(torch(), prefix=b"#!/bin/sh\nexec true\n", counted=False), "malicious", "trailing-data", "polyglot")
    row("zip-prefix-counted.pt", zipped(torch(), prefix=bytes(range(256)) * 2), "malicious", "trailing-data")
    row("zip-behind.pt", zipped(torch(), behind=b"\xff" * 64), "malicious", "trailing-data")
    row("zip-no-end.pt", zipped(torch())[:-22], "malicious")
    row("zip-only-locals.pt", b"".join(local_bytes(local, body, lie) for local, _, body, lie in torch()), "malicious")
    inner = zipped(torch(HARMLESS))
    row("zip-fake-end-in-comment.pt", zipped([entry(d, PICKLE)], comment=struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)), "malicious", "archive-end-lie", "trailing-data")
    row("zip-two-directories.pt", zipped([entry(d, PICKLE)]) + inner, "malicious")
    row("zip-archive-in-comment.pt", zipped(torch(HARMLESS), comment=zipped(torch())), "malicious")
    row("zip-pickle-in-comment.pt", zipped(torch(HARMLESS), comment=PICKLE), "malicious")
    row("zip-pickle-in-member-comment.pt", zipped([entry(d, HARMLESS, comment=PICKLE)]), "malicious")
    row("zip-pickle-in-extra.pt", zipped([entry(d, HARMLESS, l_extra=struct.pack("<2H", 0x4D57, len(PICKLE)) + PICKLE)]), "malicious")
    row("zip-pickle-in-gap.pt", zipped([entry(d, HARMLESS), entry("archive/version", b"3\n", gap=PICKLE)]), "malicious", "hidden-member", "trailing-data")
    row("zip-pickle-before-end.pt", zipped(torch(HARMLESS), before_end=PICKLE), "malicious")
    row("zip-hidden-local.pt", zipped([entry("archive/secret.pkl", PICKLE, hidden=True)] + torch(HARMLESS)), "malicious", "hidden-member")
    row("zip-hidden-behind.pt", zipped(torch(HARMLESS) + [entry("archive/secret.pkl", PICKLE, method=8, hidden=True)]), "malicious", "hidden-member")
    row("zip-same-local.pt", zipped(torch(HARMLESS) + [entry("archive/other.pkl", PICKLE), entry("archive/third.txt", PICKLE, of=4)]), "malicious")
    row("zip-shifted-local.pt", zipped([entry(d, local_bytes(*[entry("x", PICKLE)[i] for i in (0, 2, 3)])), entry("archive/other.pkl", PICKLE, of=0, offset=30 + len(d))]), "malicious", "overlapping-members", "member-name-mismatch")
    row("zip64-lies.pt", zip64(), "malicious", "archive-end-lie")
    row("zip-link.zip", zipped([entry("link", b"/etc/passwd", external=0o120777 << 16)]), "suspicious", "link-escapes")
    row("zip-device.zip", zipped([entry("null", b"", external=0o020666 << 16)]), "suspicious", "device-member")
    row("zip-bomb-stated.zip", zipped([entry("zeros", bytes(10), method=8, packed=b"\x03\x00" * 8, c_size=1 << 31, l_size=1 << 31)]), "suspicious", "decompression-bomb")
    row("zip-nested.zip", nested(12), "malicious")
    row("zip-lzma.pt", stdlib_zip(zipfile.ZIP_LZMA), "malicious")


def zip64():
    """The end record and its zip64 twin name different directories."""
    good = [entry("archive/version", b"3\n")]
    plain = zipped(good)
    bad = entry("archive/data.pkl", PICKLE)
    local = local_bytes(bad[0], bad[2], bad[3])
    whole = zipped([entry("archive/version", b"3\n"), bad])
    at = whole.index(b"PK\1\2")
    wide_directory = whole[at:-22]
    narrow = plain[plain.index(b"PK\1\2"):-22]
    body = whole[:at]
    assert local in body
    out = body + wide_directory
    narrow_at = len(out)
    out += narrow
    record = len(out)
    out += struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 2, 2, len(wide_directory), len(body))
    out += struct.pack("<4sIQI", b"PK\6\7", 0, record, 1)
    return out + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(narrow), narrow_at, 0)


def nested(levels):
    data, name = PICKLE, "data.pkl"
    for level in range(levels):
        data, name = zipped([entry(name, data, method=8 if level % 2 else 0)]), f"{level}.zip"
    return data


def stdlib_zip(method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo("archive/data.pkl", (2024, 1, 2, 3, 4, 6)), PICKLE, compress_type=method)
    return out.getvalue()


# --- tar -------------------------------------------------------------------------------------------------------------


def block(name, size=0, kind=b"0", link=b"", magic=b"ustar\x0000", prefix=b"", checksum=None, mode=b"0000644\0", size_field=None):
    head = bytearray(512)
    for at, field in ((0, name), (100, mode), (108, b"0000000\0"), (116, b"0000000\0"), (124, size_field or b"%011o\0" % size), (136, b"14524770000\0"), (148, b" " * 8), (156, kind), (157, link), (257, magic), (345, prefix)):
        head[at:at + len(field)] = field
    head[148:156] = checksum or b"%06o\0 " % sum(head)
    return bytes(head)


def pad(data):
    return data + bytes(-len(data) % 512)


def member(name, data=PICKLE, **lie):
    return block(name, lie.pop("size", len(data)), **lie) + pad(data)


def pax(records, kind=b"x"):
    out = b""
    for key, value in records:
        line = b" " + key + b"=" + value + b"\n"
        length = len(line) + 1
        while len(str(length)) + len(line) != length:
            length = len(str(length)) + len(line)
        out += str(length).encode() + line
    return block(b"PaxHeaders/x", len(out), kind=kind) + pad(out)


END = bytes(1024)


def tars():
    ok = member(b"readme.txt", b"just some words\n")
    row("tar-climbs.tar", member(b"../../model.pkl") + END, "malicious", "member-escapes")
    row("tar-absolute.tar", member(b"/root/.bashrc.pkl") + END, "malicious", "member-escapes")
    row("tar-drive.tar", member(b"C:\\model.pkl") + END, "malicious", "member-escapes")
    row("tar-symlink.tar", block(b"out", kind=b"2", link=b"../../etc") + member(b"out/model.pkl") + END, "malicious", "link-escapes")
    row("tar-symlink-absolute.tar", block(b"out", kind=b"2", link=b"/etc/cron.d/job") + END, "suspicious", "link-escapes")
    row("tar-hardlink.tar", block(b"out", kind=b"1", link=b"../../../etc/shadow") + END, "suspicious", "link-escapes")
    row("tar-long-link.tar", block(b"././@LongLink", 400, kind=b"K", magic=b"ustar  \0") + pad(b"../" * 130 + b"etc/x\0") + block(b"out", kind=b"2", magic=b"ustar  \0") + END, "suspicious", "link-escapes")
    row("tar-device.tar", block(b"null", kind=b"3") + ok + END, "suspicious", "device-member")
    row("tar-fifo.tar", block(b"pipe", kind=b"6") + ok + END, "suspicious", "device-member")
    row("tar-pax-path.tar", pax([(b"path", b"../../escape.pkl")]) + member(b"harmless.txt") + END, "malicious", "member-escapes")
    row("tar-pax-global.tar", pax([(b"path", b"../../escape.pkl")], b"g") + member(b"harmless.txt") + END, "malicious", "member-escapes")
    row("tar-pax-linkpath.tar", pax([(b"linkpath", b"/etc/passwd")]) + block(b"l", kind=b"2", link=b"here") + END, "suspicious", "link-escapes")
    hidden = member(b"hidden.pkl")
    row("tar-pax-size-hides.tar", pax([(b"size", b"%d" % (len(hidden) + 512))]) + member(b"a.txt", b"x" * 512) + hidden + ok + END, "malicious", "tar-header-lie", "size-mismatch")
    row("tar-pax-size-shows.tar", pax([(b"size", b"16")]) + block(b"a.txt", 16 + 496 + len(hidden)) + pad(b"x" * 16) + hidden + END, "malicious")
    row("tar-pax-size-text.tar", pax([(b"size", b"0x10")]) + member(b"a.pkl") + END, "malicious")
    row("tar-pax-broken.tar", block(b"PaxHeaders/x", 20, kind=b"x") + pad(b"99 path=../../x\n") + member(b"a.pkl") + END, "malicious", "tar-header-lie")
    row("tar-folder-with-content.tar", block(b"weights/", len(PICKLE), kind=b"5") + pad(PICKLE) + ok + END, "malicious")
    row("tar-link-with-content.tar", block(b"weights", len(PICKLE), kind=b"2", link=b"readme.txt") + pad(PICKLE) + ok + END, "malicious")
    row("tar-unknown-kind.tar", block(b"weights.pkl", len(PICKLE), kind=b"Z") + pad(PICKLE) + END, "malicious")
    row("tar-contiguous.tar", block(b"weights.pkl", len(PICKLE), kind=b"7") + pad(PICKLE) + END, "malicious")
    row("tar-volume-label.tar", block(b"label", len(PICKLE), kind=b"V", magic=b"ustar  \0") + pad(PICKLE) + ok + END, "malicious")
    row("tar-multi-volume.tar", block(b"rest.pkl", len(PICKLE), kind=b"M", magic=b"ustar  \0") + pad(PICKLE) + ok + END, "malicious")
    row("tar-behind-end.tar", ok + END + hidden + END, "malicious", "trailing-data")
    row("tar-one-empty-block.tar", ok + bytes(512) + hidden + END, "malicious", "trailing-data")
    row("tar-bad-checksum.tar", ok + member(b"bad.pkl", checksum=b"000000\0 ") + END, "malicious", "tar-header-lie")
    row("tar-no-checksum-no-magic.tar", ok + member(b"bad.pkl", checksum=b"000000\0 ", magic=b"") + END, "suspicious", "tar-header-lie")
    row("tar-junk-between.tar", ok + b"\xfe junk".ljust(512, b"\xfd") * 3 + member(b"model.pkl") + END, "malicious", "tar-header-lie")
    row("tar-junk-behind-end.tar", ok + END + b"\xfe junk".ljust(512, b"\xfd") + member(b"model.pkl") + END, "malicious", "trailing-data")
    row("tar-base256.tar", block(b"m.pkl", size_field=b"\x80" + bytes(7) + struct.pack(">I", len(PICKLE)), magic=b"ustar  \0") + pad(PICKLE) + END, "malicious")
    row("tar-negative-size.tar", ok + block(b"m.pkl", size_field=b"\xff" * 12, magic=b"ustar  \0") + pad(PICKLE) + END, "malicious")
    row("tar-slack.tar", block(b"a.txt", 5) + (b"hello" + PICKLE).ljust(512, b"\0") + END, "malicious")
    row("tar-header-slack.tar", block(b"a.txt\0" + PICKLE, 0) + ok + END, "malicious", "tar-header-lie", "trailing-data", "hidden-member")
    row("tar-gnu-sparse.tar", sparse(), "malicious")
    row("tar-no-end.tar", member(b"m.pkl"), "malicious")
    row("tar-cut.tar", ok + member(b"m.pkl")[:512 + len(PICKLE)], "malicious")
    row("tar-prefix-field.tar", member(b"model.pkl", prefix=b"../..") + END, "malicious", "member-escapes")
    row("tar-duplicate.tar", member(b"model.pkl", HARMLESS) + member(b"model.pkl") + END, "malicious")


def sparse():
    """Old GNU: one segment of data in a file that is said to be large."""
    head = bytearray(block(b"sparse.pkl", len(PICKLE), kind=b"S", magic=b"ustar  \0"))
    head[386:398] = b"%011o\0" % 0
    head[398:410] = b"%011o\0" % len(PICKLE)
    head[483:495] = b"%011o\0" % 4096
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + pad(PICKLE) + END


# --- compression -----------------------------------------------------------------------------------------------------


def gz(data, name=b"", comment=b"", extra=b"", mtime=0):
    flags = (4 if extra else 0) | (8 if name else 0) | (16 if comment else 0)
    out = struct.pack("<4BI2B", 0x1F, 0x8B, 8, flags, mtime, 0, 255)
    out += (struct.pack("<H", len(extra)) + extra if extra else b"") + (name + b"\0" if name else b"") + (comment + b"\0" if comment else b"")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return out + packer.compress(data) + packer.flush() + struct.pack("<2I", zlib.crc32(data), len(data))


def compressed():
    row("gzip-second-member", gz(b"") + gz(PICKLE), "malicious")
    row("gzip-split", gz(PICKLE[:9]) + gz(PICKLE[9:]), "malicious")
    row("gzip-tail", gz(HARMLESS) + PICKLE, "malicious", "trailing-data")
    row("gzip-zeros-then-member", gz(HARMLESS) + bytes(64) + gz(PICKLE), "malicious")
    row("gzip-bad-crc", gz(PICKLE)[:-8] + bytes(8), "malicious")
    row("gzip-cut", gz(PICKLE)[:-8], "malicious")
    row("gzip-extra", gz(HARMLESS, extra=b"ab" + struct.pack("<H", len(PICKLE)) + PICKLE), "malicious")
    row("gzip-comment", gz(HARMLESS, comment=OLD), "malicious")
    row("gzip-of-gzip", gz(gz(gz(gz(PICKLE)))), "malicious")
    row("zlib-tail", zlib.compress(HARMLESS * 40) + PICKLE, "malicious", "trailing-data")
    row("zlib-bad-sum", zlib.compress(PICKLE * 20)[:-4] + bytes(4), "malicious")
    row("zlib-low-window", low_window(PICKLE * 20), "malicious")
    row("bz2-two-streams", bz2.compress(HARMLESS) + bz2.compress(PICKLE), "malicious")
    row("bz2-tail", bz2.compress(HARMLESS) + PICKLE, "malicious", "trailing-data")
    row("xz-two-streams", lzma.compress(HARMLESS) + lzma.compress(PICKLE), "malicious")
    row("xz-padding", lzma.compress(HARMLESS) + bytes(8) + lzma.compress(PICKLE), "malicious")
    row("xz-x86-filter", lzma.compress(PICKLE, filters=[{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2}]), "malicious")
    row("xz-delta-filter", lzma.compress(PICKLE, filters=[{"id": lzma.FILTER_DELTA, "dist": 3}, {"id": lzma.FILTER_LZMA2}]), "malicious")
    row("lzma-alone", lzma.compress(PICKLE, format=lzma.FORMAT_ALONE), "malicious")
    row("lzma-alone-sized", sized_lzma(PICKLE), "malicious")
    row("chain", bz2.compress(lzma.compress(gzip.compress(zlib.compress(PICKLE * 20), mtime=0))), "malicious")
    row("zfile-lies.joblib", b"ZF" + b"0x1".ljust(19) + zlib.compress(PICKLE), "malicious")


def low_window(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, 9)
    return packer.compress(data) + packer.flush()


def sized_lzma(data):
    packed = bytearray(lzma.compress(data, format=lzma.FORMAT_ALONE))
    packed[5:13] = struct.pack("<Q", len(data))
    return bytes(packed)


# --- pickles, arrays, polyglots --------------------------------------------------------------------------------------


def npy(header, body=b"", major=1):
    text = header + b" " * (-(len(header) + 1 + (10 if major == 1 else 12)) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([major, 0]) + struct.pack("<H" if major == 1 else "<I", len(text)) + text + body


def npys():
    plain = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"
    objects = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    row("npy-object.npy", npy(objects, PICKLE), "malicious")
    row("npy-object-v2.npy", npy(objects, PICKLE, 2), "malicious")
    row("npy-object-v3.npy", npy(objects, PICKLE, 3), "malicious")
    row("npy-structured.npy", npy(b"{'descr': [('a', '<f4'), ('b', [('c', '|O')])], 'fortran_order': False, 'shape': (1,), }", PICKLE), "malicious")
    row("npy-titled.npy", npy(b"{'descr': [(('title', 'a'), 'O', (2,))], 'fortran_order': False, 'shape': (1,), }", PICKLE), "malicious")
    row("npy-shape-zero.npy", npy(b"{'descr': 'O', 'fortran_order': False, 'shape': (0,), }", PICKLE), "malicious")
    row("npy-tail.npy", npy(plain, bytes(4) + PICKLE), "malicious", "trailing-data")
    row("npy-two.npy", npy(plain, bytes(4)) + npy(objects, PICKLE), "malicious")
    row("npy-header-code.npy", npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os').system('echo hi'),), }", bytes(4)), "malicious-or-incomplete")
    row("npy-no-array.npy", PICKLE, "malicious")
    row("npz-object.npz", zipped([entry("arr_0.npy", npy(objects, PICKLE), method=8)]), "malicious")
    row("npz-pickle.npz", zipped([entry("arr_0.npy", npy(plain, bytes(4))), entry("arr_1", PICKLE)]), "malicious")
    row("npz-object-in-local.npz", zipped([entry("arr_0.npy", npy(plain, bytes(4))), entry("arr_1.npy", npy(objects, PICKLE), hidden=True)]), "malicious", "hidden-member")


def pickles():
    row("bare", PICKLE, "malicious")
    row("notes.txt", OLD, "malicious")
    row("config.json", PICKLE, "malicious")
    row("model.safetensors", PICKLE, "malicious")
    row("image.png", PICKLE, "malicious")
    row("stacked.pkl", HARMLESS + HARMLESS + PICKLE, "malicious")
    row("stacked-unmarked.pkl", b"N." + OLD, "malicious")
    row("stacked-behind-padding.pkl", HARMLESS + bytes(4000) + PICKLE, "malicious", "trailing-data")
    row("stacked-behind-junk.pkl", HARMLESS + b"\xfe\xfd junk \xff" * 9 + PICKLE, "malicious", "trailing-data")
    row("padded.pkl", bytes(64) + PICKLE, "incomplete")
    row("blanks.pkl", b"\n\n" + PICKLE, "incomplete")
    row("elf-behind-stop.pkl", HARMLESS + elf(), "suspicious", "trailing-data", "embedded-executable", "embedded-file")
    row("script-behind-stop.pkl", HARMLESS + b"#!/bin/sh\nexec echo hi\n", "suspicious", "trailing-data")
    row("storage-elf.pt", zipped([entry("a/data.pkl", HARMLESS), entry("a/data/0", bytes(512) + elf() + bytes(512)), entry("a/version", b"3\n")]), "suspicious", "embedded-file", "embedded-executable")
    row("storage-pe.pt", zipped([entry("a/data.pkl", HARMLESS), entry("a/data/0", bytes(512) + pe() + bytes(512)), entry("a/version", b"3\n")]), "suspicious", "embedded-file", "embedded-executable")
    row("storage-macho.pt", zipped([entry("a/data.pkl", HARMLESS), entry("a/data/0", bytes(512) + macho() + bytes(512)), entry("a/version", b"3\n")]), "suspicious", "embedded-file", "embedded-executable")
    row("storage-script.pt", zipped([entry("a/data.pkl", HARMLESS), entry("a/data/0", bytes(512) + b"#!/usr/bin/env python\nimport os\nos.system('echo hi')\n"), entry("a/version", b"3\n")]), "suspicious", "embedded-file")
    row("storage-harmless-zip.pt", zipped([entry("a/data.pkl", HARMLESS), entry("a/data/0", zipped([entry("x.txt", b"words")])), entry("a/version", b"3\n")]), "suspicious", "embedded-file")
    row("storage-pickle.pt", zipped([entry("a/data.pkl", HARMLESS), entry("a/data/0", PICKLE), entry("a/version", b"3\n")]), "malicious")
    row("storage-zip.pt", zipped([entry("a/data.pkl", HARMLESS), entry("a/data/0", bytes(64) + zipped(torch()) + bytes(64)), entry("a/version", b"3\n")]), "malicious", "embedded-file")
    row("elf-deflated-storage.pt", zipped([entry("a/data.pkl", HARMLESS), entry("a/data/0", elf() + bytes(512), method=8), entry("a/version", b"3\n")]), "suspicious", "embedded-file", "embedded-executable")
    row("npy-elf.npy", npy(b"{'descr': '|u1', 'fortran_order': False, 'shape': (%d,), }" % (64 + len(elf())), bytes(64) + elf()), "suspicious", "embedded-file", "embedded-executable")


def elf():
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<2HI3QI6H", 3, 62, 1, 0, 64, 0, 0, 64, 56, 1, 64, 0, 0) + struct.pack("<2I6Q", 1, 5, 0, 0, 0, 120, 120, 4096)


def pe():
    head = bytearray(b"MZ".ljust(128, b"\0"))
    head[0x3C:0x40] = struct.pack("<I", 128)
    return bytes(head) + b"PE\0\0" + struct.pack("<2H3I2H", 0x8664, 1, 0, 0, 0, 240, 0x22) + bytes(280)


def macho():
    return struct.pack("<8I", 0xFEEDFACF, 0x01000007, 3, 2, 1, 72, 0, 0) + struct.pack("<2I", 0x19, 72) + bytes(64)


def safetensors(data=bytes(4)):
    header = b'{"w":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (len(data), len(data))
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + data


def gguf():
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 20) + b"general.architecture" + struct.pack("<IQ", 8, 5) + b"llama"


def pdf(extra=b""):
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n" + extra


def png(extra=b""):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"") + extra


def polyglots():
    archive = zipped(torch(), prefix=b"")
    row("poly-pickle-zip.pt", zipped(torch(), prefix=HARMLESS), "malicious", "polyglot", "trailing-data")
    row("poly-poisoned-pickle-zip.pt", zipped(torch(HARMLESS), prefix=PICKLE), "malicious", "polyglot", "trailing-data")
    row("poly-zip-pickle.pt", zipped(torch(HARMLESS)) + PICKLE, "malicious", "trailing-data")
    row("poly-safetensors-zip.safetensors", safetensors() + archive, "malicious")
    row("poly-safetensors-pickle.safetensors", safetensors() + PICKLE, "malicious-or-incomplete")
    row("poly-gguf-zip.gguf", gguf() + archive, "malicious")
    row("poly-gguf-shell.gguf", gguf() + b"\n#!/bin/sh\nexec echo hi > /tmp/x\n", "suspicious-or-incomplete")
    row("poly-png-zip.png", png(archive), "malicious")
    row("poly-png-pickle.png", png(PICKLE), "malicious", "trailing-data")
    row("poly-pdf-pickle.pdf", pdf(PICKLE), "malicious", "trailing-data")
    row("poly-pickle-pdf.pdf", OLD + pdf(), "malicious")
    row("poly-npy-zip.npy", npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", bytes(4)) + archive, "malicious")
    row("poly-tar-zip.tar", member(b"a.txt", b"words\n") + END + archive, "malicious")
    row("poly-zip-tar.zip", zipped(torch(HARMLESS), comment=b"") + member(b"a.pkl") + END, "malicious")
    row("poly-gzip-zip.gz", gz(HARMLESS) + archive, "malicious")
    row("poly-text-zip.txt", b"These are only some words.\n" * 3 + archive, "malicious")
    row("poly-pickle-tar.pkl", member(b"(I0\nI0\n0", b"x") + END + HARMLESS, "suspicious", "trailing-data")
    row("poly-json-pickle.json", b'{"a": 1}\n' + PICKLE, "malicious", "trailing-data")
    row("poly-elf-zip", elf() + bytes(200) + zipped(torch()), "malicious", "embedded-executable", "polyglot")


if __name__ == "__main__":
    for old in HERE.iterdir():
        if old.name != "make.py":
            old.unlink()
    for part in (zips, tars, compressed, npys, pickles, polyglots):
        part()
    (HERE / "rows.tsv").write_text("".join("\t".join(each) + "\n" for each in ROWS))
