"""Training on one fold: epochs, validation and the prediction of the test part."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from segloss.data.augmentation import Amounts, augment
from segloss.data.prepared import PreparedSlices
from segloss.errors import InputError
from segloss.losses import NonFiniteLogitsError, SegmentationLoss, build_loss
from segloss.networks import build_network
from segloss.provenance import written_aside
from segloss.training.checkpoint import Checkpoint
from segloss.training.predictions import write_predictions
from segloss.training.schedules import learning_rate
from segloss.training.settings import Settings

PREDICTED_AT_ONCE = 16
# A terminal redraws its bar every second; a log gets a line twice a minute.
REDRAWN_S = 1 if sys.stderr.isatty() else 30
OPTIMISERS = {"adam": torch.optim.Adam}


class DivergedError(Exception):
    """The loss or the logits are no longer finite: an outcome of the arm, not a fault."""


def train_fold(folder: Path, data: PreparedSlices, fold: int, settings: Settings) -> None:
    """Train a fold; ``folder`` appears when it is complete, with history, weights and test predictions.

    Every epoch draws its random numbers from a seed of its own. So a resumed run needs no saved generator, and arms
    that differ in the loss alone see the same initial weights, batches, augmentations and dropout.

    Raises:
        DivergedError: If the loss or the logits stop being finite.
    """
    if data.distances is not None and Amounts.of(settings.augmentation).moves:
        raise InputError(
            f"{data.provenance['dataset']}: distance maps do not move with an image, expected no such augmentation."
        )
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    test = data.part(fold, "test")
    train, validation = (data.slices_of(data.part(fold, part)) for part in ("train", "validation"))
    _seed(settings.seed, fold, 0)
    out_channels = 1 if data.classes == 1 else 1 + data.classes
    network = build_network(**settings.network, in_channels=data.channels, out_channels=out_channels)
    network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = OPTIMISERS[settings.optimiser](
        network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    loss = build_loss(settings.loss)
    checkpoint = Checkpoint(folder.with_suffix(".pt"), network, optimiser, settings.select == "best_validation")
    done, epochs = len(checkpoint.history), settings.epochs_for(len(train))
    bar = tqdm(
        range(done, epochs),
        f"fold {fold}",
        initial=done,
        total=epochs,
        unit="epoch",
        mininterval=REDRAWN_S,
        leave=False,
    )
    for epoch in bar:
        _seed(settings.seed, fold, epoch + 1)
        loss.set_epoch(epoch, epochs)
        dice_so_far = [row["validation_dice"] for row in checkpoint.history]
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(settings.learning_rate, settings.schedule, dice_so_far, epochs)
        batches = np.array_split(train[torch.randperm(len(train)).numpy()], settings.steps_per_epoch(len(train)))
        read = ((*data.batch(batch, device), data.distance_maps(batch, device)) for batch in batches)
        mean_loss = train_epoch(network, loss, optimiser, read, settings)
        validation_loss, dice = validate(network, loss, data, validation, device)
        checkpoint.add(
            epoch=epoch + 1, phase=loss.phase, loss=mean_loss, validation_loss=validation_loss, validation_dice=dice
        )
        bar.set_postfix(loss=f"{mean_loss:.3f}", dice=f"{dice:.3f}", refresh=False)
    network.load_state_dict(checkpoint.selected)
    with written_aside(folder) as aside:
        checkpoint.write_history(aside / "history.csv")
        torch.save({name: value.cpu() for name, value in network.state_dict().items()}, aside / "weights.pt")
        slices = data.slices_of(test)
        probs = (probabilities(logits).half().cpu().numpy() for logits, _ in predict(network, data, slices, device))
        write_predictions(aside / "predictions.npz", data.cases[test], len(slices), probs)
    checkpoint.remove()


def train_epoch(
    network: nn.Module,
    loss: SegmentationLoss,
    optimiser: torch.optim.Optimizer,
    batches: Iterator[tuple[Tensor, Tensor, Tensor | None]],
    settings: Settings,
) -> float:
    """One pass over the batches of images, labels and distance maps; returns the mean loss of its steps.

    A network with deep supervision gives several logits in training: their losses are summed.
    """
    network.train()
    values = []
    for images, labels, distance in batches:
        images, labels = augment(images, labels, settings.augmentation)
        optimiser.zero_grad(set_to_none=True)
        outputs = network(images.contiguous(memory_format=torch.channels_last))
        heads = outputs if isinstance(outputs, list) else [outputs]
        value = torch.stack([_finite(loss, logits, labels, distance) for logits in heads]).sum()
        value.backward()
        optimiser.step()
        values.append(value.item())
    return sum(values) / len(values)


def validate(
    network: nn.Module, loss: SegmentationLoss, data: PreparedSlices, slices: np.ndarray, device: torch.device
) -> tuple[float, float]:
    """Mean loss over the slices, and mean Dice over the classes and cases that have one."""
    total, start = 0.0, 0
    overlap, size = torch.zeros(2, len(data.cases), data.classes, device=device)
    for logits, labels in predict(network, data, slices, device):
        here = slices[start : start + len(logits)]
        total += _finite(loss, logits, labels, data.distance_maps(here, device)).item() * len(logits)
        case = torch.from_numpy(data.case_of[here]).to(device)
        predicted = decisions(logits)
        for label in range(1, data.classes + 1):
            found, true = (predicted == label).flatten(1), (labels == label).flatten(1)
            overlap[:, label - 1].index_add_(0, case, (found & true).sum(1).float())
            size[:, label - 1].index_add_(0, case, (found.sum(1) + true.sum(1)).float())
        start += len(logits)
    return total / len(slices), float((2 * overlap / size).nanmean())


@torch.no_grad()
def predict(
    network: nn.Module, data: PreparedSlices, slices: np.ndarray, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Logits (B, C, H, W) and labels (B, H, W) of the slices, batch by batch, in their order."""
    network.eval()
    for start in range(0, len(slices), PREDICTED_AT_ONCE):
        images, labels = data.batch(slices[start : start + PREDICTED_AT_ONCE], device)
        yield network(images.contiguous(memory_format=torch.channels_last)), labels


def probabilities(logits: Tensor) -> Tensor:
    """Of the foreground, (B, 1, H, W), where there is one logit; else of each class."""
    return torch.sigmoid(logits) if logits.shape[1] == 1 else torch.softmax(logits, 1)


def decisions(logits: Tensor) -> Tensor:
    """The most probable class (B, H, W)."""
    return (logits.squeeze(1) > 0).long() if logits.shape[1] == 1 else logits.argmax(1)


def _finite(loss: SegmentationLoss, logits: Tensor, labels: Tensor, distance: Tensor | None) -> Tensor:
    try:
        value = loss(logits, labels, distance)
    except NonFiniteLogitsError as error:
        raise DivergedError(str(error)) from error
    if not value.isfinite():
        raise DivergedError(f"the loss became {value.item()}")
    return value


def _seed(*numbers: int) -> None:
    torch.manual_seed(int(np.random.SeedSequence(numbers).generate_state(1)[0]))
