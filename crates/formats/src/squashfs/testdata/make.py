"""Makes the images beside this script with mksquashfs 4.5.1: `python make.py`."""

import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
with tempfile.TemporaryDirectory() as work:
    tree = pathlib.Path(work, "tree")
    (tree / "folder").mkdir(parents=True)
    (tree / "folder/model.pkl").write_bytes(b"\x80\x04K\x01.")
    (tree / "notes.txt").write_text("some notes\n" * 9)
    (tree / "same.txt").write_text("some notes\n" * 9)
    (tree / "folder/large.bin").write_bytes(bytes(number // 1000 & 255 for number in range(300_000)))
    (tree / "link").symlink_to("/etc/passwd")
    for compressor in ["gzip", "xz", "lz4", "zstd"]:
        path = HERE / f"{compressor}.squashfs"
        path.unlink(missing_ok=True)
        options = ["-all-root", "-mkfs-time", "1700000000", "-all-time", "1700000000", "-tailends"]
        subprocess.run(["mksquashfs", str(tree), str(path), "-comp", compressor, *options, "-quiet"], check=True, stdout=subprocess.DEVNULL)
