"""What the data pipeline and the bookkeeping cost: the project's training epoch against the bare step.

The bare step has its batch in memory already, and does nothing but forward, loss, backward and optimiser. The
project's epoch reads every batch from disk, augments it, collects the loss and saves a checkpoint when it is time; on
a GPU it makes batches ahead. Both take turns in one process, on the network of the scale. The table gives means and
their ratio: medians would hide the checkpoint where it falls due once in several epochs.

Usage: python benchmarks/training_step.py [--scale phantom] [--cases 24] [--rounds 60] [--out reports/benchmarks]
Writes training_step.md; on a GPU, if there is one, training_step-cuda.md.
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

from segloss.config import load_params, scale_of
from segloss.data.prepared import PreparedSlices
from segloss.losses import build_loss
from segloss.networks import build_network
from segloss.training.checkpoint import Checkpoint
from segloss.training.computing import chosen_device
from segloss.training.fold import train_epoch
from segloss.training.inputs import SliceInputs
from segloss.training.prefetch import prefetched
from segloss.training.settings import Settings

PARTS = 3  # train, validation and test, of equal size


def prepared(folder: Path, cases: int, size: int) -> PreparedSlices:
    """So many random images in each part, on disk in the form in which the prepare stage leaves them."""
    cases *= PARTS
    rng = np.random.default_rng(0)
    np.save(folder / "images.npy", rng.integers(0, 256, (cases, 3, size, size), dtype=np.uint8))
    np.save(folder / "labels.npy", rng.integers(0, 2, (cases, size, size), dtype=np.uint8))
    rows = "".join(f"{case},{case % PARTS},1x{size}x{size}\n" for case in range(cases))
    (folder / "cases.csv").write_text(f"case,fold,prepared_shape\n{rows}")
    provenance = {"channels": ["red", "green", "blue"], "classes": ["lesion"], "groups": PARTS}
    (folder / "provenance.json").write_text(json.dumps(provenance))
    return PreparedSlices(folder)


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call, until the GPU has done with it too."""
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
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
    size = min(image_size, scale_of(params, "kappa", "isic2018").get("max_image_size") or image_size)
    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    device = chosen_device()
    network = build_network(**settings.network, in_channels=3, out_channels=1).to(device)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate, fused=True)
    loss = build_loss(settings.loss)
    steps = settings.steps_per_epoch(arguments.cases)

    with tempfile.TemporaryDirectory() as temporary:
        data = prepared(Path(temporary), arguments.cases, size)
        inputs = SliceInputs(data, 0, settings, device)
        ready = [
            (images.contiguous(memory_format=torch.channels_last), labels) for images, labels, _ in inputs.training()
        ]
        checkpoint = Checkpoint(Path(temporary) / "fold0.pt", network, optimiser, settings.select)

        def bare() -> None:
            network.train()
            for images, labels in ready:
                optimiser.zero_grad(set_to_none=True)
                loss(network(images), labels).backward()
                optimiser.step()

        def whole() -> None:
            mean = train_epoch(network, loss, optimiser, prefetched(inputs.training(), device), settings)
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
        f"Means over epochs that take turns. {pages.machine(device.type, settings.threads)}.",
        "",
        *pages.findings(found),
    ]
    lines += ["", *pages.table(heads, [row])]
    name = "training_step" if device.type == "cpu" else f"training_step-{device.type}"
    pages.write(arguments.out, name, "The project's training step beside the bare one", lines)


if __name__ == "__main__":
    main()
