"""Run the tests of faults, those that take minutes too, and write what was tried, survived and printed.

Usage: python benchmarks/faults.py [--results FILE ...] [--docs docs/robustness.md] [--out reports/benchmarks]
Writes faults.md, and the table into the page of the docs. --results takes what pytest --junitxml wrote before.
"""

import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pages

HEADS = ("fault", "tried on", "times", "survived", "what was printed")
PLACE = re.compile(r"(?<=<!-- faults -->\n).*?(?=<!-- end of faults -->)", flags=re.DOTALL)


def run_tests(results: Path) -> Path:
    """Run all tests of faults, and return the file of their results. What fails shows there."""
    options = [
        "-m",
        "slow or not slow",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junitxml={results}",
        "-o",
        "junit_family=xunit1",
    ]
    subprocess.run([sys.executable, "-m", "pytest", "tests/faults", *options], check=False)
    return results


def outcomes(results: Path) -> Iterator[tuple[str, ...]]:
    """Fault, stage, times, whether it was survived, and what was printed, of each test that tells it."""
    for case in ElementTree.parse(results).iter("testcase"):
        told = {entry.get("name", ""): entry.get("value", "") for entry in case.iter("property")}
        skipped, failed = case.find("skipped"), case.find("failure") is not None or case.find("error") is not None
        survived = "**no**" if failed else "not tried" if skipped is not None else "yes"
        fault = told.get("fault") or case.get("name", "").removeprefix("test_").partition("[")[0].replace("_", " ")
        printed = (told.get("printed") or "").splitlines()
        words = printed[-1].removeprefix("segloss: ").replace("|", "\\|") if printed else ""
        yield fault, told.get("on") or _stage(case), told.get("tried") or "1", survived, words


def _stage(case: ElementTree.Element) -> str:
    return "train" if "test_training" in case.get("classname", "") else ""


def rows(files: list[Path]) -> list[tuple[str, ...]]:
    """A row for each fault on each stage: of the last file that tells of it, the test that failed or tried most."""
    kept: dict[tuple[str, str], tuple[str, ...]] = {}
    for file in files:
        of_file: dict[tuple[str, str], tuple[str, ...]] = {}
        for row in outcomes(file):
            before = of_file.get(row[:2], row)
            of_file[row[:2]] = max(before, row, key=lambda row: (row[3] == "**no**", int(row[2])))
        kept |= of_file
    return sorted(kept.values(), key=lambda row: row[0])


def main() -> None:
    """Run, and write the page and the table of the docs."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--results", type=Path, nargs="*", help="results of earlier runs, the last count")
    parser.add_argument("--docs", type=Path, default=Path("docs/robustness.md"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = rows(arguments.results or [run_tests(Path(folder, "results.xml"))])
    survived = sum(row[3] == "yes" for row in found)
    tried = sum(row[3] != "not tried" for row in found)
    table = pages.table(HEADS, found)
    said = f"Tried {tried} faults, survived {survived}; {sum(int(row[2]) for row in found)} times in all."
    text = arguments.docs.read_text(encoding="utf-8")
    arguments.docs.write_text(PLACE.sub(lambda _: "\n".join([said, "", *table, ""]), text), encoding="utf-8")
    pages.write(arguments.out, "faults", "Faults tried, survived, and what was printed", [said, "", *table])


if __name__ == "__main__":
    main()
