"""Where everything lies, relative to the repository's root, from which every command is run."""

from pathlib import Path

# Written by the stages of the pipeline; not in git.
INVENTORY = Path("build/inventory")
PREPARED = Path("build/prepared")
# Cases of an unfinished preparation, after which it goes on.
PREPARING = Path("build/preparing")
RUNS = Path("build/runs")
EXAMPLES = Path("build/examples")
# What is known of each phantom data set, for the report that shows them.
GALLERY = Path("build/gallery")
# Epochs of unfinished runs, from which a killed training resumes.
CHECKPOINTS = Path("build/checkpoints")
# Runs of seed studies: <seed>/<data set>/<arm>.
SEED_RUNS = Path("build/seeds")
# Runs of the robustness sweep, one file each.
SWEEP_RUNS = Path("build/sweep")
# Runs of the synthesis: <scale>/<data set>/<run>, one file each.
SYNTHESIS_RUNS = Path("build/synthesis")
# Which stages are at work.
LOCKS = Path("build/locks")

# Of each stage that the grid ran: its lock, its log and what it was made from.
GRID = Path("build/grid")

# The release for students and the solutions; made of the lecturer's notebooks, which are in git.
COURSE = Path("build/course")
COURSEWORK = Path("coursework")

# Generated, small, and in git.
REPORTS = Path("reports")
# Stands in the place of a scale for the notebook that reads no data, the guided tour of the losses.
TOUR = "tour"
# The robustness sweep is made on phantoms of its own, whatever the scale.
SWEEP = REPORTS / "metrics/phantom/log_cosh_dice/sweep"


def metrics_folder(scale: str, paper: str) -> Path:
    """Tidy metrics of a paper at a scale: one file per data set."""
    return REPORTS / "metrics" / scale / paper


def seeds_folder(scale: str, paper: str) -> Path:
    """Tidy metrics of a paper's seed study at a scale, if there is one."""
    return metrics_folder(scale, paper) / "seeds"


def synthesis_folder(scale: str) -> Path:
    """Tidy metrics of the synthesis at a scale: a few small files per data set."""
    return metrics_folder(scale, "synthesis")


def figures_folder(scale: str, paper: str) -> Path:
    """Figures of a paper's report at a scale."""
    return REPORTS / "figures" / scale / paper


def tables_folder(scale: str, paper: str) -> Path:
    """Tables of a paper's report at a scale."""
    return REPORTS / "tables" / scale / paper


def executed_notebook(scale: str, paper: str) -> Path:
    """The executed and normalised notebook of a paper at a scale."""
    return REPORTS / "notebooks" / scale / f"{paper}.ipynb"
