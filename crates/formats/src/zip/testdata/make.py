"""Makes the honest zip fixtures with real producers: Python's zipfile, Info-ZIP's zip, Java's jar."""

import io
import pathlib
import stat
import subprocess
import tempfile
import zipfile

HERE = pathlib.Path(__file__).parent
DATE = (2024, 1, 2, 3, 4, 6)


class Pipe(io.RawIOBase):
    """Cannot seek: zipfile then streams, with data descriptors."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, data):
        self.bytes += bytes(data)
        return len(data)


def add(archive, name, data, mode=0o644, method=zipfile.ZIP_DEFLATED, force=False):
    info = zipfile.ZipInfo(name, DATE)
    info.compress_type = method
    info.external_attr = mode << 16
    with archive.open(info, "w", force_zip64=force) as member:
        member.write(data)


def python():
    with zipfile.ZipFile(HERE / "python.zip", "w") as archive:
        add(archive, "stored.bin", b"stored", method=zipfile.ZIP_STORED)
        add(archive, "deflated.txt", b"deflated " * 40)
        add(archive, "packed.bz2", b"bzip2 " * 40, method=zipfile.ZIP_BZIP2)
        add(archive, "packed.lzma", b"lzma " * 40, method=zipfile.ZIP_LZMA)
        add(archive, "array.npy", b"as numpy.savez", method=zipfile.ZIP_STORED, force=True)
        add(archive, "n\u00e4me \u6a21\u578b", b"x")
        add(archive, "link", b"stored.bin", mode=stat.S_IFLNK | 0o777, method=zipfile.ZIP_STORED)
        archive.comment = b"a comment"


def streamed():
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        add(archive, "a.txt", b"streamed " * 30)
        add(archive, "b.bin", b"stored", method=zipfile.ZIP_STORED)
        add(archive, "c.npy", b"wide", force=True)
    (HERE / "streamed.zip").write_bytes(pipe.bytes)


def tools():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        (work / "sub").mkdir()
        (work / "sub" / "text.txt").write_text("some text " * 30)
        (work / "empty").write_bytes(b"")
        for path, command in [
            ("infozip.zip", ["zip", "-q", "-r", "out.zip", "sub", "empty"]),
            ("java.jar", ["jar", "--create", "--date=2024-01-02T03:04:06Z", "--file", "out.zip", "sub", "empty"]),
        ]:
            subprocess.run(command, cwd=work, check=True)
            (HERE / path).write_bytes((work / "out.zip").read_bytes())
            (work / "out.zip").unlink()
        piped = subprocess.run(["zip", "-q", "-r", "-", "sub"], cwd=work, check=True, stdout=subprocess.PIPE)
        (HERE / "infozip-piped.zip").write_bytes(piped.stdout)


python()
streamed()
tools()
