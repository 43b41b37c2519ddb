import hashlib
import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from segloss.data.inventory import EDGE, describe, guard_phantoms, take_inventory
from segloss.errors import InputError


def inventory(params: dict[str, Any]) -> dict[str, Any]:
    take_inventory(Path(params["data_root"]), params)
    return json.loads(Path("build/inventory/isic2018.json").read_text())


def test_a_data_set_that_is_there_is_counted_and_fingerprinted(params: dict[str, Any]) -> None:
    found = inventory(params)
    assert found.pop("fingerprint")
    assert found == {"dataset": "isic2018", "present": True, "files": 12, "phantom": False}


def test_a_data_set_that_is_not_there_is_an_outcome(params: dict[str, Any], isic: Path) -> None:
    isic.rename(isic.with_name("elsewhere"))
    assert inventory(params) == {
        "dataset": "isic2018",
        "present": False,
        "files": 0,
        "fingerprint": None,
        "phantom": False,
    }


def test_times_and_hidden_files_do_not_change_the_fingerprint(params: dict[str, Any], isic: Path) -> None:
    before = inventory(params)
    (isic / ".DS_Store").touch()
    for file in isic.rglob("*.jpg"):
        os.utime(file, (0, 0))
    assert inventory(params) == before


@pytest.mark.parametrize("change", ["name", "first byte", "last byte", "size"])
def test_another_name_content_or_size_changes_the_fingerprint(
    params: dict[str, Any], image_file: Callable[[int], Path], change: str
) -> None:
    file = image_file(0)
    large = bytes(300_000)
    file.write_bytes(large)
    before = inventory(params)["fingerprint"]
    if change == "name":
        file.rename(file.with_suffix(".jpeg"))
    else:
        file.write_bytes({"first byte": b"1" + large[1:], "last byte": large[1:] + b"1", "size": large + b"\0"}[change])
    assert inventory(params)["fingerprint"] != before


def test_a_linked_folder_is_followed(params: dict[str, Any], isic: Path) -> None:
    before = inventory(params)
    (isic / "ISIC2018_Task1-2_Training_Input").rename(isic.parent / "other disk")
    (isic / "ISIC2018_Task1-2_Training_Input").symlink_to(isic.parent / "other disk")
    assert inventory(params) == before


def test_a_note_marks_phantoms(params: dict[str, Any], isic: Path) -> None:
    (isic / "PHANTOM.txt").touch()
    assert inventory(params)["phantom"]


def test_a_data_root_that_does_not_exist_is_named(params: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: expected a folder"):
        take_inventory(tmp_path / "nowhere", params)


@pytest.fixture
def tracked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose data/ holds the two files that its data.dvc names."""
    monkeypatch.chdir(tmp_path)
    contents = {"scd/D1.jpg": b"one", "scd/PHANTOM.txt": b"two"}
    entries = []
    for name, content in contents.items():
        Path("data", name).parent.mkdir(parents=True, exist_ok=True)
        Path("data", name).write_bytes(content)
        entries.append({"md5": hashlib.md5(content).hexdigest(), "relpath": name})
    Path(".dvcstore/files/md5/ab").mkdir(parents=True)
    Path(".dvcstore/files/md5/ab/cdef.dir").write_text(json.dumps(entries))
    Path("data.dvc").write_text(yaml.safe_dump({"outs": [{"md5": "abcdef.dir", "path": "data"}]}))
    return tmp_path


def test_the_guard_lets_exactly_the_phantoms_pass(tracked: Path) -> None:
    guard_phantoms()


def test_the_guard_names_a_file_that_is_no_phantom(tracked: Path) -> None:
    Path("data/scd/real.jpg").touch()
    with pytest.raises(InputError, match=r"real\.jpg is not a phantom.*DATA_ROOT"):
        guard_phantoms()


def test_the_guard_names_a_changed_phantom(tracked: Path) -> None:
    Path("data/scd/D1.jpg").write_bytes(b"other")
    with pytest.raises(InputError, match=r"D1\.jpg has changed.*DATA_ROOT"):
        guard_phantoms()


def test_the_guard_names_a_missing_phantom_and_the_command_that_brings_it(tracked: Path) -> None:
    Path("data/scd/D1.jpg").unlink()
    with pytest.raises(InputError, match=r"D1\.jpg is missing.*dvc pull data\.dvc"):
        guard_phantoms()


def test_the_guard_says_how_to_get_the_phantoms_where_data_is_missing(tracked: Path) -> None:
    Path("data").rename("elsewhere")
    with pytest.raises(InputError, match=r"dvc pull data\.dvc"):
        guard_phantoms()


@pytest.mark.parametrize("lost", ["data.dvc", ".dvcstore/files/md5/ab/cdef.dir"])
def test_the_guard_says_which_list_of_phantoms_is_missing(tracked: Path, lost: str) -> None:
    Path(lost).unlink()
    with pytest.raises(InputError, match="is missing"):
        guard_phantoms()


def test_the_inventory_of_data_refuses_what_is_no_phantom(tracked: Path, params: dict[str, Any]) -> None:
    os.chdir(tracked)
    Path("data/isic2018").mkdir()
    Path("data/isic2018/ISIC_1.jpg").touch()
    with pytest.raises(InputError, match=r"ISIC_1\.jpg is not a phantom"):
        take_inventory(Path("data").absolute(), params)


def test_before_a_pull_files_may_be_missing_and_others_may_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listing = tmp_path / ".dvcstore/files/md5/ab/cdef.dir"
    listing.parent.mkdir(parents=True)
    listing.write_text('[{"md5": "0", "relpath": "isic2018/a.jpg"}]', encoding="utf-8")
    Path("data.dvc").write_text("outs:\n- md5: abcdef.dir\n  path: data\n", encoding="utf-8")
    guard_phantoms(before_pull=True)
    Path("data").mkdir()
    Path("data/mine.jpg").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"data/mine.jpg is not a phantom.*DATA_ROOT"):
        guard_phantoms(before_pull=True)


def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.bin").write_bytes(bytes(2 * EDGE))
    tracemalloc.start()
    describe(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * EDGE
