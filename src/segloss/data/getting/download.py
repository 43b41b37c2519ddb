"""Download one file, however often the connection breaks: what has arrived stays and is gone on with."""

import http.client
import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tqdm import tqdm

from segloss.data.getting.space import require_space, writing_below
from segloss.errors import InputError
from segloss.provenance import write_json

ATTEMPTS = 5  # without a byte of progress, before it is given up
LONGEST_PAUSE = 30.0  # seconds
TIMEOUT = 60.0  # seconds without a byte
CHUNK = 1 << 18
UNPACKED_GROWTH = 1.2  # images are compressed already, so an archive unpacks to little more than its size
PASSING = (408, 425, 429, 500, 502, 503, 504)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class _BrokenError(Exception):
    """The transfer ended early; what has arrived is on disk."""


class _SafeRedirects(HTTPRedirectHandler):
    """Follows a server to another address if that is as safe as the first."""

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        """The request for the other address."""
        _require_safe(newurl, req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(url: str, target: Path, pause: Callable[[float], None] = time.sleep) -> None:
    """Download ``url`` to ``target``, which appears only when it is complete.

    What has arrived lies in ``<target>.part``. A later call goes on from there where the server can and still has
    the same file (by its ETag or date), else from the beginning.

    Args:
        url: Of the file.
        target: Where to put it.
        pause: Waits between attempts.

    Raises:
        InputError: If the address is not https, or leads to one that is not; if the server refuses, has something
            else than before, breaks off too often, or the disk is full.
    """
    _require_safe(url, url)
    part = target.with_name(target.name + ".part")
    failures = 0
    while True:
        before = _size(part)
        try:
            with writing_below(target.parent):
                _attempt(url, part)
            break
        except _BrokenError as error:
            failures = 0 if _size(part) > before else failures + 1
            if failures == ATTEMPTS:
                raise InputError(
                    f"{url}: {error}, {ATTEMPTS} times in a row, expected the whole file; "
                    "the same command goes on from what has arrived."
                ) from error
            pause(min(LONGEST_PAUSE, 2.0**failures))
    part.replace(target)
    _notes(part).unlink()


def _require_safe(url: str, first: str) -> None:
    """Refuse what anybody on the way could change: all but https, and a server on this machine."""
    at_home = all(urlsplit(address).hostname in LOOPBACK for address in (url, first))
    if not (urlsplit(url).scheme == "https" or (at_home and urlsplit(url).scheme == "http")):
        raise InputError(f"{first}: leads to {url}, expected an address that begins with https://.")


def _attempt(url: str, part: Path) -> None:
    """Fetch what is missing of a file; return when it is complete."""
    notes = json.loads(_notes(part).read_text(encoding="utf-8")) if _notes(part).is_file() else {}
    have = _size(part) if notes.get("validator") else 0
    headers = {"User-Agent": "segloss", "Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": notes["validator"]}
    try:
        with build_opener(_SafeRedirects).open(Request(url, headers=headers), timeout=TIMEOUT) as response:
            _receive(response, url, part, have, notes)
    except HTTPError as error:
        if error.code == 416 and have and have == notes.get("total"):
            return
        if error.code == 416:
            part.unlink()
            raise _BrokenError("the server has another file than before") from error
        if error.code in PASSING:
            raise _BrokenError(f"the server answered {error.code} {error.reason}") from error
        raise InputError(f"{url}: the server answered {error.code} {error.reason}, expected the file.") from error
    except URLError as error:
        if isinstance(error.reason, ssl.SSLError):
            raise InputError(f"{url}: the server's certificate cannot be verified, expected a valid one.") from error
        raise _BrokenError(f"no connection ({error.reason})") from error
    except (ConnectionError, TimeoutError, http.client.HTTPException) as error:
        raise _BrokenError(f"the connection broke ({type(error).__name__})") from error


def _receive(response: http.client.HTTPResponse, url: str, part: Path, have: int, notes: dict[str, Any]) -> None:
    """Write what the server sends, behind what is there if it goes on from that."""
    if response.status == 206 and not _goes_on(response, have, notes):
        part.unlink()
        raise _BrokenError("the server went on with another file than before")
    have = have if response.status == 206 else 0
    length = response.headers.get("Content-Length")
    total = have + int(length) if length else None
    validator = response.headers.get("ETag", "")
    if not validator or validator.startswith("W/"):  # a weak one does not promise the same bytes
        validator = response.headers.get("Last-Modified", "")
    if total:
        require_space(part.parent, total - have + int(UNPACKED_GROWTH * total), "the download and what it unpacks to")
    name = url.rsplit("/", 1)[-1]
    bar = tqdm(total=total, initial=have, desc=name, unit="B", unit_scale=True, disable=None)
    with part.open("ab" if have else "wb") as sink, bar as progress:
        write_json(_notes(part), {"validator": validator, "total": total})
        while chunk := response.read(CHUNK):
            sink.write(chunk)
            progress.update(len(chunk))
    if total is not None and _size(part) != total:
        raise _BrokenError(f"{_size(part):,} of {total:,} bytes arrived")


def _goes_on(response: http.client.HTTPResponse, have: int, notes: dict[str, Any]) -> bool:
    # Some servers answer with a range although If-Range names another file.
    first, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    known = notes["total"] is not None and total != "*"
    tag = response.headers.get("ETag")
    changed = bool(tag) and notes["validator"].startswith('"') and tag != notes["validator"]
    return first.startswith(f"{have}-") and (total == str(notes["total"]) or not known) and not changed


def _notes(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0
