"""The report on the phantoms: every data set in a montage, a table of what they hold, and augmented cases."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from segloss.config import load_params
from segloss.data.case import IGNORED, ExcludedError, Listing, Sample
from segloss.data.checking import ranges
from segloss.data.inventory import DATA, describe
from segloss.data.readers import READERS
from segloss.data.splits import evenly_spread
from segloss.data.view import View
from segloss.figures import contact_sheet, montage
from segloss.figures.style import placeholder
from segloss.paths import GALLERY
from segloss.provenance import code_fingerprint, fingerprint, write_json, written_aside
from segloss.report import Report

CODE = Path(__file__).parent / "data" / "phantoms"
WHOLE = ("all", "enhancing")
LARGEST_PX = 96
SEED = 1
# Phantoms have few pixels: more of them on the page show nothing new.
DPI = 110
WITHOUT_DATA = "The full run shows phantoms here: `dvc pull data.dvc` and `python -m segloss gallery` make them."


class Gallery:
    """The phantoms of a project.

    Args:
        project: The folder of params.yaml.
        report: What the notebook saves through; its provenances name the data sets.
    """

    def __init__(self, project: Path | str, report: Report) -> None:
        self.params, self.report, self.data = load_params(Path(project, "params.yaml")), report, Path(project, DATA)

    def show(self, dataset: str, cases: int = 4, reader: str | None = None) -> None:
        """Show and save a montage of a few cases, perhaps as another reader of the same files sees them."""
        settings = self.params["datasets"][dataset]
        if not self.data.is_dir():
            return self._say_why_none(settings["title"], dataset)
        reader = reader or settings["reader"]
        listing = self._listing(dataset, reader)
        samples, clip = self.samples(dataset, cases, reader), settings["view"].get("clip")
        if clip:  # as networks see them: without it, bone and air leave one grey to all organs
            samples = {name: replace(sample, image=sample.image.clip(*clip)) for name, sample in samples.items()}
        figure = montage(samples, f"{settings['title']}: phantoms", listing.channels, listing.classes)
        caption = f"{cases} of {len(listing.cases)} phantoms of {settings['title']}, with the borders of the classes."
        self.report.save_figure(figure, dataset, caption, [dataset], dpi=DPI)

    def show_augmented(self, dataset: str, protocol: str, cases: int = 3) -> None:
        """Show and save a contact sheet of a few cases as a protocol augments them."""
        settings, amounts = self.params["datasets"][dataset], self.params["augmentations"][protocol]
        name = f"augmented-{protocol.replace('_', '-')}"
        if not self.data.is_dir():
            return self._say_why_none(settings["title"], name)
        view = View.of(settings["view"], {"max_image_size": LARGEST_PX})
        classes = len(self._listing(dataset, settings["reader"]).classes)
        prepared = [view.prepare(sample, classes) for sample in self.samples(dataset, cases).values()]
        images, labels = zip(*(_as_network_gets_it(arrays, view) for arrays in prepared), strict=True)
        title = f"{settings['title']} phantoms as {protocol} augments them"
        figure = contact_sheet(_centres(images), _centres(labels), amounts, SEED, title=title)
        caption = f"Phantoms of {settings['title']}, and the same under the augmentation of {protocol}."
        self.report.save_figure(figure, name, caption, [dataset], dpi=DPI)

    def samples(self, dataset: str, cases: int, reader: str | None = None) -> dict[str, Sample]:
        """A few of the cases that are not left out, spread evenly over the list, by name."""
        reader = reader or self.params["datasets"][dataset]["reader"]
        read = dict(self._read(self._listing(dataset, reader), reader))
        names = list(read)
        return {names[index]: read[names[index]] for index in evenly_spread(len(names), cases)}

    def table(self) -> pd.DataFrame:
        """What the phantoms hold: cases, channels, sizes, spacing, classes and how much of a case each covers."""
        if not self.report.datasets:
            return pd.DataFrame({"data set": [WITHOUT_DATA]})
        return pd.DataFrame([self._facts(name) for name in self.report.datasets])

    def _say_why_none(self, title: str, name: str) -> None:
        self.report.save_figure(placeholder(f"{title}: phantoms", WITHOUT_DATA), name, WITHOUT_DATA, ())

    def _facts(self, dataset: str) -> dict[str, str]:
        reader = self.params["datasets"][dataset]["reader"]
        listing = self._listing(dataset, reader)
        subject_of = {case.name: case.subject for case in listing.cases}
        subjects, shapes, spacings, shares = set(), [], [], []
        for name, sample in self._read(listing, reader):
            subjects.add(subject_of[name])
            shapes.append(sample.labels.shape)
            spacings.append(sample.spacing_mm or ())
            shares.append([float((sample.labels == label).mean()) for label in range(1, len(listing.classes) + 1)])
        classes = zip(listing.classes, np.array(shares).T, strict=True)
        return {
            "data set": self.params["datasets"][dataset]["title"],
            "cases": str(len(shapes)),
            "subjects": str(len(subjects)),
            "channels": ", ".join(listing.channels),
            "size": ranges(shapes, "{:.0f}"),
            "spacing, mm": ranges(spacings, "{:.3g}") if all(spacings) else "none",
            "class: share of a case": "; ".join(f"{n}: {s.min():.2%} to {s.max():.2%}" for n, s in classes),
        }

    def _listing(self, dataset: str, reader: str) -> Listing:
        settings = self.params["datasets"][dataset]
        return READERS[reader].find(self.data / settings["folder"], settings["subset"])

    @staticmethod
    def _read(listing: Listing, reader: str) -> Iterator[tuple[str, Sample]]:
        for case in listing.cases:
            # A case that the study leaves out by its content is left out here too.
            with suppress(ExcludedError):
                yield case.name, READERS[reader].read(case)


def write_provenances(params: dict[str, Any], folder: Path = GALLERY) -> None:
    """Write ``<dataset>-provenance.json`` for every phantom data set: one for each folder below ``data``."""
    with written_aside(folder) as aside:
        for dataset, settings in params["datasets"].items():
            found = describe(DATA / settings["folder"])
            if settings["subset"] in WHOLE and found["phantom"]:
                listing = READERS[settings["reader"]].find(DATA / settings["folder"], settings["subset"])
                prints = {
                    "data": found["fingerprint"],
                    "code": code_fingerprint(CODE),
                    "parameters": fingerprint(settings),
                }
                facts = {"title": settings["title"], "kind": "phantom", "cases": len(listing.cases)}
                write_json(aside / f"{dataset}-provenance.json", {**facts, "fingerprints": prints})


def _centres(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The middle parts of the largest size that all arrays have, as one array."""
    sizes = np.min([array.shape for array in arrays], axis=0)
    starts = (np.array(array.shape) - sizes for array in arrays)
    parts = ([slice(gap // 2, gap // 2 + size) for gap, size in zip(gaps, sizes, strict=True)] for gaps in starts)
    return np.stack([array[tuple(part)] for array, part in zip(arrays, parts, strict=True)])


def _as_network_gets_it(arrays: dict[str, np.ndarray], view: View) -> tuple[np.ndarray, np.ndarray]:
    """The slice with the most foreground, or the whole volume."""
    images, labels = arrays["images"], arrays["labels"]
    if view.kind == "slices":
        fullest = int((labels > 0).sum(axis=(1, 2)).argmax())
        images, labels = images[fullest], labels[fullest]
    return images.astype(np.float32) / (255 if images.dtype == np.uint8 else 1), np.where(labels == IGNORED, 0, labels)
