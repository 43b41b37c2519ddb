"""Deep supervision: in training, coarser levels of a network are asked for a segmentation as well."""

from collections.abc import Iterable, Sequence

from torch import Tensor, nn


def supervised_logits(
    heads: nn.ModuleList | list[nn.Module], features: Iterable[Tensor], size: Sequence[int], *, training: bool
) -> Tensor | list[Tensor]:
    """Logits of the heads, brought to the size of the image.

    Args:
        heads: One for each level that is supervised. The first is the one that segments once training is over.
        features: What each head reads, (B, C, *coarser), in the order of the heads.
        size: Sides of the image. Coarser logits are interpolated linearly along each, corners not aligned.
        training: Whether all heads are asked, or the first alone.

    Returns:
        Logits (B, classes, *size) of each head, their losses to be summed; a single head gives a tensor and no list.

    Reference:
        Hosseini (2023), TopK Dice loss, section 3.2. The paper's heads end in a softmax; here it is part of the loss.
    """
    asked = heads if training else heads[:1]
    logits = [_resized(head(x), size) for head, x in zip(asked, features, strict=False)]
    return logits if len(logits) > 1 else logits[0]


def _resized(logits: Tensor, size: Sequence[int]) -> Tensor:
    if logits.shape[2:] == size:
        return logits
    return nn.functional.interpolate(logits, size, mode="bilinear" if len(size) == 2 else "trilinear")
