"""A volume larger than a patch is predicted patch by patch, and the patches are blended."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segloss.training.computing import outputs_of
from segloss.training.predictions import probabilities

PATCHES_AT_ONCE = 2


@torch.no_grad()
def predicted_volume(
    network: nn.Module,
    image: Tensor,
    patch: Sequence[int],
    overlap: float,
    device: torch.device,
    *,
    mixed_precision: bool = False,
) -> Tensor:
    """Probabilities of a volume, blended from those of overlapping patches.

    Where patches overlap, each counts by a Gaussian around its centre, since a network knows least at the border of
    what it sees. A volume smaller than a patch is surrounded by its smallest value, as in training.

    Args:
        network: Gives logits of patches (B, C, *patch).
        image: (C, Z, Y, X), on the CPU.
        patch: Size of a patch.
        overlap: Share of its side by which a patch overlaps the next one, in [0, 1).
        device: That of the network; the volume and its probabilities stay on the CPU.
        mixed_precision: Whether the network may compute in bfloat16 on a GPU.

    Returns:
        (1, Z, Y, X) of one class, else (1 + K, Z, Y, X), the background first; float32 on the CPU.

    Reference:
        Yeung et al. (2021), Mixed Focal loss, section III.D, for the overlap; how it is blended is not said there.
    """
    # Importing MONAI takes seconds, and slices do not need it.
    from monai.inferers import sliding_window_inference

    def predict(patches: Tensor) -> Tensor:
        return probabilities(outputs_of(network, patches, mixed_precision=mixed_precision).float())

    network.eval()
    blended = sliding_window_inference(
        image[None],
        patch,
        sw_batch_size=PATCHES_AT_ONCE,
        predictor=predict,
        overlap=overlap,
        mode="gaussian",
        cval=float(image.min()),
        sw_device=device,
        device=torch.device("cpu"),
    )
    return blended[0]
