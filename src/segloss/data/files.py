"""Which files lie below a folder."""

import os
from collections.abc import Iterator
from pathlib import Path


def visible_files(folder: Path) -> Iterator[Path]:
    """Files below a folder in a fixed order, without hidden ones such as .DS_Store.

    Linked folders are followed, since large data sets often lie on another disk; not so a link that leads to a folder
    around itself, where the same files would turn up again without end.
    """
    for current, folders, names in os.walk(folder, followlinks=True):
        around = {os.path.realpath(place) for place in (Path(current), *Path(current).parents)}
        visible = sorted(name for name in folders if not name.startswith("."))
        folders[:] = [name for name in visible if os.path.realpath(Path(current, name)) not in around]
        for name in sorted(names):
            # A link that leads nowhere, such as to a disk that is not mounted, is no file.
            if not name.startswith(".") and Path(current, name).is_file():
                yield Path(current, name)
