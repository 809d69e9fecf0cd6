"""Makes the images beside this script with genisoimage 1.1.11 and xorriso 1.5.4: `python make.py`."""

import gzip
import os
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
LONG = "a name that is long enough for two fields of sixty letters each, one behind the other"
DEEP = "1/2/3/4/5/6/7/8/9/" + LONG
MAKE = ["genisoimage", "-quiet", "-o", "out.iso"]

for name, folder, command in [
    ("plain", "FOLDER", [*MAKE, "tree"]),
    ("both", "folder", ["xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-o", "out.iso", "tree"]),
    ("deep", DEEP, [*MAKE, "-R", "-J", "-joliet-long", "tree"]),
]:
    with tempfile.TemporaryDirectory() as work:
        tree = pathlib.Path(work, "tree")
        (tree / folder).mkdir(parents=True)
        (tree / folder / ("MODEL.PKL" if name == "plain" else "model.pkl")).write_bytes(b"\x80\x04K\x01.")
        (tree / "empty").write_bytes(b"")
        (tree / "notes.txt").write_text("some notes\n" * 400)
        if name == "both":
            (tree / "link").symlink_to("../../etc/passwd")
        subprocess.run(command, cwd=work, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
        (HERE / f"{name}.iso.gz").write_bytes(gzip.compress(pathlib.Path(work, "out.iso").read_bytes(), 9, mtime=0))
