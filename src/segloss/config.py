"""The parameters of the pipeline: params.yaml, read once and checked."""

from pathlib import Path
from typing import Any

import yaml

from segloss.errors import InputError

SECTIONS = ("scale", "data_root", "papers", "datasets", "evaluated", "scales", "losses", "protocols", "arms")


def load_params(path: Path = Path("params.yaml")) -> dict[str, Any]:
    """Read params.yaml.

    Raises:
        InputError: If the file is missing, is not YAML, lacks a section or names an unknown scale.
    """
    if not path.is_file():
        raise InputError(f"{path} was not found; run the command from the repository's root.")
    try:
        params = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from error
    missing = [section for section in SECTIONS if section not in (params or {})]
    if missing:
        raise InputError(f"{path} lacks the section {missing[0]}; expected {', '.join(SECTIONS)}.")
    if params["scale"] not in params["scales"]:
        raise InputError(f"{path}: scale is {params['scale']!r}, expected one of {', '.join(params['scales'])}.")
    return params


def entry(params: dict[str, Any], section: str, name: str) -> dict[str, Any]:
    """One named entry of a section, such as ``entry(params, "arms", "scd-dice")``.

    Raises:
        InputError: If there is no such entry.
    """
    if name not in params[section]:
        raise InputError(f"params.yaml has no {name!r} under {section}; it has {', '.join(params[section])}.")
    return params[section][name]


def scale_of(params: dict[str, Any], paper: str, dataset: str) -> dict[str, Any]:
    """What the scale in use makes of a paper's protocols, on one of its data sets."""
    scale = entry(params["scales"], params["scale"], paper)
    return {**scale, **scale.get("datasets", {}).get(dataset, {})}
