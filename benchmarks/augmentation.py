"""What reading and augmenting a batch adds to a training step, on the sizes of the papers and of the phantom scale.

The bare step does nothing but forward, cross entropy, backward and optimiser on a batch in memory. Then a batch is read
from prepared files, patches out of larger volumes, and augmented. All take turns in one process. The table gives the
median of the steps and of the reading, the mean of the augmentation, in which chance decides what happens, and what
the two add to a step. The 3-D network is a small U-Net of three levels: a larger one makes the share smaller.

Usage: python benchmarks/augmentation.py [--threads 1] [--rounds 15] [--out reports/benchmarks]
Writes augmentation.md.
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
from torch import Tensor, nn
from tqdm import tqdm

from segloss.config import entry, load_params
from segloss.data.augmentation import augment
from segloss.data.prepared import PreparedSlices, PreparedVolumes
from segloss.networks import build_network

CPU = torch.device("cpu")
REPEATS = 5  # augmentations per step that is measured
# Settings in params.yaml, shape of the batch, filters of the first level.
STEPS = [
    ("kappa", (4, 3, 256, 256), 16),
    ("kappa", (4, 3, 64, 64), 8),
    ("topk_dice_synapse", (4, 1, 320, 320), 16),
    ("topk_dice_acdc", (4, 1, 256, 256), 16),
    ("topk_dice_msseg", (4, 5, 256, 256), 16),
    ("unified_focal_bus2017", (4, 1, 64, 64), 8),
    ("unified_focal_kits19", (1, 1, 40, 80, 80), 16),
    ("unified_focal_brats2020", (1, 1, 40, 80, 80), 16),
    ("unified_focal_kits19", (2, 1, 24, 48, 48), 16),
    ("unified_focal_brats2020", (2, 1, 24, 48, 48), 16),
]


class SmallUNet3d(nn.Module):
    """Two convolutions on each of three levels, down and up."""

    def __init__(self, in_channels: int, filters: int) -> None:
        super().__init__()
        a, b, c = filters, 2 * filters, 4 * filters
        self.down = nn.ModuleList([convolutions(in_channels, a), convolutions(a, b), convolutions(b, c)])
        self.up = nn.ModuleList([convolutions(c + b, b), convolutions(b + a, a)])
        self.head = nn.Conv3d(a, 3, kernel_size=1)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, 3, D, H, W)."""
        first = self.down[0](image)
        second = self.down[1](nn.functional.max_pool3d(first, 2))
        x = self.down[2](nn.functional.max_pool3d(second, 2))
        for skipped, layers in zip((second, first), self.up, strict=True):
            x = layers(torch.cat([skipped, nn.functional.interpolate(x, scale_factor=2)], dim=1))
        return self.head(x)


def convolutions(narrow: int, wide: int) -> nn.Sequential:
    """Two 3x3x3 convolutions with batch norm and ReLU."""
    return nn.Sequential(
        *(nn.Conv3d(narrow, wide, 3, padding=1), nn.BatchNorm3d(wide), nn.ReLU()),
        *(nn.Conv3d(wide, wide, 3, padding=1), nn.BatchNorm3d(wide), nn.ReLU()),
    )


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def reader(folder: Path, shape: tuple[int, ...]) -> Callable[[], tuple[Tensor, Tensor]]:
    """Reads a batch of the shape from random prepared files: slices, or patches of volumes twice their size."""
    batch, channels, *size = shape
    cases, full = 8 * batch, [1, *size] if len(size) == 2 else [2 * side for side in size]
    rng, voxels = np.random.default_rng(0), (cases, *full)
    images = rng.standard_normal((cases, channels, *full), dtype=np.float32).astype(np.float16)
    labels = rng.integers(0, 3, voxels, dtype=np.uint8)
    volumes = len(size) == 3
    np.save(folder / "images.npy", images.reshape(-1) if volumes else images.reshape(cases, channels, *size))
    np.save(folder / "labels.npy", labels.reshape(-1) if volumes else labels.reshape(cases, *size))
    rows = "".join(f"{case},0,{'x'.join(map(str, full))}\n" for case in range(cases))
    (folder / "cases.csv").write_text(f"case,fold,prepared_shape\n{rows}")
    names = {"channels": [str(channel) for channel in range(channels)], "classes": ["organ", "tumour"], "groups": 5}
    (folder / "provenance.json").write_text(json.dumps(names))
    if volumes:
        patches = PreparedVolumes(folder)
        return lambda: patches.batch(rng.integers(0, cases, batch), size, CPU)
    slices = PreparedSlices(folder)
    return lambda: slices.batch(rng.integers(0, cases, batch), CPU)


def measure(settings: dict, shape: tuple[int, ...], filters: int, rounds: int) -> list[float]:
    """Seconds of the bare step, of reading and of augmenting."""
    with tempfile.TemporaryDirectory() as temporary:
        read = reader(Path(temporary), shape)
        images, labels = read()
        ready, network = images, SmallUNet3d(shape[1], filters)
        if len(shape) == 4:
            network = build_network("unet2d", in_channels=shape[1], out_channels=3, filters=filters)
            network = network.to(memory_format=torch.channels_last)
            ready = images.contiguous(memory_format=torch.channels_last)
        optimiser = torch.optim.Adam(network.parameters(), fused=True)

        def step() -> None:
            optimiser.zero_grad(set_to_none=True)
            nn.functional.cross_entropy(network(ready), labels).backward()
            optimiser.step()

        def augmentations() -> None:
            for _ in range(REPEATS):
                augment(images, labels, settings)

        step(), augmentations()
        times = [(seconds(step), seconds(read), seconds(augmentations) / REPEATS) for _ in range(rounds)]
    steps, reads, augmented = zip(*times, strict=True)
    return [statistics.median(steps), statistics.median(reads), statistics.mean(augmented)]


def page(rows: list[list[str]], where: str) -> list[str]:
    """The largest share that is added, and all rows."""
    worst = max(rows, key=lambda cells: float(cells[-1]))
    compared = "reading and augmenting, added to a bare step"
    found = [(compared, "at most 10 %", f"{100 * float(worst[-1]) - 100:.1f} %", f"{worst[0]}, {worst[1]}")]
    heads = ["augmentation", "batch", "filters", "bare step, ms", "reading, ms", "augmenting, ms", "all / bare step"]
    said = f"Medians of step and reading, means of augmenting, in which chance decides what happens. {where}"
    return [said, "", *pages.findings(found), "", *pages.table(heads, rows)]


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    parser.add_argument("--rounds", type=int, default=15, help="steps of each size")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    params = load_params()
    rows = []
    for name, shape, filters in tqdm(STEPS, unit="size"):
        times = measure(entry(params, "augmentations", name), shape, filters, arguments.rounds)
        columns = [name, " x ".join(map(str, shape)), str(filters), *(f"{1000 * time_s:.1f}" for time_s in times)]
        rows.append([*columns, f"{sum(times) / times[0]:.3f}"])
    where = f"{pages.machine('cpu', arguments.threads)}."
    pages.write(arguments.out, "augmentation", "What reading and augmenting add to a training step", page(rows, where))


if __name__ == "__main__":
    main()
