"""The prepare stage: from official files to arrays of one size, with a table of the cases."""

import csv
import json
import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from tqdm import tqdm

from segloss.config import entry, scale_of
from segloss.data.case import Case, Fault, Listing, Reader, Sample
from segloss.data.readers import READERS
from segloss.data.resizing import resize_image, resize_mask
from segloss.data.splits import evenly_spread, thirds
from segloss.errors import InputError
from segloss.paths import INVENTORY, PREPARED
from segloss.provenance import fingerprint, write_json, written_aside

COLUMNS = ("case", "subject", "fold", "height", "width", "spacing_mm", "foreground_share", "files")
FEWEST_SUBJECTS = 3


def prepare(dataset: str, params: dict[str, Any]) -> None:
    """Write ``build/prepared/<dataset>``: images, labels, cases and where they come from.

    Absent data and too few cases are outcomes, told by ``status.json``.

    Raises:
        InputError: If the data set's files are corrupt or contradict each other; nothing is written then.
    """
    settings = entry(params, "datasets", dataset)
    inventory = _inventory_of(dataset)
    reader = READERS[settings["reader"]]
    folder = Path(params["data_root"]) / settings["folder"]
    listing = reader.find(folder, settings["subset"]) if inventory["present"] else Listing()
    stop_at_contradictions(listing, dataset, folder)
    scale = scale_of(params)
    cases = [listing.cases[i] for i in evenly_spread(len(listing.cases), scale["max_cases"])]
    size = min(settings["image_size"], scale["max_image_size"] or settings["image_size"])
    outcome, reason = _outcome(inventory, cases, settings["folder"], reader)

    with written_aside(PREPARED / dataset) as aside:
        warnings: list[Fault] = []
        grey_masks, content = 0, None
        if outcome == "done":
            warnings, grey_masks = _write_arrays(aside, cases, reader, size, folder, dataset)
            content = fingerprint(*(aside / name for name in ("cases.csv", "images.npy", "labels.npy")))
        left_out = [fault for fault in listing.faults if fault.kind == "left_out"]
        provenance = {
            "dataset": dataset,
            "title": settings["title"],
            "kind": _kind(inventory, params["scale"], len(cases), settings["paper_cases"]),
            "scale": params["scale"],
            "cases": len(cases),
            "left_out": [_as_record(fault, folder) for fault in left_out],
            "warnings": [_as_record(fault, folder) for fault in warnings],
            "grey_masks": grey_masks,
            "image_size": size,
            "source_fingerprint": inventory["fingerprint"],
            "fingerprint": content,
        }
        write_json(aside / "provenance.json", provenance)
        write_json(aside / "status.json", {"outcome": outcome, "reason": reason})
    print(f"{dataset}: {outcome}, {len(cases)} cases, {len(left_out)} left out, {grey_masks} grey masks. {reason}")


def stop_at_contradictions(listing: Listing, dataset: str, folder: Path) -> None:
    """Raise the first contradiction of a listing, saying how many more there are."""
    stops = [fault for fault in listing.faults if fault.kind == "stop"]
    if stops:
        more = f" ({len(stops) - 1} more: python -m segloss check {dataset} '{folder}')" if len(stops) > 1 else ""
        raise InputError(f"{stops[0].reason}{more}")


def warnings_of(case: Case, sample: Sample) -> list[Fault]:
    """What is odd about a case that is kept."""
    if sample.labels.any():
        return []
    reason = f"{case.labels[0]}: the mask has no foreground, expected some; the case is kept."
    return [Fault(case.name, reason, "warning")]


def _write_arrays(
    aside: Path, cases: list[Case], reader: Reader, size: int, folder: Path, dataset: str
) -> tuple[list[Fault], int]:
    warnings: list[Fault] = []
    grey_masks = 0
    folds = thirds([case.subject for case in cases])
    # Streams, not arrays or memory maps: one case is in memory at a time, however many there are.
    with (
        (aside / "images.npy").open("wb") as images,
        (aside / "labels.npy").open("wb") as labels,
        (aside / "cases.csv").open("w", newline="", encoding="utf-8") as stream,
    ):
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(COLUMNS)
        for index, case in enumerate(tqdm(cases, desc=f"prepare {dataset}", unit="case", disable=None)):
            sample = reader.read(case)
            if index == 0:
                _start_array(images, (len(cases), len(sample.image), size, size))
                _start_array(labels, (len(cases), size, size))
            label = resize_mask(sample.labels, size)
            images.write(resize_image(sample.image, size).tobytes())
            labels.write(label.tobytes())
            warnings += warnings_of(case, sample)
            grey_masks += sample.grey_mask
            table.writerow(_row(case, sample, folds[index], float(label.mean()), folder))
    return warnings, grey_masks


def _start_array(stream: BinaryIO, shape: tuple[int, ...]) -> None:
    np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _row(case: Case, sample: Sample, fold: int, foreground_share: float, folder: Path) -> list[str]:
    height, width = sample.labels.shape
    spacing = "x".join(f"{mm:g}" for mm in sample.spacing_mm or ())
    files = ";".join(file.relative_to(folder).as_posix() for file in case.images + case.labels)
    return [case.name, case.subject, str(fold), str(height), str(width), spacing, f"{foreground_share:.5f}", files]


def _outcome(inventory: dict[str, Any], cases: list[Case], folder: str, reader: Reader) -> tuple[str, str]:
    if not inventory["present"]:
        return "absent", f"The folder {folder} has no files; expected {reader.expects}."
    subjects = len({case.subject for case in cases})
    if subjects < FEWEST_SUBJECTS:
        return "too few cases", f"{subjects} subjects, expected at least {FEWEST_SUBJECTS}: one for each third."
    return "done", ""


def _kind(inventory: dict[str, Any], scale: str, cases: int, paper_cases: int) -> str:
    if not inventory["present"]:
        return "absent"
    if inventory["phantom"]:
        return "phantom"
    return "paper" if scale == "paper" and cases == paper_cases else "subset"


def _as_record(fault: Fault, folder: Path) -> dict[str, str]:
    # Where the data lie on this machine is nobody's business in a report.
    return {"case": fault.case, "reason": fault.reason.replace(f"{folder}{os.sep}", "")}


def _inventory_of(dataset: str) -> dict[str, Any]:
    path = INVENTORY / f"{dataset}.json"
    if not path.is_file():
        raise InputError(f"{path} is missing; run `python -m segloss inventory <data root>` first.")
    return json.loads(path.read_text(encoding="utf-8"))
