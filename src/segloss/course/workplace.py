"""Where a student's cells run: a folder of their own, home included, and an environment that says little."""

import os
import shutil
import site
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Without these Python does not start, or finds no packages; the last two keep old processors from wrong results.
_KEPT = (
    "PATH",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "SYSTEMROOT",
    "LANG",
    "LC_ALL",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
)


@dataclass(frozen=True)
class Workplace:
    """A temporary folder: ``work`` is where cells start, with copies of the files that came with the notebook."""

    root: Path

    @property
    def work(self) -> Path:
        """Working directory of the cells."""
        return self.root / "work"

    @property
    def home(self) -> Path:
        """Home and temporary folder of the cells."""
        return self.root / "home"

    @property
    def connection_file(self) -> str:
        """Short, because sockets lie beside it, and their names may have about a hundred letters."""
        return str(self.root / "k.json")

    @property
    def environment(self) -> dict[str, str]:
        """All variables of the process."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        here = dict.fromkeys(("HOME", "USERPROFILE", "IPYTHONDIR", "MPLCONFIGDIR", "TMPDIR", "TEMP"), str(self.home))
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        packages = {"PYTHONUSERBASE": site.getuserbase()}
        return kept | here | one_thread | packages | {"PYTHONHASHSEED": "0", "CUDA_VISIBLE_DEVICES": ""}


@contextmanager
def workplace(files: Path) -> Iterator[Workplace]:
    """Yield a workplace with copies of the files in a folder, notebooks left out; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as folder:
        place = Workplace(Path(folder))
        shutil.copytree(files, place.work, ignore=shutil.ignore_patterns("*.ipynb", ".*", "__pycache__"))
        place.home.mkdir()
        _copy_font_list(place.home)
        yield place


def _copy_font_list(home: Path) -> None:
    """Spare each kernel the seconds in which matplotlib lists all fonts, and the warning that it prints meanwhile."""
    from matplotlib import font_manager, get_cachedir

    for found in Path(get_cachedir()).glob(f"fontlist-v{font_manager.FontManager.__version__}.json"):
        shutil.copy(found, home)
