"""The U-Net: the paper's parameter counts and its shape."""

import pytest
import torch

from segloss.networks import build_network, count_parameters


@pytest.mark.parametrize(("filters", "parameters"), [(64, 31_031_685), (16, 1_941_093)])
def test_the_number_of_parameters_is_the_papers(filters: int, parameters: int) -> None:
    with torch.device("meta"):
        network = build_network("unet2d", in_channels=1, out_channels=1, filters=filters, batch_norm=False)
    assert count_parameters(network) == parameters


def test_logits_have_the_size_of_the_image() -> None:
    network = build_network("unet2d", in_channels=3, out_channels=2, filters=4)
    assert network(torch.rand(2, 3, 48, 32)).shape == (2, 2, 48, 32)


def test_batch_norm_follows_the_relu() -> None:
    network = build_network("unet2d", in_channels=3, out_channels=1, filters=4)
    names = [type(layer).__name__ for layer in network.encoder[0]]
    assert names == ["Conv2d", "ReLU", "BatchNorm2d"] * 2


@pytest.mark.parametrize("seed", range(8))
def test_the_two_filters_of_the_head_speak_for_and_against_the_foreground(seed: int) -> None:
    torch.manual_seed(seed)
    weights = build_network("unet2d", in_channels=3, out_channels=1, filters=4).head[-1].weight.flatten()
    assert weights[0] < 0 < weights[1]


def test_every_parameter_receives_a_gradient() -> None:
    network = build_network("unet2d", in_channels=3, out_channels=1, filters=4, dropout=0.0)
    network(torch.rand(2, 3, 32, 32)).square().mean().backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


@pytest.mark.parametrize("shape", [(1, 3, 40, 32), (3, 32, 32)])
def test_an_image_that_does_not_halve_four_times_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="multiples of 16"):
        build_network("unet2d", in_channels=3, out_channels=1, filters=4)(torch.rand(shape))


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown network 'unet'; the networks are unet2d"):
        build_network("unet")
