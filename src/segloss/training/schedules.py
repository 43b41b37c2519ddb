"""Learning rates that change with the epochs: each a function of what has happened, so that a resumed run knows it."""

from collections.abc import Sequence
from typing import Any

from segloss.errors import InputError


def learning_rate(base: float, schedule: dict[str, Any], dice: Sequence[float], epochs: int) -> float:
    """The learning rate of the epoch that comes next.

    Args:
        base: Learning rate of the first epoch.
        schedule: ``{"name": "constant"}``, ``{"name": "poly", "power": 0.9}`` or
            ``{"name": "plateau", "factor": 0.5, "patience": 0.1, "lowest": 0.01}``, whose patience is a share of the
            training and whose lowest rate is a share of the first one, 0 if left out.
        dice: Validation Dice of the epochs that are done.
        epochs: How many there will be.

    Raises:
        InputError: If there is no such schedule.
    """
    options = {key: value for key, value in schedule.items() if key != "name"}
    if schedule["name"] == "constant":
        return base
    if schedule["name"] == "poly":
        return base * poly(len(dice), epochs, **options)
    if schedule["name"] == "plateau":
        return base * plateau(dice, epochs, **options)
    raise InputError(f"params.yaml: schedule {schedule['name']!r}, expected constant, poly or plateau.")


def poly(epoch: int, epochs: int, power: float) -> float:
    """(1 - e / E)^power, for epoch e = 0, 1, ... of E.

    >>> poly(0, 10, power=0.9), round(poly(9, 10, power=1), 1)
    (1.0, 0.1)
    """
    return (1 - epoch / epochs) ** power


def plateau(dice: Sequence[float], epochs: int, factor: float, patience: float, lowest: float = 0.0) -> float:
    """Multiplied by ``factor`` after each stretch of epochs, a share ``patience`` of all, without a new best Dice.

    It never falls below ``lowest``.

    >>> plateau([0.1, 0.2, 0.2, 0.1], epochs=10, factor=0.5, patience=0.2)
    0.5
    """
    longest = max(1, round(patience * epochs))
    best, waited, multiplier = float("-inf"), 0, 1.0
    for value in dice:
        best, waited = (value, 0) if value > best else (best, waited + 1)
        if waited == longest:
            waited, multiplier = 0, max(multiplier * factor, lowest)
    return multiplier
