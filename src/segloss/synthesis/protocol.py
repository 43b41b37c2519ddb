"""What the synthesis runs: its protocol, and the list of its runs on a data set."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Self

import yaml

from segloss.errors import InputError
from segloss.training.settings import Settings

PROTOCOL = Path(__file__).with_name("protocol.yaml")
EXACT = "exact"


@dataclass(frozen=True)
class Protocol:
    """The sections of protocol.yaml; see there."""

    scales: dict[str, dict[str, Any]]
    folds: int
    watching: float
    seeds: list[int]
    learning_rates: list[float]
    side: int
    network: dict[str, Any]
    optimiser: str
    schedule: dict[str, Any]
    losses: dict[str, Any]
    partners: dict[str, Any]
    as_published: dict[str, dict[str, Any]]
    rules: dict[str, Any]
    chosen: dict[str, str]

    @classmethod
    def read(cls, path: Path = PROTOCOL) -> Self:
        """Read a protocol."""
        return cls(**yaml.safe_load(path.read_text(encoding="utf-8")))

    def scale(self, name: str) -> dict[str, Any]:
        """The section of a scale.

        Raises:
            InputError: If there is none.
        """
        if name not in self.scales:
            raise InputError(f"The synthesis has no scale {name!r}, expected one of {', '.join(self.scales)}.")
        return self.scales[name]

    def settings(self, run: "StudyRun", scale: str) -> Settings:
        """What the training of a run asks for. No augmentation: distance maps do not move with an image."""
        training = self.scale(scale)["training"]
        return Settings(
            loss=run.spec,
            network={**self.network, "filters": training["filters"]},
            optimiser=self.optimiser,
            learning_rate=training["learning_rate"] * run.rate,
            batch_size=training["batch_size"],
            epochs=1,
            min_steps=training["steps"],
            max_steps=training["steps"],
            folds=self.folds,
            select="last",
            seed=run.seed,
            threads=1,
            augmentation={},
            schedule=self.schedule,
        )


@dataclass(frozen=True)
class StudyRun:
    """One network: a loss on a fold of a data set, from one seed, at one learning rate.

    Attributes:
        loss: Its name, a published form's included.
        rate: The learning rate, as a multiple of the scale's.
        spec: The loss, as :func:`segloss.losses.build_loss` takes it.
        maps: How its distance maps are made, ``"exact"`` or ``"truncated"``; None where it has no use for any.
    """

    dataset: str
    loss: str
    fold: int
    seed: int
    rate: float
    spec: Any
    maps: str | None = None

    @property
    def name(self) -> str:
        """Everything that tells it from the other runs, in one word."""
        return f"{self.loss}-{self.fold}-{self.seed}-{self.rate:g}"


def runs_of(protocol: Protocol, scale: str, dataset: str) -> list[StudyRun]:
    """All runs on a data set: the comparison first, then more seeds, other learning rates, and published forms.

    Raises:
        InputError: If the scale or the data set is not in the protocol.
    """
    settings = protocol.scale(scale)
    if dataset not in settings["datasets"]:
        raise InputError(f"The synthesis has no {dataset!r}, expected one of {', '.join(settings['datasets'])}.")
    return [
        StudyRun(dataset, loss, fold, seed, rate, spec, maps)
        for loss, spec, maps, fold, seed, rate in _cells(protocol, settings, scale, dataset)
    ]


def _cells(
    protocol: Protocol, settings: dict[str, Any], scale: str, dataset: str
) -> Iterator[tuple[str, Any, str | None, int, int, float]]:
    folds, first, losses = range(protocol.folds), protocol.seeds[0], protocol.losses
    for fold, (loss, spec) in product(folds, losses.items()):
        yield loss, spec, _maps(spec), fold, first, 1.0
    if dataset in settings["several_seeds"]:
        for seed, (loss, spec) in product(protocol.seeds[1:], losses.items()):
            yield loss, spec, _maps(spec), 0, seed, 1.0
    if dataset in settings["several_rates"]:
        for rate, (loss, spec) in product(protocol.learning_rates, losses.items()):
            if rate != 1.0:
                yield loss, spec, _maps(spec), 0, first, rate
    forms = {name: form for name, form in protocol.as_published.items() if dataset in form[scale]}
    wanted = {form["right"] for form in forms.values()}
    partners = {name: spec for name, spec in protocol.partners.items() if name in wanted}
    for fold in folds:
        for loss, spec in partners.items():
            yield loss, spec, _maps(spec), fold, first, 1.0
        for loss, form in forms.items():
            yield loss, _published(form, scale), form.get("maps", _maps(form["loss"])), fold, first, 1.0


def _published(form: dict[str, Any], scale: str) -> Any:
    """A published form as a loss, with the options that it has at a scale."""
    options = form.get("at_scale", {}).get(scale)
    return {**form["loss"], **options} if options else form["loss"]


def _maps(spec: Any) -> str | None:
    """Whether a loss asks for distance maps: then these are made once, and exact."""
    return EXACT if "boundary" in yaml.safe_dump(spec) else None
