"""What benchmarks/growth.py measured, as tables and as a figure."""

from pathlib import Path

import matplotlib.pyplot as plt
import pages
import pandas as pd
from matplotlib.figure import Figure

from segloss.figures.style import BELOW, finish, new_figure, styled

LINEAR = 1.2  # a case may cost so much more where there are more of them
FLAT = 1.2  # so much more memory ten times as many cases may take


def per_case(rows: pd.DataFrame, quantity: str) -> pd.Series:
    """How much a quantity grows with each further case, by kind, stage and number of cases."""
    ordered = rows.sort_values("cases").set_index(["kind", "stage", "cases"])
    steps = ordered[quantity].groupby(level=["kind", "stage"]).diff()
    counts = ordered.index.get_level_values("cases").to_series(index=ordered.index)
    return (steps / counts.groupby(level=["kind", "stage"]).diff()).dropna()


@styled
def curves(rows: pd.DataFrame, where: str) -> Figure:
    """Processor time and memory of each stage over the number of cases."""
    body = new_figure(4.6)
    panels = body.subplots(2, 2, sharex="col", sharey="row", squeeze=False)
    for column, kind in zip(panels.T, ("pictures", "volumes"), strict=True):
        for stage, of_stage in rows[rows["kind"] == kind].groupby("stage", sort=False):
            column[0].plot(of_stage["cases"], of_stage["seconds"], marker="o", markersize=3, label=stage)
            column[1].plot(of_stage["cases"], of_stage["mib"], marker="o", markersize=3)
        column[0].set(xscale="log", yscale="log", title=kind.capitalize())
        sizes = sorted(rows.loc[rows["kind"] == kind, "cases"].unique())
        column[1].set(xlabel="cases", ylim=(0, None), xticks=sizes, xticklabels=[f"{cases:,}" for cases in sizes])
        column[1].minorticks_off()
    panels[0, 0].yaxis.set_major_formatter("{x:g}")
    panels[0, 0].set_ylabel("processor time (s)")
    panels[1, 0].set_ylabel("peak memory (MiB)")
    body.legend(*panels[0, 0].get_legend_handles_labels(), ncols=5, **BELOW)
    return finish(body, "What a stage costs, by number of cases", f"{where}. One data set, one fold, one epoch.")


def findings(rows: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """Whether time is linear and memory flat, for each kind, at its stage that is farthest from it."""
    found = []
    seconds = per_case(rows, "seconds")
    for kind, of_kind in rows.groupby("kind", sort=False):
        peaks = of_kind.pivot(index="stage", columns="cases", values="mib").dropna()
        if peaks.shape[1] > 2:
            steps = seconds[kind].unstack()
            ratios = steps.iloc[:, -1] / steps.iloc[:, -2]
            what = f"seconds of a further case, most / fewer {kind}"
            found.append((what, f"at most {LINEAR}: linear", f"{ratios.max():.2f}", str(ratios.idxmax())))
        if peaks.shape[1] > 1:
            ratios = peaks.iloc[:, -1] / peaks.iloc[:, -2]
            what = f"peak memory, {peaks.columns[-1]} / {peaks.columns[-2]} {kind}"
            found.append((what, f"at most {FLAT}: flat", f"{ratios.max():.2f}", str(ratios.idxmax())))
    return found


def write_report(folder: Path, rows: pd.DataFrame) -> None:
    """Write growth.md, growth.csv, growth.svg and growth.png."""
    where = pages.machine("cpu", 1)
    seconds, kib = per_case(rows, "seconds"), per_case(rows, "mib") * 1024
    cells = []
    for row in rows.itertuples():
        key = (row.kind, row.stage, row.cases)
        further = [f"{1000 * seconds[key]:.1f}", f"{kib[key]:.1f}"] if key in seconds else ["", ""]
        disk = f"{1024 * row.disk / row.cases:.1f}"
        cells.append(
            [
                row.kind,
                str(row.stage),
                str(row.cases),
                f"{row.seconds:.1f}",
                further[0],
                f"{row.mib:.0f}",
                further[1],
                disk,
            ]
        )
    heads = [
        "kind",
        "stage",
        "cases",
        "seconds",
        "ms per further case",
        "peak MiB",
        "KiB per further case",
        "KiB on disk per case",
    ]
    said = (
        "Each stage is a process of its own; seconds are processor time, of all its processes. A further case is one "
        "more than in the row with fewer cases: the start, which imports libraries, does not count."
    )
    folder.mkdir(parents=True, exist_ok=True)
    rows.round(4).to_csv(folder / "growth.csv", index=False, lineterminator="\n")
    with plt.rc_context({"svg.hashsalt": "growth"}):  # a fixed salt and no date: the same figure has the same bytes
        figure = curves(rows, where)
        figure.savefig(folder / "growth.svg", metadata={"Date": None})
        figure.savefig(folder / "growth.png", dpi=200, metadata={"Software": None})
    lines = [f"{said} {where}.", "", *pages.findings(findings(rows)), "", "![growth](growth.svg)", ""]
    pages.write(folder, "growth", "Time, memory and disk by number of cases", [*lines, *pages.table(heads, cells)])
