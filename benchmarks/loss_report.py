"""What benchmarks/losses.py measured, as tables and as a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from segloss.figures.style import finish, new_figure, styled

FLOOR, OURS, PLAIN = "softmax", "ours", "plain formula"
NOT_PEERS = (FLOOR, OURS, PLAIN)
MEASURES = {"ms": "time", "MiB": "memory"}
GOALS = {"ms": {"cross_entropy": 1.05}, "MiB": {}}  # of the fastest, of the smallest peer; 1.0 for the rest


def ratios(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per loss and shape: ours over the best counted peer, over the plain formula, over the floor.

    Args:
        rows: loss, shape, implementation, note, counted, family, ms, MiB.
    """
    table = []
    for (loss, shape), group in rows.groupby(["loss", "shape"], sort=False):
        ours = group[group["implementation"] == OURS].iloc[0]
        peers = group[group["counted"] & ~group["implementation"].isin(NOT_PEERS)]
        row = {
            "loss": loss,
            "shape": shape,
            "family": ours["family"],
            "peer": ", ".join(peers["implementation"].unique()),
        }
        for measure in MEASURES:
            best = peers[measure].min()
            others = {"peer": best, **{name: _value(group, name, measure) for name in (PLAIN, FLOOR)}}
            row |= {f"{measure}/{name}": ours[measure] / value for name, value in others.items()}
        table.append(row)
    return pd.DataFrame(table)


def _value(group: pd.DataFrame, name: str, measure: str) -> float:
    found = group.loc[group["implementation"] == name, measure]
    return found.iloc[0] if len(found) else float("nan")


def goals(table: pd.DataFrame) -> list[str]:
    """The Markdown table of what was to be reached and what was reached."""
    lines = ["| goal | median | worst | where | misses |", "| --- | ---: | ---: | --- | --- |"]
    for measure, word in MEASURES.items():
        compared = table.dropna(subset=[f"{measure}/peer"])
        if compared.empty:
            continue
        limit = compared["loss"].map(GOALS[measure]).fillna(1.0)
        lines.append(
            _goal(
                f"{word}, of the best peer: at most 1.0 (cross entropy 1.05 in time), median 0.6",
                compared,
                f"{measure}/peer",
                limit,
            )
        )
    region = table[(table["family"] == "region") & (table["loss"] != "lovasz_softmax")]
    if len(region):
        lines.append(_goal("time of region losses, of the floor: at most 1.5", region, f"ms/{FLOOR}", 1.5))
    return lines


def _goal(what: str, rows: pd.DataFrame, column: str, limit: pd.Series | float) -> str:
    worst = rows.loc[rows[column].idxmax()]
    misses = rows[rows[column].round(2) > limit]
    named = ", ".join(
        f"{row.loss} {row.shape} ({value:.2f})" for row, value in zip(misses.itertuples(), misses[column], strict=True)
    )
    cells = [
        what,
        f"{rows[column].median():.2f}",
        f"{worst[column]:.2f}",
        f"{worst['loss']}, {worst['shape']}",
        named or "none",
    ]
    return f"| {' | '.join(cells)} |"


def summary(table: pd.DataFrame, absent: Mapping[str, Sequence[str]]) -> list[str]:
    """One line per loss: lowest to highest ratio over the shapes; ``absent`` names the missing peers of each loss."""
    columns = {
        "time / peer": "ms/peer",
        "memory / peer": "MiB/peer",
        "time / plain": f"ms/{PLAIN}",
        "memory / plain": f"MiB/{PLAIN}",
        "time / softmax": f"ms/{FLOOR}",
        "memory / softmax": f"MiB/{FLOOR}",
    }
    lines = [f"| loss | peer | {' | '.join(columns)} |", "| --- | --- |" + " ---: |" * len(columns)]
    for loss, group in table.groupby("loss", sort=False):
        cells = [_range(group[column]) for column in columns.values()]
        names = [max(group["peer"], key=len), *(f"{library} (missing)" for library in absent.get(str(loss), ()))]
        lines.append(f"| {loss} | {', '.join(filter(None, names)) or '–'} | {' | '.join(cells)} |")
    return lines


def _range(values: pd.Series) -> str:
    low, high = values.min(), values.max()
    if pd.isna(low):
        return "–"
    return f"{low:.2f}" if round(low, 2) == round(high, 2) else f"{low:.2f} to {high:.2f}"


def details(rows: pd.DataFrame) -> list[str]:
    """One Markdown table per shape: every implementation's median time and peak memory."""
    lines = []
    for shape, group in rows.groupby("shape", sort=False):
        lines += [f"### {shape}", "", "| loss | implementation | time, ms | memory, MiB | rounds |"]
        lines.append("| --- | --- | ---: | ---: | ---: |")
        for row in group.itertuples():
            name = row.implementation + (f" ({row.note})" if row.note else "")
            lines.append(f"| {row.loss} | {name} | {row.ms:.1f} | {row.MiB:.1f} | {row.rounds} |")
        lines.append("")
    return lines


@styled
def dot_plot(table: pd.DataFrame, where: str) -> Figure:
    """Ratios of time and memory to the best peer, one row per loss, one dot per shape."""
    shown = table.dropna(subset=["ms/peer"])
    losses = list(dict.fromkeys(shown["loss"]))
    figure = new_figure(1.5 + 0.3 * len(losses))
    panels = figure.subplots(1, len(MEASURES), sharey=True)
    for axes, (measure, word) in zip(panels, MEASURES.items(), strict=True):
        axes.axvline(1, color="#888888", linewidth=0.8)
        axes.axvline(0.6, color="#888888", linewidth=0.8, linestyle=":")
        for marker, (shape, group) in zip("osD^vP", shown.groupby("shape", sort=False), strict=False):
            heights = group["loss"].map(losses.index)
            axes.plot(group[f"{measure}/peer"], heights, marker, markersize=5, alpha=0.9, label=shape)
        axes.set(title=f"{word}, ours / best peer", xscale="log", ylim=(len(losses) - 0.4, -0.6))
        ticks = [
            tick for tick in (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 1.0, 1.5) if tick >= shown[f"{measure}/peer"].min() / 1.5
        ]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.xaxis.minorticks_off()
    panels[0].set_yticks(range(len(losses)), [loss.replace("_plus_", " + ").replace("_", " ") for loss in losses])
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    return finish(
        figure, "Losses beside the best peer: forward + backward", f"{where}. Line: the peer; dotted: 0.6 of it."
    )


def save(rows: pd.DataFrame, text: str, where: str, folder: Path, name: str) -> None:
    """Write name.md, name.csv, and name.svg and .png if any loss has a peer."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    rows.to_csv(folder / f"{name}.csv", index=False, float_format="%.4g", lineterminator="\n")
    table = ratios(rows)
    if table["ms/peer"].notna().any():
        figure = dot_plot(table, where)
        with plt.rc_context({"svg.hashsalt": name}):  # a fixed salt and no date: the same figure has the same bytes
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        figure.savefig(folder / f"{name}.png", dpi=200, metadata={"Software": None})
        plt.close(figure)


def missing_lines(missing: Mapping[str, str]) -> list[str]:
    """A line for each peer that could not be imported."""
    return [
        f"- **{library} is missing**: {reason}. None of its losses was measured." for library, reason in missing.items()
    ]
