"""The synthesis: which runs it has, that they are comparable, that it resumes, and what it writes."""

import json
import shutil
from collections import Counter
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
import torch

from segloss.__main__ import parse
from segloss.errors import InputError
from segloss.losses import build_loss
from segloss.paths import SYNTHESIS_RUNS, synthesis_folder
from segloss.statistics.calibration import calibration_error
from segloss.synthesis import run_synthesis, stage, training
from segloss.synthesis.cases import StudySlices
from segloss.synthesis.protocol import Protocol, runs_of
from segloss.synthesis.timing import timed_slices
from segloss.synthesis.training import train_and_measure
from segloss.training import fold

PARAMS = {"scale": "tiny"}
OURS = Protocol.read()
SCALES = [(scale, dataset) for scale, settings in OURS.scales.items() for dataset in settings["datasets"]]


def _tables():
    """The tables that were written, but the times."""
    return {path.name: path.read_bytes() for path in synthesis_folder("tiny").iterdir() if "costs" not in path.name}


@pytest.fixture
def in_process(monkeypatch):
    """Names of the runs that are trained, here and one after another: what is patched holds in no other process."""
    begun = []

    def here(calls, *_):
        for name, call in calls.items():
            begun.append(name)
            call()
        return list(calls)

    monkeypatch.setattr(stage, "run_side_by_side", here)
    return begun


def test_every_loss_of_the_comparison_has_all_folds_on_every_data_set():
    for scale, dataset in SCALES:
        cells = Counter(run.loss for run in runs_of(OURS, scale, dataset) if (run.seed, run.rate) == (1, 1.0))
        assert {cells[loss] for loss in OURS.losses} == {OURS.folds}


def test_names_of_the_runs_of_a_data_set_are_unique():
    for scale, dataset in SCALES:
        names = [run.name for run in runs_of(OURS, scale, dataset)]
        assert len(set(names)) == len(names)


def test_the_losses_that_the_papers_propose_are_in_the_comparison():
    proposed = {
        "kappa",
        "cross_entropy_plus_topk_dice",
        "generalized_dice_plus_boundary",
        "mixed_focal",
        "asymmetric_unified_focal",
        "log_cosh_dice",
    }
    assert proposed <= set(OURS.losses)
    assert len(OURS.losses) >= 10
    assert len(OURS.scales["phantom"]["datasets"]) == 8


def test_every_published_form_has_its_right_loss_on_the_same_data():
    for scale, dataset in SCALES:
        names = {run.loss for run in runs_of(OURS, scale, dataset)}
        assert {OURS.as_published[name]["right"] for name in names & set(OURS.as_published)} <= names


def test_every_loss_of_the_synthesis_can_be_built():
    labels = torch.randint(2, (2, 8, 8), generator=torch.Generator().manual_seed(0))
    for run in runs_of(OURS, "phantom", "isles2018") + runs_of(OURS, "phantom", "bus2017"):
        loss = build_loss(run.spec)
        loss.set_epoch(0, 10)
        assert loss(torch.zeros(2, 1, 8, 8), labels).isfinite(), run.name


def test_the_alpha_floor_is_the_schedule_of_the_published_code():
    from segloss.losses.as_published import alpha_with_floor

    loss = build_loss(OURS.as_published["alpha_floor"]["loss"])
    for epoch in range(200):
        loss.set_epoch(epoch, 200)
        weights = loss.present.weights
        ours = weights["generalized_dice"], weights["boundary"]
        assert ours == pytest.approx(alpha_with_floor(epoch), abs=0.02)


def test_an_unknown_data_set_is_refused_by_name():
    with pytest.raises(InputError, match="no 'hearts', expected one of isic2018"):
        runs_of(OURS, "phantom", "hearts")


def test_losses_start_from_the_same_weights(discs, protocol, monkeypatch):
    first = []
    original = fold.build_network

    def spied(*args, **options):
        network = original(*args, **options)
        first.append({name: value.clone() for name, value in network.state_dict().items()})
        return network

    monkeypatch.setattr(fold, "build_network", spied)
    cross_entropy, dice = runs_of(protocol, "tiny", "discs")[:2]
    for run in (cross_entropy, dice, replace(dice, seed=2)):
        train_and_measure(run, protocol, "tiny")
    ours, others, of_another_seed = first
    assert all(torch.equal(ours[name], others[name]) for name in ours)
    assert not all(torch.equal(ours[name], of_another_seed[name]) for name in ours)


def test_losses_see_the_same_slices_in_the_same_order(discs, protocol, monkeypatch):
    seen: dict[str, list[bytes]] = {}
    original = training.train_fold

    def spied(folder, data, number, settings):
        batch = data.batch

        def watched(slices, device):
            seen.setdefault(settings.loss, []).append(slices.tobytes())
            return batch(slices, device)

        monkeypatch.setattr(data, "batch", watched)
        original(folder, data, number, settings)

    monkeypatch.setattr(training, "train_fold", spied)
    for run in runs_of(protocol, "tiny", "discs")[:2]:
        train_and_measure(run, protocol, "tiny")
    assert seen["cross_entropy"] == seen["dice"]
    assert len(seen["dice"]) > 4


def test_a_run_measures_every_test_case_of_its_fold(discs, protocol):
    run = runs_of(protocol, "tiny", "discs")[0]
    result = train_and_measure(run, protocol, "tiny")
    cases = [row[0] for row in result["cases"]]
    assert len(cases) == 4
    assert sum(row[1] for row in result["reliability"]) == 4 * 32 * 32
    assert result["dice"] == pytest.approx(np.mean([row[2] for row in result["cases"]]), abs=1e-4)


def test_the_synthesis_writes_its_tables(discs, protocol, in_process):
    run_synthesis(PARAMS, ["discs"], 1, protocol)
    folder = synthesis_folder("tiny")
    names = {path.name for path in folder.iterdir()}
    assert names == {
        f"discs-{part}"
        for part in ("cases.csv", "runs.csv", "reliability.csv", "costs.csv", "shares.csv", "provenance.json")
    }
    runs, cases = (pd.read_csv(folder / f"discs-{part}.csv") for part in ("runs", "cases"))
    # Two losses on three folds, with one more seed and one more rate on the first; a form and its partner.
    assert len(runs) == 2 * 3 + 2 + 2 + 2 * 3
    assert len(cases) == 4 * len(runs)
    costs = pd.read_csv(folder / "discs-costs.csv").set_index("loss")
    assert costs.loc["cross_entropy", "ratio"] == 1
    shares = pd.read_csv(folder / "discs-shares.csv").set_index("case")["share"]
    expected = np.load(discs / "labels.npy").mean(axis=(1, 2))
    assert shares.to_numpy() == pytest.approx(expected, rel=1e-3)
    provenance = json.loads((folder / "discs-provenance.json").read_text())
    assert provenance["distance_unit"] == "px"


def test_the_reliability_of_a_table_gives_an_error_between_0_and_1(discs, protocol, in_process):
    run_synthesis(PARAMS, ["discs"], 1, protocol)
    table = pd.read_csv(synthesis_folder("tiny") / "discs-reliability.csv")
    assert all(0 <= calibration_error(bins) <= 1 for _, bins in table.groupby("run"))


def test_a_stopped_synthesis_goes_on_where_it_was(discs, protocol, in_process):
    run_synthesis(PARAMS, ["discs"], 1, protocol)
    first = len(in_process)
    [gone] = (SYNTHESIS_RUNS / "tiny/discs").glob("dice-1-1-1-*.json")
    gone.unlink()
    run_synthesis(PARAMS, ["discs"], 1, protocol)
    assert in_process[first:] == ["dice-1-1-1"]


def test_the_same_synthesis_has_the_same_bytes(discs, protocol, in_process):
    run_synthesis(PARAMS, ["discs"], 1, protocol)
    before = _tables()
    shutil.rmtree(SYNTHESIS_RUNS)
    run_synthesis(PARAMS, ["discs"], 1, protocol)
    assert _tables() == before


def test_a_run_that_fails_leaves_no_tables(discs, protocol, monkeypatch):
    monkeypatch.setattr(stage, "run_side_by_side", lambda calls, *_: list(calls)[1:])
    with pytest.raises(InputError, match=r"^discs: 1 runs failed"):
        run_synthesis(PARAMS, ["discs"], 1, protocol)
    assert not synthesis_folder("tiny").exists()


def test_another_length_of_training_trains_anew(discs, protocol, in_process):
    run_synthesis(PARAMS, ["discs"], 1, protocol)
    first = len(in_process)
    longer = {**protocol.scales["tiny"], "training": {**protocol.scales["tiny"]["training"], "steps": 6}}
    run_synthesis(PARAMS, ["discs"], 1, replace(protocol, scales={"tiny": longer}))
    assert len(in_process) == 2 * first


def test_another_width_of_the_network_is_timed_anew(discs, protocol, in_process):
    run_synthesis(PARAMS, ["discs"], 1, protocol)
    wider = {**protocol.scales["tiny"], "training": {**protocol.scales["tiny"]["training"], "filters": 3}}
    run_synthesis(PARAMS, ["discs"], 1, replace(protocol, scales={"tiny": wider}))
    assert len(list((SYNTHESIS_RUNS / "tiny/discs").glob("costs-*.json"))) == 2


def test_steps_are_timed_on_slices_with_foreground(cubes, protocol):
    data = StudySlices(cubes, 0, protocol, "tiny")
    # Of the six slices of a volume, the outer two are empty.
    slices = timed_slices(data, 4)
    assert len(slices) == 4
    assert set(slices % 6) <= {1, 2, 3, 4}


def test_the_constant_of_the_kappa_page_keeps_the_share_of_the_papers_batch():
    for scale, settings in OURS.scales.items():
        [run] = [run for run in runs_of(OURS, scale, "isic2018") if (run.loss, run.fold) == ("kappa_readme", 0)]
        pixels = settings["training"]["batch_size"] * OURS.side**2
        assert run.spec["pixels"] == round(224**2 * pixels / (4 * 256**2))


def test_a_diverged_loss_is_an_outcome(discs, protocol, in_process, monkeypatch):
    train_fold = training.train_fold

    def diverging(folder, data, number, settings):
        if settings.loss == "dice":
            raise training.DivergedError("the loss became nan")
        train_fold(folder, data, number, settings)

    monkeypatch.setattr(training, "train_fold", diverging)
    run_synthesis(PARAMS, ["discs"], 1, protocol)
    runs = pd.read_csv(synthesis_folder("tiny") / "discs-runs.csv")
    assert set(runs.loc[runs["outcome"] == "diverged", "loss"]) == {"dice"}
    assert runs.loc[runs["outcome"] == "diverged", "dice"].isna().all()


def test_an_absent_data_set_is_an_outcome(discs, protocol, in_process, capsys):
    (discs / "status.json").write_text(json.dumps({"outcome": "absent", "reason": "It is not there."}))
    run_synthesis(PARAMS, ["discs"], 1, protocol)
    assert capsys.readouterr().out == "discs: no synthesis. It is not there.\n"
    assert in_process == []


def test_volumes_are_measured_in_mm(cubes, protocol):
    scale = {**protocol.scales["tiny"], "datasets": ["cubes"], "several_seeds": [], "several_rates": []}
    own = replace(protocol, scales={"tiny": scale}, as_published={}, folds=3)
    result = train_and_measure(runs_of(own, "tiny", "cubes")[0], own, "tiny")
    assert len(result["cases"]) == 4 * 2
    assert {row[1] for row in result["cases"]} == {"left", "right"}


@pytest.mark.slow
def test_several_processes_give_the_bytes_of_one(discs, protocol):
    run_synthesis(PARAMS, ["discs"], 2, protocol)
    of_several = _tables()
    shutil.rmtree(SYNTHESIS_RUNS)
    run_synthesis(PARAMS, ["discs"], 1, protocol)
    assert _tables() == of_several


def test_the_command_takes_data_sets_and_workers():
    arguments = parse(["synthesis", "isic2018", "acdc", "--workers", "2"])
    assert (arguments.datasets, arguments.workers) == (["isic2018", "acdc"], 2)
    assert parse(["synthesis"]).datasets == []


def test_a_run_is_told_apart_by_all_that_it_is():
    runs = runs_of(OURS, "phantom", "isles2018")
    assert len({json.dumps(asdict(run), sort_keys=True) for run in runs}) == len(runs)
