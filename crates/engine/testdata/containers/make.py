"""Makes the containers that hold one poisoned pickle: `echo` through os.system, in every form that a tool here writes.

Needs Debian's 7zip or p7zip-full, brotli, cpio, genisoimage, libarchive-tools, lz4, lzip, ncompress, squashfs-tools, zstd, and binutils' ar. Where no free tool writes a form
(rar, cab, snappy frames), the file is put together by hand: stored, with true headers.
"""

import bz2
import gzip
import io
import lzma
import os
import pathlib
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib

HERE = pathlib.Path(__file__).parent
PICKLE = b"\x80\x02cposix\nsystem\nX\x07\x00\x00\x00echo hi\x85R."
TIME = 1_700_000_000
DATE = (2024, 1, 2, 3, 4, 6)


def zipped(method, name="model.pkl", data=PICKLE, wide=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        info = zipfile.ZipInfo(name, DATE)
        info.compress_type = method
        with archive.open(info, "w", force_zip64=wide) as member:
            member.write(data)
    return out.getvalue()


def zip_wide():
    """Only the zip64 fields hold sizes and offset, as in an archive beyond 4 GiB."""
    name, full = b"model.pkl", 0xFFFFFFFF
    size, crc = len(PICKLE), zlib.crc32(PICKLE)
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 45, 0, 0, 0, 0x21, crc, full, full, len(name), 20)
    local += name + struct.pack("<2H2Q", 1, 16, size, size) + PICKLE
    central = struct.pack("<4s6H3I5H2I", b"PK\1\2", 45, 45, 0, 0, 0, 0x21, crc, full, full, len(name), 28, 0, 0, 0, 0, full)
    central += name + struct.pack("<2H3Q", 1, 24, size, size, 0)
    end = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(central), len(local))
    end += struct.pack("<4sIQI", b"PK\6\7", 0, len(local) + len(central), 1)
    return local + central + end + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, full, full, 0)


def tarred(form, name="model.pkl"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        info = tarfile.TarInfo(name)
        info.size, info.mtime = len(PICKLE), TIME
        archive.addfile(info, io.BytesIO(PICKLE))
    return out.getvalue()


def tar_v7():
    """No magic: name, numbers and checksum only."""
    header = bytearray(tarred(tarfile.USTAR_FORMAT)[:512])
    header[156:] = bytes(512 - 156)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + PICKLE.ljust(512, b"\0") + bytes(1024)


def raw_deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def snappy():
    """Framing format: stream identifier, and one chunk that is not compressed."""
    crc = crc32c(PICKLE)
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    chunk = struct.pack("<I", masked) + PICKLE
    return b"\xff\x06\0\0sNaPpY" + b"\x01" + struct.pack("<I", len(chunk))[:3] + chunk


def cabinet():
    """[MS-CAB]: one folder, one stored file. Checksum 0: not computed."""
    name = b"model.pkl\0"
    files = 36 + 8
    data = files + 16 + len(name)
    total = data + 8 + len(PICKLE)
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, total, 0, files, 0, 3, 1, 1, 1, 0, 0, 0)
    folder = struct.pack("<IHH", data, 1, 0)
    entry = struct.pack("<IIHHHH", len(PICKLE), 0, 0, 0x5A21, 0, 0x20) + name
    return head + folder + entry + struct.pack("<IHH", 0, len(PICKLE), len(PICKLE)) + PICKLE


def cabinet_of_blocks(method):
    """[MS-CAB]: one folder of two files, in two data blocks, the second of which refers to the first if they are deflated."""
    words = b"".join(b"word %d\n" % (number * number) for number in range(4000))[:32_000]
    data = words + PICKLE + words[:4000]
    listed = [(b"words.txt", 32_000, 0), (b"model.pkl", len(PICKLE), 32_000), (b"more.txt", 4000, 32_000 + len(PICKLE))]
    entries = b"".join(struct.pack("<IIHHHH", size, at, 0, 0x5A21, 0, 0x20) + name + b"\0" for name, size, at in listed)
    blocks, before = b"", b""
    for at in range(0, len(data), 32_768):
        block = data[at : at + 32_768]
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=before) if before else zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = b"CK" + packer.compress(block) + packer.flush()
        blocks += struct.pack("<IHH", 0, len(packed), len(block)) + packed
        before = block
    files = 36 + 8
    start = files + len(entries)
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, start + len(blocks), 0, files, 0, 3, 1, 1, len(listed), 0, 0, 0)
    return head + struct.pack("<IHH", start, 2, method) + entries + blocks


def rar_five():
    """RAR 5: marker, main header, one stored file, end."""

    def block(body, data=b""):
        sized = bytes([len(body)]) + body
        return struct.pack("<I", zlib.crc32(sized)) + sized + data

    name = b"model.pkl"
    file = bytes([2, 2, len(PICKLE), 4, len(PICKLE), 0]) + struct.pack("<I", zlib.crc32(PICKLE)) + bytes([0x80, 0, 1, len(name)]) + name
    return b"Rar!\x1a\x07\x01\0" + block(bytes([1, 0, 0])) + block(file, PICKLE) + block(bytes([5, 0, 0]))


def rar(method=0x30):
    """RAR 4: marker, archive header, one file, end."""

    def block(kind, flags, body, extra=b""):
        head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + extra

    name = b"model.pkl"
    body = struct.pack("<IIBIIBBHI", len(PICKLE), len(PICKLE), 3, zlib.crc32(PICKLE), 0x5A210000, 20, method, len(name), 0o100644)
    file = block(0x74, 0x8000, body + name, PICKLE)
    return b"Rar!\x1a\x07\0" + block(0x73, 0, bytes(6)) + file + block(0x7B, 0x4000, b"")


def tool(command, data=None, cwd=None):
    return subprocess.run(command, input=data, cwd=cwd, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def seven(work, name, *options):
    tool(["7z", "a", "-bd", *options, str(HERE / name), "."], cwd=work)


def by_tools(work):
    (HERE / "model.pkl.zst").write_bytes(tool(["zstd", "-q", "-c"], PICKLE))
    (HERE / "model.pkl.lz4").write_bytes(tool(["lz4", "-q", "-c"], PICKLE))
    (HERE / "legacy.pkl.lz4").write_bytes(tool(["lz4", "-q", "-l", "-c"], PICKLE))
    (HERE / "model.pkl.br").write_bytes(tool(["brotli", "-c"], PICKLE))
    (HERE / "model.pkl.Z").write_bytes(tool(["compress", "-f", "-c"], PICKLE * 4))
    for form in ["newc", "odc"]:
        (HERE / f"{form}.cpio").write_bytes(tool(["cpio", "-o", "--quiet", "-R", "0:0", "-H", form], b"model.pkl\n", work))
    tool(["ar", "rcD", str(HERE / "model.ar"), "model.pkl"], cwd=work)
    (work / "debian-binary").write_bytes(b"2.0\n")
    (work / "data.tar.xz").write_bytes(lzma.compress(tarred(tarfile.GNU_FORMAT)))
    tool(["ar", "rcD", str(HERE / "model.deb"), "debian-binary", "data.tar.xz"], cwd=work)
    (work / "debian-binary").unlink()
    (work / "data.tar.xz").unlink()
    (HERE / "model.iso.gz").write_bytes(gzip.compress(tool(["genisoimage", "-quiet", "-R", "."], cwd=work), mtime=0))
    (HERE / "model.xar").write_bytes(tool(["bsdtar", "--format", "xar", "-cf", "-", "model.pkl"], cwd=work))
    (HERE / "model.pkl.lz").write_bytes(tool(["lzip", "-c"], PICKLE))
    image = work.parent / "image"
    tool(["mksquashfs", str(work), str(image), "-quiet", "-all-root", "-mkfs-time", "0", "-nopad", "-comp", "gzip"])
    (HERE / "model.squashfs").write_bytes(image.read_bytes())
    seven(work, "model.7z")
    seven(work, "copy.7z", "-m0=Copy")
    seven(work, "ppmd.7z", "-m0=PPMd")
    seven(work, "aes.7z", "-psecret")
    seven(work, "aes-header.7z", "-psecret", "-mhe=on")
    tool(["7z", "a", "-bd", "-tzip", "-psecret", str(HERE / "crypto.zip"), "."], cwd=work)
    tool(["7z", "a", "-bd", "-tzip", "-psecret", "-mem=AES256", str(HERE / "aes.zip"), "."], cwd=work)
    # 7-Zip stores what does not become smaller: stacked pickles do.
    (work / "model.pkl").write_bytes(PICKLE * 8)
    tool(["7z", "a", "-bd", "-tzip", "-mm=Deflate64", str(HERE / "deflate64.zip"), "."], cwd=work)
    (work / "model.pkl").write_bytes(PICKLE)
    (work / "readme.txt").write_bytes(b"A solid archive has several files.\n" * 3)
    seven(work, "solid.7z")
    for name in ["model.pkl", "readme.txt"]:
        os.utime(work / name, (TIME, TIME))


for path in HERE.iterdir():
    if path.suffix != ".py":
        path.unlink()
FILES = {
    "stored.zip": zipped(zipfile.ZIP_STORED),
    "deflated.zip": zipped(zipfile.ZIP_DEFLATED),
    "bzip2.zip": zipped(zipfile.ZIP_BZIP2),
    "lzma.zip": zipped(zipfile.ZIP_LZMA),
    "zip64.zip": zip_wide(),
    "forced.zip": zipped(zipfile.ZIP_DEFLATED, wide=True),
    "model-1.0-py3-none-any.whl": zipped(zipfile.ZIP_DEFLATED, "model/weights.pkl"),
    "v7.tar": tar_v7(),
    "ustar.tar": tarred(tarfile.USTAR_FORMAT),
    "gnu.tar": tarred(tarfile.GNU_FORMAT, "model/" * 30 + "model.pkl"),
    "pax.tar": tarred(tarfile.PAX_FORMAT, "model/" * 30 + "m\u00f6del.pkl"),
    "layer.tar.gz": gzip.compress(tarred(tarfile.PAX_FORMAT, "opt/model.pkl"), mtime=0),
    "model.pkl.gz": gzip.compress(PICKLE, mtime=0),
    "members.pkl.gz": gzip.compress(PICKLE[:12], mtime=0) + gzip.compress(PICKLE[12:], mtime=0),
    "model.zlib": zlib.compress(PICKLE),
    "model.deflate": raw_deflate(PICKLE),
    "model.pkl.bz2": bz2.compress(PICKLE),
    "model.pkl.xz": lzma.compress(PICKLE),
    "model.pkl.lzma": lzma.compress(PICKLE, lzma.FORMAT_ALONE),
    "model.pkl.sz": snappy(),
    "model.cab": cabinet(),
    "model.rar": rar(),
    "packed.rar": rar(0x33),
    "five.rar": rar_five(),
    "mszip.cab": cabinet_of_blocks(1),
    "lzx.cab": cabinet_of_blocks(0x1503),
}
for name, data in FILES.items():
    (HERE / name).write_bytes(data)
with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder) / "work"
    work.mkdir()
    (work / "model.pkl").write_bytes(PICKLE)
    os.utime(work / "model.pkl", (TIME, TIME))
    by_tools(work)
(HERE / "inner.7z.zip").write_bytes(zipped(zipfile.ZIP_DEFLATED, "model.7z", (HERE / "solid.7z").read_bytes()))
