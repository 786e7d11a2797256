"""Makes text.txt from three Debian packages, unpacked side by side: python3 make_text.py FOLDER

The default of a run is the first 2048 tokens, so the sources take turns from the start: novels, optics, law.
"""

import gzip
import re
import struct
import sys
import zlib
from pathlib import Path

EXCERPTS = 36
EXCERPT_CHARACTERS = 1000

root = Path(sys.argv[1])


def novels():
    """Strings of the six novels in janeaustenr's R data file: zlib blocks, each holding character vectors."""
    data = (root / "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb").read_bytes()
    while data:
        block = zlib.decompressobj()
        content = block.decompress(data[4:])
        data = block.unused_data
        yield "\n".join(strings(content))


def strings(content):
    position = 0
    marker = re.compile(rb"\x00[\x00\x04]\x00\x09(....)", re.DOTALL)
    while found := marker.search(content, position):
        length = struct.unpack(">i", found[1])[0]
        position = found.end() + max(length, 0)
        yield content[found.end() : position].decode("utf-8")


def paragraphs(text):
    text = text.replace("_", "").replace("\r", "")
    joined = (re.sub(r"\s+", " ", part).strip() for part in re.split(r"\n\s*\n", text))
    return [part for part in joined if 150 < len(part) < 1500 and part[-1] in '.!?"' and not re.search(r"[\[\]|{}]", part)]


def excerpts(source, count):
    """`count` runs of whole paragraphs, evenly spread over the source."""
    for index in range(count):
        run = []
        for part in source[int((index + 0.5) * len(source) / count) :]:
            run.append(part)
            if sum(map(len, run)) >= EXCERPT_CHARACTERS:
                break
        yield "\n\n".join(run)


law = "".join(gzip.open(root / f"usr/share/state/us-{name}.gz", "rt").read() for name in ("declaration", "constitution"))
optics = (root / "usr/share/go-1.19/src/testdata/Isaac.Newton-Opticks.txt").read_text(encoding="utf-8")
fiction = [part for novel in novels() for part in paragraphs(novel)]

half, quarter = EXCERPTS // 2, EXCERPTS // 4
turns = zip(
    excerpts(fiction, half),
    (part for pair in zip(excerpts(paragraphs(optics), quarter), excerpts(paragraphs(law), quarter)) for part in pair),
)
Path(__file__).with_name("text.txt").write_text("\n\n".join(part for turn in turns for part in turn) + "\n", encoding="utf-8")
