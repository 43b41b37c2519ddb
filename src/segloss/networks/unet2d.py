"""The plain 2-D U-Net."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from segloss.networks.deep_supervision import supervised_logits
from segloss.networks.initialisation import initialise

LEVELS = 5


class UNet2d(nn.Module):
    """U-Net with five levels, each of two 3x3 convolutions, halving the image four times.

    Args:
        in_channels: Channels of the image.
        out_channels: Channels of the logits; 1 for binary segmentation.
        filters: Filters of the first level; each level below has twice as many.
        batch_norm: Normalise after each ReLU, as the paper has it (not before); not in the head.
        dropout: Share of activations dropped at the two deepest levels of the encoder.
        head_filters: Filters of one more 3x3 convolution before the last, or None for none. With 2, 64 filters, one
            input channel and no batch norm the network has the 31,031,685 parameters that the Kappa paper states.
        deep_supervision: Add heads at 1/2 and 1/4 of the image, for training alone: a 1x1 convolution each.

    Reference:
        Zhang (2019), Technical Report on Kappa Loss, section 3.3, after Ronneberger et al. (2015). Deviation: where
        the dropout sits is not said; errata K12 discusses the parameter count. The filters of the head start with
        output weights of either sign: two ReLU activations that both speak against the foreground would put a ceiling
        on its probability, whatever the loss.
        Deep supervision: Hosseini (2023), TopK Dice loss, section 3.2, for MSSEG; kernel of the heads not said.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        filters: int = 16,
        batch_norm: bool = True,
        dropout: float = 0.5,
        head_filters: int | None = 2,
        deep_supervision: bool = False,
    ) -> None:
        super().__init__()
        widths = [filters * 2**level for level in range(LEVELS)]
        self.encoder = nn.ModuleList(
            _convolutions([narrow, wide, wide], batch_norm) for narrow, wide in pairwise([in_channels, *widths])
        )
        self.upsamplings = nn.ModuleList(
            nn.ConvTranspose2d(wide, narrow, kernel_size=2, stride=2) for narrow, wide in pairwise(widths)
        )
        self.decoder = nn.ModuleList(_convolutions([2 * width, width, width], batch_norm) for width in widths[:-1])
        self.dropout = nn.Dropout(dropout)
        head = _convolutions([filters, head_filters], batch_norm=False) if head_filters else nn.Sequential()
        output = nn.Conv2d(head_filters or filters, out_channels, kernel_size=1)
        self.head = nn.Sequential(*head, output)
        coarser = widths[1:3] if deep_supervision else []
        self.coarse_heads = nn.ModuleList(nn.Conv2d(width, out_channels, kernel_size=1) for width in coarser)
        self.apply(initialise)
        if head_filters:
            with torch.no_grad():
                output.weight.abs_()
                output.weight[:, ::2].neg_()

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        """Logits (B, out_channels, H, W) of an image (B, in_channels, H, W); H and W are multiples of 16.

        With deep supervision a list in training, from the heads at 1, 1/2 and 1/4, whose losses are summed.
        """
        if image.ndim != 4 or image.shape[2] % 16 or image.shape[3] % 16:
            raise ValueError(f"the image must be (B, C, H, W) with H and W multiples of 16, got {tuple(image.shape)}")
        skipped = []
        x = image
        for level, convolutions in enumerate(self.encoder):
            x = convolutions(x if level == 0 else nn.functional.max_pool2d(x, 2))
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


def _convolutions(channels: list[int], batch_norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += [nn.Conv2d(before, after, kernel_size=3, padding=1), nn.ReLU(inplace=True)]
        layers += [nn.BatchNorm2d(after)] if batch_norm else []
    return nn.Sequential(*layers)
