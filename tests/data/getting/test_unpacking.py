import gzip
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from segloss.data.getting.unpacking import unpack
from segloss.errors import InputError

FILES = {"set/images/a.jpg": b"a" * 3000, "set/masks/a.png": b"b" * 2000}


def as_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def as_tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, f"w:{'' if path.suffix == '.tar' else path.suffix[1:]}") as tarred:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tarred.addfile(info, io.BytesIO(content))
    return path


def packed(path: Path, files: dict[str, bytes]) -> Path:
    return as_zip(path, files) if path.suffix == ".zip" else as_tar(path, files)


every_kind = pytest.mark.parametrize("name", ["set.zip", "set.tar", "set.tar.gz", "set.tar.bz2", "set.tar.xz"])


def with_tar_entry(path: Path, name: str, kind: bytes, target: str = "") -> Path:
    with tarfile.open(path, "w") as tarred:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        tarred.addfile(info)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the data set, in a folder of its own in which nothing else may appear."""
    (tmp_path / "root/set").mkdir(parents=True)
    return tmp_path / "root/set"


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(archive: Path, folder: Path, reason: str, wanted: tuple[str, ...] = ("images", "masks")) -> None:
    """Check that an archive is refused with a sentence that names it, and that nothing was written anywhere."""
    before = sorted(archive.parent.rglob("*"))
    with pytest.raises(InputError, match=reason) as caught:
        unpack(archive, folder, wanted)
    assert str(caught.value).startswith(str(archive))
    assert "expected" in str(caught.value)
    assert sorted(archive.parent.rglob("*")) == before


@every_kind
def test_what_is_wanted_comes_to_lie_in_the_folder(name: str, folder: Path, tmp_path: Path) -> None:
    archive = packed(tmp_path / name, FILES)
    assert unpack(archive, folder, ("images", "masks")) == ["images", "masks"]
    assert files_below(folder) == {"images/a.jpg": b"a" * 3000, "masks/a.png": b"b" * 2000}
    assert sorted(path.name for path in folder.iterdir()) == ["images", "masks"]


def test_the_content_decides_what_an_archive_is_and_not_its_name(folder: Path, tmp_path: Path) -> None:
    assert unpack(as_tar(tmp_path / "download", FILES), folder, ("images",)) == ["images"]


def test_what_is_not_wanted_is_left_in_the_archive(folder: Path, tmp_path: Path) -> None:
    archive = as_zip(tmp_path / "set.zip", FILES | {"set/testing/b.jpg": b"", "__MACOSX/images/._a.jpg": b""})
    assert unpack(archive, folder, ("images",)) == ["images"]
    assert files_below(folder) == {"images/a.jpg": b"a" * 3000}


def test_files_without_a_folder_get_the_one_that_is_wanted(folder: Path, tmp_path: Path) -> None:
    archive = as_zip(tmp_path / "set.zip", {"a.png": b"a", "b.png": b"b"})
    assert unpack(archive, folder, ("masks",)) == ["masks"]
    assert files_below(folder) == {"masks/a.png": b"a", "masks/b.png": b"b"}


def test_what_was_there_before_is_left_as_it_was(folder: Path, tmp_path: Path) -> None:
    (folder / "images").mkdir()
    (folder / "images/mine.jpg").write_bytes(b"mine")
    assert unpack(as_zip(tmp_path / "set.zip", FILES), folder, ("images", "masks")) == ["images", "masks"]
    assert files_below(folder) == {"images/mine.jpg": b"mine", "masks/a.png": b"b" * 2000}


def test_what_an_interrupted_run_left_is_removed(folder: Path, tmp_path: Path) -> None:
    (folder / ".unpacking-set.zip/set/images").mkdir(parents=True)
    (folder / ".unpacking-set.zip/set/images/half.jpg").touch()
    unpack(as_zip(tmp_path / "set.zip", FILES), folder, ("images",))
    assert list(files_below(folder)) == ["images/a.jpg"]


def test_an_archive_of_something_else_is_refused_with_what_it_holds(folder: Path, tmp_path: Path) -> None:
    archive = as_zip(tmp_path / "set.zip", {"cats/1.jpg": b"", "dogs/1.jpg": b""})
    refused(archive, folder, r"holds cats, dogs, expected images or masks")


@pytest.mark.parametrize("name", ["../evil.txt", "set/../../evil.txt", "/tmp/evil.txt", r"..\evil.txt", r"C:\evil.txt"])
@pytest.mark.parametrize("pack", [as_zip, as_tar])
def test_a_name_that_leads_outside_is_refused(
    pack: Callable[..., Path], name: str, folder: Path, tmp_path: Path
) -> None:
    refused(pack(tmp_path / "archive", FILES | {name: b"evil"}), folder, "leads outside")
    assert not Path("/tmp/evil.txt").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_link_in_a_tar_file_is_refused(kind: bytes, folder: Path, tmp_path: Path) -> None:
    refused(with_tar_entry(tmp_path / "set.tar", "images", kind, "/etc"), folder, "'images' in it is a link")


@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_device_in_a_tar_file_is_refused(kind: bytes, folder: Path, tmp_path: Path) -> None:
    refused(with_tar_entry(tmp_path / "set.tar", "images", kind), folder, "is a device")


def test_a_link_in_a_zip_file_is_refused(folder: Path, tmp_path: Path) -> None:
    info = zipfile.ZipInfo("images")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as zipped:
        zipped.writestr(info, "/etc")
    refused(tmp_path / "set.zip", folder, "'images' in it is a link")


def test_an_encrypted_zip_file_is_refused(folder: Path, tmp_path: Path) -> None:
    archive = as_zip(tmp_path / "set.zip", FILES)
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the list at its end
    archive.write_bytes(content)
    refused(archive, folder, "is encrypted")


def test_a_file_that_is_in_it_twice_is_refused(folder: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "set.tar", "w") as tarred:
        for _ in range(2):
            tarred.addfile(tarfile.TarInfo("images/a.jpg"))
    refused(tmp_path / "set.tar", folder, "is in it twice")


@pytest.mark.parametrize("name", ["set.zip", "set.tar.gz"])
def test_an_archive_that_grows_beyond_all_measure_is_refused(
    name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segloss.data.getting.archives.ALWAYS_ALLOWED", 10_000)
    bomb = packed(tmp_path / name, {f"images/{number}": bytes(10**6) for number in range(3)})
    refused(bomb, folder, r"unpacks to \d.* or more, expected at most")


@every_kind
@pytest.mark.parametrize("share", [0.3, 0.8])
def test_an_archive_that_is_cut_off_is_refused(name: str, share: float, folder: Path, tmp_path: Path) -> None:
    archive = packed(tmp_path / name, {f"set/images/{number}": os.urandom(3000) for number in range(10)})
    archive.write_bytes(archive.read_bytes()[: int(share * archive.stat().st_size)])
    refused(archive, folder, "damaged|not an archive or cut off")


def test_a_tar_file_that_is_cut_off_between_two_files_is_refused(folder: Path, tmp_path: Path) -> None:
    archive = as_tar(tmp_path / "set.tar", {f"set/images/{number}": bytes(512) for number in range(10)})
    archive.write_bytes(archive.read_bytes()[: 5 * 1024])
    refused(archive, folder, "mark of its end is missing")


def test_a_damaged_zip_file_is_refused(folder: Path, tmp_path: Path) -> None:
    archive = as_zip(tmp_path / "set.zip", {"set/images/a": os.urandom(3000)})
    content = bytearray(archive.read_bytes())
    content[1500] ^= 255
    archive.write_bytes(content)
    refused(archive, folder, "damaged")


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><title>Log in</title>", gzip.compress(b"no tar file")])
def test_what_is_no_archive_is_refused(content: bytes, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(content)
    refused(tmp_path / "set.zip", folder, "not an archive or cut off, expected a complete zip or tar file")


def test_a_disk_without_room_is_found_before_the_first_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=4999))
    with pytest.raises(InputError, match=r"5 kB are free on this disk, expected at least 5 kB for the unpacked files"):
        unpack(as_zip(tmp_path / "set.zip", FILES), folder, ("images",))
    assert list(folder.iterdir()) == []


def test_a_disk_that_fills_up_leaves_nothing_behind(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = as_tar(tmp_path / "set.tar", FILES)
    real = Path.open

    def full(path: Path, mode: str = "r", *arguments: object) -> object:
        if mode == "xb" and path.name == "a.png":
            raise OSError(28, "No space left on device", str(path))
        return real(path, mode, *arguments)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(InputError, match=r"root/set: the disk is full, expected room for the rest"):
        unpack(archive, folder, ("images", "masks"))
    assert list(folder.iterdir()) == []


def test_a_message_calls_the_archive_as_it_is_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "set.zip").touch()
    with pytest.raises(InputError, match=r"^https://example\.org/set\.zip: not an archive"):
        unpack(tmp_path / "set.zip", folder, ("images",), origin="https://example.org/set.zip")
