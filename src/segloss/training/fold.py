"""Training on one fold: epochs, validation and the prediction of the test part."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from segloss.data.prepared import PreparedSlices, PreparedVolumes
from segloss.losses import SegmentationLoss, build_loss
from segloss.networks import build_network
from segloss.provenance import written_aside
from segloss.training.checkpoint import Checkpoint
from segloss.training.computing import chosen_device, outputs_of, same_bits
from segloss.training.inputs import Batch, inputs_of
from segloss.training.memory import memory_faults
from segloss.training.prefetch import prefetched
from segloss.training.progress import Progress
from segloss.training.schedules import learning_rate
from segloss.training.settings import Settings
from segloss.training.validation import finite_loss, validate

OPTIMISERS = {"adam": torch.optim.Adam}


def train_fold(folder: Path, data: PreparedSlices | PreparedVolumes, fold: int, settings: Settings) -> None:
    """Train a fold; ``folder`` appears when it is complete, with history, weights and test predictions.

    Every epoch draws its random numbers from a seed of its own. So a resumed run needs no saved generator, and arms
    that differ in the loss alone see the same initial weights, batches, augmentations and dropout.

    Raises:
        DivergedError: If the loss or the logits stop being finite.
        InputError: If memory does not suffice; it names the settings to lower.
    """
    with memory_faults(str(folder), settings), same_bits(settings.deterministic):
        _train_fold(folder, data, fold, settings)


def _train_fold(folder: Path, data: PreparedSlices | PreparedVolumes, fold: int, settings: Settings) -> None:
    device = chosen_device()
    inputs = inputs_of(data, fold, settings, device)
    _seed(settings.seed, fold, 0)
    out_channels = 1 if inputs.classes == 1 else 1 + inputs.classes
    network = build_network(**settings.network, in_channels=inputs.channels, out_channels=out_channels)
    network = network.to(device).to(memory_format=inputs.layout)  # type: ignore[call-overload]
    if settings.compile:
        network.compile()
    optimiser = OPTIMISERS[settings.optimiser](
        network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    loss = build_loss(settings.loss)
    checkpoint = Checkpoint(folder.with_suffix(".pt"), network, optimiser, settings.select)
    done, epochs = len(checkpoint.history), settings.epochs_for(len(inputs))
    bar = Progress(range(done, epochs), f"fold {fold}", initial=done, total=epochs, unit="epoch", leave=False)
    for epoch in bar:
        _seed(settings.seed, fold, epoch + 1)
        loss.set_epoch(epoch, epochs)
        dice_so_far = [row["validation_dice"] for row in checkpoint.history]
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(settings.learning_rate, settings.schedule, dice_so_far, epochs)
        mean_loss = train_epoch(network, loss, optimiser, prefetched(inputs.training(), device), settings)
        worth = validate(network, loss, inputs, hausdorff=settings.validation_hausdorff)
        checkpoint.add(epoch=epoch + 1, phase=loss.phase, loss=mean_loss, **worth)
        bar.set_postfix(loss=f"{mean_loss:.3f}", dice=f"{worth['validation_dice']:.3f}", refresh=False)
    network.load_state_dict(checkpoint.selected)
    network.eval()
    with written_aside(folder) as aside:
        checkpoint.write_history(aside / "history.csv")
        # Through a stream, since torch hides what the operating system says of a path.
        with (aside / "weights.pt").open("wb") as stream:
            torch.save({name: value.cpu() for name, value in network.state_dict().items()}, stream)
        inputs.write_predictions(aside / "predictions.npz", network)
    checkpoint.remove()


def train_epoch(
    network: nn.Module,
    loss: SegmentationLoss,
    optimiser: torch.optim.Optimizer,
    batches: Iterable[Batch],
    settings: Settings,
) -> float:
    """One pass over the batches; returns the mean loss of its steps.

    A network with deep supervision gives several logits in training: their losses are summed. Where the protocol says
    so, a batch goes through the network in parts, whose gradients add up to the batch's, but for batch norm: it knows
    only the part.
    """
    network.train()
    values = []
    for batch in batches:
        optimiser.zero_grad(set_to_none=True)
        step = 0.0
        for piece in batch.pieces(settings.voxels_at_once):
            outputs = outputs_of(network, piece.images, mixed_precision=settings.mixed_precision)
            heads = outputs if isinstance(outputs, list) else [outputs]
            value = torch.stack([finite_loss(loss, logits, piece.labels, piece.distance) for logits in heads]).sum()
            value = value * (len(piece.images) / len(batch.images))
            value.backward()
            step += value.item()
        optimiser.step()
        values.append(step)
    return sum(values) / len(values)


def _seed(*numbers: int) -> None:
    torch.manual_seed(int(np.random.SeedSequence(numbers).generate_state(1)[0]))
