"""The prepare stage: from official files to arrays that a network takes, with a table of the cases."""

import csv
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from segloss.config import entry, scale_of
from segloss.data.case import Case, ExcludedError, Fault, Listing, Reader
from segloss.data.faults import contradictions, require_cases, warnings_of
from segloss.data.parallel import in_order
from segloss.data.prepared_files import RECORDS, PreparedFiles, content_fingerprint
from segloss.data.readers import READERS
from segloss.data.splits import evenly_spread, grouped, groups_of
from segloss.data.view import View
from segloss.errors import InputError
from segloss.paths import INVENTORY, PREPARED, PREPARING
from segloss.provenance import code_fingerprint, fingerprint, put_in_place, resumable_folder, write_json, written_file
from segloss.turns import one_at_a_time

COLUMNS = (
    "case",
    "subject",
    "fold",
    "shape",
    "spacing_mm",
    "prepared_shape",
    "foreground_share",
    "class_shares",
    "files",
)
PACKAGE = Path(__file__).parents[1]


@one_at_a_time("prepare")
def prepare(dataset: str, params: dict[str, Any]) -> None:
    """Write ``build/prepared/<dataset>``: images, labels, distance maps, cases and where they come from.

    Cases are worked on side by side and written one behind the other; an interrupted run goes on where it stopped.
    Absent data and too few cases are outcomes, told by ``status.json``.

    Raises:
        InputError: If the data set's files are corrupt or contradict each other; what is there stays as it was.
    """
    settings = entry(params, "datasets", dataset)
    scale = scale_of(params, settings["paper"], dataset)
    inventory = _inventory_of(dataset)
    split = scale.get("split", settings["split"])
    reader, view = READERS[settings["reader"]], View.of(settings["view"], scale)
    source = Path(params["data_root"]) / settings["folder"]
    listing = Listing()
    if inventory["present"]:
        listing = reader.find(source, settings["subset"])
        require_cases(listing, source, reader)
    stop_at_contradictions(listing, dataset, source)
    cases = [listing.cases[i] for i in evenly_spread(len(listing.cases), scale.get("max_cases"))]

    code = code_fingerprint(PACKAGE / "data", PACKAGE / "losses" / "distance_maps.py")
    begun = [settings["reader"], settings["subset"], listing.channels, listing.classes, [case.name for case in cases]]
    folder = resumable_folder(PREPARING / dataset, fingerprint(inventory, asdict(view), begun, code))
    with PreparedFiles(folder) as files:
        bar = tqdm(initial=len(files.records), total=len(cases), desc=f"prepare {dataset}", unit="case", disable=None)
        missing = cases[len(files.records) :]
        for record, arrays in in_order(lambda case: _prepared(case, reader, view, listing, source), missing):
            files.add(record, arrays)
            bar.update()
        bar.close()
        records = [record for record in files.records if "excluded" not in record]
        excluded = [Fault(**record["excluded"]) for record in files.records if "excluded" in record]

    subjects, parts = [record["subject"] for record in records], [record["part"] for record in records]
    groups = grouped(subjects, parts, split) if records else []
    outcome, reason = _outcome(inventory, groups, groups_of(split), settings, reader)
    if records:
        _write_table(folder / "cases.csv", records, groups)
    left_out = [fault for fault in (*listing.faults, *excluded) if fault.kind == "left_out"]
    warnings = [fault for fault in listing.faults if fault.kind == "warning"]
    warnings += [Fault(**warning) for record in records for warning in record["warnings"]]
    provenance = {
        "dataset": dataset,
        "title": settings["title"],
        "kind": _kind(inventory, params["scale"], len(records), settings["paper_cases"]),
        "scale": params["scale"],
        "cases": len(records),
        "left_out": [_as_record(fault, source) for fault in left_out],
        "warnings": [_as_record(fault, source) for fault in warnings],
        "grey_masks": sum(record["grey_mask"] for record in records),
        "image_size": view.image_size,
        "view": asdict(view),
        "channels": listing.channels,
        "classes": listing.classes,
        "groups": groups_of(split),
        "source_fingerprint": inventory["fingerprint"],
        "fingerprint": content_fingerprint(folder) if records else None,
    }
    write_json(folder / "provenance.json", provenance)
    write_json(folder / "status.json", {"outcome": outcome, "reason": reason})
    (folder / RECORDS).unlink()
    put_in_place(folder, PREPARED / dataset)
    print(
        f"{dataset}: {outcome}, {len(records)} of {len(records) + len(left_out)} cases, "
        f"{provenance['grey_masks']} grey masks. "
        f"{reason}".rstrip()
    )


def stop_at_contradictions(listing: Listing, dataset: str, folder: Path) -> None:
    """Raise the first contradiction of a listing, saying how many more there are."""
    stops = [fault for fault in (*listing.faults, *contradictions(listing)) if fault.kind == "stop"]
    if stops:
        more = f" ({len(stops) - 1} more: python -m segloss check {dataset} '{folder}')" if len(stops) > 1 else ""
        raise InputError(f"{stops[0].reason}{more}")


def _prepared(
    case: Case, reader: Reader, view: View, listing: Listing, source: Path
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Record and arrays of a case; of one that the study leaves out, the reason and no array."""
    try:
        sample = reader.read(case)
    except ExcludedError as error:
        return {"excluded": asdict(Fault(case.name, str(error), "left_out"))}, {}
    try:
        arrays = view.prepare(sample, len(listing.classes))
    except InputError as error:
        raise InputError(f"{case.images[0]}: {error}") from error
    labels = arrays["labels"]
    shares = [float((labels == label).mean()) for label in range(1, len(listing.classes) + 1)]
    record = {
        "case": case.name,
        "subject": case.subject,
        "part": case.part,
        "shape": "x".join(map(str, sample.labels.shape)),
        "spacing_mm": "x".join(f"{mm:g}" for mm in sample.spacing_mm or ()),
        "prepared_shape": "x".join(map(str, labels.shape)),
        "foreground_share": f"{sum(shares):.5f}",
        "class_shares": ";".join(f"{share:.6f}" for share in shares),
        "files": ";".join(f.relative_to(source).as_posix() for f in dict.fromkeys(case.images + case.labels)),
        "grey_mask": sample.grey_mask,
        "warnings": [asdict(warning) for warning in warnings_of(case, sample)],
    }
    # Volumes differ in shape, so they are stored flat; their prepared shape gives it back.
    return record, {name: a.reshape(-1) for name, a in arrays.items()} if view.kind == "volumes" else arrays


def _write_table(path: Path, records: list[dict[str, Any]], groups: list[int]) -> None:
    with written_file(path) as stream:
        table = csv.DictWriter(stream, COLUMNS, extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows({**record, "fold": group} for record, group in zip(records, groups, strict=True))


def _outcome(
    inventory: dict[str, Any], groups: list[int], wanted: int, settings: dict[str, Any], reader: Reader
) -> tuple[str, str]:
    if not inventory["present"]:
        return "absent", f"The folder {settings['folder']} has no files; expected {reader.expects}."
    missing = wanted - len(set(groups))
    if missing:
        return "too few cases", f"{missing} of the {wanted} parts of the split have no subject, expected one in each."
    return "done", ""


def _kind(inventory: dict[str, Any], scale: str, cases: int, paper_cases: int) -> str:
    if not inventory["present"]:
        return "absent"
    if inventory["phantom"]:
        return "phantom"
    return "paper" if scale == "paper" and cases == paper_cases else "subset"


def _as_record(fault: Fault, folder: Path) -> dict[str, str]:
    # Where the data lie on this machine is nobody's business in a report.
    return {
        "case": fault.case,
        "reason": fault.reason.replace(f"{folder}{os.sep}", "").replace(str(folder), folder.name),
    }


def _inventory_of(dataset: str) -> dict[str, Any]:
    path = INVENTORY / f"{dataset}.json"
    if not path.is_file():
        raise InputError(f"{path} is missing; run `python -m segloss inventory <data root>` first.")
    return json.loads(path.read_text(encoding="utf-8"))
