"""Makes images/ from the photographs that the scikit-image wheel carries: python3 make_images.py FOLDER_WITH_THE_PHOTOGRAPHS

Every crop is square and scaled to 224 pixels. Needs Pillow.
"""

import sys
from itertools import zip_longest
from pathlib import Path

from PIL import Image

# file: (left, top, side) of each crop
CROPS = {
    "astronaut.png": [(0, 0, 512), (100, 0, 256), (256, 256, 256)],
    "camera.png": [(0, 0, 512)],
    "chelsea.png": [(0, 0, 300), (151, 0, 300), (100, 50, 224)],
    "coffee.png": [(0, 0, 400), (200, 0, 400), (150, 60, 240)],
    "hubble_deep_field.jpg": [(100, 100, 448), (500, 400, 448)],
    "rocket.jpg": [(0, 0, 427), (213, 0, 427), (250, 80, 256)],
    "grass.png": [(0, 0, 448)],
}

source = Path(sys.argv[1])
target = Path(__file__).with_name("images")
target.mkdir(exist_ok=True)

# One crop of every photograph before the second of any: a run takes the first few images.
rounds = zip_longest(*[[(name, box) for box in boxes] for name, boxes in CROPS.items()])
order = [crop for turn in rounds for crop in turn if crop]
for number, (name, (left, top, side)) in enumerate(order, start=1):
    crop = Image.open(source / name).crop((left, top, left + side, top + side)).resize((224, 224), Image.Resampling.LANCZOS)
    crop.save(target / f"{number:02d}-{Path(name).stem}.jpg", quality=88, optimize=True)
