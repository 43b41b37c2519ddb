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


def test_a_network_of_volumes_has_the_layers_of_the_one_of_pictures_with_a_third_axis() -> None:
    flat = build_network("unet2d", in_channels=1, out_channels=2, filters=4, deep_supervision=True)
    deep = build_network("unet3d", in_channels=1, out_channels=2, filters=4, deep_supervision=True)
    for name, weights in flat.state_dict().items():
        expected = weights.shape + weights.shape[-1:] if weights.ndim == 4 else weights.shape
        assert deep.state_dict()[name].shape == expected
    assert [logits.shape for logits in deep(torch.rand(1, 1, 16, 32, 48))] == [(1, 2, 16, 32, 48)] * 3


def test_every_parameter_receives_a_gradient() -> None:
    network = build_network("unet2d", in_channels=3, out_channels=1, filters=4, dropout=0.0)
    network(torch.rand(2, 3, 32, 32)).square().mean().backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_with_deep_supervision_training_gives_logits_at_full_size_from_three_scales() -> None:
    network = build_network("unet2d", in_channels=5, out_channels=2, filters=4, dropout=0.0, deep_supervision=True)
    sizes: list[torch.Size] = []
    for head in (network.head, *network.coarse_heads):
        head.register_forward_pre_hook(lambda _, inputs: sizes.append(inputs[0].shape[2:]))
    assert [logits.shape for logits in network(torch.rand(2, 5, 48, 32))] == [(2, 2, 48, 32)] * 3
    assert sizes == [(48, 32), (24, 16), (12, 8)]


def test_with_deep_supervision_every_parameter_receives_a_gradient() -> None:
    network = build_network("unet2d", in_channels=3, out_channels=1, filters=4, dropout=0.0, deep_supervision=True)
    sum(logits.square().mean() for logits in network(torch.rand(2, 3, 32, 32))).backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_in_evaluation_deep_supervision_makes_no_difference() -> None:
    plain = build_network("unet2d", in_channels=3, out_channels=1, filters=4).eval()
    deep = build_network("unet2d", in_channels=3, out_channels=1, filters=4, deep_supervision=True).eval()
    missing, unexpected = deep.load_state_dict(plain.state_dict(), strict=False)
    assert ({name.split(".")[0] for name in missing}, unexpected) == ({"coarse_heads"}, [])
    image = torch.rand(2, 3, 32, 32)
    assert torch.equal(deep(image), plain(image))


def test_without_deep_supervision_the_network_has_no_head_but_its_own() -> None:
    names = build_network("unet2d", in_channels=3, out_channels=1, filters=4).state_dict()
    assert {name.split(".")[0] for name in names} == {"encoder", "upsamplings", "decoder", "head"}


def test_a_seed_gives_the_weights_on_which_committed_results_rest() -> None:
    torch.manual_seed(7)
    network = build_network("unet2d", in_channels=3, out_channels=1, filters=4)
    drawn = [
        network.encoder[0][0].weight[0, 0, 0, 0].item(),
        network.head[-1].weight[0, 0].item(),
        torch.rand(1).item(),
    ]
    assert drawn == pytest.approx([-0.4170945, -0.3089713, 0.7846366], rel=1e-5)


def test_a_seed_gives_the_logits_on_which_committed_results_rest() -> None:
    torch.manual_seed(7)
    network = build_network("unet2d", in_channels=3, out_channels=1, filters=4).eval()
    logits = network(torch.linspace(0, 1, 2 * 3 * 32 * 32).reshape(2, 3, 32, 32))
    assert logits.abs().mean().item() == pytest.approx(0.0006183272, rel=1e-4)


@pytest.mark.parametrize("shape", [(1, 3, 40, 32), (3, 32, 32)])
def test_an_image_that_does_not_halve_four_times_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="multiples of 16"):
        build_network("unet2d", in_channels=3, out_channels=1, filters=4)(torch.rand(shape))


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown network 'unet'; the networks are unet2d"):
        build_network("unet")
