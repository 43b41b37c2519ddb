"""The command line: ``python -m segloss COMMAND``, one command per stage of the pipeline."""

import argparse
import io
import sys
from pathlib import Path

from segloss.config import load_params
from segloss.course.commands import add_course_commands
from segloss.errors import InputError, disk_fault

# Each command imports only what it needs: PyTorch alone takes longer than most of the commands.


def inventory(arguments: argparse.Namespace) -> None:
    from segloss.data.inventory import take_inventory

    take_inventory(arguments.data_root, load_params())


def prepare(arguments: argparse.Namespace) -> None:
    from segloss.data.preparation import prepare as prepare_dataset

    prepare_dataset(arguments.dataset, load_params())


def check(arguments: argparse.Namespace) -> int:
    from segloss.data.checking import check as check_dataset

    return check_dataset(arguments.dataset, arguments.root, load_params())


def datasets(arguments: argparse.Namespace) -> None:
    from segloss.data import catalogue, catalogue_text

    if arguments.dataset:
        print(catalogue_text.description(catalogue.lookup(arguments.dataset)))
    elif arguments.markdown:
        print(catalogue_text.markdown_table(), end="")
    else:
        print(catalogue_text.table())


def get(arguments: argparse.Namespace) -> None:
    from segloss.data.catalogue import lookup
    from segloss.data.getting.obtaining import get as get_dataset

    get_dataset(lookup(arguments.dataset), arguments.root, arguments.from_archive)


def phantoms(arguments: argparse.Namespace) -> None:
    from segloss.data.phantoms import write_phantoms

    write_phantoms(arguments.root)


def guard(arguments: argparse.Namespace) -> None:
    from segloss.data.inventory import guard_phantoms

    guard_phantoms(before_pull=arguments.before_pull)


def train(arguments: argparse.Namespace) -> None:
    from segloss.training import train_arm

    train_arm(arguments.arm, load_params())


def predict(arguments: argparse.Namespace) -> None:
    from segloss.prediction import predict as predict_images

    predict_images(arguments.trained, arguments.images, arguments.out)


def grid(arguments: argparse.Namespace) -> int:
    from segloss.grid import run_grid

    target = arguments.paper and f"report@{arguments.paper}"
    return run_grid(target, arguments.workers, arguments.scheduler, arguments.slurm)


def plan(arguments: argparse.Namespace) -> None:
    from segloss.plan import run_plan

    run_plan(load_params(), arguments.scale, arguments.workers, arguments.paper)


def evaluate(arguments: argparse.Namespace) -> None:
    from segloss.evaluation import evaluate as evaluate_dataset

    evaluate_dataset(arguments.dataset, load_params())


def seeds(arguments: argparse.Namespace) -> None:
    from segloss.seeds import study_seeds

    study_seeds(arguments.paper, arguments.seeds, load_params(), arguments.datasets)


def sweep(arguments: argparse.Namespace) -> None:
    from segloss.sweep import run_sweep

    run_sweep(load_params())


def synthesis(arguments: argparse.Namespace) -> None:
    from segloss.synthesis import run_synthesis

    run_synthesis(load_params(), arguments.datasets, arguments.workers)


def report(arguments: argparse.Namespace) -> None:
    from segloss.report_stages import run_report

    run_report(arguments.paper, load_params())


def tour(arguments: argparse.Namespace) -> None:
    from segloss.report_stages import run_tour

    run_tour()


def record(arguments: argparse.Namespace) -> None:
    from segloss.report_stages import run_record

    run_record()


def claims(arguments: argparse.Namespace) -> None:
    from segloss.report_stages import run_claims

    run_claims()


def findings(arguments: argparse.Namespace) -> None:
    from segloss.report_stages import run_findings

    run_findings(arguments.page)


def gallery(arguments: argparse.Namespace) -> None:
    from segloss.gallery import write_provenances
    from segloss.paths import GALLERY
    from segloss.report_stages import run_gallery

    write_provenances(load_params())
    run_gallery(GALLERY)


def site(arguments: argparse.Namespace) -> None:
    from segloss.site import build_site

    build_site()


def compare(arguments: argparse.Namespace) -> int | None:
    from segloss.comparison import compare_with_committed

    return compare_with_committed(arguments.scale)


def scale(arguments: argparse.Namespace) -> None:
    from segloss.scales import run_at_scale, synthesis_at_scale

    if arguments.synthesis:
        synthesis_at_scale(arguments.scale, arguments.data_root, arguments.workers)
    else:
        where = {name: getattr(arguments, name) for name in ("workers", "scheduler", "slurm")}
        run_at_scale(arguments.scale, arguments.data_root, arguments.paper, **where)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m segloss", description="Segmentation losses, replicated.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(function, text: str, **options) -> argparse.ArgumentParser:  # type: ignore[no-untyped-def]
        sub = commands.add_parser(function.__name__.replace("_", "-"), help=text, description=text)
        sub.set_defaults(run=function)
        for name, settings in options.items():
            sub.add_argument(f"--{name}".replace("_", "-") if "default" in settings else name, **settings)
        return sub

    path = {"type": Path}
    command(inventory, "Look which data sets lie below DATA_ROOT and fingerprint them.", data_root=path)
    command(prepare, "Read a data set from its official layout into arrays.", dataset={})
    command(check, "List every fault in the files of a data set.", dataset={}, root=path)
    datasets_command = command(datasets, "List the data sets, or say how to obtain one.", dataset={"nargs": "?"})
    datasets_command.add_argument("--markdown", action="store_true", help="print the list as a Markdown table")
    get_command = command(get, "Download and unpack a data set, or say how to obtain it.", dataset={}, root=path)
    get_command.add_argument(
        "--from-archive", nargs="+", type=Path, default=[], metavar="FILE", help="unpack files fetched by hand instead"
    )
    command(phantoms, "Write the phantom data sets.", root={**path, "default": Path("data")})
    guard_command = command(guard, "Stop if data/ holds anything else than the phantoms.")
    guard_command.add_argument("--before-pull", action="store_true", help="files may still be missing")
    command(train, "Train one arm, all folds; resumes where it was stopped.", arm={})
    command(
        predict,
        "Segment images of your own with a trained arm: a mask and an overlay of each.",
        trained={**path, "metavar": "RUN", "help": "build/runs/<data set>/<arm>, or one of its folds"},
        images={"nargs": "+", "metavar": "IMAGE", "help": "files; those of the channels of one case joined by commas"},
        out={**path, "default": Path("build/predictions"), "help": "folder for the results"},
    )
    workers, paper = {"type": int, "default": None}, {"default": None}
    slurm = {**path, "default": None, "metavar": "FILE", "help": "options of the workers that Slurm starts"}
    elsewhere = {"scheduler": {"default": None, "metavar": "ADDRESS", "help": "of a Dask cluster"}, "slurm": slurm}
    command(grid, "Run the stages that are out of date, several at once.", paper=paper, workers=workers, **elsewhere)
    command(plan, "Say what a scale costs in hours, memory and disk.", scale=paper, paper=paper, workers=workers)
    command(evaluate, "Measure all arms of a data set, case by case.", dataset={})
    seeds_command = command(seeds, "Train a paper with several seeds; resumes.", paper={}, seeds={"type": int})
    seeds_command.add_argument("--datasets", type=lambda text: text.split(","), help="only these, separated by commas")
    command(sweep, "Train the survey's losses at many foreground shares; resumes.")
    command(synthesis, "Train every loss under one protocol; resumes.", datasets={"nargs": "*"}, workers=workers)
    command(report, "Execute a paper's notebook into figures and tables.", paper={})
    command(tour, "Execute the notebook of all losses into figures and tables.")
    command(record, "Execute the notebook of the papers' printed numbers into figures and tables.")
    command(claims, "Execute the notebook of all claims and their verdicts into figures and tables.")
    page = {"choices": ["synthesis", "as_published"]}
    command(findings, "Execute a notebook on the synthesis into figures and tables.", page=page)
    command(gallery, "Execute the notebook that shows the phantoms into figures and tables.")
    command(site, "Render all executed notebooks as web pages.")
    add_course_commands(command)
    command(compare, "Hold the metrics against the committed ones.", scale={})
    root, beside = {**path, "default": None}, "Run the pipeline at another scale, beside the phantom results."
    scale_command = command(scale, beside, scale={}, data_root=root, paper=paper, workers=workers, **elsewhere)
    scale_command.add_argument("--synthesis", action="store_true", help="the synthesis, in place of the pipeline")
    return parser.parse_args(arguments)


def main() -> int:
    """Run a command; bad input or a full disk ends in one sentence and exit code 1, Ctrl-C in 130, no traceback."""
    arguments = parse()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name need be no text
    try:
        return arguments.run(arguments) or 0
    except (InputError, OSError) as error:
        sentence = disk_fault(error) if isinstance(error, OSError) else str(error)
        if sentence is None:
            raise
        print(f"segloss: {sentence}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
