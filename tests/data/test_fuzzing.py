"""Damaged files of every format, through check and prepare as a user meets them; benchmarks/fuzzing.py tries more."""

import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))  # the scripts there import one another by their bare names

from fuzz_mutations import damaged  # noqa: E402
from fuzz_targets import Target, targets  # noqa: E402
from fuzzing import Fuzzed  # noqa: E402

# Many times what the slowest valid input takes on a machine that is busy with other things.
LONGEST_S = 30
BOUNDED = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(params=targets(), ids=lambda target: target.name)
def fuzzed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fuzzed:
    """A valid data set whose one file is to be damaged."""
    monkeypatch.chdir(tmp_path)  # which Fuzzed changes, and pytest changes back
    target: Target = request.param
    return Fuzzed(target, tmp_path)


def hold(fuzzed: Fuzzed, inputs: int) -> None:
    """Check that each input ends in a clear error or a valid case, and soon."""

    @settings(BOUNDED, max_examples=inputs)
    @given(damaged(fuzzed.target))
    def one(content: bytes) -> None:
        start = time.perf_counter()
        assert fuzzed.outcome(content) in ("clear error", "valid case")
        assert time.perf_counter() - start < LONGEST_S

    one()


def test_a_damaged_file_is_a_clear_error_or_a_valid_case(fuzzed: Fuzzed) -> None:
    hold(fuzzed, inputs=15)


@pytest.mark.slow
def test_of_many_damaged_files_each_is_a_clear_error_or_a_valid_case(fuzzed: Fuzzed) -> None:
    hold(fuzzed, inputs=500)


def test_the_undamaged_file_is_a_valid_case(fuzzed: Fuzzed) -> None:
    assert fuzzed.outcome(fuzzed.target.files[fuzzed.target.place]) == "valid case"


@pytest.mark.parametrize("target", [one for one in targets() if one.fields], ids=lambda target: target.name)
def test_a_file_cut_in_half_is_a_clear_error(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content = target.files[target.place]
    assert Fuzzed(target, tmp_path).outcome(content[: len(content) // 2]) == "clear error"
