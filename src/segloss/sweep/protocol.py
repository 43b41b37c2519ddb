"""What the sweep runs: its protocol, and the list of its runs."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Self

import yaml

PROTOCOL = Path(__file__).with_name("protocol.yaml")
PAPER = "log_cosh_dice"
# Name of the setting that a loss has at every share.
SURVEY = "survey"


@dataclass(frozen=True)
class Protocol:
    """The sections of protocol.yaml that hold for every run; see there."""

    picture: dict[str, Any]
    cases: dict[str, int]
    shares: list[float]
    seeds: list[int]
    training: dict[str, Any]
    also: dict[str, Any]
    settings: list[dict[str, Any]]

    @classmethod
    def read(cls, path: Path = PROTOCOL) -> Self:
        """Read a protocol."""
        return cls(**yaml.safe_load(path.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class SweepRun:
    """One network: a loss in one setting at one foreground share, from one seed.

    Attributes:
        spec: The loss, as :func:`segloss.losses.build_loss` takes it.
    """

    loss: str
    setting: str
    share: float
    seed: int
    spec: Any

    @property
    def name(self) -> str:
        """Loss, setting, share and seed in one word."""
        return f"{self.loss}-{self.setting}-{self.share:g}-{self.seed}"


def runs_of(protocol: Protocol, losses: dict[str, Any]) -> list[SweepRun]:
    """All runs of the sweep: ``losses`` by name and those that the protocol adds, then the other settings."""
    cells = [
        (loss, SURVEY, spec, share) for loss, spec in (losses | protocol.also).items() for share in protocol.shares
    ]
    for setting in protocol.settings:
        spec = {setting["loss"]: setting["options"]}
        cells += [(setting["loss"], setting["name"], spec, share) for share in setting["shares"]]
    return [
        SweepRun(loss, setting, share, seed, spec)
        for (loss, setting, spec, share), seed in product(cells, protocol.seeds)
    ]
