"""Makes the honest tar fixtures with Python's tarfile and GNU tar."""

import io
import pathlib
import subprocess
import tarfile
import tempfile

HERE = pathlib.Path(__file__).parent
LONG = "a-long-folder-name/" * 8 + "data.pkl"


def member(name, kind=tarfile.REGTYPE, size=0, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname, info.mtime = kind, size, link, 1700000000
    return info


def python(name, dialect):
    with tarfile.open(HERE / name, "w", format=dialect) as archive:
        archive.addfile(member("folder", tarfile.DIRTYPE))
        archive.addfile(member("folder/data.bin", size=600), io.BytesIO(b"\1" * 600))
        archive.addfile(member("folder/link", tarfile.SYMTYPE, link="data.bin"))
        archive.addfile(member("hard", tarfile.LNKTYPE, link="folder/data.bin"))
        if dialect != tarfile.USTAR_FORMAT:
            archive.addfile(member(LONG, size=3), io.BytesIO(b"abc"))


def gnu():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        with open(path / "sparse", "wb") as file:
            file.seek(1 << 20)
            file.write(b"end")
        common = ["--sort=name", "--owner=0", "--group=0", "--mtime=2024-01-02", "--sparse", "-C", folder, "sparse"]
        for name, dialect in [("gnu-sparse.tar", "gnu"), ("pax-sparse.tar", "pax")]:
            options = ["--pax-option=exthdr.name=PaxHeaders/%f,delete=atime,delete=ctime"] if dialect == "pax" else []
            subprocess.run(["tar", "-b", "1", "-cf", HERE / name, f"--format={dialect}", *options, *common], check=True)


python("python-ustar.tar", tarfile.USTAR_FORMAT)
python("python-gnu.tar", tarfile.GNU_FORMAT)
python("python-pax.tar", tarfile.PAX_FORMAT)
gnu()
