"""What the boundary loss adds to a training step: generalised Dice + boundary against generalised Dice, maps given.

A step is forward, loss and backward of the Boundary paper's U-Net, on slices, labels and level-set maps in memory. Both
losses take turns in one process; the ratio is the median of the ratios of the turns, in CPU time of one thread, so that
other work on the machine counts little. Memory is the most that forward and backward take above what stands before, as
measuring.py says. The optimiser's step, the same for both, is left out, and the networks are narrower than the paper's
64 filters: both make the ratio larger. "Loss alone" has logits in place of a network.

Maps are computed once, at preparation: the second table has what that costs for a batch, and what reading them from
prepared files adds to a step.

Usage: python benchmarks/loss_step_cost.py [--sizes 64x8 128x16 256x16] [--batch 8] [--rounds 15]
           [--out reports/benchmarks]
Writes loss_step_cost.md.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pages
import torch
from measuring import Call, Inputs, peak_bytes, step
from torch import Tensor, nn
from tqdm import tqdm

from segloss.config import entry, load_params
from segloss.losses import SegmentationLoss, build_loss, signed_distance
from segloss.networks import build_network

CHANNELS = 2  # modalities of WMH
BASELINE, ARM = "generalized_dice", "generalized_dice_plus_boundary"
HALF_OF_THE_FALL = (50, 200)  # epoch and epochs: both terms have a weight
GOAL = 1.02


class Step(nn.Module):
    """Network and loss as one call of images and labels; without a network, the images are the logits."""

    def __init__(self, network: nn.Module, loss: SegmentationLoss, distance: Tensor) -> None:
        super().__init__()
        self.network, self.loss, self.distance = network, loss, distance

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """The loss; gradients of an earlier call are dropped."""
        self.network.zero_grad(set_to_none=True)
        return self.loss(self.network(images), labels, distance=self.distance)


def made_labels(batch: int, size: int) -> Tensor:
    """A few discs in each slice."""
    rng, (rows, columns) = np.random.default_rng(0), np.ogrid[:size, :size]
    labels = np.zeros((batch, size, size), dtype=np.int64)
    for label in labels:
        for row, column, radius in rng.uniform([0.2, 0.2, 0.02], [0.8, 0.8, 0.08], (5, 3)) * size:
            label[np.hypot(rows - row, columns - column) < radius] = 1
    return torch.from_numpy(labels)


def inputs_of(channels: int, labels: Tensor) -> Inputs:
    """Images, or logits, that want a gradient, and the labels."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn((len(labels), channels, *labels.shape[1:]), generator=generator)
    return images.contiguous(memory_format=torch.channels_last).requires_grad_(), labels


def turns(calls: dict[str, Call], inputs: Inputs, rounds: int) -> dict[str, list[float]]:
    """CPU seconds of every turn of each call, after one that does not count; who is first alternates."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name in list(calls)[:: 1 if turn % 2 else -1]:
            start = time.process_time()
            step(calls[name], inputs)
            seconds[name].append(time.process_time() - start)
    return {name: values[1:] for name, values in seconds.items()}


def median_ms(work: Callable[[], object], rounds: int) -> float:
    """Median CPU time of one call."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return 1000 * statistics.median(times)


def compared(network: nn.Module, losses: dict[str, SegmentationLoss], inputs: Inputs, rounds: int) -> list[float]:
    """Time in ms and memory in MiB of both losses, and the ratio of each."""
    distance = signed_distance(inputs[1], 2)[:, 1:]
    calls: dict[str, Call] = {name: Step(network, loss, distance) for name, loss in losses.items()}
    memory = {
        name: peak_bytes(call, partial(inputs_of, inputs[0].shape[1], inputs[1]), "cpu") / 2**20
        for name, call in calls.items()
    }
    seconds = turns(calls, inputs, rounds)
    ratio = statistics.median(ours / theirs for ours, theirs in zip(seconds[ARM], seconds[BASELINE], strict=True))
    medians = {name: 1000 * statistics.median(values) for name, values in seconds.items()}
    return [medians[BASELINE], medians[ARM], ratio, memory[BASELINE], memory[ARM], memory[ARM] / memory[BASELINE]]


def map_times(labels: Tensor, rounds: int) -> tuple[float, float]:
    """Milliseconds of computing the maps of a batch, and of reading them from a file as the prepare stage writes it."""
    with tempfile.TemporaryDirectory() as folder:
        file, rng = Path(folder, "distances.npy"), np.random.default_rng(0)
        np.save(file, np.repeat(signed_distance(labels, 2)[:, 1:].numpy(), 4, axis=0))
        maps = np.load(file, mmap_mode="r")
        reading = median_ms(lambda: torch.from_numpy(maps[rng.integers(0, len(maps), len(labels))]), rounds)
    return median_ms(lambda: signed_distance(labels, 2), rounds), reading


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--sizes", nargs="+", default=["64x8", "128x16", "256x16"], help="pixels x filters")
    parser.add_argument("--batch", type=int, default=8, help="slices in a step")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each loss")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    params = load_params()
    losses = {name: build_loss(entry(params, "losses", "boundary")[name]) for name in (BASELINE, ARM)}
    losses[ARM].set_epoch(*HALF_OF_THE_FALL)
    rows, maps = [], []
    for size, filters in tqdm([map(int, name.split("x")) for name in arguments.sizes], unit="size"):
        labels = made_labels(arguments.batch, size)
        settings = {**entry(params, "protocols", "boundary")["network"], "filters": filters}
        network = build_network(**settings, in_channels=CHANNELS, out_channels=1).to(memory_format=torch.channels_last)
        for what, module, channels in ((f"{filters} filters", network, CHANNELS), ("loss alone", nn.Identity(), 1)):
            numbers = compared(module, losses, inputs_of(channels, labels), arguments.rounds)
            formats = ("{:.2f}", "{:.2f}", "{:.3f}", "{:.1f}", "{:.1f}", "{:.3f}")
            rows.append([f"{size} px", what, *(form.format(n) for form, n in zip(formats, numbers, strict=True))])
        computing, reading = map_times(labels, arguments.rounds)
        maps.append([f"{size} px", f"{computing:.1f}", f"{reading:.2f}"])
    pages.write(arguments.out, "loss_step_cost", "What the boundary loss adds to a training step", page(rows, maps))


def page(rows: list[list[str]], maps: list[list[str]]) -> list[str]:
    """The largest ratios of a step, and all rows; those of one size are a step, the loss alone, and its maps."""
    steps, alone = rows[::2], rows[1::2]
    added = [
        [*own[:2], f"{1 + (float(loss[3]) - float(loss[2]) + float(read[2])) / float(own[2]):.3f}"]
        for own, loss, read in zip(steps, alone, maps, strict=True)
    ]
    found = []
    for what, table, column in (
        ("time of a step, with / without the boundary loss", steps, 4),
        ("the same from the loss alone and the reading of maps, which varies less", added, 2),
        ("memory of a step, with / without the boundary loss", steps, 7),
    ):
        worst = max(table, key=lambda row, column=column: float(row[column]))
        found.append((what, f"at most {GOAL}", worst[column], f"{worst[0]}, {worst[1]}"))
    heads = ["slices", "network", "GDL, ms", "GDL + boundary, ms", "ratio", "GDL, MiB", "GDL + boundary, MiB", "ratio"]
    said = (
        "Forward, loss and backward with the maps in memory; medians of CPU time and of the ratios of turns, and peak"
    )
    lines = [f"{said} memory. GDL: generalised Dice loss. {pages.machine('cpu', 1)}.", "", *pages.findings(found), ""]
    lines += [*pages.table(heads, rows), "", "The maps of a batch, apart:", ""]
    return lines + pages.table(["slices", "computed at preparation, ms", "read in every step, ms"], maps)


if __name__ == "__main__":
    main()
