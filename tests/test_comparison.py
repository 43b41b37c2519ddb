"""The new metrics beside the committed ones."""

import subprocess
from pathlib import Path

import pandas as pd
import pytest

from segloss.comparison import compare_with_committed, differences

METRICS = Path("reports/metrics/phantom/kappa/scd.csv")
HEADER = "arm,fold,case,class,metric,value\n"
COMMITTED = HEADER + "dice,0,a,lesion,dice,0.90000\ndice,0,b,lesion,dice,0.80000\ndice,0,b,lesion,iou,\n"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one committed file of metrics, and the current directory in it."""
    monkeypatch.chdir(tmp_path)
    METRICS.parent.mkdir(parents=True)
    METRICS.write_text(COMMITTED)
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "Metrics"]):
        subprocess.run(["git", *command], check=True)
    return tmp_path


def test_an_unchanged_file_is_called_identical(clone, capsys):
    assert compare_with_committed("phantom") == 0
    assert "kappa/scd.csv: identical" in capsys.readouterr().out


def test_the_largest_difference_is_shown_with_its_place_and_is_no_error(clone, capsys):
    METRICS.write_text(COMMITTED.replace("0.80000", "0.77000").replace("0.90000", "0.91000"))
    assert compare_with_committed("phantom") == 0
    assert "dice: at most 0.03, at arm dice, fold 0, case b, class lesion" in capsys.readouterr().out


def test_a_missing_file_is_an_error(clone, capsys):
    METRICS.unlink()
    assert compare_with_committed("phantom") == 1
    assert "kappa/scd.csv: missing" in capsys.readouterr().out


def test_a_scale_without_committed_metrics_has_nothing_to_compare_with(clone, capsys):
    assert compare_with_committed("smoke") == 0
    assert "nothing to compare with" in capsys.readouterr().out


def test_rows_on_one_side_are_counted():
    old = pd.DataFrame({"arm": ["dice", "kappa"], "metric": ["dice", "dice"], "value": [0.5, 0.6]})
    assert differences(old, old.iloc[:1]) == ["1 rows only in the committed file"]


def test_a_value_defined_on_one_side_is_counted():
    old = pd.DataFrame({"arm": ["dice"], "metric": ["hausdorff_px"], "value": [float("nan")]})
    assert differences(old, old.assign(value=3.0)) == ["hausdorff_px: 1 values are defined in only one of the two"]


def test_equal_gaps_are_no_difference():
    old = pd.DataFrame({"arm": ["dice"], "metric": ["hausdorff_px"], "value": [float("nan")]})
    assert differences(old, old.copy()) == []


def test_a_history_is_compared_column_by_column():
    old = pd.DataFrame(
        {"arm": "dice", "fold": "0", "epoch": ["1", "2"], "loss": [0.5, 0.4], "validation_loss": [0.6, 0.5]}
    )
    new = old.assign(loss=[0.5, 0.1])
    assert differences(old, new) == ["loss: at most 0.3, at arm dice, fold 0, epoch 2"]


def test_other_columns_are_named():
    old = pd.DataFrame({"arm": ["dice"], "value": [1.0]})
    assert differences(old, old.rename(columns={"value": "score"})) == [
        "the columns are arm, score, committed are arm, value"
    ]


def test_rows_may_be_named_by_other_columns_of_text():
    old = pd.DataFrame({"loss": ["dice", "focal"], "share": ["0.5", "0.5"], "dice": [0.9, 0.8]})
    new = old.assign(dice=[0.9, 0.7])
    [line] = differences(old, new.iloc[::-1])
    assert line == "dice: at most 0.1, at loss focal, share 0.5"


def test_a_yes_that_became_a_no_is_a_difference_of_one():
    old = pd.DataFrame({"run": ["0", "1"], "still_falling": [True, False]})
    assert differences(old, old.assign(still_falling=[True, True])) == ["still_falling: at most 1, at run 1"]
