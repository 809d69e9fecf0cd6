"""Makes `model.xar` beside this script with bsdtar (libarchive 3.6): `python make.py`."""

import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
with tempfile.TemporaryDirectory() as work:
    (pathlib.Path(work) / "folder").mkdir()
    (pathlib.Path(work) / "folder/model.pkl").write_bytes(b"\x80\x04K\x01.")
    (pathlib.Path(work) / "link").symlink_to("/etc/passwd")
    subprocess.run(["bsdtar", "--format", "xar", "-cf", HERE / "model.xar", "folder", "link"], cwd=work, check=True)
