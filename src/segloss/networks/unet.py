"""The plain U-Net, of pictures and of volumes."""

from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn

from segloss.networks.deep_supervision import supervised_logits
from segloss.networks.initialisation import initialise

LEVELS = 5


# What a convolution of 2 or 3 spatial axes is called.
CONVOLUTION = {2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
BATCH_NORM = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
MAX_POOL = {2: nn.functional.max_pool2d, 3: nn.functional.max_pool3d}
HALVED = 2 ** (LEVELS - 1)


class UNet(nn.Module):
    """U-Net with five levels, each of two convolutions 3 wide, halving the image four times.

    Args:
        in_channels: Channels of the image.
        out_channels: Channels of the logits; 1 for binary segmentation.
        dimensions: 2 for pictures, 3 for volumes.
        filters: Filters of the first level; each level below has twice as many.
        batch_norm: Normalise after each ReLU, as the paper has it (not before); not in the head.
        dropout: Share of activations dropped at the two deepest levels of the encoder.
        head_filters: Filters of one more convolution before the last, or None for none. With 2, 64 filters, one input
            channel and no batch norm the 2-D network has the 31,031,685 parameters that the Kappa paper states.
        deep_supervision: Add heads at 1/2 and 1/4 of the image, for training alone: a convolution 1 wide each.

    Reference:
        Zhang (2019), Technical Report on Kappa Loss, section 3.3, after Ronneberger et al. (2015). Deviation: where
        the dropout sits is not said; errata K12 discusses the parameter count. The filters of the head start with
        output weights of either sign: two ReLU activations that both speak against the foreground would put a ceiling
        on its probability, whatever the loss.
        Deep supervision: Hosseini (2023), TopK Dice loss, section 3.2, for MSSEG; kernel of the heads not said.
        3-D: Yeung et al. (2021), Mixed Focal loss, section III.D, after Cicek et al. (2016); its width is not said.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        dimensions: int = 2,
        filters: int = 16,
        batch_norm: bool = True,
        dropout: float = 0.5,
        head_filters: int | None = 2,
        deep_supervision: bool = False,
    ) -> None:
        super().__init__()
        self.dimensions, self.pool = dimensions, MAX_POOL[dimensions]
        convolutions = partial(_convolutions, dimensions)
        widths = [filters * 2**level for level in range(LEVELS)]
        self.encoder = nn.ModuleList(
            convolutions([narrow, wide, wide], batch_norm) for narrow, wide in pairwise([in_channels, *widths])
        )
        self.upsamplings = nn.ModuleList(
            TRANSPOSED[dimensions](wide, narrow, kernel_size=2, stride=2) for narrow, wide in pairwise(widths)
        )
        self.decoder = nn.ModuleList(convolutions([2 * width, width, width], batch_norm) for width in widths[:-1])
        self.dropout = nn.Dropout(dropout)
        head = convolutions([filters, head_filters], batch_norm=False) if head_filters else nn.Sequential()
        output = CONVOLUTION[dimensions](head_filters or filters, out_channels, kernel_size=1)
        self.head = nn.Sequential(*head, output)
        coarser = widths[1:3] if deep_supervision else []
        self.coarse_heads = nn.ModuleList(CONVOLUTION[dimensions](w, out_channels, kernel_size=1) for w in coarser)
        self.apply(initialise)
        if head_filters:
            with torch.no_grad():
                output.weight.abs_()
                output.weight[:, ::2].neg_()

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        """Logits (B, out_channels, *spatial) of an image (B, in_channels, *spatial), its sides multiples of 16.

        With deep supervision a list in training, from the heads at 1, 1/2 and 1/4, whose losses are summed.
        """
        if image.ndim != 2 + self.dimensions or any(side % HALVED for side in image.shape[2:]):
            raise ValueError(
                f"the image must be (B, C) and {self.dimensions} sides that are multiples of {HALVED}, "
                f"got {tuple(image.shape)}"
            )
        skipped = []
        x = image
        for level, convolutions in enumerate(self.encoder):
            x = convolutions(x if level == 0 else self.pool(x, 2))
            if level >= LEVELS - 2:
                x = self.dropout(x)
            skipped.append(x)
        decoded = []
        for level in reversed(range(LEVELS - 1)):
            x = torch.cat([skipped[level], self.upsamplings[level](x)], dim=1)
            x = self.decoder[level](x)
            decoded.append(x)
        heads = [self.head, *self.coarse_heads]
        return supervised_logits(heads, reversed(decoded), image.shape[2:], training=self.training)


def _convolutions(dimensions: int, channels: list[int], batch_norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += [CONVOLUTION[dimensions](before, after, kernel_size=3, padding=1), nn.ReLU(inplace=True)]
        layers += [BATCH_NORM[dimensions](after)] if batch_norm else []
    return nn.Sequential(*layers)
