"""The code on the how-to page runs as it stands there."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

PAGE = Path(__file__).parents[1] / "docs/how-to/use-a-loss.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def run(heading: str) -> dict:
    """Execute the block below a heading, or the first one, and return its names."""
    text = PAGE.read_text(encoding="utf-8").partition(heading)[2]
    names: dict = {}
    exec(re.search(r"```python\n(.*?)```", text, flags=re.DOTALL)[1], names)
    return names


def test_the_page_has_four_blocks() -> None:
    assert len(BLOCKS) == 4


def test_every_specification_on_the_page_builds_a_loss(capsys: pytest.CaptureFixture) -> None:
    run("# Use a loss in your own code")
    assert capsys.readouterr().out.startswith("cross_entropy ")


def test_the_plain_loop_moves_the_weights_of_its_schedule() -> None:
    names = run("## In a plain PyTorch loop")
    assert names["loss"].weights["boundary"] == pytest.approx(0.99)


def test_the_adapter_takes_labels_with_a_channel_axis() -> None:
    names = run("## In MONAI")
    logits, labels = torch.randn(2, 1, 8, 8), torch.randint(0, 2, (2, 8, 8))
    expected = names["build_loss"]("kappa")(logits, labels)
    torch.testing.assert_close(names["loss_function"](logits, labels.unsqueeze(1).float()), expected)


def test_the_trainer_weighs_its_outputs_by_halves_and_leaves_the_coarsest_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Trainer:
        enable_deep_supervision = True
        label_manager = type("Labels", (), {"ignore_label": 3})

        def _get_deep_supervision_scales(self) -> list:
            return [1, 0.5, 0.25]

    class Wrapper:
        def __init__(self, loss: torch.nn.Module, weights: list[float]) -> None:
            self.loss, self.weights = loss, weights

    modules = {
        "nnUNetTrainer.nnUNetTrainer": ("nnUNetTrainer", Trainer),
        "loss.deep_supervision": ("DeepSupervisionWrapper", Wrapper),
    }
    for name, (member, value) in modules.items():
        parts = f"nnunetv2.training.{name}".split(".")
        for depth in range(1, len(parts) + 1):
            monkeypatch.setitem(sys.modules, ".".join(parts[:depth]), ModuleType(parts[depth - 1]))
        setattr(sys.modules[".".join(parts)], member, value)
    wrapper = run("## In nnU-Net")["nnUNetTrainerSegloss"]()._build_loss()
    assert wrapper.weights == pytest.approx([2 / 3, 1 / 3, 0])
    labels = torch.randint(0, 4, (2, 1, 8, 8), dtype=torch.int16)
    assert wrapper.loss(torch.randn(2, 3, 8, 8), labels).isfinite()
