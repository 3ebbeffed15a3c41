"""Collects free-licensed pictures of Debian packages (wallpapers, example images of libraries) as backgrounds for scenes.py.

    apt-get install gnome-backgrounds mate-backgrounds plasma-workspace-wallpapers lomiri-wallpapers ukui-wallpapers sway-backgrounds opencv-doc python-skimage-doc
    python3 backgrounds.py /tmp/backgrounds && export BACKGROUNDS=/tmp/backgrounds
"""
import glob
import os
import sys

import cv2

FOLDERS = ("/usr/share/backgrounds", "/usr/share/wallpapers", "/usr/share/lomiri-wallpapers", "/usr/share/ukui-wallpapers", "/usr/share/doc/opencv-doc", "/usr/share/doc/python-skimage-doc")
KINDS = ("jpg", "jpeg", "JPG", "png", "webp")
LONGER, SHORTEST, SMALLEST_FILE = 1280, 240, 40_000


def collect(folder):
    os.makedirs(folder, exist_ok=True)
    seen = set()
    for path in sorted(p for f in FOLDERS for k in KINDS for p in glob.glob(f"{f}/**/*.{k}", recursive=True)):
        if os.path.islink(path) or os.path.getsize(path) < SMALLEST_FILE:
            continue
        img = cv2.imread(path)
        if img is None or min(img.shape[:2]) < SHORTEST or (cv2.cvtColor(img, cv2.COLOR_BGR2GRAY) > 245).mean() > .4:  # documents and plots teach little
            continue
        scale = min(1, LONGER / max(img.shape[:2]))
        img = cv2.resize(img, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        look = cv2.resize(img, (8, 8)).tobytes()
        if look not in seen:
            cv2.imwrite(os.path.join(folder, f"{len(seen):04d}.jpg"), img, [cv2.IMWRITE_JPEG_QUALITY, 88])
            seen.add(look)
    return len(seen)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(collect(sys.argv[1]), "pictures")
