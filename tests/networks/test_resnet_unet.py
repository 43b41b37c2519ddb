"""The U-Net on a ResNet-34: its encoder, its scales and its heads."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, conv2d, interpolate, relu

from segloss.networks import build_network, count_parameters
from segloss.networks.resnet_unet import ResidualBlock


def network_of(**options: int) -> nn.Module:
    torch.manual_seed(0)
    return build_network("resnet_unet", **{"in_channels": 3, "out_channels": 4, "filters": 4, **options})


def read_by(modules: nn.ModuleList, network: nn.Module, image: Tensor) -> list[Tensor]:
    """What the modules are given when the network sees the image."""
    given: list[Tensor] = []
    hooks = [module.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0])) for module in modules]
    network(image)
    for hook in hooks:
        hook.remove()
    return given


def parameters_by_hand(filters: int) -> int:
    """Of the encoder: weights of each kernel, two numbers of each batch norm."""
    total = 7 * 7 * 3 * filters + 2 * filters
    widths = [filters, filters, 2 * filters, 4 * filters, 8 * filters]
    for (narrow, wide), blocks in zip(pairwise(widths), (3, 4, 6, 3), strict=True):
        total += 9 * narrow * wide + (2 * blocks - 1) * 9 * wide * wide + 2 * blocks * 2 * wide
        total += narrow * wide + 2 * wide if narrow != wide else 0  # of the shortcut
    return total


@pytest.mark.parametrize(("filters", "parameters"), [(64, 21_284_672), (16, parameters_by_hand(16))])
def test_the_encoder_has_the_parameters_of_resnet_34(filters: int, parameters: int) -> None:
    assert parameters_by_hand(filters) == parameters
    with torch.device("meta"):
        network = network_of(filters=filters)
    assert count_parameters(network.stem) + count_parameters(network.encoder) == parameters


def test_the_network_pools_five_times_and_no_convolution_strides(monkeypatch: pytest.MonkeyPatch) -> None:
    network, pooled, max_pool2d = network_of(), [], nn.functional.max_pool2d
    monkeypatch.setattr(nn.functional, "max_pool2d", lambda x, size: pooled.append(size) or max_pool2d(x, size))
    network(torch.rand(1, 3, 64, 64))
    assert pooled == [2] * 5
    assert {module.stride for module in network.modules() if isinstance(module, nn.Conv2d)} == {(1, 1)}


def test_the_stages_see_the_image_at_a_quarter_to_a_thirty_second() -> None:
    network = network_of()
    sizes = [x.shape[2:] for x in read_by(network.encoder, network, torch.rand(1, 3, 64, 96))]
    assert sizes == [(16, 24), (8, 12), (4, 6), (2, 3)]


def test_the_heads_read_a_quarter_an_eighth_and_a_sixteenth() -> None:
    network = network_of()
    sizes = [x.shape[2:] for x in read_by(network.heads, network, torch.rand(1, 3, 64, 96))]
    assert sizes == [(16, 24), (8, 12), (4, 6)]


def test_training_gives_the_logits_of_each_head_at_full_size() -> None:
    network, image = network_of(), torch.rand(2, 3, 64, 32)
    features = read_by(network.heads, network, image)
    logits = network(image)
    assert [x.shape for x in logits] == [(2, 4, 64, 32)] * 3
    for head, x, values in zip(network.heads, features, logits, strict=True):
        small = conv2d(x, head.weight, head.bias)
        torch.testing.assert_close(values, interpolate(small, scale_factor=64 // small.shape[2], mode="bilinear"))


def test_evaluation_gives_the_head_at_a_quarter_alone() -> None:
    network, image = network_of().eval(), torch.rand(1, 3, 64, 64)
    [features] = read_by(network.heads, network, image)
    assert features.shape[2:] == (16, 16)
    torch.testing.assert_close(network(image), interpolate(network.heads[0](features), scale_factor=4, mode="bilinear"))


@pytest.mark.parametrize("in_channels", [2, 3])
def test_a_residual_block_adds_what_came_in(in_channels: int) -> None:
    block, x = ResidualBlock(in_channels, 3), torch.randn(2, in_channels, 8, 8)
    first, second = block.residual[0].weight, block.residual[3].weight

    def normalised(x: Tensor) -> Tensor:
        return batch_norm(x, None, None, training=True)

    residual = normalised(conv2d(relu(normalised(conv2d(x, first, padding=1))), second, padding=1))
    shortcut = x if in_channels == 3 else normalised(conv2d(x, block.shortcut[0].weight))
    torch.testing.assert_close(block(x), relu(shortcut + residual))


def test_every_parameter_receives_a_gradient() -> None:
    network = network_of()
    sum(logits.square().mean() for logits in network(torch.rand(2, 3, 64, 64))).backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_channels_last_changes_no_value() -> None:
    network, image = network_of().double(), torch.rand(2, 3, 64, 64).double()
    expected = network(image)
    network.to(memory_format=torch.channels_last)
    torch.testing.assert_close(network(image.contiguous(memory_format=torch.channels_last)), expected)


def test_a_step_in_bfloat16_gives_gradients_near_those_in_float32() -> None:
    network, image = network_of(), torch.rand(4, 3, 64, 64)
    gradients = []
    for enabled in (False, True):
        network.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
            logits = network(image)
        sum(values.float().square().mean() for values in logits).backward()
        gradients.append(network.heads[0].weight.grad.clone())
    assert torch.cosine_similarity(*(gradient.flatten() for gradient in gradients), dim=0) > 0.99


@pytest.mark.parametrize("shape", [(1, 3, 48, 64), (1, 3, 64, 48), (3, 64, 64)])
def test_an_image_that_does_not_halve_five_times_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="multiples of 32"):
        network_of()(torch.rand(shape))
