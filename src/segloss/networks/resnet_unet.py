"""The 2-D U-Net on a ResNet-34 of the TopK-Dice paper."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from segloss.networks.deep_supervision import supervised_logits
from segloss.networks.initialisation import initialise

BLOCKS = (3, 4, 6, 3)  # of each stage: ResNet-34


class ResNetUNet(nn.Module):
    """U-Net whose encoder is a ResNet-34, with five poolings and heads at 1/4, 1/8 and 1/16 of the image.

    The encoder: a 7x7 convolution, then four stages of 3, 4, 6 and 3 residual blocks, at 1/4, 1/8, 1/16 and 1/32. The
    decoder goes back up to 1/4, where the segmentation is read off; the levels at 1/8 and 1/16 have heads of their own,
    for training alone.

    Args:
        in_channels: Channels of the image.
        out_channels: Channels of the logits; 1 for binary segmentation.
        filters: Filters of the first stage; each stage below has twice as many. 64 are those of ResNet-34, whose
            21,284,672 parameters (three input channels, classifier left out) the encoder then has.

    Reference:
        Hosseini (2023), TopK Dice loss, section 3.2, after Ronneberger et al. (2015) and He et al. (2016). The paper
        says: ResNet-34; five max poolings, down to 1/32; the scales of the heads, each a convolution and a bilinear
        upsampling; segmentation from 1/4. Not said, and decided here: the poolings are 2x2, one after the first
        convolution and one before each stage, in place of the one 3x3 pooling and the four strides of the published
        ResNet-34 (as many parameters); the decoder is the U-Net's (2x2 transposed convolution, skipped features, two
        3x3 convolutions), as wide as the encoder and with batch norm before each ReLU like it; the convolution of a
        head is 1x1; all weights are random, none pretrained.
    """

    def __init__(self, in_channels: int, out_channels: int, *, filters: int = 64) -> None:
        super().__init__()
        widths = [filters * 2**stage for stage in range(len(BLOCKS))]
        self.stem = nn.Sequential(*_convolution(in_channels, filters, kernel_size=7), nn.ReLU(inplace=True))
        self.encoder = nn.ModuleList(
            nn.Sequential(ResidualBlock(narrow, wide), *(ResidualBlock(wide, wide) for _ in range(blocks - 1)))
            for (narrow, wide), blocks in zip(pairwise([filters, *widths]), BLOCKS, strict=True)
        )
        self.upsamplings = nn.ModuleList(
            nn.ConvTranspose2d(wide, narrow, kernel_size=2, stride=2) for narrow, wide in pairwise(widths)
        )
        self.decoder = nn.ModuleList(_two_convolutions(2 * width, width) for width in widths[:-1])
        self.heads = nn.ModuleList(nn.Conv2d(width, out_channels, kernel_size=1) for width in widths[:-1])
        self.apply(initialise)

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        """Logits of an image (B, in_channels, H, W), H and W multiples of 32; all are (B, out_channels, H, W).

        In training a list, from the heads at 1/4, 1/8 and 1/16, whose losses are summed; in evaluation those at 1/4
        alone. Batch norm needs more than one value of each channel in training: of 32x32 pixels, at least two images.
        """
        if image.ndim != 4 or image.shape[2] % 32 or image.shape[3] % 32:
            raise ValueError(f"the image must be (B, C, H, W) with H and W multiples of 32, got {tuple(image.shape)}")
        x = nn.functional.max_pool2d(self.stem(image), 2)
        encoded = []
        for stage in self.encoder:
            x = stage(nn.functional.max_pool2d(x, 2))
            encoded.append(x)
        decoded = []
        for level in reversed(range(len(self.decoder))):
            x = torch.cat([encoded[level], self.upsamplings[level](x)], dim=1)
            x = self.decoder[level](x)
            decoded.append(x)
        return supervised_logits(self.heads, reversed(decoded), image.shape[2:], training=self.training)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions whose result is added to what came in: ReLU(x + F(x)).

    Where the number of channels changes, a 1x1 convolution brings ``x`` to it.

    Reference:
        He et al. (2016), Deep Residual Learning, equations 1 and 2. No stride: the network pools between its stages.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            *_convolution(in_channels, out_channels),
            nn.ReLU(inplace=True),
            *_convolution(out_channels, out_channels),
        )
        same = in_channels == out_channels
        self.shortcut = nn.Sequential(*([] if same else _convolution(in_channels, out_channels, kernel_size=1)))

    def forward(self, x: Tensor) -> Tensor:
        """Features (B, out_channels, H, W) of features (B, in_channels, H, W)."""
        return nn.functional.relu(self.shortcut(x) + self.residual(x), inplace=True)


def _convolution(in_channels: int, out_channels: int, kernel_size: int = 3) -> list[nn.Module]:
    """Convolution and batch norm, which brings the bias."""
    padding = kernel_size // 2
    convolution = nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding, bias=False)
    return [convolution, nn.BatchNorm2d(out_channels)]


def _two_convolutions(in_channels: int, out_channels: int) -> nn.Sequential:
    first, second = _convolution(in_channels, out_channels), _convolution(out_channels, out_channels)
    return nn.Sequential(*first, nn.ReLU(inplace=True), *second, nn.ReLU(inplace=True))
