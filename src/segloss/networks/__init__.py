"""The networks of the papers, by name."""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from segloss.networks.resnet_unet import ResNetUNet
from segloss.networks.unet import UNet

NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "unet2d": partial(UNet, dimensions=2),
    "unet3d": partial(UNet, dimensions=3),
    "resnet_unet": ResNetUNet,
}


def build_network(name: str, **options: Any) -> nn.Module:
    """Build a network by name.

    Raises:
        ValueError: If the name is unknown.
    """
    if name not in NETWORKS:
        raise ValueError(f"unknown network {name!r}; the networks are {', '.join(NETWORKS)}")
    return NETWORKS[name](**options)


def count_parameters(network: nn.Module) -> int:
    """Number of trained parameters; running means and variances are not among them."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
