"""The ledger of claims: every claim of every paper with its verdicts at all scales, and what would decide it."""

import re
from pathlib import Path
from typing import Any

import pandas as pd

from segloss.errors import InputError
from segloss.provenance import fingerprint
from segloss.published import PAPERS, load_claims, load_ledger
from segloss.statistics import load_results
from segloss.verdicts.computed import COMPUTATIONS
from segloss.verdicts.evidence import COLUMNS, evidence, needed
from segloss.verdicts.rules import CONTRADICTED, INCONCLUSIVE, NOT_TESTABLE, SUPPORTED, VERDICTS

PHANTOM = "phantom"
REAL = ("paper", "subset")  # the first that is there counts
NOT_RUN, NONE_NEEDED = "not run", "–"


def read_verdicts(reports: Path | str) -> pd.DataFrame:
    """The verdict tables that the papers' reports wrote, of every scale that is there.

    Args:
        reports: The folder ``reports``.

    Returns:
        scale, paper, id, verdict (one of the four words), on (the data it is limited to, "" for none), reason.

    Raises:
        InputError: If a verdict is none of the four.
    """
    rows = []
    for path in sorted(Path(reports).glob("tables/*/*/verdicts.csv")):
        scale, paper = path.parent.parent.name, path.parent.name
        if scale in (PHANTOM, *REAL) and paper in PAPERS:
            for row in pd.read_csv(path, keep_default_na=False).itertuples():
                verdict, on = split_verdict(row.verdict, path)
                rows.append((scale, paper, row.id, verdict, on, row.reason))
    return pd.DataFrame(rows, columns=["scale", "paper", "id", "verdict", "on", "reason"])


def split_verdict(text: str, path: Path | str = "") -> tuple[str, str]:
    """A verdict as its word and the data that it is limited to.

    >>> split_verdict("contradicted on ISIC 2018 (real subset)"), split_verdict("not testable here")
    (('contradicted', 'ISIC 2018 (real subset)'), ('not testable here', ''))
    """
    found = re.fullmatch(rf"({'|'.join(VERDICTS)})(?: on (.+))?", text)
    if found is None:
        raise InputError(f"{path}: {text!r} is no verdict; expected one of {', '.join(VERDICTS)}.")
    return found[1], found[2] or ""


def ledger(reports: Path | str) -> pd.DataFrame:
    """Every claim of ``claims.yaml``, whatever scales have been run.

    Args:
        reports: The folder ``reports``, whose verdict tables and metrics are read.

    Returns:
        paper, id, place, claim, kind, decided_by, test, computed, on_phantoms, on_real_data (verdicts; "–" where the
        column does not concern the claim, "not run" where no report is there), real_data (which), needs, scale (of the
        report that has the strongest evidence), figure, table (names in it, None for none), and the columns of
        :func:`segloss.verdicts.evidence.evidence` for the comparison that needs the most cases.
    """
    reports, notes = Path(reports), load_ledger()
    verdicts = read_verdicts(reports).set_index(["scale", "paper", "id"])
    rows = []
    for paper in PAPERS:
        found = {scale: _evidence_at(reports, scale, paper) for scale in (*REAL, PHANTOM)}
        for claim in load_claims(paper):
            words = _verdicts_of(verdicts, paper, claim)
            scales = [scale for scale in _order(claim, words) if (scale, paper, claim["id"]) in verdicts.index]
            most = _most_needed(claim, found)
            rows.append(
                {
                    "paper": paper,
                    **{name: claim[name] for name in ("id", "place", "claim")},
                    "kind": ", ".join(claim["kind"]),
                    "decided_by": claim["decided_by"],
                    "test": notes["tests"].get(claim["decided_by"], "computed"),
                    **words,
                    "needs": _needs(claim, words),
                    "scale": scales[0] if scales else None,
                    **notes["shown"][claim["id"]],
                    **{name: most.get(name) for name in COLUMNS if name != "id"},
                }
            )
    return pd.DataFrame(rows)


def verdict_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """How many claims have which verdict: a row per paper and evidence, a column per verdict.

    Args:
        frame: As :func:`ledger` gives it.

    Returns:
        paper, evidence ("computed", "on_phantoms", "on_real_data"), and the four verdicts and "not run" as columns.
    """
    long = frame.melt("paper", ["computed", "on_phantoms", "on_real_data"], "evidence", "verdict")
    long = long[long["verdict"] != NONE_NEEDED]
    counts = pd.crosstab([long["paper"], long["evidence"]], long["verdict"])
    rows = [list(PAPERS), ["computed", "on_phantoms", "on_real_data"]]
    order = pd.MultiIndex.from_product(rows, names=counts.index.names)
    return counts.reindex(index=order, columns=[*VERDICTS, NOT_RUN], fill_value=0).reset_index()


def source(reports: Path | str) -> str:
    """One line: from which scales the ledger's verdicts are, and a fingerprint of them."""
    frame = read_verdicts(reports)
    scales = ", ".join(scale for scale in (PHANTOM, *reversed(REAL)) if scale in set(frame["scale"])) or "none"
    return f"verdicts of the reports of scale {scales} · verdicts {fingerprint(frame.to_csv(index=False))}"


def _verdicts_of(verdicts: pd.DataFrame, paper: str, claim: dict[str, Any]) -> dict[str, str]:
    if claim["decided_by"] in COMPUTATIONS:
        found = COMPUTATIONS[claim["decided_by"]]().verdict
        return {"computed": found, "on_phantoms": NONE_NEEDED, "on_real_data": NONE_NEEDED, "real_data": ""}
    words = {"computed": NONE_NEEDED, "on_phantoms": NOT_RUN, "on_real_data": NOT_RUN, "real_data": ""}
    if (PHANTOM, paper, claim["id"]) in verdicts.index:
        words["on_phantoms"] = str(verdicts.loc[(PHANTOM, paper, claim["id"]), "verdict"])
    for scale in REAL:
        if (scale, paper, claim["id"]) in verdicts.index:
            verdict, on = verdicts.loc[(scale, paper, claim["id"]), ["verdict", "on"]]
            # Where real data could not be asked, phantoms were: that is no verdict on real data.
            real = on != "phantoms"
            words |= {"on_real_data": verdict if real else NOT_TESTABLE, "real_data": on if real else ""}
            break
    # A mechanism alone is a matter of phantoms.
    return words if "E" in claim["kind"] else words | {"on_real_data": NONE_NEEDED}


def _order(claim: dict[str, Any], words: dict[str, str]) -> tuple[str, ...]:
    """The scales from the strongest evidence on the claim to the weakest: phantoms decide what real data cannot."""
    on_phantoms = "E" not in claim["kind"] or words["on_real_data"] == NOT_TESTABLE
    return (PHANTOM, *REAL) if on_phantoms else (*REAL, PHANTOM)


def _needs(claim: dict[str, Any], words: dict[str, str]) -> str:
    """What is missing for a verdict that nobody has to doubt."""
    if words["computed"] != NONE_NEEDED:
        return "nothing: computed"
    real = words["on_real_data"]
    if "E" not in claim["kind"]:
        decided = words["on_phantoms"] in (SUPPORTED, CONTRADICTED)
        return "nothing: a mechanism, decided on phantoms" if decided else "more phantoms or seeds"
    if real in (SUPPORTED, CONTRADICTED):
        return "nothing" if not words["real_data"] else "the paper's data, to confirm"
    return "the paper's data, or more cases" if real == INCONCLUSIVE else "the paper's data"


def _evidence_at(reports: Path, scale: str, paper: str) -> pd.DataFrame:
    """The evidence of all claims of a paper at a scale; none where it has not been run."""
    folder = reports / "metrics" / scale / paper
    if not any(folder.glob("*-provenance.json")):
        return pd.DataFrame(columns=COLUMNS)
    results = load_results(folder)
    frames = [found for claim in load_claims(paper) if len(found := evidence(claim, paper, results))]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)


def _most_needed(claim: dict[str, Any], found: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """From real data; of a mechanism from phantoms too. Empty where nothing is known."""
    scales = [*REAL, PHANTOM] if "M" in claim["kind"] else REAL
    rows = (needed(found[scale][found[scale]["id"] == claim["id"]]) for scale in scales)
    return next((row for row in rows if row is not None), {})
