"""The sweep: which runs it has, that they are comparable, that it resumes, and what it writes."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import f1_score, recall_score
from torch import nn

from segloss.__main__ import parse
from segloss.config import load_params
from segloss.errors import InputError
from segloss.losses import build_loss
from segloss.paths import SWEEP, SWEEP_RUNS
from segloss.sweep import run_sweep, stage, training
from segloss.sweep.protocol import Protocol, SweepRun, runs_of
from segloss.sweep.training import measured, phantoms, train_and_measure

ROOT = Path(__file__).parents[2]
PARAMS: dict[str, Any] = {"losses": {"log_cosh_dice": {"cross_entropy": "cross_entropy"}}}
RUN = SweepRun("dice", "survey", 0.5, 1, {"dice": {"smooth": 1.0}})


@pytest.fixture
def tiny() -> Protocol:
    """Two losses at two shares, one of them with another setting at one, from two seeds."""
    network = {"name": "unet2d", "filters": 2, "batch_norm": True, "dropout": 0.0, "head_filters": None}
    steps = {"learning_rate": 0.02, "constant_share": 0.5, "batch_size": 2, "steps": 4, "steps_between_validations": 2}
    return Protocol(
        picture={"size": 16, "spot": 2, "contrast": 1.0, "noise_sd": 0.4},
        cases={"train": 4, "validation": 2, "test": 3},
        shares=[0.5, 0.1],
        seeds=[1, 2],
        training={"network": network, **steps},
        also={"generalized_dice": "generalized_dice"},
        settings=[{"loss": "dice", "name": "smooth_0", "options": {"smooth": 0.0}, "shares": [0.5]}],
    )


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the runs that are trained; the present directory is empty."""
    monkeypatch.chdir(tmp_path)
    begun: list[str] = []

    def counted(run, protocol):
        begun.append(run.name)
        return train_and_measure(run, protocol)

    monkeypatch.setattr(stage, "train_and_measure", counted)
    return begun


def test_the_sweep_has_the_nine_losses_of_the_survey_and_generalised_dice_at_every_share():
    protocol, nine = Protocol.read(), load_params(ROOT / "params.yaml")["losses"]["log_cosh_dice"]
    runs = [run for run in runs_of(protocol, nine) if run.setting == "survey"]
    assert len(nine) == 9
    cells = Counter((run.loss, run.share) for run in runs)
    assert set(cells) == {(loss, share) for loss in [*nine, "generalized_dice"] for share in protocol.shares}
    assert set(cells.values()) == {3}
    assert protocol.shares == [0.5, 0.2, 0.05, 0.01, 0.003, 0.001]


def test_the_positive_weights_of_the_claim_are_tried_at_five_percent():
    runs = [run for run in runs_of(Protocol.read(), {}) if run.loss == "weighted_cross_entropy"]
    weights = {run.spec["weighted_cross_entropy"]["positive_weight"] for run in runs}
    assert weights == {0.25, 0.5, 1, 2, 4}
    assert {run.share for run in runs} == {0.05}


def test_every_loss_of_the_sweep_can_be_built():
    runs = runs_of(Protocol.read(), load_params(ROOT / "params.yaml")["losses"]["log_cosh_dice"])
    labels = torch.tensor([[[0, 1], [1, 0]]])
    for run in runs:
        assert build_loss(run.spec)(torch.zeros(1, 1, 2, 2), labels).isfinite()


def test_names_of_runs_are_unique():
    runs = runs_of(Protocol.read(), load_params(ROOT / "params.yaml")["losses"]["log_cosh_dice"])
    assert len({run.name for run in runs}) == len(runs)


def test_test_phantoms_are_the_same_for_every_loss_and_seed(tiny):
    first = phantoms(RUN, tiny, "test")
    other = phantoms(replace(RUN, loss="focal", spec="focal", seed=2), tiny, "test")
    assert all(map(torch.equal, first, other))


def test_training_pictures_change_with_the_seed_and_not_with_the_loss(tiny):
    first = phantoms(RUN, tiny, "train")[0]
    assert torch.equal(first, phantoms(replace(RUN, loss="focal", spec="focal"), tiny, "train")[0])
    assert not torch.equal(first, phantoms(replace(RUN, seed=2), tiny, "train")[0])


def test_no_picture_is_in_two_parts_or_at_two_shares(tiny):
    drawn = [
        picture.numpy().tobytes()
        for part in training.PARTS
        for run in (RUN, replace(RUN, share=0.1))
        for picture in phantoms(run, tiny, part)[0]
    ]
    assert len(set(drawn)) == len(drawn)


def test_losses_start_from_the_same_weights_and_see_the_same_batches(tiny, monkeypatch):
    seen: dict[str, list[bytes]] = {}
    build = training.build_loss

    def spied(spec):
        loss = build(spec)

        def called(logits, labels):
            seen.setdefault(str(spec), []).append(labels.numpy().tobytes())
            if len(seen[str(spec)]) == 1:
                seen[str(spec)].append(logits.detach().numpy().tobytes())
            return loss(logits, labels)

        return called

    monkeypatch.setattr(training, "build_loss", spied)
    for spec in ("cross_entropy", "focal"):
        train_and_measure(replace(RUN, loss=spec, spec=spec), tiny)
    first, second = seen.values()
    assert len(first) == tiny.training["steps"] + 1
    assert first == second


def test_the_same_run_twice_gives_the_same_numbers(tiny):
    assert train_and_measure(RUN, tiny) == train_and_measure(RUN, tiny)


def test_metrics_agree_with_scikit_learn():
    images = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 1, 8, 8)))
    labels = (torch.from_numpy(np.random.default_rng(1).random((3, 8, 8))) < 0.3).long()
    for row, image, truth in zip(measured(nn.Identity(), images, labels), images, labels, strict=True):
        found, true = (image > 0).numpy().ravel(), truth.numpy().ravel() == 1
        assert row["dice"] == pytest.approx(f1_score(true, found), abs=1e-5)
        assert row["sensitivity"] == pytest.approx(recall_score(true, found), abs=1e-5)
        assert row["specificity"] == pytest.approx(recall_score(~true, ~found), abs=1e-5)
        assert (row["false_negatives"], row["false_positives"]) == ((true & ~found).sum(), (found & ~true).sum())


@pytest.mark.parametrize("loss", ["cross_entropy", "generalized_dice"])
def test_a_loss_learns_the_task_at_half_foreground(tiny, loss):
    network = {**tiny.training["network"], "filters": 4}
    longer = {**tiny.training, "network": network, "steps": 60, "batch_size": 4}
    picture = {**tiny.picture, "size": 32}
    protocol = replace(tiny, picture=picture, training=longer, cases={"train": 32, "validation": 1, "test": 8})
    result = train_and_measure(replace(RUN, loss=loss, spec=loss), protocol)
    everything = 2 / 3
    assert np.mean([case["dice"] for case in result["cases"]]) > everything + 0.15


def test_a_sweep_writes_a_row_for_every_test_phantom_of_every_run(tiny, trained):
    run_sweep(PARAMS, tiny)
    rows = pd.read_csv(SWEEP / "runs.csv")
    columns = ["loss", "setting", "share", "seed", "case", "dice", "sensitivity", "specificity"]
    assert list(rows.columns) == [*columns, "false_negatives", "false_positives"]
    cells = rows.groupby(["loss", "setting", "share", "seed"]).size()
    assert set(cells) == {3}
    assert len(cells) == len(trained) == (2 * 2 + 1) * 2
    history = pd.read_csv(SWEEP / "history.csv")
    assert set(history["step"]) == {2, 4}


def test_the_provenance_names_data_code_and_settings_and_no_commit(tiny, trained):
    run_sweep(PARAMS, tiny)
    provenance = json.loads((SWEEP / "provenance.json").read_text(encoding="utf-8"))
    assert set(provenance["fingerprints"]) == {"data", "code", "parameters"}
    assert (provenance["kind"], provenance["shares"], provenance["seeds"]) == ("phantom", [0.5, 0.1], [1, 2])
    assert provenance["losses"] == [
        {"loss": "cross_entropy", "setting": "survey", "spec": "cross_entropy"},
        {"loss": "generalized_dice", "setting": "survey", "spec": "generalized_dice"},
        {"loss": "dice", "setting": "smooth_0", "spec": {"dice": {"smooth": 0.0}}},
    ]
    assert "commit" not in json.dumps(provenance)


def test_a_stopped_sweep_goes_on_with_the_run_it_was_in_and_ends_the_same(tiny, trained, monkeypatch):
    run_sweep(PARAMS, tiny)
    whole = {path.name: path.read_bytes() for path in SWEEP.iterdir()}
    for path in [*SWEEP.iterdir(), *SWEEP_RUNS.iterdir()]:
        path.unlink()
    order, counted = list(trained), stage.train_and_measure

    def stopped(run, protocol):
        if run.name == order[3]:
            raise KeyboardInterrupt
        return counted(run, protocol)

    monkeypatch.setattr(stage, "train_and_measure", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_sweep(PARAMS, tiny)
    assert list(SWEEP.iterdir()) == []
    monkeypatch.setattr(stage, "train_and_measure", counted)
    trained.clear()
    run_sweep(PARAMS, tiny)
    assert trained == order[3:]
    assert {path.name: path.read_bytes() for path in SWEEP.iterdir()} == whole


def test_another_loss_trains_no_other_run_again(tiny, trained):
    run_sweep(PARAMS, tiny)
    trained.clear()
    run_sweep({"losses": {"log_cosh_dice": {"cross_entropy": "cross_entropy", "focal": "focal"}}}, tiny)
    assert {name.split("-")[0] for name in trained} == {"focal"}


def test_other_steps_train_every_run_again(tiny, trained):
    run_sweep(PARAMS, tiny)
    before = len(trained)
    run_sweep(PARAMS, replace(tiny, training={**tiny.training, "steps": 2}))
    assert len(trained) == 2 * before


def test_a_diverged_loss_is_an_outcome_and_the_others_stay(tiny, trained, monkeypatch):
    build = training.build_loss

    def diverging(spec):
        return (lambda logits, labels: logits.sum() * float("nan")) if spec == "cross_entropy" else build(spec)

    monkeypatch.setattr(training, "build_loss", diverging)
    run_sweep(PARAMS, tiny)
    assert set(pd.read_csv(SWEEP / "runs.csv")["loss"]) == {"generalized_dice", "dice"}
    diverged = json.loads((SWEEP / "provenance.json").read_text(encoding="utf-8"))["diverged"]
    names = {f"cross_entropy-survey-{share}-{seed}" for share in (0.5, 0.1) for seed in (1, 2)}
    assert diverged == dict.fromkeys(names, "step 1: the loss became nan")


def test_parameters_without_the_losses_of_the_survey_end_in_one_sentence(tiny, trained):
    with pytest.raises(InputError, match="has no 'log_cosh_dice' under losses; it has kappa"):
        run_sweep({"losses": {"kappa": {}}}, tiny)


def test_the_command_takes_no_arguments():
    assert parse(["sweep"]).run.__name__ == "sweep"
