import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from segloss.data.catalogue import catalogue
from segloss.data.getting.download import ATTEMPTS, download
from segloss.errors import InputError

CONTENT = random.Random(1).randbytes(100_000)
OTHER = random.Random(2).randbytes(100_000)


@pytest.fixture
def publisher(start_publisher: Callable[[], Any]) -> Any:
    """A server with one file, set.zip."""
    server = start_publisher()
    server.files["set.zip"] = CONTENT
    return server


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / ".set.zip"


def fetch(publisher: Any, target: Path) -> list[float]:
    """Download without waiting; gives the pauses that there would have been."""
    pauses: list[float] = []
    download(publisher.address("set.zip"), target, pauses.append)
    return pauses


def asked(publisher: Any) -> list[tuple[str, int]]:
    return [(ranges, status) for _, ranges, status in publisher.log]


def test_a_file_arrives_whole_and_nothing_else_stays(publisher: Any, target: Path) -> None:
    assert fetch(publisher, target) == []
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_a_dropped_connection_goes_on_from_the_byte_where_it_broke(publisher: Any, target: Path) -> None:
    publisher.cuts = [30_000, 20_000]
    assert len(fetch(publisher, target)) == 2
    assert target.read_bytes() == CONTENT
    assert asked(publisher) == [("", 200), ("bytes=30000-", 206), ("bytes=50000-", 206)]


def test_a_later_call_goes_on_from_what_an_earlier_one_left(publisher: Any, target: Path) -> None:
    publisher.cuts = [30_000]

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(publisher.address("set.zip"), target, stop)
    assert not target.exists()
    fetch(publisher, target)
    assert target.read_bytes() == CONTENT
    assert asked(publisher)[-1] == ("bytes=30000-", 206)


def test_a_file_that_has_changed_meanwhile_is_fetched_from_the_beginning(publisher: Any, target: Path) -> None:
    publisher.cuts = [30_000]

    def replace(seconds: float) -> None:
        publisher.files["set.zip"] = OTHER

    download(publisher.address("set.zip"), target, replace)
    assert target.read_bytes() == OTHER
    assert asked(publisher) == [("", 200), ("bytes=30000-", 200)]


def test_a_server_that_goes_on_with_a_changed_file_is_found_out(publisher: Any, target: Path) -> None:
    publisher.cuts, publisher.heeds_if_range = [30_000], False

    def replace(seconds: float) -> None:
        publisher.files["set.zip"] = OTHER

    download(publisher.address("set.zip"), target, replace)
    assert target.read_bytes() == OTHER
    assert asked(publisher) == [("", 200), ("bytes=30000-", 206), ("", 200)]


def test_a_server_without_ranges_is_asked_for_the_whole_again(publisher: Any, target: Path) -> None:
    publisher.cuts, publisher.ranges = [30_000], False
    fetch(publisher, target)
    assert target.read_bytes() == CONTENT
    assert asked(publisher) == [("", 200), ("bytes=30000-", 200)]


def test_a_date_serves_in_place_of_an_etag(publisher: Any, target: Path) -> None:
    publisher.cuts, publisher.validator = [30_000], "Last-Modified"
    fetch(publisher, target)
    assert target.read_bytes() == CONTENT
    assert asked(publisher) == [("", 200), ("bytes=30000-", 206)]


def test_without_an_etag_or_date_nothing_is_gone_on_with(publisher: Any, target: Path) -> None:
    publisher.cuts, publisher.validator = [30_000], ""
    fetch(publisher, target)
    assert target.read_bytes() == CONTENT
    assert asked(publisher) == [("", 200), ("", 200)]


def test_a_server_that_does_not_say_how_long_the_file_is_is_believed(publisher: Any, target: Path) -> None:
    publisher.declares_length = False
    fetch(publisher, target)
    assert target.read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_not_fetched_again(publisher: Any, target: Path) -> None:
    publisher.cuts = [30_000]

    def complete(seconds: float) -> None:
        target.with_name(".set.zip.part").write_bytes(CONTENT)

    download(publisher.address("set.zip"), target, complete)
    assert target.read_bytes() == CONTENT
    assert asked(publisher) == [("", 200), ("bytes=100000-", 416)]


def test_a_busy_server_is_asked_again_with_growing_pauses(publisher: Any, target: Path) -> None:
    publisher.failures = [503, 429, 500]
    pauses = fetch(publisher, target)
    assert target.read_bytes() == CONTENT
    assert pauses == [2.0, 4.0, 8.0]


def test_a_missing_file_is_named_at_once(publisher: Any, target: Path) -> None:
    del publisher.files["set.zip"]
    with pytest.raises(InputError, match=r"^http.*/set\.zip: the server answered 404 Not Found, expected the file\.$"):
        fetch(publisher, target)
    assert len(publisher.log) == 1
    assert list(target.parent.iterdir()) == []


def test_a_server_that_always_breaks_off_is_given_up_and_says_how_much_arrived(publisher: Any, target: Path) -> None:
    publisher.ranges = False
    publisher.cuts = [30_000] * 20
    with pytest.raises(InputError, match=r"30,000 of 100,000 bytes arrived, 5 times in a row, .* goes on from"):
        fetch(publisher, target)
    assert len(publisher.log) == 1 + ATTEMPTS
    assert not target.exists()


def test_as_long_as_bytes_arrive_it_is_not_given_up(publisher: Any, target: Path) -> None:
    publisher.cuts = [5_000] * 19
    fetch(publisher, target)
    assert target.read_bytes() == CONTENT
    assert len(publisher.log) == 20


def test_no_server_at_all_is_one_sentence(publisher: Any, target: Path) -> None:
    publisher.shutdown()
    publisher.server_close()
    with pytest.raises(InputError, match=r"no connection \(.*refused\), 5 times in a row"):
        fetch(publisher, target)


def test_the_disk_is_looked_at_before_anything_is_written(
    publisher: Any, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=219_000))
    with pytest.raises(InputError, match=r"219 kB are free on this disk, expected at least 220 kB for the download"):
        fetch(publisher, target)
    assert list(target.parent.iterdir()) == []


def test_a_disk_that_fills_up_is_one_sentence(publisher: Any, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("segloss.data.getting.download.write_json", full)
    with pytest.raises(InputError, match=r"the disk is full, expected room for the rest"):
        fetch(publisher, target)


@pytest.mark.parametrize("url", ["http://example.org/set.zip", "ftp://example.org/set.zip", "file:///etc/passwd"])
def test_an_address_that_anybody_on_the_way_could_change_is_refused(url: str, target: Path) -> None:
    with pytest.raises(InputError, match=r"expected an address that begins with https://"):
        download(url, target)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("elsewhere", ["http://example.org/set.zip", "ftp://example.org/set.zip"])
def test_a_server_that_leads_to_such_an_address_is_refused(publisher: Any, target: Path, elsewhere: str) -> None:
    publisher.redirects["/set.zip"] = elsewhere
    with pytest.raises(InputError, match=rf"set\.zip: leads to {elsewhere}, expected an address that begins with"):
        fetch(publisher, target)
    assert list(target.parent.iterdir()) == []


def test_a_server_that_leads_to_another_address_of_its_own_is_followed(publisher: Any, target: Path) -> None:
    publisher.redirects["/old.zip"] = publisher.address("set.zip")
    download(publisher.address("old.zip"), target)
    assert target.read_bytes() == CONTENT


def test_every_archive_of_the_catalogue_is_downloaded_over_https() -> None:
    addresses = [archive.url for entry in catalogue().values() for archive in entry.archives]
    assert addresses
    assert [url for url in addresses if not url.startswith("https://")] == []
