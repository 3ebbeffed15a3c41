"""Street scenes with plates: vehicles composed from shapes on free photographs or drawn streets, lettering that is no plate, a traffic camera's faults."""
import functools
import glob
import os

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import glyphs
import plates

WIDTH, HEIGHT = 640, 480
WORDS = ["TAXI", "0800 123 456", "POLICE", "EXIT", "Ford", "BMW", "Turbo", "MARKET 24", "A406", "M25", "for sale", "STOP", "30", "www.van.co.uk", "020 7946 0018", "HOTEL", "DIESEL", "BUS STOP", "City", "P", "GTI", "4x4",
         "VOLVO", "School", "25.12.", "12:45", "Coca", "Open", "ROAD WORK AHEAD", "NO PARKING", "SPEED LIMIT 45", "AVENSIS", "Rent me", "TRANSPORT GmbH", "PIZZA", "555-0199", "24h", "Route 66", "N12", "E50", "D1", "CAUTION", "OBJECTS IN MIRROR",
         "Quality Cars 01632 960", "TDI", "1.9", "OCTAVIA", "TOYOTA", "HONDA", "DEALER", "BABY ON BOARD", "SUPER 95", "No 7", "RE/MAX", "ABC", "LKW", "EXPRESS", "40 ft", "2.5t", "US MAIL", "Limited", "4WD", "XL", "Sport", "EURO 5"]
PAINTS = [(30, 30, 30), (200, 200, 200), (235, 235, 235), (40, 40, 150), (130, 60, 20), (110, 110, 110), (50, 90, 40), (150, 160, 170), (30, 60, 90), (70, 70, 75), (60, 25, 90), (180, 150, 120), (20, 140, 200)]


@functools.lru_cache(maxsize=1)
def photographs():
    """Free-licensed pictures in $BACKGROUNDS; none is needed."""
    root = os.environ.get("BACKGROUNDS", "")
    return [np.frombuffer(open(f, "rb").read(), np.uint8) for f in sorted(glob.glob(root + "/*.jpg"))] if root else []


def _photograph(rng, w, h):
    images = photographs()
    if not images:
        return None
    img = cv2.imdecode(images[rng.integers(len(images))], cv2.IMREAD_COLOR)
    H, W = img.shape[:2]
    s = rng.uniform(.3, 1)
    cw, ch = max(8, int(W * s)), max(8, int(H * s))
    x, y = rng.integers(0, W - cw + 1), rng.integers(0, H - ch + 1)
    out = cv2.resize(img[y:y + ch, x:x + cw], (w, h), interpolation=cv2.INTER_AREA)
    return out[:, ::-1].copy() if rng.random() < .5 else out


def _street(rng):
    rough = rng.integers(0, 255, (rng.integers(2, 12), rng.integers(2, 14), 3)).astype(np.uint8)
    out = cv2.resize(rough, (WIDTH, HEIGHT), interpolation=[cv2.INTER_CUBIC, cv2.INTER_NEAREST, cv2.INTER_LINEAR][rng.integers(3)])
    grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    out = cv2.addWeighted(out, float(k := rng.uniform(0, .7)), grey, float(1 - k), 0)
    horizon = int(HEIGHT * rng.uniform(.2, .6))
    out[horizon:] = cv2.add(cv2.convertScaleAbs(out[horizon:], alpha=.25), np.full_like(out[horizon:], int(rng.uniform(40, 120))))
    for _ in range(int(rng.integers(0, 25))):  # windows, poles, edges
        x, y = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))
        w, h = int(rng.integers(4, 160)), int(rng.integers(4, 120))
        cv2.rectangle(out, (x, y), (x + w, y + h), rng.integers(0, 255, 3).tolist(), -1 if rng.random() < .6 else int(rng.integers(1, 5)))
    if rng.random() < .4:  # markings
        for x in range(int(rng.integers(-50, 50)), WIDTH, int(rng.integers(90, 260))):
            cv2.line(out, (WIDTH // 2 + (x - WIDTH // 2) // 5, horizon), (x, HEIGHT), (190, 200, 200), int(rng.integers(2, 7)))
    return out


@functools.lru_cache(maxsize=4000)
def _lettering(path, size, text):
    font = ImageFont.truetype(path, size)
    box = font.getbbox(text)
    img = Image.new("L", (max(2, box[2] - box[0]), max(2, box[3] - box[1])), 0)
    ImageDraw.Draw(img).text((-box[0], -box[1]), text, font=font, fill=255)
    return np.asarray(img)


def _write(img, text, x, y, height, colour, rng, panel=None, pad=.3, round_panel=False):
    """Lettering with its top left at x, y; a panel of another colour behind it where one is given."""
    usable = glyphs.fonts()
    if usable:
        mask = _lettering(usable[rng.integers(len(usable))], 40, text)
    else:
        (tw, th), _ = cv2.getTextSize(text, 0, 1.3, 3)
        mask = np.zeros((th + 8, tw + 4), np.uint8)
        cv2.putText(mask, text, (2, th + 2), 0, 1.3, 255, 3, cv2.LINE_AA)
    h = max(4, int(height))
    w = max(3, int(mask.shape[1] * h / mask.shape[0] * rng.uniform(.75, 1.2)))
    mask = cv2.resize(mask, (w, h), interpolation=cv2.INTER_AREA)
    x, y = int(x), int(y)
    if panel is not None:
        p = int(h * pad)
        if round_panel:
            cv2.circle(img, (x + w // 2, y + h // 2), max(w, h) // 2 + p, panel, -1, cv2.LINE_AA)
            cv2.circle(img, (x + w // 2, y + h // 2), max(w, h) // 2 + p, (30, 30, 190), max(1, p // 2), cv2.LINE_AA)
        else:
            cv2.rectangle(img, (x - p, y - p), (x + w + p, y + h + p), panel, -1)
    x0, y0, x1, y1 = max(0, x), max(0, y), min(WIDTH, x + w), min(HEIGHT, y + h)
    if x1 > x0 and y1 > y0:
        a = mask[y0 - y:y1 - y, x0 - x:x1 - x, None].astype(np.float32) / 255
        region = img[y0:y1, x0:x1]
        region[:] = region * (1 - a) + np.float32(colour) * a


def words(img, rng, most=6, made_up=.25, among=WORDS):
    """Text that is no plate: signs, phone numbers, stickers, shop fronts, the camera's own caption; a share of it of any characters."""
    for _ in range(int(rng.integers(0, most))):
        text = among[rng.integers(len(among))] if rng.random() >= made_up else "".join(rng.choice(list("ABCDEFGHKLMNPRSTUVW0123456789 -"), rng.integers(2, 12)))
        panel = rng.integers(0, 255, 3).tolist() if rng.random() < .5 else None
        _write(img, text.strip() or "P", rng.integers(-20, WIDTH - 30), rng.integers(0, HEIGHT - 10), np.exp(rng.uniform(1.8, 4.1)), rng.integers(0, 255, 3).tolist(), rng, panel, rng.uniform(.15, 1.2), rng.random() < .25)
    if rng.random() < .2:
        caption = f"{rng.integers(2009, 2027)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d} {rng.integers(24):02d}:{rng.integers(60):02d}:{rng.integers(60):02d}" + ["", " CAM 01", " 55 MPH", " N 37.12"][rng.integers(4)]
        _write(img, caption, rng.choice([8, 300]), rng.choice([6, HEIGHT - 24]), rng.uniform(9, 18), [(255, 255, 255), (60, 230, 250), (230, 250, 60)][rng.integers(3)], rng, (10, 10, 10) if rng.random() < .4 else None)


def _shaded(img, polygon, colour, rng, texture=0.0):
    """A polygon filled with a colour that is lighter above, with a photograph's texture laid over where there is one."""
    x0, y0 = np.maximum(polygon.min(0).astype(int), 0)
    x1, y1 = np.minimum(polygon.max(0).astype(int) + 1, (WIDTH, HEIGHT))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.fillPoly(mask, [(polygon - (x0, y0)).astype(np.int32)], 255, cv2.LINE_AA)
    ramp = np.linspace(rng.uniform(1, 1.45), rng.uniform(.55, 1), y1 - y0, dtype=np.float32)[:, None, None]
    fill = np.float32(colour) * ramp + np.zeros((1, x1 - x0, 1), np.float32)
    if texture > 0 and (photo := _photograph(rng, int(x1 - x0), int(y1 - y0))) is not None:
        fill = fill * (1 - texture) + photo * np.float32(texture)
    a = mask[..., None].astype(np.float32) / 255
    region = img[y0:y1, x0:x1]
    region[:] = np.clip(region * (1 - a) + fill * a, 0, 255)


def _vehicle(img, cx, cy, pw, ph, rng):
    """The end of a vehicle around a plate that is centred at cx, cy and pw × ph pixels large."""
    w = pw * rng.uniform(2.5, 4.8) * (1 if ph < pw * .4 else 1.25)
    h = w * rng.uniform(.5, 1)
    x0, x1 = cx - w / 2 + rng.normal(0, pw * .3), cx + w / 2 + rng.normal(0, pw * .3)
    bottom = cy + h * rng.uniform(.08, .4)
    top = bottom - h
    paint = np.clip(np.array(PAINTS[rng.integers(len(PAINTS))], float) + rng.normal(0, 14, 3), 0, 255)
    mid = top + h * rng.uniform(.33, .5)
    cv2.ellipse(img, (int((x0 + x1) / 2), int(bottom + h * .06)), (int(w * .55), max(1, int(h * .07))), 0, 0, 360, (22, 22, 22), -1)
    for x in (x0 + w * .06, x1 - w * .2):
        cv2.rectangle(img, (int(x), int(bottom - h * .1)), (int(x + w * .14), int(bottom + h * .09)), (20, 20, 20), -1)
    inset = rng.uniform(.05, .17)
    hull = np.array([(x0 + w * inset, top), (x1 - w * inset, top), (x1 - w * .02, mid), (x1, bottom), (x0, bottom), (x0 + w * .02, mid)])
    _shaded(img, hull, paint, rng, rng.uniform(0, .3) if rng.random() < .5 else 0)
    glass = np.array([(x0 + w * (inset + .04), top + h * .05), (x1 - w * (inset + .04), top + h * .05), (x1 - w * .07, mid - h * .04), (x0 + w * .07, mid - h * .04)])
    _shaded(img, glass, rng.uniform(15, 90, 1).repeat(3), rng, rng.uniform(.1, .7))
    lamp = [(40, 30, 190), (50, 40, 150), (230, 240, 245), (60, 140, 235), (210, 215, 220)][rng.integers(5)]
    ly, lh, lw = mid + h * rng.uniform(.02, .18), h * rng.uniform(.06, .2), w * rng.uniform(.08, .22)
    for x in (x0 + w * .03, x1 - w * .03 - lw):
        if rng.random() < .5:
            cv2.rectangle(img, (int(x), int(ly)), (int(x + lw), int(ly + lh)), lamp, -1)
        else:
            cv2.ellipse(img, (int(x + lw / 2), int(ly + lh / 2)), (int(lw / 2), int(lh / 2)), 0, 0, 360, lamp, -1, cv2.LINE_AA)
        if rng.random() < .5:
            cv2.circle(img, (int(x + lw / 2), int(ly + lh / 2)), max(1, int(lh * .25)), (240, 245, 250), -1, cv2.LINE_AA)
    if rng.random() < .4:  # grille
        gw, gy, gh = w * rng.uniform(.25, .55), mid + h * rng.uniform(.04, .2), h * rng.uniform(.06, .16)
        cv2.rectangle(img, (int(cx - gw / 2), int(gy)), (int(cx + gw / 2), int(gy + gh)), (25, 25, 25), -1)
        bars = int(rng.integers(3, 14))
        for k in range(bars):
            if rng.random() < .5:
                y = int(gy + gh * k / bars)
                cv2.line(img, (int(cx - gw / 2), y), (int(cx + gw / 2), y), (150, 150, 150), 1, cv2.LINE_AA)
            else:
                x = int(cx - gw / 2 + gw * k / bars)
                cv2.line(img, (x, int(gy)), (x, int(gy + gh)), (150, 150, 150), 1, cv2.LINE_AA)
    for _ in range(int(rng.integers(1, 8))):  # seams, bumper, trim
        y = int(rng.uniform(mid, bottom))
        cv2.line(img, (int(x0 + w * rng.uniform(0, .3)), y), (int(x1 - w * rng.uniform(0, .3)), int(y + rng.normal(0, 2))), np.clip(paint * rng.uniform(.2, 1.3), 0, 255).tolist(), int(rng.integers(1, max(2, int(h * .05)))), cv2.LINE_AA)
    if rng.random() < .6:
        cv2.rectangle(img, (int(x0 + w * .03), int(bottom - h * rng.uniform(0, .12))), (int(x1 - w * .03), int(bottom + h * .05)), np.clip(paint * rng.uniform(.1, .7), 0, 255).tolist(), -1)
    if rng.random() < .6:  # recess
        g, r = rng.uniform(1.04, 1.6), rng.uniform(1.1, 2)
        cv2.rectangle(img, (int(cx - pw * g / 2), int(cy - ph * r / 2)), (int(cx + pw * g / 2), int(cy + ph * r / 2)), np.clip(paint * rng.uniform(.2, 1.1), 0, 255).tolist(), -1)
    for _ in range(int(rng.integers(0, 4))):  # badges, dealers, stickers
        text = WORDS[rng.integers(len(WORDS))]
        above = rng.random() < .8
        _write(img, text, x0 + w * rng.uniform(.05, .75), cy - ph * rng.uniform(1, 2.6) if above else cy + ph * rng.uniform(.8, 1.6), max(4, ph * rng.uniform(.15, .55)), rng.integers(0, 255, 3).tolist(), rng, rng.integers(0, 255, 3).tolist() if rng.random() < .25 else None)
    if rng.random() < .2:
        _write(img, WORDS[rng.integers(len(WORDS))], x0 + w * rng.uniform(.1, .5), top + h * rng.uniform(.08, .3), h * rng.uniform(.04, .14), rng.integers(0, 255, 3).tolist(), rng)


def draw(rng):
    """A 640 × 480 BGR picture and the corners of its plates' characters (n × 4 × 2, clockwise from top left; two lines count as one)."""
    img, quads, *_ = compose(rng)
    return camera(img, rng), quads


def compose(rng, counts=(.07, .33, .3, .2, .1), widths=(30, 330), lettering=.7, made_up=.25):
    """A picture before the camera, its plates' corners, their texts and countries, and the corners of each one's characters. counts: probabilities of 0, 1, 2, … plates; widths: of a plate, pixels; lettering: how probable it is that there is any; made_up: how much of it is of any characters."""
    img = _photograph(rng, WIDTH, HEIGHT) if rng.random() < .7 else None
    img = _street(rng) if img is None else img
    if rng.random() < lettering:
        words(img, rng, made_up=made_up)
    quads, texts, letters, centres, pasted = [], [], [], [], []
    for _ in range(int(rng.choice(len(counts), p=counts))):
        flat, text, country, boxes, characters, _ = plates.laid_out(rng)
        h, w = flat.shape[:2]
        pw = float(np.exp(rng.uniform(*np.log(widths))))
        ph = pw * h / w
        if ph > HEIGHT * .4:
            continue
        cx, cy = rng.uniform(pw * .45, WIDTH - pw * .45), rng.uniform(ph, HEIGHT - ph * .7)
        if any(abs(cx - x) < (pw + q) * .8 and abs(cy - y) < (pw + q) * .4 for x, y, q in centres):
            continue
        if rng.random() < .88:
            _vehicle(img, cx, cy, pw, ph, rng)
        a = np.radians(rng.normal(0, 5))
        sx = rng.uniform(.6, 1) if rng.random() < .4 else 1
        base = np.float32([[-pw / 2 * sx, -ph / 2], [pw / 2 * sx, -ph / 2], [pw / 2 * sx, ph / 2], [-pw / 2 * sx, ph / 2]])
        shear, k = rng.normal(0, .09), rng.normal(0, .05)
        quad = np.float32([(x * np.cos(a) - y * np.sin(a), x * (np.sin(a) + shear) + y * np.cos(a) * (1 + k * np.sign(x))) for x, y in base]) + np.float32([cx, cy])
        centres.append((cx, cy, pw))
        pasted.append((flat, boxes, characters, quad, pw))
        texts.append((text, plates.COUNTRIES[country]))
    for flat, boxes, characters, quad, pw in pasted:  # after every vehicle, so that none hides one
        h, w = flat.shape[:2]
        if w > pw:
            flat = cv2.GaussianBlur(flat, (0, 0), max(.3, .33 * w / pw))
        m = cv2.getPerspectiveTransform(np.float32([[0, 0], [w, 0], [w, h], [0, h]]), quad)
        _paste(img, flat, m, quad, rng.uniform(.5, 1.1))
        x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
        x1, y1 = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
        quads.append(cv2.perspectiveTransform(np.float32([[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]]), m)[0])
        letters.append(cv2.perspectiveTransform(np.float32([[[x, y], [x + cw, y], [x + cw, y + ch], [x, y + ch]] for x, y, cw, ch in characters]), m))
    return img, np.float32(quads).reshape(-1, 4, 2), texts, letters


def _paste(img, flat, m, quad, light):
    h, w = flat.shape[:2]
    x0, y0 = np.maximum(np.floor(quad.min(0)).astype(int) - 1, 0)
    x1, y1 = np.minimum(np.ceil(quad.max(0)).astype(int) + 2, (WIDTH, HEIGHT))
    if x1 <= x0 or y1 <= y0:
        return
    m = np.float64([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]]) @ m
    warped = cv2.warpPerspective(cv2.convertScaleAbs(flat, alpha=light), m, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.full((h, w), 255, np.uint8), m, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)[..., None].astype(np.float32) / 255
    region = img[y0:y1, x0:x1]
    region[:] = region * (1 - mask) + warped * mask


def camera(img, rng):
    """Exposure, colour, infrared, blur, rain, noise and compression, on bytes and by table: quick on whole pictures."""
    v = np.arange(256, dtype=np.float32)
    if rng.random() < .5:
        v = 255 * (v / 255) ** rng.uniform(.5, 2)
    v = (v - 128) * rng.uniform(.4, 1.2) + 128 + rng.normal(0, 22)
    if rng.random() < .15:
        img = cv2.cvtColor(cv2.cvtColor(img, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    table = np.clip(v[None, :, None] * rng.normal(1, .06, 3), 0, 255).astype(np.uint8)
    img = cv2.LUT(img, table)
    if rng.random() < .25:
        k = int(rng.integers(2, 7))
        kernel = np.zeros((k, k), np.float32)
        kernel[k // 2] = 1 / k
        kernel = cv2.warpAffine(kernel, cv2.getRotationMatrix2D((k / 2 - .5, k / 2 - .5), rng.uniform(0, 180), 1), (k, k))
        if kernel.sum() > .1:
            img = cv2.filter2D(img, -1, kernel / kernel.sum())
    if rng.random() < .5:
        img = cv2.GaussianBlur(img, (0, 0), rng.uniform(.3, 1.4))
    if rng.random() < .25:  # its own sharpening
        k = float(rng.uniform(.4, 1.8))
        img = cv2.addWeighted(img, 1 + k, cv2.GaussianBlur(img, (0, 0), rng.uniform(.7, 1.6)), -k, 0)
    if rng.random() < .12:  # rain
        for _ in range(int(rng.integers(30, 160))):
            x, y, n = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT)), int(rng.integers(5, 24))
            cv2.line(img, (x, y), (x + n // 4, y + n), (190, 190, 190), 1, cv2.LINE_AA)
    if rng.random() < .5:
        noise = plates.grain(img.shape[:2], rng) * np.float32(rng.uniform(1, 10))
        img = cv2.add(img, cv2.merge([noise] * 3), dtype=cv2.CV_8U)
    if rng.random() < .5:
        img = cv2.imdecode(cv2.imencode(".jpg", img, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 92))])[1], cv2.IMREAD_COLOR)
    return img
