"""What the four trainings share: their command line, and steps at a falling rate until the time is up, with a state to go on from."""
import argparse
import math
import os
import time

import numpy as np
import torch
from torch import nn

DECAY = .995  # of the weights' running mean, which is what is published


def main(doc, defaults, train, measure, export):
    """The verbs train, measure and export; defaults: of train's and measure's options; the three are called with what was given."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    t = verbs.add_parser("train")
    t.add_argument("--minutes", type=float, default=defaults["minutes"])
    t.add_argument("--steps", type=int, default=0, help="ends after so many steps instead of the minutes")
    t.add_argument("--batch", type=int, default=defaults["batch"])
    t.add_argument("--rate", type=float, default=defaults["rate"])
    t.add_argument("--threads", type=int, default=1)
    t.add_argument("--seed", type=int, default=1)
    t.add_argument("--report", type=int, default=25, help="steps between two lines and states")
    t.add_argument("--validate", type=int, default=defaults["validate"], help="pictures that the trained model is measured on")
    t.add_argument("--out", default=defaults["out"])
    for option, value, meaning in defaults.get("more", []):
        t.add_argument(option, type=int, default=value, help=meaning)
    t.set_defaults(run=train)
    m = verbs.add_parser("measure")
    m.add_argument("weights")
    m.add_argument("--count", type=int, default=defaults["validate"], help="pictures")
    m.add_argument("--seed", type=int, default=2001)
    m.set_defaults(run=measure)
    e = verbs.add_parser("export")
    e.add_argument("weights")
    e.add_argument("out")
    e.set_defaults(run=export)
    arguments = parser.parse_args()
    torch.set_num_threads(getattr(arguments, "threads", 1))
    torch.manual_seed(arguments.seed if "seed" in arguments else 0)
    arguments.run(arguments)


def run(args, model, groups, source, losses_of, warm=50, least=.03):
    """Trains until the minutes or the steps are up; the model then has the mean of its last weights, which are the caller's to save. Returns the steps it has had.

    groups: parameters and their share of the rate; source: a function of the step, endless batches from there on; losses_of: a function of the
    model and a batch, what is made small and what of it is reported; warm: steps until the rate is whole; least: share of it at the end.
    """
    optimiser = torch.optim.AdamW([{"params": p, "share": share} for p, share in groups], args.rate, weight_decay=.02)
    mean = {k: v.clone() for k, v in model.state_dict().items()}
    step, spent = 0, 0.0
    if os.path.exists(args.out + ".state"):
        state = torch.load(args.out + ".state")
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        mean, step, spent = state["mean"], state["step"], state["spent"]
    trained = sum(p.numel() for group, _ in groups for p in group)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, {trained / 1e6:.2f} M trained, from step {step}", flush=True)
    started, losses = time.monotonic() - spent, []

    def keep():
        torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "mean": mean, "step": step, "spent": time.monotonic() - started}, args.out + ".state.tmp")
        os.replace(args.out + ".state.tmp", args.out + ".state")

    for batch in source(step):
        share = step / args.steps if args.steps else (time.monotonic() - started) / (60 * args.minutes)
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = args.rate * group["share"] * min(1, (step + 1) / warm) * max(least, .5 + .5 * math.cos(math.pi * share))
        model.train()
        loss, reported = losses_of(model, batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimiser.step()
        losses.append(reported)
        step += 1
        decay = min(DECAY, step / (step + 20))
        for k, v in model.state_dict().items():
            mean[k].lerp_(v, 1 - decay) if v.dtype.is_floating_point else mean[k].copy_(v)
        if step % args.report == 0:
            said = ", ".join(f"{name} {np.mean([r[name] for r in losses[-args.report:]]):.4f}" for name in reported)
            print(f"step {step} {step * args.batch} pictures {time.monotonic() - started:.0f} s, {time.process_time():.0f} s of processor, {said}", flush=True)
            keep()
    keep()
    model.load_state_dict(mean)
    return step
