"""Makes the 7z fixtures with 7-Zip itself (Debian's p7zip-full): every coder, solid and not, plain and packed headers."""

import os
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
CASES = {
    "copy": ["-m0=Copy"],
    "lzma": ["-m0=LZMA"],
    "lzma-marked": ["-m0=LZMA:eos=on"],
    "lzma2-solid": ["-m0=LZMA2"],
    "apart": ["-m0=LZMA2", "-ms=off"],
    "deflate": ["-m0=Deflate"],
    "bzip2": ["-m0=BZip2"],
    "branch": ["-m0=BCJ", "-m1=LZMA2"],
    "delta": ["-m0=Delta:4", "-m1=LZMA"],
    "branch-four": ["-m0=BCJ2", "-m1=LZMA", "-m2=LZMA", "-m3=LZMA", "-mb0:1", "-mb0s1:2", "-mb0s2:3"],
    "ppmd": ["-m0=PPMd"],
    "deflate64": ["-m0=Deflate64"],
    "plain-header": ["-m0=LZMA", "-mhc=off"],
    "aes": ["-m0=LZMA", "-psecret"],
    "aes-header": ["-m0=LZMA", "-psecret", "-mhe=on"],
}


def write(path, data, mode=0o644):
    path.write_bytes(data)
    path.chmod(mode)
    os.utime(path, (1_700_000_000, 1_700_000_000))


with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    (work / "sub").mkdir()
    write(work / "sub" / "data.pkl", b"\x80\x02]q\x00.")
    write(work / "text.txt", b"some text " * 30)
    write(work / ("long" * 30), b"a long name")
    write(work / "calls", b"".join(b"\xe8" + bytes([index, 1, 0, 0]) for index in range(100)))
    write(work / "empty", b"")
    os.utime(work / "sub", (1_700_000_000, 1_700_000_000))
    for name, options in CASES.items():
        out = HERE / f"{name}.7z"
        out.unlink(missing_ok=True)
        subprocess.run(["7z", "a", "-bd", "-mmt=off", *options, str(out), "."], cwd=work, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["7z", "a", "-bd", str(HERE / "none.7z"), "nothing*"], cwd=work, check=False, stdout=subprocess.DEVNULL)
