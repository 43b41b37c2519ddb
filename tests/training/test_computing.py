"""How a network computes: what a GPU changes, what a setting changes, and what is said where memory ends.

No test needs a GPU: what one would do is put in its place.
"""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from segloss.data.prepared import PreparedSlices
from segloss.errors import InputError
from segloss.training import fold as folds
from segloss.training import train_arm
from segloss.training.computing import outputs_of, same_bits
from segloss.training.inputs import SliceInputs
from segloss.training.memory import memory_faults
from segloss.training.prefetch import in_background, prefetched
from segloss.training.settings import Settings

RUN = Path("build/runs/discs/discs-kappa")
CPU = torch.device("cpu")


def run_out(kind: type[Exception], text: str) -> Any:
    def fail(*arguments: Any, **options: Any) -> None:
        raise kind(text)

    return fail


@pytest.mark.parametrize(
    ("kind", "text", "whose"),
    [
        (torch.OutOfMemoryError, "CUDA out of memory. Tried to allocate 2.00 GiB.", "GPU"),
        (RuntimeError, "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory", "machine"),
        (RuntimeError, "cuDNN error: CUDNN_STATUS_ALLOC_FAILED", "machine"),
        (MemoryError, "Unable to allocate 3.2 TiB for an array", "machine"),
    ],
)
def test_memory_that_does_not_suffice_ends_in_a_sentence_that_names_what_to_lower(
    workplace: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch, kind: Any, text: str, whose: str
) -> None:
    monkeypatch.setattr(folds, "train_epoch", run_out(kind, text))
    expected = (
        rf"discs-kappa/fold0: the memory of the {whose} does not suffice; lower voxels_at_once \(now no limit\), "
    )
    with pytest.raises(InputError, match=expected + r"batch_size \(4\) or the scale's max_image_size in params.yaml"):
        train_arm("discs-kappa", params)
    assert not RUN.exists()


def test_a_real_allocation_that_fails_is_recognised(params: dict[str, Any]) -> None:
    settings = replace(Settings.of(params, "discs-kappa"), patch=(80, 160, 160), voxels_at_once=2048000)
    with (
        pytest.raises(InputError, match=r"voxels_at_once \(now 2048000\), batch_size \(4\) or patch \(80x160x160\)"),
        memory_faults("a run", settings),
    ):
        torch.empty(1 << 60, dtype=torch.uint8)


def test_other_errors_are_not_taken_for_one_of_memory(params: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="shapes"), memory_faults("a run", Settings.of(params, "discs-kappa")):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


def test_deterministic_training_gives_the_bits_of_the_ordinary_one_on_a_cpu(
    workplace: Path, params: dict[str, Any]
) -> None:
    runs = []
    for wanted in (False, True):
        params["scales"]["tiny"]["kappa"] |= {"deterministic": wanted, "max_folds": 1}
        train_arm("discs-kappa", params)
        files = [RUN / "fold0" / name for name in ("history.csv", "weights.pt", "predictions.npz")]
        runs.append([file.read_bytes() for file in files])
    assert runs[0] == runs[1]


def test_an_operation_without_a_deterministic_form_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    with pytest.raises(InputError, match="deterministic is true, and put_ has no deterministic form"), same_bits(True):
        torch.zeros(3).put_(torch.tensor([0, 0]), torch.ones(2), accumulate=False)
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_compiled_network_keeps_the_names_of_its_weights(
    workplace: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[nn.Module] = []
    monkeypatch.setattr(nn.Module, "compile", lambda network: compiled.append(network))
    params["scales"]["tiny"]["kappa"] |= {"compile": True, "max_folds": 1}
    train_arm("discs-kappa", params)
    assert len(compiled) == 1
    assert list(torch.load(RUN / "fold0/weights.pt", weights_only=True)) == list(compiled[0].state_dict())


@pytest.mark.slow
def test_torch_compile_changes_nothing_but_rounding(workplace: Path, params: dict[str, Any]) -> None:
    losses = []
    params["protocols"]["kappa"] |= {"epochs": 2, "augmentation": {}, "learning_rate": 1e-4}
    params["protocols"]["kappa"]["network"]["dropout"] = 0.0
    for wanted in (False, True):
        params["scales"]["tiny"]["kappa"] |= {"compile": wanted, "max_folds": 1}
        train_arm("discs-kappa", params)
        losses.append(np.genfromtxt(RUN / "fold0/history.csv", delimiter=",", names=True)["loss"])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-3)


class Precision(nn.Module):
    """Remembers whether it is asked to compute in half the precision, and of what type of device."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[bool] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.asked.append(torch.is_autocast_enabled(images.device.type))
        return images


@pytest.mark.parametrize("mixed", [False, True])
def test_a_cpu_computes_in_single_precision_whatever_the_protocol(mixed: bool) -> None:
    network = Precision()
    assert outputs_of(network, torch.zeros(1, 1, 4, 4), mixed_precision=mixed).dtype == torch.float32
    assert network.asked == [False]


def test_training_validation_and_prediction_all_ask_for_the_precision_of_the_protocol(
    workplace: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[bool, bool]] = []

    def spied(network: nn.Module, images: torch.Tensor, *, mixed_precision: bool) -> Any:
        asked.append((network.training, mixed_precision))
        return outputs_of(network, images, mixed_precision=mixed_precision)

    for module in ("fold", "validation", "inputs"):
        monkeypatch.setattr(f"segloss.training.{module}.outputs_of", spied)
    params["protocols"]["kappa"] |= {"mixed_precision": True, "epochs": 1, "folds": 1}
    train_arm("discs-kappa", params)
    # One batch to train on, one to validate with, one to predict.
    assert asked == [(True, True), (False, True), (False, True)]


def test_batches_made_in_the_background_are_those_of_the_foreground(workplace: Path, params: dict[str, Any]) -> None:
    inputs = SliceInputs(PreparedSlices(Path("build/prepared/discs")), 0, Settings.of(params, "discs-kappa"), CPU)
    made = []
    for way in (iter, in_background):
        torch.manual_seed(3)
        made.append([(batch.images, batch.labels) for _ in range(3) for batch in way(inputs.training())])
    for ours, theirs in zip(*made, strict=True):
        assert torch.equal(ours[0], theirs[0])
        assert torch.equal(ours[1], theirs[1])


def test_the_next_item_is_made_while_the_present_one_is_in_use() -> None:
    second = threading.Event()

    def items():
        yield 1
        second.set()
        yield 2

    coming = in_background(items())
    assert next(coming) == 1
    assert second.wait(10)
    assert list(coming) == [2]


def test_what_fails_in_the_background_fails_in_the_foreground() -> None:
    def items():
        yield 1
        raise InputError("the second item is bad")

    coming = in_background(items())
    assert next(coming) == 1
    with pytest.raises(InputError, match="the second item"):
        next(coming)


def test_an_end_before_the_last_item_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    coming = in_background(iter(range(100)))
    next(coming)
    coming.close()
    assert threading.active_count() == before


def test_a_cpu_makes_its_batches_by_itself() -> None:
    here = threading.current_thread()

    def batches():
        assert threading.current_thread() is here
        yield "a batch"

    assert list(prefetched(batches(), CPU)) == ["a batch"]
