"""What the committed reports have to hold to."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SUMMARIES = sorted((ROOT / "reports/metrics/phantom").glob("*/*-summary.json"))
SKIN = [path for path in SUMMARIES if path.parent.name == "kappa"]
SMALL = [path for path in SUMMARIES if path.parent.name in ("topk_dice", "boundary")]
# On these phantoms some losses are meant to fail; data sets without phantoms have an empty summary.
IMBALANCED = [path for path in SUMMARIES if path not in SKIN + SMALL and json.loads(path.read_text("utf-8"))]
TRIVIAL = {"predict_nothing", "predict_everything", "mean_training_mask"}


@pytest.mark.parametrize("path", SKIN, ids=lambda path: path.name)
def test_no_arm_is_at_the_ceiling_or_the_floor_on_the_phantoms(path: Path) -> None:
    dice = {arm: means["dice"] for arm, means in json.loads(path.read_text("utf-8")).items() if arm not in TRIVIAL}
    assert dice
    assert {arm: value for arm, value in dice.items() if not 0.6 <= value <= 0.95} == {}


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.name)
def test_every_arm_on_small_structures_beats_the_trivial_answers_and_makes_mistakes(path: Path) -> None:
    means = {arm: values["dice"] for arm, values in json.loads(path.read_text("utf-8")).items()}
    trained = {arm: value for arm, value in means.items() if arm not in TRIVIAL}
    floor = max(means[arm] for arm in TRIVIAL)
    assert trained
    assert {arm: value for arm, value in trained.items() if not floor < value <= 0.95} == {}


@pytest.mark.parametrize("path", IMBALANCED, ids=lambda path: path.name)
def test_some_loss_beats_the_trivial_answers_on_imbalanced_phantoms_and_none_is_perfect(path: Path) -> None:
    means = {arm: values["dice"] for arm, values in json.loads(path.read_text("utf-8")).items()}
    best = max(value for arm, value in means.items() if arm not in TRIVIAL)
    assert max(means[arm] for arm in TRIVIAL) < best <= 0.97


def test_numbers_quoted_from_the_run_on_real_images_stand_in_its_tables() -> None:
    text = (ROOT / "docs/real-images.md").read_text(encoding="utf-8")
    tables = "\n".join(path.read_text("utf-8") for path in (ROOT / "reports/tables/subset/kappa").glob("*.md"))
    quoted = re.findall(r"\*\*([−+][^*]*)\*\*", text)
    assert quoted
    assert [number for number in quoted if number not in tables] == []
