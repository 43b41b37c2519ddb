"""Hold new metrics against the committed ones: whoever runs this replicates the replication."""

import io
from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from segloss.commands import git
from segloss.paths import REPORTS

# What names a row, as does every column of text; the others are numbers to compare.
KEYS = ("run", "seed", "arm", "fold", "case", "class", "metric", "epoch", "phase", "setting", "share", "step", "bin")


def compare_with_committed(scale: str) -> int:
    """Print, per metrics file of a scale, whether it equals the committed one, else the largest differences.

    Returns:
        0, or 1 if a committed file is missing. Differences are no error: processors round differently.
    """
    folder = REPORTS / "metrics" / scale
    committed = git("ls-tree", "-r", "--name-only", "HEAD", "--", folder.as_posix()).split()
    committed = [name for name in committed if name.endswith(".csv")]
    if not committed:
        print(f"No committed metrics at the scale {scale}: nothing to compare with.")
        return 0
    print(f"Your metrics at the scale {scale} against the committed ones:")
    missing = identical = 0
    for name in committed:
        label = Path(name).relative_to(folder).as_posix()
        if not Path(name).is_file():
            missing += 1
            print(f"  {label}: missing, although it is committed")
            continue
        lines = differences(read(io.StringIO(git("show", f"HEAD:{name}"))), read(name))
        identical += not lines
        print(f"  {label}: " + ("identical" if not lines else "differs"))
        for line in lines:
            print(f"    {line}")
    if missing:
        print(f"{missing} of {len(committed)} files are missing: that run did not finish.")
        return 1
    if identical == len(committed):
        print(f"All {identical} files are identical: you have replicated the replication.")
    else:
        print(
            f"{identical} of {len(committed)} files are identical. Another processor rounds differently, and "
            "training enlarges that: compare the differences with the spread that the report shows."
        )
    return 0


def read(source: str | io.StringIO) -> pd.DataFrame:
    """Read metrics; what names a row stays text."""
    return pd.read_csv(source, dtype=dict.fromkeys(KEYS, str))


def differences(old: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """One line per metric that differs: the largest absolute difference and where; empty if there is none."""
    keys = [column for column in old.columns if column in KEYS or not is_numeric_dtype(old[column])]
    if list(old.columns) != list(new.columns):
        return [f"the columns are {', '.join(new.columns)}, committed are {', '.join(old.columns)}"]
    values = [column for column in old.columns if column not in keys]
    both = old.merge(new, on=keys, how="outer", suffixes=("_old", "_new"), indicator="side")
    lines = [
        f"{count} rows only in {where}"
        for side, where in (("left_only", "the committed file"), ("right_only", "yours"))
        if (count := int((both["side"] == side).sum()))
    ]
    matched = both[both["side"] == "both"]
    for metric, rows in matched.groupby("metric") if "metric" in keys else [(None, matched)]:
        for column in values:
            before, after = (rows[f"{column}_{side}"].astype(float) for side in ("old", "new"))
            gap = (after - before).abs()
            if gap.max() > 0:
                place = _place(rows.loc[gap.idxmax()], keys)
                lines.append(f"{metric or column}: at most {gap.max():.2g}, at {place}")
            one_sided = int((before.isna() != after.isna()).sum())
            if one_sided:
                lines.append(f"{metric or column}: {one_sided} values are defined in only one of the two")
    return lines


def _place(row: pd.Series, keys: list[str]) -> str:
    shown = [f"{key} {row[key]}" for key in keys if key != "metric" and not pd.isna(row[key])]
    return ", ".join(shown)
