import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from segloss.__main__ import main
from segloss.data.catalogue import Archive, Entry, lookup
from segloss.data.files import visible_files
from segloss.data.getting.obtaining import get
from segloss.errors import InputError


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


IMAGES = zipped({"images/1.jpg": b"image"})
MASKS = zipped({"masks/1.png": b"mask"})


@pytest.fixture
def publisher(start_publisher: Callable[[], Any]) -> Any:
    """A server with two archives."""
    server = start_publisher()
    server.files = {"images.zip": IMAGES, "masks.zip": MASKS}
    return server


@pytest.fixture
def entry(publisher: Any) -> Entry:
    """A data set in these archives; the checksum of one is known."""
    archives = (
        Archive(publisher.address("images.zip"), "images", hashlib.sha256(IMAGES).hexdigest()),
        Archive(publisher.address("masks.zip"), "masks"),
    )
    return replace(lookup("isic2018"), name="small", archives=archives, folders=("images", "masks"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "my data"


def names_below(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_download_ends_in_folders_and_a_list_of_checksums(
    entry: Entry, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    get(entry, root)
    assert names_below(root) == ["small/.checksums.txt", "small/images/1.jpg", "small/masks/1.png"]
    assert (root / "small/.checksums.txt").read_text() == (
        f"{hashlib.sha256(IMAGES).hexdigest()}  images.zip\n{hashlib.sha256(MASKS).hexdigest()}  masks.zip\n"
    )
    assert capsys.readouterr().out.endswith(f"Next: python -m segloss check small '{root}'\n")


def test_readers_and_the_inventory_see_nothing_but_the_data(entry: Entry, root: Path) -> None:
    get(entry, root)
    assert [path.name for path in visible_files(root)] == ["1.jpg", "1.png"]


def test_what_is_unpacked_already_is_not_fetched_again(
    entry: Entry, root: Path, publisher: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    get(entry, root)
    publisher.log.clear()
    capsys.readouterr()
    get(entry, root)
    assert publisher.log == []
    assert capsys.readouterr().out.count("is already there.") == 2


def test_wrong_bytes_are_refused_and_nothing_of_them_stays(entry: Entry, root: Path, publisher: Any) -> None:
    publisher.files["images.zip"] = IMAGES + b"x"
    expected = hashlib.sha256(IMAGES).hexdigest()
    with pytest.raises(
        InputError, match=rf"images\.zip: the file's sha256 is .*, expected {expected}; .*--from-archive"
    ):
        get(entry, root)
    assert names_below(root) == []


def test_a_web_page_in_place_of_an_archive_is_refused_by_its_address(entry: Entry, root: Path, publisher: Any) -> None:
    publisher.files["masks.zip"] = b"<html>Please log in</html>"
    with pytest.raises(InputError, match=rf"^{publisher.address('masks.zip')}: not an archive"):
        get(entry, root)
    assert names_below(root) == ["small/.checksums.txt", "small/images/1.jpg"]


def test_a_truncated_archive_is_refused_and_nothing_of_it_stays(entry: Entry, root: Path, publisher: Any) -> None:
    publisher.files["masks.zip"] = MASKS[:-10]
    with pytest.raises(InputError, match=r"masks\.zip: not an archive or cut off"):
        get(entry, root)
    assert not any("masks" in name for name in names_below(root))


def test_an_archive_for_which_the_disk_is_too_small_waits_for_a_second_try(
    entry: Entry, root: Path, publisher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter([10**6, 1])
    with monkeypatch.context() as small:
        small.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=next(free)))
        with pytest.raises(InputError, match="expected at least 5 bytes for the unpacked files"):
            get(entry, root)
    assert names_below(root) == ["small/.images.zip"]
    publisher.log.clear()
    get(entry, root)
    assert [path for path, _, _ in publisher.log] == ["/masks.zip"]
    assert names_below(root) == ["small/.checksums.txt", "small/images/1.jpg", "small/masks/1.png"]


def test_another_checksum_than_last_time_is_said(
    entry: Entry, root: Path, publisher: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    get(entry, root)
    (root / "small/masks/1.png").unlink()
    (root / "small/masks").rmdir()
    publisher.files["masks.zip"] = zipped({"masks/1.png": b"another mask"})
    get(entry, root)
    assert (
        f"masks.zip has another sha256 than last time ({hashlib.sha256(MASKS).hexdigest()})" in capsys.readouterr().out
    )
    assert len((root / "small/.checksums.txt").read_text().splitlines()) == 2


@pytest.fixture
def at_hand(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Write a file as one that was fetched by hand."""

    def write(name: str, content: bytes) -> Path:
        (tmp_path / "Downloads").mkdir(exist_ok=True)
        (tmp_path / "Downloads" / name).write_bytes(content)
        return tmp_path / "Downloads" / name

    return write


def test_files_at_hand_are_unpacked_without_a_server_and_stay(
    entry: Entry, root: Path, publisher: Any, at_hand: Callable[[str, bytes], Path]
) -> None:
    archives = [at_hand("images.zip", IMAGES), at_hand("renamed by the browser.zip", MASKS)]
    get(entry, root, archives)
    assert publisher.log == []
    assert names_below(root) == ["small/.checksums.txt", "small/images/1.jpg", "small/masks/1.png"]
    assert all(archive.exists() for archive in archives)


def test_files_at_hand_serve_sets_that_have_no_download(root: Path, at_hand: Callable[[str, bytes], Path]) -> None:
    content = zipped({"RawData/Training/img/img0001.nii.gz": b"", "RawData/Training/label/label0001.nii.gz": b""})
    get(lookup("synapse"), root, [at_hand("RawData.zip", content)])
    assert (root / "synapse/RawData/Training/label/label0001.nii.gz").is_file()


def test_only_the_training_part_is_taken_where_a_test_part_lies_beside_it(
    root: Path, at_hand: Callable[[str, bytes], Path]
) -> None:
    content = zipped(
        {"dataverse_files/test/Utrecht/1/wmh.nii.gz": b"", "dataverse_files/training/Utrecht/0/wmh.nii.gz": b""}
    )
    get(lookup("wmh2017"), root, [at_hand("dataverse_files.zip", content)])
    assert [path.relative_to(root).as_posix() for path in visible_files(root)] == [
        "wmh2017/training/Utrecht/0/wmh.nii.gz"
    ]


def test_a_file_at_hand_with_another_checksum_is_unpacked_with_a_note(
    entry: Entry, root: Path, at_hand: Callable[[str, bytes], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    get(entry, root, [at_hand("images.zip", zipped({"images/1.jpg": b"newer"}))])
    assert "has another sha256 than the file that was seen before" in capsys.readouterr().out
    assert (root / "small/images/1.jpg").read_bytes() == b"newer"


def test_a_file_at_hand_that_brings_what_is_there_already_says_so(
    entry: Entry, root: Path, at_hand: Callable[[str, bytes], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    get(entry, root, [at_hand("images.zip", IMAGES)])
    get(entry, root, [at_hand("images.zip", IMAGES)])
    assert f"{root / 'small/images'} is already there." in capsys.readouterr().out


def test_a_file_at_hand_that_is_not_there_is_named(entry: Entry, root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lost\.zip is not there, expected an archive of ISIC 2018 Task 1"):
        get(entry, root, [tmp_path / "lost.zip"])


def test_a_set_without_download_prints_its_steps_and_writes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    get(lookup("msseg"), root)
    printed = capsys.readouterr().out
    assert "MSSEG 2016 is not downloaded by this command." in printed
    assert re.search(r"1\. Request an account at https://shanoir\.irisa\.fr", printed)
    assert not root.exists()


@pytest.mark.parametrize("place", ["data", "data/mine", "elsewhere/../data"])
def test_the_folder_of_the_phantoms_is_refused(
    place: str, entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data.dvc").touch()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"DVC tracks .*data, which holds the phantoms only"):
        get(entry, Path(place))
    assert not (tmp_path / "data").exists()


def test_a_file_in_place_of_the_root_is_refused(entry: Entry, root: Path) -> None:
    root.touch()
    with pytest.raises(InputError, match=r"my data.*expected a folder that can be written to"):
        get(entry, root)


def test_the_folder_of_the_set_may_be_a_link(entry: Entry, root: Path, tmp_path: Path) -> None:
    root.mkdir()
    (tmp_path / "other disk").mkdir()
    (root / "small").symlink_to(tmp_path / "other disk")
    get(entry, root)
    assert (tmp_path / "other disk/masks/1.png").is_file()


@pytest.mark.parametrize(("words", "code"), [(["kits19", "root"], 0), (["kits19", "root", "--from-archive", "no"], 1)])
def test_the_command_ends_in_an_exit_code(
    words: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["segloss", "get", *words])
    assert main() == code
    printed = capsys.readouterr()
    assert "git clone" in printed.out if code == 0 else printed.err.startswith("segloss: no is not there")
