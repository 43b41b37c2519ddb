"""Archives made to harm whoever unpacks them; each is refused in one sentence, and nothing of it stays."""

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from segloss.data.getting import archive_names
from segloss.data.getting.unpacking import unpack
from segloss.errors import InputError


def zipped(path: Path, *names: str, mode: int = 0, content: bytes = b"") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, mode << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return path


def tarred(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return path


def refused(archive: Path, reason: str) -> None:
    folder = archive.parent / "set"
    folder.mkdir()
    with pytest.raises(InputError, match=reason) as caught:
        unpack(archive, folder, ["images"])
    message = str(caught.value)
    assert message.startswith(f"{archive}: ")
    assert "expected" in message
    assert "\n" not in message
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("size_mb", [101, 300])
def test_a_zip_file_that_grows_a_thousandfold_is_refused(tmp_path: Path, size_mb: int) -> None:
    bomb = zipped(tmp_path / "set.zip", "images/a", content=bytes(size_mb * 10**6))
    assert bomb.stat().st_size < size_mb * 10**6 / 900
    refused(bomb, rf"unpacks to {size_mb} MB or more, expected at most 100 MB")


def test_a_zip_file_whose_list_understates_what_it_holds_is_damaged(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "set.zip", "images/a", content=bytes(10**6)).read_bytes())
    for place in (22, content.rindex(b"PK\x01\x02") + 24):  # the size, beside the file and in the list at the end
        content[place : place + 4] = (100).to_bytes(4, "little")
    (tmp_path / "set.zip").write_bytes(content)
    refused(tmp_path / "set.zip", "damaged")


def test_a_sparse_file_counts_by_what_it_unpacks_to(tmp_path: Path) -> None:
    info = tarfile.TarInfo("images/a")
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[156:157] = tarfile.GNUTYPE_SPARSE
    header[386:410] = b"%011o\0%011o\0" % (0, 0)
    header[483:495] = b"%011o\0" % (8 * 10**9)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "set.tar").write_bytes(bytes(header) + bytes(1024))
    refused(tmp_path / "set.tar", r"unpacks to 8\.0 GB or more")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_would_fill_memory_is_refused_unread(tmp_path: Path, kind: bytes) -> None:
    first, long = tarfile.TarInfo("images/a"), tarfile.TarInfo("header")
    long.type, long.size = kind, 8 * 10**9
    content = first.tobuf() + long.tobuf() + bytes(3 * 2**20)
    (tmp_path / "set.tar.gz").write_bytes(gzip.compress(content))
    refused(tmp_path / "set.tar.gz", "one of its headers is longer than a header can be")


@pytest.mark.parametrize("kind", [stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_a_device_in_a_zip_file_is_refused(tmp_path: Path, kind: int) -> None:
    refused(zipped(tmp_path / "set.zip", "images/a", mode=kind | 0o644), "'images/a' in it is a device")


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize(
    "names", [("images/a.png", "images/A.png"), ("images/a", "Images/b"), ("i/\u00e9", "i/e\u0301")]
)
def test_names_that_some_disk_takes_for_the_same_are_refused(
    tmp_path: Path, pack: Callable[..., Path], names: tuple[str, str]
) -> None:
    refused(pack(tmp_path / "archive", *names), "differs from .* in capitals only")


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("names", [("images/a", "images/a/b"), ("images/a/b", "images/a"), ("images/a", "./images/a")])
def test_a_file_where_another_lies_is_refused(
    tmp_path: Path, pack: Callable[..., Path], names: tuple[str, str]
) -> None:
    refused(pack(tmp_path / "archive", *names), "is in it twice")


@pytest.mark.parametrize("name", ["CON", "nul.txt", "Com1.png", "a.", "a ", "a\nb", "a\x1bb"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_name_that_some_system_keeps_for_itself_is_refused(
    tmp_path: Path, pack: Callable[..., Path], name: str
) -> None:
    refused(pack(tmp_path / "archive", f"images/{name}"), "is no name on every system")


@pytest.mark.parametrize(
    "name", ["benign (1)_mask.png", "Skin Image Data Set-1/a.jpg", "console.png", ".hidden", "com"]
)
def test_names_of_real_data_sets_are_accepted(tmp_path: Path, name: str) -> None:
    (tmp_path / "set").mkdir()
    assert unpack(zipped(tmp_path / "set.zip", f"images/{name}"), tmp_path / "set", ["images"]) == ["images"]


def test_more_files_than_any_data_set_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_names, "MOST_MEMBERS", 3)
    refused(zipped(tmp_path / "set.zip", *(f"images/{number}" for number in range(4))), "more than 3 files")


def test_a_packed_archive_that_never_ends_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segloss.data.getting.archives.ALWAYS_ALLOWED", 10**6)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for number in range(9000):
            archive.addfile(tarfile.TarInfo(f"images/{number % 7}/{number}"))
    (tmp_path / "set.tar.gz").write_bytes(gzip.compress(stream.getvalue(), 9))
    monkeypatch.setattr("segloss.data.getting.archives.LARGEST_GROWTH", 1)
    refused(tmp_path / "set.tar.gz", "unpacks to .* or more, expected at most 1 MB")
