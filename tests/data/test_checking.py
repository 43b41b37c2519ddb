from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segloss.data.checking import check
from segloss.errors import InputError


def test_a_faultless_folder_passes(params: dict[str, Any], isic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("isic2018", isic.parent, params) == 0
    assert "6 cases with all files, 0 left out" in capsys.readouterr().out


def test_the_folder_of_the_data_set_itself_may_be_named(
    params: dict[str, Any], isic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("isic2018", isic, params) == 0
    assert "6 cases with all files" in capsys.readouterr().out


def test_all_faults_are_listed_at_once(
    params: dict[str, Any],
    isic: Path,
    image_file: Callable[[int], Path],
    mask_file: Callable[[int], Path],
    write_case: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    mask_file(0).unlink()
    image_file(1).write_bytes(image_file(1).read_bytes()[:-100])
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(mask_file(2))
    write_case(isic, 3, columns=0)
    image_file(4).with_suffix(".png").write_bytes(b"")
    assert check("isic2018", isic, params) == 1
    lines = capsys.readouterr().out.splitlines()
    starts = [line.split(":")[0] for line in lines[:-1]]
    assert starts == ["stops", "stops", "stops", "left out", "warning"]
    assert [number for line in lines[:-1] for number in "01234" if f"ISIC_000000{number}" in line] == list("12403")
    assert "3 faults that stop" in lines[-1]


def test_what_does_not_stop_gives_exit_code_zero(
    params: dict[str, Any], isic: Path, mask_file: Callable[[int], Path], write_case: Callable[..., None]
) -> None:
    mask_file(0).unlink()
    write_case(isic, 3, columns=0)
    assert check("isic2018", isic, params) == 0


def test_a_folder_with_something_else_is_answered_with_what_was_expected(
    params: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"expected ISIC2018_Task1-2_Training_Input/ISIC_\*\.jpg"):
        check("isic2018", tmp_path, params)


def test_a_folder_that_does_not_exist_is_named(params: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere is not a folder"):
        check("isic2018", tmp_path / "nowhere", params)
