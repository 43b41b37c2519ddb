"""A small project that has run undisturbed, and places to disturb copies of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.disturbing import run
from tests.faults.project import STAGES, without, write_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after all its stages."""
    folder = tmp_path_factory.mktemp("finished") / "project"
    folder.mkdir()
    write_project(folder)
    for words in STAGES.values():
        ended = run(folder, words)
        assert ended.code == 0, ended.printed
    return folder


@pytest.fixture
def before(finished: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A new copy of the project in which a stage has yet to run."""
    numbers = iter(range(10_000))
    return lambda stage: without(finished, stage, tmp_path / f"{stage}{next(numbers)}")


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Record for the table of faults: the fault, what it was tried on, how often, and what was printed."""

    def told(fault: str, on: str, tried: int, printed: str = "") -> None:
        for name, value in (("fault", fault), ("on", on), ("tried", tried), ("printed", printed.strip())):
            record_property(name, value)

    return told
