"""Goes on training a reader with what people have corrected: a folder in, a folder out.

    python3 finetune.py IN OUT

IN has job.json, parent.onnx, items.csv (file, plate, split: train or validation) and the pictures: plates seen straight on, with a margin of MARGIN
heights around the characters. OUT gets model.onnx and card.json, and keeps state.pt to go on from. Progress is a JSON object a line on the standard output.
job.json, all optional: minutes, steps, batch, rate, seed, threads, rehearsal (rendered plates for each corrected one), likeness (what it weighs that the parent sees
rendered plates alike), candidates (rendered plates among which those are sought that the parent reads rightly but not surely), steadiness (part of each step in the mean that is kept), every (steps between two measures),
patience (measures without a better one until it ends), rendered (rendered plates that are measured), compared (rendered plates by which the mixture is chosen), lost (share of
them that the core lets a version lose), frozen (layers of the backbone that stay), calibration (of the parent's
manifest, which the new version keeps).
"""
import csv
import hashlib
import itertools
import json
import math
import os
import platform
import signal
import sys
import time

import cv2
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F

import halves
import layout
import plates
import reader
from glyphs import ALPHABET
from reader_net import HEIGHT, WIDTH, Reader

MARGIN = .35  # heights of the characters, as the product cuts plates for its evidence
TWO_LINES = 2.2  # widths to a height below which there are two lines
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
SHARES = (1, .8, .6, .5, .4, .3, .2)  # of the trained weights in the mean with the parent's
FEW = 50  # steps that unlearn nothing
WRONG = 10
SURE = .9  # from where the product takes a plate as read
SAME = .005  # of the measure: less is chance
DEFAULTS = {"minutes": 20, "steps": 0, "batch": 32, "rate": 6e-5, "seed": 1, "threads": 0, "rehearsal": 3.0, "every": 25, "patience": 6, "rendered": 330, "frozen": 22, "likeness": 1.0, "steadiness": 0.04, "compared": 2000, "candidates": 3000, "lost": 0.005,
            "calibration": {"from": .6, "nearlyCertain": .965, "nearlyCertainIs": .9}}


def say(**what):
    print(json.dumps(what), flush=True)


def weights_of(path):
    """The state of the network that an exported file holds, and whether layout.py has rewritten it.

    Parameters keep their names, but for the matrices of linear layers, which come in order, transposed.
    """
    graph = onnx.load(path).graph
    found, halved = {}, {}
    for weight in graph.initializer:
        array = torch.from_numpy(numpy_helper.to_array(weight).astype(np.float32).copy())
        name = weight.name.removesuffix(".half")
        found[name] = halved[weight.name] = array
    casts = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Cast"}
    matrices = [found[n.input[1].removesuffix(".half")] for n in graph.node if n.op_type == "MatMul" and casts.get(n.input[1], n.input[1]) in halved]
    linear = [f"mix.{i}.{part}.weight" for i in range(2) for part in ("qkv", "out", "up", "down")] + ["head.weight"]
    if len(matrices) != len(linear):
        raise SystemExit(f"{path} is not one of our readers: it has {len(matrices)} matrices, and a reader has {len(linear)}.")
    return found | {name: matrix.T.contiguous() for name, matrix in zip(linear, matrices)}, not any(n.op_type == "Pad" for n in graph.node)


def load(path, frozen):
    model = Reader(frozen)
    state, (found, rewritten) = model.state_dict(), weights_of(path)
    missing = [name for name in state if name not in found or found[name].numel() != state[name].numel()]
    if missing:
        raise SystemExit(f"{path} is not one of our readers: it has no {missing[0]} of the right size.")
    for k, edge in enumerate(model.backbone.nought):
        if rewritten and edge is not None:
            # layout.py raised it by what the padding with another constant than nought had given.
            found[f"backbone.convs.{k}.bias"] -= edge * found[f"backbone.convs.{k}.weight"].double().sum((1, 2, 3)).float()
    model.load_state_dict({name: found[name].reshape(values.shape) for name, values in state.items()})
    return model


def corners_of(picture):
    """The characters' corners in a picture of a plate, and the height of a line."""
    height, width = picture.shape[:2]
    down = height / (1 + 2 * MARGIN)
    edge, across = down * MARGIN, width - 2 * down * MARGIN
    two = across / max(down, 1) < TWO_LINES
    return np.float32([[edge, edge], [edge + across, edge], [edge + across, edge + down], [edge, edge + down]]), (down / 2.2 if two else down), two


def patch_of(picture, rng=None):
    """What the reader looks at; with rng as a detector and a camera may err."""
    quad, line, two = corners_of(picture)
    along, across = reader.MARGIN_ALONG * line, reader.MARGIN_ACROSS * line
    if rng is not None:
        spread = rng.uniform(.005, .05) * line
        quad = quad + rng.normal(0, spread, (4, 2)).astype(np.float32)
        quad[[0, 3], 0] += rng.normal(0, .06) * line
        quad[[1, 2], 0] += rng.normal(0, .06) * line
        picture = cv2.convertScaleAbs(picture, alpha=rng.uniform(.75, 1.3), beta=rng.uniform(-25, 25))
        if rng.random() < .3:
            picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(.3, .02 * line + .4))
        if rng.random() < .5:
            picture = np.clip(picture + rng.normal(0, rng.uniform(1, 9), picture.shape), 0, 255).astype(np.uint8)
    quad = (quad + np.float32([[-along, -across], [along, -across], [along, across], [-along, across]])).astype(np.float32)
    if not two:
        return reader.warp(picture, quad, WIDTH)
    left, right = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    return np.hstack([reader.warp(picture, np.float32([quad[0], quad[1], right, left]), WIDTH // 2), reader.warp(picture, np.float32([left, right, quad[2], quad[3]]), WIDTH // 2)])


def items(folder, split):
    found = []
    with open(os.path.join(folder, "items.csv"), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == split and 0 < len(row["plate"]) <= 12 and set(row["plate"]) <= set(ALPHABET):
                picture = cv2.imread(os.path.join(folder, row["file"]))
                if picture is not None:
                    found.append((picture, row["plate"]))
    return found


def as_judged(seed, views=1, moved=False):
    """Endless (patch, text) of rendered plates near, at middle distance and far, cut as the core judges by; moved: as a detector and a camera may err."""
    import judging  # which needs this file's margin

    rng, seen = np.random.default_rng(seed), 0
    widths = list(judging.CONDITIONS.values())
    while True:
        img, text, _, boxes = plates.draw(rng)
        if 3 < len(text) <= 10:
            for _ in range(views):
                yield patch_of(judging.picture(img, boxes, rng.uniform(*widths[seen % len(widths)]), rng), rng if moved else None), text
                seen += 1


def rendered_as_judged(seed, count):
    """Rendered plates with a seed of their own: what is unlearnt must show here before it shows where the core judges."""
    return list(itertools.islice(as_judged(seed), count))


def rehearsal(seed, size):
    """Endless lists of (patch, text) of rendered plates. Half of them are cut as corrected plates are, for that is where most would be unlearnt."""
    others, own = reader.batches(seed, size - size // 2), as_judged(seed + 4000, views=3, moved=True)
    while True:
        x, _, _, texts = next(others)
        yield list(zip(x.numpy(), texts)) + list(itertools.islice(own, size // 2))


def borderline(seed, count, teacher, check):
    """Of count rendered plates those that the parent reads rightly and least surely, a quarter of count at most: these would be unlearnt first."""
    found, candidates = [], as_judged(seed, moved=True)
    teacher.train()  # half as exact, as in the training itself, and three times as quick
    for start in range(0, count, 16):
        check()
        if start % 512 == 0:
            say(step=0, share=0)  # it goes on
        pairs = list(itertools.islice(candidates, min(16, count - start)))
        with torch.no_grad():
            steps = torch.softmax(teacher(batch_of(pairs)[0].to(DEVICE)).cpu() / teacher.temperature.cpu(), -1)
        for (patch, text), p in zip(pairs, steps):
            read, sure = reader.text_of(p)
            if reader.fold(read) == reader.fold(text):
                found.append((sure, patch, text))
    teacher.eval()
    found.sort(key=lambda f: f[0])
    return [(patch, text) for _, patch, text in found[:count // 4]]


def kept(path, make):
    """Pairs of patch and text as they were made when the training began."""
    if not os.path.exists(path):
        pairs = make()
        with open(path + ".part", "wb") as file:
            np.savez(file, patches=np.array([p for p, _ in pairs]), texts=np.array([t for _, t in pairs]))
        os.replace(path + ".part", path)
    with np.load(path) as file:
        return list(zip(file["patches"], file["texts"].tolist()))


def batch_of(pairs):
    x = torch.from_numpy(np.stack([p for p, _ in pairs]))
    return x, torch.tensor([1 + ALPHABET.index(c) for _, t in pairs for c in t]), torch.tensor([len(t) for _, t in pairs]), [t for _, t in pairs]


def in_batches(pairs, size=16):  # more at once do not fit in a processor's caches
    return [batch_of(pairs[i:i + size]) for i in range(0, len(pairs), size)]


def measure(model, batches):
    """Share of whole plates right, O=0 and I=1, and of sure ones that are wrong."""
    model.eval()
    right = wrong = total = 0
    with torch.no_grad():
        for x, _, _, texts in batches:
            for p, t in zip(model(x.to(DEVICE)).cpu(), texts):
                read, sure = reader.text_of(p)
                ok = reader.fold(read) == reader.fold(t)
                right, wrong, total = right + ok, wrong + (not ok and sure >= .9), total + 1
    return {"plates": total, "right": round(right / max(total, 1), 4), "wrong_sure": round(wrong / max(total, 1), 4)}


def blend(model, teacher, trained, real, drawn, lost, check):
    """Leaves in the model the trained weights, or as much of them in a mean with the parent's as loses no more rendered plates than half of what the core lets a version lose;
    if even the smallest share loses more, that one, and the core decides. What was learnt mostly stays in the mean, and what was unlearnt comes back.

    Gives its figures, and the share of the trained ones.
    """
    parent, before = teacher.state_dict(), measure(teacher, drawn)
    floor = round(before["right"] - lost / 2, 4)  # the core judges by other plates, and by few: half is kept back for chance
    say(share=1, blended=0, rendered=before)
    for share in SHARES:
        check()
        model.load_state_dict({k: torch.lerp(parent[k].to(DEVICE), v.to(DEVICE), share) if v.is_floating_point() else v for k, v in trained.items()})
        figures = {"corrected": measure(model, real), "rendered": measure(model, drawn)}
        say(share=1, blended=share, **figures)
        if figures["rendered"]["right"] >= floor:
            break
    return figures, share


def unlikeness(steps, teacher, x):
    """How differently the parent sees rendered plates: what it knows of them is not to change."""
    with torch.no_grad():
        known = teacher(x.to(DEVICE)).cpu()
    return F.kl_div(F.log_softmax(steps / teacher.temperature.cpu(), -1), known, reduction="sum") / len(x)


def worth(probability, calibration):
    """What the product makes of a whole plate's probability, by the calibration of a version's manifest."""
    start, near, near_is = (calibration[k] for k in ("from", "nearlyCertain", "nearlyCertainIs"))
    return np.where(probability <= start, probability,
                    np.where(probability <= near, start + (probability - start) * (near_is - start) / (near - start), near_is + (probability - near) * (1 - near_is) / (1 - near)))


def calibrate(model, teacher, real, drawn, calibration):
    """Sets the temperature at which the confidence in whole plates, as the product counts it, is nearest to how often they are right, over both sets by the root of their sizes;
    a plate more than the parent's that is sure and wrong counts as ten. Of rendered plates no more may become sure than become right, whatever the rest says: what was learnt is
    no reason to be surer of what was known.

    What surprises least would follow the plates that are wrong in any case, and leave most others unread.
    """
    def seen(network, batches):
        with torch.no_grad():
            steps = torch.cat([network(x.to(DEVICE)).cpu() for x, _, _, _ in batches]).clamp_min(1e-9).log()
        read = [reader.fold(reader.text_of(p)[0]) for p in steps]
        return steps, np.array([r == reader.fold(t) for r, t in zip(read, (t for b in batches for t in b[3]))])

    def confidence(steps, temperature):
        return worth(torch.softmax(steps / temperature, -1).max(-1).values.prod(-1).numpy(), calibration)

    def error(sure, right):
        tenth = np.minimum((sure * 10).astype(int), 9)
        return sum(abs((sure - right)[tenth == k].sum()) for k in range(10)) / len(right)

    model.eval()
    model.temperature.fill_(1)
    found = [(seen(model, s), seen(teacher, s), s is drawn) for s in (real, drawn) if s]
    if not found:
        return

    def price(temperature):
        total, weights, too_many_sure = 0, 0, 0
        for (steps, right), (of_parent, was), known in found:
            sure, before, weight = confidence(steps, temperature), confidence(of_parent, 1), math.sqrt(len(right))
            more = int((~right & (sure >= SURE)).sum()) - int((~was & (before >= SURE)).sum())
            total, weights = total + weight * (error(sure, right) + WRONG * max(0, more) / len(right)), weights + weight
            if known:
                too_many_sure = max(0, int((sure >= SURE).sum()) - int((before >= SURE).sum()) - max(0, int(right.sum()) - int(was.sum())))
        return too_many_sure, round(total / weights, 4), abs(math.log(temperature)), temperature

    model.temperature.fill_(min(price(t) for t in np.linspace(.2, 2.5, 47))[-1])


def code():
    """SHA-256 over the programs of this folder."""
    total, folder = hashlib.sha256(), os.path.dirname(os.path.abspath(__file__))
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".py")):
        with open(os.path.join(folder, name), "rb") as file:
            total.update(file.read())
    return total.hexdigest()


def main(source, out):
    with open(os.path.join(source, "job.json"), encoding="utf-8") as file:
        job = DEFAULTS | {k: v for k, v in json.load(file).items() if v is not None}
    os.makedirs(out, exist_ok=True)
    if "SMARTCITY_OWNER" in os.environ:
        # Whoever started it ends it: what a terminal or a supervisor sends to a whole group is not for this process.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("The training was cancelled."))
    torch.set_num_threads(job["threads"] or max(1, (os.cpu_count() or 1)))
    torch.manual_seed(job["seed"])
    cv2.setNumThreads(1)
    rng = np.random.default_rng(job["seed"])
    # Steps of so few pictures go to and fro: what is measured and kept is the mean of the last ones.
    model, steady, teacher = (load(os.path.join(source, "parent.onnx"), job["frozen"]).to(DEVICE) for _ in range(3))
    teacher.eval()
    train, held = items(source, "train"), items(source, "validation")
    if not train:
        raise SystemExit("The dataset has no pictures to train on.")
    rendered_each = round(job["batch"] * job["rehearsal"] / (1 + job["rehearsal"]))
    real = in_batches([(patch_of(p), t) for p, t in held])
    drawn = in_batches(rendered_as_judged(job["seed"] + 2000, job["rendered"])) if rendered_each else []

    def score():
        figures = {"corrected": measure(steady, real), "rendered": measure(steady, drawn)}
        known = [f["right"] for f in figures.values() if f["plates"]]
        return (sum(known) / len(known) if known else 0.0), figures

    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], job["rate"], weight_decay=.02)
    step, spent, stale, best = 0, 0.0, 0, None
    state_file = os.path.join(out, "state.pt")
    if os.path.exists(state_file):
        state = torch.load(state_file, map_location="cpu")
        model.load_state_dict(state["model"])
        steady.load_state_dict(state.get("steady", state["model"]))
        optimiser.load_state_dict(state["optimiser"])
        step, spent, stale, best, first = state["step"], state["spent"], state["stale"], state["best"], state["first"]
        rng = np.random.default_rng([job["seed"], step])
    else:
        value, first = score()
        best = (value, {k: v.clone() for k, v in steady.state_dict().items()}, first, 0)
    owner = int(os.environ.get("SMARTCITY_OWNER", os.getppid()))

    def check():
        if os.getppid() != owner:
            raise SystemExit("Who started the training has died; it goes on from its last state.")

    started, border = time.monotonic() - spent, []
    if rendered_each and (not job["steps"] or job["steps"] > FEW):
        border = kept(os.path.join(out, "borderline.npz"), lambda: borderline(job["seed"] + 5000, job["candidates"], teacher, check))
    of_border = rendered_each // 2 if border else 0
    rendered = rehearsal(job["seed"] + 1, max(rendered_each - of_border, 1))
    say(step=step, share=0, train=len(train), validation=len(held), mixed=rendered_each, **first)
    while True:
        share = step / job["steps"] if job["steps"] else (time.monotonic() - started) / (60 * job["minutes"])
        if share >= 1 or stale >= job["patience"]:
            break
        check()
        for group in optimiser.param_groups:
            group["lr"] = job["rate"] * min(1, (step + 1) / 20) * max(.05, .5 + .5 * math.cos(math.pi * share))
        chosen = [train[i] for i in rng.integers(0, len(train), job["batch"] - rendered_each)]
        pairs = [(patch_of(p, rng), t) for p, t in chosen]
        if rendered_each:
            pairs += [border[i] for i in rng.integers(0, max(len(border), 1), of_border)] + next(rendered)
        x, y, n, _ = batch_of(pairs)
        model.train()
        steps = model(x.to(DEVICE)).cpu()
        loss = reader.loss_of(steps, y, n)  # of so few numbers that the processor is as quick
        if rendered_each:
            loss = loss + job["likeness"] * unlikeness(steps[-rendered_each:], teacher, x[-rendered_each:])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimiser.step()
        step += 1
        with torch.no_grad():
            now = model.state_dict()
            for name, mean in steady.state_dict().items():
                mean.lerp_(now[name], max(job["steadiness"], 1 / (step + 1))) if mean.is_floating_point() else mean.copy_(now[name])
        if step % job["every"] == 0 or (job["steps"] and step == job["steps"]):
            value, figures = score()
            stale = 0 if value > best[0] else stale + 1
            if value > best[0] - SAME:
                # The later the better: the rate falls, and of what is still seen less is unlearnt.
                best = (max(value, best[0]), {k: v.clone() for k, v in steady.state_dict().items()}, figures, step)
            say(step=step, share=round(min(share, 1), 3), seconds=round(time.monotonic() - started), loss=round(loss.item(), 4), **figures)
            torch.save({"model": model.state_dict(), "steady": steady.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "spent": time.monotonic() - started, "stale": stale, "best": best, "first": first}, state_file + ".tmp")
            os.replace(state_file + ".tmp", state_file)
    # What is lost is a plate in hundreds: it takes more plates to see than to go on by. A few steps lose nothing.
    compared = in_batches(rendered_as_judged(job["seed"] + 3000, job["compared"])) if drawn and step > FEW else drawn
    figures, mixed = blend(model, teacher, best[1], real, compared, job["lost"], check)
    calibrate(model, teacher, real, compared, job["calibration"])
    model.cpu().eval()
    halves.export(model, torch.zeros(2, HEIGHT, WIDTH, 3, dtype=torch.uint8), os.path.join(out, "model.onnx.part"), input_names=["patch"], output_names=["steps"],
                  dynamic_axes={"patch": {0: "n"}, "steps": {0: "n"}})
    layout.blocked(os.path.join(out, "model.onnx.part"))
    os.replace(os.path.join(out, "model.onnx.part"), os.path.join(out, "model.onnx"))
    card = {"steps": step, "best": best[3], "temperature": round(model.temperature.item(), 3), "mixed": mixed, "before": first, "after": figures, "code": code(), "seed": job["seed"],
            "environment": f"PyTorch {torch.__version__}, Python {platform.python_version()}, {torch.cuda.get_device_name() if DEVICE.type == 'cuda' else f'{torch.get_num_threads()} threads'}"}
    with open(os.path.join(out, "card.json"), "w", encoding="utf-8") as file:
        json.dump(card, file)
    say(step=step, share=1, done=True, mixed=mixed, **figures)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
