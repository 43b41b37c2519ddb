"""What each arm costs: measured once per data set and protocol, then multiplied by its numbers of items and epochs."""

import re
import tempfile
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from segloss.config import entry, scale_of
from segloss.data.catalogue import catalogue
from segloss.data.prepared import PreparedSlices, PreparedVolumes, read_prepared
from segloss.data.view import View
from segloss.errors import InputError
from segloss.paths import PREPARED
from segloss.plan.drawing import draw
from segloss.plan.measuring import Cost, Size, measure, size_of
from segloss.side_by_side import CallFailed, end_all, in_own_process
from segloss.training.settings import Settings

IMPORTS = ("segloss.training.folds", "torch._dynamo")


class Estimate(NamedTuple):
    """Of an arm: trainings, seconds of all of them together, most memory of one, bytes on disk."""

    runs: int
    seconds: float
    memory_bytes: int
    disk_bytes: int


def estimates(params: dict[str, Any], arms: Collection[str], at_once: int) -> dict[str, Estimate]:
    """What arms cost at the scale of ``params``, on this device.

    Arms that differ in the loss alone are measured together: the first stands for all.

    Args:
        params: The parameters of the pipeline, with the scale that is planned.
        arms: Their names.
        at_once: How many are measured, and later trained, at the same time: they share the machine's memory.

    Raises:
        InputError: If a data set was never prepared, or a protocol cannot be measured.
    """
    first: dict[tuple[str, str], str] = {}
    for arm in arms:
        first.setdefault(_kind(params, arm), arm)
    with ThreadPoolExecutor(at_once) as pool:
        try:
            found = list(pool.map(partial(_measured, params), first.values()))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise
    costs = dict(zip(first, found, strict=True))
    return {arm: _estimate(params, arm, *costs[_kind(params, arm)]) for arm in arms}


def cases_factor(params: dict[str, Any], dataset: str) -> float:
    """How many times as many cases a data set has at the scale as it has where it is prepared.

    Only the papers' own scale has a known number: that of the paper.
    """
    data = _prepared(dataset)
    paper_cases = entry(params, "datasets", dataset)["paper_cases"]
    return paper_cases / len(data.rows) if params["scale"] == "paper" and paper_cases else 1.0


def items_factor(params: dict[str, Any], dataset: str) -> float:
    """As ``cases_factor``, but of slices, where the catalogue says how many a scan has."""
    data, factor = _prepared(dataset), cases_factor(params, dataset)
    known = catalogue().get(dataset)
    depth = re.search(r"\d+x\d+x(\d+)(?:-(\d+))?", known.size if known else "")
    if depth is None or params["scale"] != "paper" or isinstance(data, PreparedVolumes):
        return factor
    slices = [float(number) for number in depth.groups() if number]
    return factor * sum(slices) / len(slices) * len(data.rows) / len(data.case_of)


def view_of(params: dict[str, Any], dataset: str) -> View:
    """What networks see of a data set at the scale."""
    settings = entry(params, "datasets", dataset)
    return View.of(settings["view"], scale_of(params, settings["paper"], dataset))


def _kind(params: dict[str, Any], arm: str) -> tuple[str, str]:
    names = entry(params, "arms", arm)
    return names["dataset"], names["protocol"]


def _prepared(dataset: str) -> PreparedSlices | PreparedVolumes:
    folder = PREPARED / dataset
    if not (folder / "cases.csv").is_file():
        raise InputError(
            f"{folder} has no cases, expected some: run `dvc pull data.dvc` and `dvc repro prepare` first."
        )
    return read_prepared(folder)


def _measured(params: dict[str, Any], arm: str) -> tuple[Cost, Size]:
    """What a fold costs, and of how many items that is true."""
    names, settings = entry(params, "arms", arm), Settings.of(params, arm)
    data = _prepared(names["dataset"])
    try:
        if data.provenance.get("scale") == params["scale"]:
            return in_own_process(partial(measure, data.folder.resolve(), settings), IMPORTS), size_of(data, settings)
        view = view_of(params, names["dataset"])
        with tempfile.TemporaryDirectory() as folder:
            draw(Path(folder), data, view, settings)
            size = size_of(read_prepared(Path(folder)), settings)
            return in_own_process(partial(measure, Path(folder), settings), IMPORTS), size
    except CallFailed as reason:
        raise InputError(f"{arm} cannot be measured here: {reason}.") from None


def _estimate(params: dict[str, Any], arm: str, cost: Cost, measured: Size) -> Estimate:
    names, settings = entry(params, "arms", arm), Settings.of(params, arm)
    here, factor = size_of(_prepared(names["dataset"]), settings), items_factor(params, names["dataset"])
    trained, predicted = here.trained * factor, here.predicted * factor
    epochs = settings.epochs_for(round(trained))
    longer, more = trained / measured.trained, predicted / measured.predicted
    fold_s = cost.once_s * more + epochs * cost.epoch_s * longer
    disk = settings.folds * (cost.weights_bytes + cost.predictions_bytes * more)
    return Estimate(settings.folds, cost.first_s + settings.folds * fold_s, cost.memory_bytes, round(disk))
