"""Names in an archive of others: below one folder, told apart on every disk, none that a system keeps for itself."""

import re
import unicodedata
from pathlib import PurePosixPath

from segloss.errors import InputError

# No data set of the catalogue has a tenth of it; more would use up what a disk has for the names of files.
MOST_MEMBERS = 10**6
# Windows opens a device under these, whatever the ending, and drops a dot or blank at the end.
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*[. ]", re.IGNORECASE | re.DOTALL)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ArchiveNames:
    """The names of an archive so far.

    Args:
        origin: What to call the archive in messages.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._known: dict[str, PurePosixPath] = {}
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, name: str) -> PurePosixPath:
        """The path of a file below the folder that the archive is unpacked to.

        Raises:
            InputError: If it leads outside, is there already, can be told from another by capitals only, or is one
                that Windows reserves.
        """
        # Archives made on Windows may separate folders by backslashes, or name a drive.
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", name) or not path.parts:
            raise InputError(f"{self.origin}: {name!r} leads outside, expected names below one folder.")
        if CONTROL.search(name) or any(RESERVED.fullmatch(part) for part in path.parts):
            raise InputError(f"{self.origin}: {name!r} is no name on every system, expected letters and numbers.")
        for part in (*path.parents, path):
            self._register(part, name)
        folders = {_key(folder) for folder in path.parents}
        if _key(path) in self._folders or _key(path) in self._files or self._files & folders:
            raise InputError(f"{self.origin}: {name!r} is in it twice, expected each file once.")
        if len(self._files) == MOST_MEMBERS:
            raise InputError(f"{self.origin}: more than {MOST_MEMBERS:,} files, expected those of one data set.")
        self._files.add(_key(path))
        self._folders |= folders
        return path

    def _register(self, path: PurePosixPath, name: str) -> None:
        known = self._known.setdefault(_key(path), path)
        if known != path:
            raise InputError(f"{self.origin}: {name!r} differs from {str(known)!r} in capitals only, expected more.")


def _key(path: PurePosixPath) -> str:
    """Equal for names that some disk takes for the same."""
    return unicodedata.normalize("NFC", str(path)).casefold()
