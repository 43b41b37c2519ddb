"""What the data pipeline and the bookkeeping cost: the project's training epoch against the bare step.

The bare step has its batch in memory already, and does nothing but forward, loss, backward and optimiser. The
project's epoch reads every batch from disk, augments it, collects the loss and saves a checkpoint when it is time.
Both take turns in one process, on the network of the scale. The table gives means and their ratio: medians would hide
the checkpoint where it falls due once in several epochs.

Usage: python benchmarks/training_step.py [--scale phantom] [--cases 24] [--rounds 60] [--out reports/benchmarks]
Writes training_step.md.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pages
import torch

from segloss.config import load_params
from segloss.data.prepared import PreparedSlices
from segloss.losses import build_loss
from segloss.networks import build_network
from segloss.training.checkpoint import Checkpoint
from segloss.training.fold import train_epoch
from segloss.training.settings import Settings

CPU = torch.device("cpu")


def prepared(folder: Path, cases: int, size: int) -> PreparedSlices:
    """Random images on disk, in the form in which the prepare stage leaves them."""
    rng = np.random.default_rng(0)
    np.save(folder / "images.npy", rng.integers(0, 256, (cases, 3, size, size), dtype=np.uint8))
    np.save(folder / "labels.npy", rng.integers(0, 2, (cases, size, size), dtype=np.uint8))
    rows = "".join(f"{case},0,1x{size}x{size}\n" for case in range(cases))
    (folder / "cases.csv").write_text(f"case,fold,prepared_shape\n{rows}")
    provenance = {"channels": ["red", "green", "blue"], "classes": ["lesion"], "groups": 3}
    (folder / "provenance.json").write_text(json.dumps(provenance))
    return PreparedSlices(folder)


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--scale", default="phantom", help="whose network and image size to take")
    parser.add_argument("--cases", type=int, default=24, help="training cases of an epoch")
    parser.add_argument("--rounds", type=int, default=60, help="epochs of each kind")
    arguments = parser.parse_args()
    params = {**load_params(), "scale": arguments.scale}
    settings = Settings.of(params, "isic2018-kappa")
    image_size = params["datasets"]["isic2018"]["view"]["image_size"]
    size = min(image_size, params["scales"][arguments.scale]["max_image_size"] or image_size)
    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    network = build_network(**settings.network, in_channels=3, out_channels=1).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate, fused=True)
    loss = build_loss(settings.loss)
    steps = settings.steps_per_epoch(arguments.cases)

    with tempfile.TemporaryDirectory() as temporary:
        data = prepared(Path(temporary), arguments.cases, size)
        batches = np.array_split(np.arange(arguments.cases), steps)
        ready = [data.batch(batch, CPU) for batch in batches]
        ready = [(images.contiguous(memory_format=torch.channels_last), labels) for images, labels in ready]
        checkpoint = Checkpoint(Path(temporary) / "fold0.pt", network, optimiser, keep_best=False)

        def bare() -> None:
            network.train()
            for images, labels in ready:
                optimiser.zero_grad(set_to_none=True)
                loss(network(images), labels).backward()
                optimiser.step()

        def whole() -> None:
            read = ((*data.batch(batch, CPU), data.distance_maps(batch, CPU)) for batch in batches)
            mean = train_epoch(network, loss, optimiser, read, settings)
            checkpoint.add(epoch=1, phase=loss.phase, loss=mean, validation_loss=0.0, validation_dice=0.0)

        bare(), whole()
        times = [(seconds(bare), seconds(whole)) for _ in range(arguments.rounds)]

    bare_ms, whole_ms = (statistics.mean(column) / steps * 1000 for column in zip(*times, strict=True))
    heads = ["scale", "image, px", "filters", "batch", "steps an epoch", "bare step, ms", "whole step, ms", "ratio"]
    sizes = map(str, (size, settings.network["filters"], settings.batch_size, steps))
    row = [arguments.scale, *sizes, f"{bare_ms:.1f}", f"{whole_ms:.1f}", f"{whole_ms / bare_ms:.3f}"]
    added = f"{100 * (whole_ms / bare_ms - 1):.1f} %"
    found = [("data pipeline and bookkeeping, added to a bare step", "at most 10 %", added, arguments.scale)]
    lines = [
        f"Means over epochs that take turns. {pages.machine('cpu', settings.threads)}.",
        "",
        *pages.findings(found),
    ]
    lines += ["", *pages.table(heads, [row])]
    pages.write(arguments.out, "training_step", "The project's training step beside the bare one", lines)


if __name__ == "__main__":
    main()
