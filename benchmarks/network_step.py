"""A training step of the U-Net on a ResNet-34, beside the nearest networks of other libraries.

A step is forward, cross entropy summed over the heads, backward and Adam, in float32, on images in memory. The networks
take turns in one process; the table gives medians and the ratio of ours to theirs. Where the peers differ is said in
the table: nobody else stops at 1/4 of the image with three heads. The row "parts" is our network put together from the
encoder and the decoder blocks of segmentation_models.pytorch (SMP): the same widths, levels and heads, with strides in
place of poolings and nearest neighbours in place of transposed convolutions. Peers built on a ResNet-34 have its 64
filters and no fewer.

The peers go into a folder of their own, without what they ask for:
    pip install --no-deps --target build/peers -r benchmarks/requirements.txt
A missing peer is named as missing.

Usage: python benchmarks/network_step.py [--size 128] [--batch 4] [--filters 64 16] [--rounds 9] [--threads 1]
           [--out reports/benchmarks]
Writes network_step.md; on a GPU, if there is one, network_step-cuda.md.
"""

import statistics
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

import pages
import torch
from torch import Tensor, nn
from torch.nn import functional

from segloss.networks import build_network, count_parameters

CHANNELS, CLASSES = 3, 4
RESNET_34 = 64  # filters of its first stage
Build = Callable[[], nn.Module]


class FromParts(nn.Module):
    """Encoder and decoder blocks of SMP down to 1/4 of the image, with a head at each level."""

    def __init__(self) -> None:
        super().__init__()
        from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder
        from segmentation_models_pytorch.encoders import get_encoder

        widths = [256, 128, 64]
        self.encoder = get_encoder("resnet34", in_channels=CHANNELS, depth=5, weights=None)
        self.blocks = UnetDecoder(self.encoder.out_channels, widths, n_blocks=len(widths)).blocks
        self.heads = nn.ModuleList(nn.Conv2d(width, CLASSES, kernel_size=1) for width in widths)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Logits of the heads at the size of the image."""
        x, *skipped = reversed(self.encoder(image))
        logits = []
        for block, skip, head in zip(self.blocks, skipped, self.heads, strict=False):
            x = block(x, *skip.shape[2:], skip)
            logits.append(functional.interpolate(head(x), image.shape[2:], mode="bilinear"))
        return logits


def ours(filters: int) -> Build:
    """The project's network."""
    return lambda: build_network("resnet_unet", in_channels=CHANNELS, out_channels=CLASSES, filters=filters)


def from_smp() -> nn.Module:
    """SMP's own U-Net on a ResNet-34."""
    from segmentation_models_pytorch import Unet

    return Unet("resnet34", encoder_weights=None, in_channels=CHANNELS, classes=CLASSES)


def from_monai() -> nn.Module:
    """MONAI's U-Net on a ResNet-34."""
    from monai.networks.nets import FlexibleUNet

    return FlexibleUNet(CHANNELS, CLASSES, "resnet34", pretrained=False)


def residual_from_monai(filters: int) -> Build:
    """MONAI's own U-Net, as wide as ours, of three residual units a level."""

    def build() -> nn.Module:
        from monai.networks.nets import UNet

        widths = [filters, filters, 2 * filters, 4 * filters, 8 * filters]
        return UNet(2, CHANNELS, CLASSES, widths, strides=(2, 2, 2, 2), num_res_units=3)

    return build


def networks(filters: int) -> dict[str, tuple[str, Build]]:
    """Name, what its output is, and how it is built, ours first."""
    same = {
        "SMP parts": ("heads at 1/4, 1/8, 1/16", FromParts),
        "SMP Unet": ("one head at 1, stride in the stem", from_smp),
        "MONAI FlexibleUNet": ("one head at 1, stride in the stem", from_monai),
    }
    return {
        "ours": ("heads at 1/4, 1/8, 1/16", ours(filters)),
        **(same if filters == RESNET_34 else {}),
        "MONAI UNet": ("one head at 1, down to 1/16, residual units", residual_from_monai(filters)),
    }


def import_peers_from(folder: Path) -> None:
    """Let the peers be imported, after the environment, so that they can replace nothing there."""
    sys.path.append(str(folder.resolve()))
    # This module describes torchvision's compiled operators to torch. They load only beside the torch that they were
    # compiled for, often one for another device; the networks use none of them, and nothing else fails without them.
    sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")


def stepper(network: nn.Module, images: Tensor, labels: Tensor) -> Callable[[], float]:
    """One training step per call; returns its seconds."""
    network = network.train().to(images.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.Adam(network.parameters(), 5e-4, weight_decay=1e-4, fused=True)

    def step() -> float:
        start = time.perf_counter()
        optimiser.zero_grad(set_to_none=True)
        outputs = network(images)
        heads = outputs if isinstance(outputs, list) else [outputs]
        torch.stack([functional.cross_entropy(logits, labels) for logits in heads]).sum().backward()
        optimiser.step()
        if images.is_cuda:
            torch.cuda.synchronize()
        return time.perf_counter() - start

    return step


def page(rows: list[list[str]], where: str) -> list[str]:
    """Each ratio to another network, and all rows."""
    found = [
        (f"step of ours / {name}, {filters} filters", "no goal", ratio, output)
        for filters, name, output, *_, ratio in rows
        if name != "ours"
    ]
    heads = ["filters", "network", "output", "parameters", "ms a step", "ours / it"]
    said = f"Forward, cross entropy summed over the heads, backward and Adam; medians. {where}"
    parts = "SMP is segmentation_models.pytorch; the row of its parts is our network put together from its encoder and"
    return [said, "", f"{parts} decoder blocks.", "", *pages.findings(found), "", *pages.table(heads, rows)]


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--size", type=int, default=128, help="side of the images, a multiple of 32")
    parser.add_argument("--batch", type=int, default=4, help="images in a step")
    parser.add_argument("--filters", type=int, nargs="+", default=[64, 16], help="filters of our first stage")
    parser.add_argument("--rounds", type=int, default=9, help="steps of each network, after two that do not count")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    parser.add_argument("--peers", type=Path, default=Path("build/peers"), help="folder that the peers are in")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    import_peers_from(arguments.peers)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    shape = (arguments.batch, arguments.size, arguments.size)
    images = torch.rand(arguments.batch, CHANNELS, *shape[1:]).to(device, memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, shape).to(device)

    rows: list[list[str]] = []
    missing: dict[str, str] = {}
    for filters in arguments.filters:
        built = {}
        for name, (_, build) in networks(filters).items():
            try:
                built[name] = build()
            except ImportError as error:
                missing[name] = str(error)
        steps = {name: stepper(network, images, labels) for name, network in built.items()}
        turns = [[step() for step in steps.values()] for _ in range(arguments.rounds + 2)]
        medians = dict(zip(steps, map(statistics.median, zip(*turns[2:], strict=True)), strict=True))
        for name, median in medians.items():
            count, ratio = count_parameters(built[name]), medians["ours"] / median
            cells = [networks(filters)[name][0], f"{count:,}", f"{1000 * median:.1f}", f"{ratio:.2f}"]
            rows.append([str(filters), name, *cells])
    batches = "x".join(map(str, images.shape))
    peers = pages.versions("segmentation_models_pytorch", "monai")
    where = f"{pages.machine(device, arguments.threads)}, {peers}, float32, batches {batches}."
    lines = page(rows, where) + [f"\n{name} is missing: {reason}." for name, reason in missing.items()]
    name = "network_step" if device == "cpu" else f"network_step-{device}"
    pages.write(arguments.out, name, "A training step of the U-Net on a ResNet-34 beside other libraries", lines)


if __name__ == "__main__":
    main()
