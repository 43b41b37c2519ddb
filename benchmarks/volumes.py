"""What volumes cost: memory of training with few and many cases, memory of one patch, and time to predict a volume.

Each number is that of a process of its own; its memory is the resident size that the kernel counts at its highest, or
on a GPU what PyTorch allocated there at most. Volumes are noise. The last part takes a batch of one patch of the Mixed
Focal paper's size through a network of the protocol's width, forward and backward.

Usage: python benchmarks/volumes.py [--steps 60] [--threads 1]
"""

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pages
import torch

from segloss.config import load_params
from segloss.data.prepared import PreparedVolumes
from segloss.losses import build_loss
from segloss.networks import build_network
from segloss.training.fold import train_epoch
from segloss.training.inputs import Batch, PatchInputs
from segloss.training.settings import Settings
from segloss.training.sliding_window import predicted_volume

SHAPE, PATCH, FILTERS = (96, 192, 192), (32, 64, 64), 8
FEW, MANY = 4, 40  # cases to train on
ARM = "kits19-asymmetric_unified_focal"


def write_volumes(folder: Path, cases: int) -> None:
    """Write prepared volumes of noise with a cube of each of two classes; all are there to train on."""
    images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.float16, (cases * int(np.prod(SHAPE)),))
    labels = np.lib.format.open_memmap(folder / "labels.npy", "w+", np.uint8, images.shape)
    mask = np.zeros(SHAPE, np.uint8)
    mask[20:60, 40:100, 40:100], mask[40:50, 60:80, 60:80] = 1, 2
    for case in range(cases):
        place = slice(case * mask.size, (case + 1) * mask.size)
        images[place] = np.random.default_rng(case).standard_normal(mask.size, dtype=np.float32)
        labels[place] = mask.ravel()
    size = "x".join(map(str, SHAPE))
    rows = [f"case{case},2,{size},{size},1x1x1" for case in range(cases)]
    (folder / "cases.csv").write_text("\n".join(["case,fold,shape,prepared_shape,spacing_mm", *rows]) + "\n")
    facts = {"channels": ["CT"], "classes": ["kidney", "tumour"], "groups": 3, "view": {"kind": "volumes"}}
    (folder / "provenance.json").write_text(json.dumps(facts))


def settings_of(filters: int, patch: tuple[int, ...]) -> Settings:
    """Those of the arm on the paper's scale, at another width and patch."""
    settings = Settings.of({**load_params(), "scale": "paper"}, ARM)
    return replace(settings, network={**settings.network, "filters": filters}, patch=patch)


def device() -> torch.device:
    """The one that training would take."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def training(cases: int, steps: int) -> float:
    """Peak memory in MiB of so many steps on volumes read by patch."""
    with tempfile.TemporaryDirectory() as folder:
        write_volumes(Path(folder), cases)
        settings = replace(settings_of(FILTERS, PATCH), patches_per_case=max(1, 2 * steps // cases))
        inputs = PatchInputs(PreparedVolumes(Path(folder)), 0, settings, device())
        network, optimiser = _network(settings)
        train_epoch(network, build_loss(settings.loss), optimiser, inputs.training(), settings)
    return _peak_mib()


def one_patch() -> float:
    """Peak memory in MiB of a step on a batch of one patch of the paper's size, at the protocol's width."""
    settings = Settings.of({**load_params(), "scale": "paper"}, ARM)
    network, optimiser = _network(settings)
    patch = settings.patch or ()
    images = torch.randn(1, 1, *patch, device=device())
    labels = torch.randint(0, 3, (1, *patch), device=device())
    train_epoch(network, build_loss(settings.loss), optimiser, [Batch(images, labels)], settings)
    return _peak_mib()


def prediction() -> float:
    """Seconds to predict a volume whole, median of three."""
    settings = settings_of(FILTERS, PATCH)
    network, _ = _network(settings)
    image, seconds = torch.randn(1, *SHAPE), []
    for _ in range(3):
        start = time.perf_counter()
        predicted_volume(network, image, PATCH, settings.overlap, device())
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[1]


def _network(settings: Settings) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    network = build_network(**settings.network, in_channels=1, out_channels=3).to(device())
    network = network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    return network, torch.optim.Adam(network.parameters(), 1e-3, fused=True)


def _peak_mib() -> float:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def _answer(sender: Any, threads: int, name: str, arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(threads)
    sender.send(globals()[name](*arguments))


def apart(threads: int, name: str, *arguments: Any) -> float:
    """What a function of this script returns in a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, threads, name, arguments))
    process.start()
    sender.close()
    value = receiver.recv()
    process.join()
    return value


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    threads = arguments.threads
    few, many = (apart(threads, "training", cases, arguments.steps) for cases in (FEW, MANY))
    patch, seconds = apart(threads, "one_patch"), apart(threads, "prediction")
    size, small = ("x".join(map(str, shape)) for shape in (SHAPE, PATCH))
    found = [
        ("peak memory of training, many / few cases", "about 1: does not grow", f"{many / few:.2f}", f"{FEW}, {MANY}"),
        ("memory of one patch of the paper's size, GiB", "at most 8", f"{patch / 1024:.1f}", "one step, float32"),
    ]
    rows = [
        [f"training, {FEW} cases of {size}, patches of {small}", f"{few:.0f} MiB"],
        [f"training, {MANY} cases of {size}, patches of {small}", f"{many:.0f} MiB"],
        ["one step on one patch of 80x160x160, 32 filters", f"{patch:.0f} MiB"],
        [f"prediction of a volume of {size}, patches of {small}, overlap 0.5, {FILTERS} filters", f"{seconds:.1f} s"],
    ]
    machine = pages.machine(device().type, threads)
    lines = [f"Volumes of noise. {machine}.", "", *pages.findings(found), "", *pages.table(["what", "cost"], rows)]
    pages.write(arguments.out, "volumes", "Memory and time of volumes", lines)


if __name__ == "__main__":
    main()
