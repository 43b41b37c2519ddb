"""What changes grey values: blur, brightness, contrast, gamma and noise, for each case and channel its own.

Every modality is a measurement of its own, so its grey values change alone; only the blur is one for all channels.
"""

import math

import torch
from torch import Tensor

from segloss.data.augmentation.amounts import Amounts
from segloss.data.augmentation.draws import chosen, uniform


def change_intensities(images: Tensor, amounts: Amounts) -> Tensor:
    """Change the grey values of images (B, C, *spatial), in the order in which a scanner would.

    Nothing is clipped: a change of brightness may leave the range that the images had.
    """
    if amounts.blur_px:
        sigma = uniform(len(images)).abs() * amounts.blur_px * chosen(amounts.chance("blur"), len(images))
        images = blur(images, sigma)
    values, channels = images.flatten(2), images.shape[:2]
    if amounts.brightness_sd or amounts.contrast_share:
        brightness = uniform(*channels) * amounts.brightness_sd * chosen(amounts.chance("brightness"), *channels)
        contrast = _factor(amounts.contrast_share, amounts.chance("contrast"), *channels)
        values = shade(values, brightness, contrast)
    if amounts.gamma_share:
        values = bend(values, _factor(amounts.gamma_share, amounts.chance("gamma"), *channels))
    if amounts.noise_sd:
        values = roughen(
            values, uniform(*channels).abs() * amounts.noise_sd * chosen(amounts.chance("noise"), *channels)
        )
    return values.view_as(images)


def blur(images: Tensor, sigma: Tensor) -> Tensor:
    """Blur each case in plane by a Gaussian of its own width, in pixels; 0 leaves it as it is.

    At the border, only what lies inside the image is averaged.
    """
    if not sigma.any():
        return images
    rows, columns = (
        _gaussians(sigma, size).to(images.device).view(-1, *[1] * (images.ndim - 3), size, size)
        for size in images.shape[-2:]
    )
    return rows @ images @ columns.mT


def shade(values: Tensor, brightness: Tensor, contrast: Tensor) -> Tensor:
    """Stretch channels (B, C, N) about their mean, and shift them by shares of their standard deviation."""
    if not brightness.any() and (contrast == 1).all():
        return values
    mean = values.mean(2, keepdim=True)
    centred = values - mean
    shift = _per_channel(brightness, values) * _spread(centred)
    return centred.mul_(_per_channel(contrast, values)).add_(mean + shift)


def bend(values: Tensor, exponent: Tensor) -> Tensor:
    """Raise channels (B, C, N), scaled to run from 0 to 1, to a power; lowest and highest value stay."""
    if (exponent == 1).all():
        return values
    low = values.amin(2, keepdim=True)
    reach = (values.amax(2, keepdim=True) - low).clamp_min(torch.finfo(values.dtype).tiny)
    return ((values - low) / reach).pow_(_per_channel(exponent, values)).mul_(reach).add_(low)


def roughen(values: Tensor, share: Tensor) -> Tensor:
    """Add Gaussian noise to channels (B, C, N), by shares of their standard deviation."""
    if not share.any():
        return values
    size = _per_channel(share, values) * _spread(values - values.mean(2, keepdim=True))
    return torch.addcmul(values, torch.randn(values.shape).to(values), size)


def _factor(share: float, probability: float, *shape: int) -> Tensor:
    """Between 1 / (1 + share) and 1 + share, either side of 1 alike."""
    return (1 + share) ** (uniform(*shape) * chosen(probability, *shape))


def _spread(centred: Tensor) -> Tensor:
    return torch.linalg.vector_norm(centred, dim=2, keepdim=True) / math.sqrt(centred.shape[2])


def _per_channel(amount: Tensor, values: Tensor) -> Tensor:
    return amount.unsqueeze(2).to(values)


def _gaussians(sigma: Tensor, size: int) -> Tensor:
    """Matrices (batch, size, size) that blur a row of so many pixels: each line of weights sums to 1."""
    places = torch.arange(size)
    apart = (places[:, None] - places) / sigma.clamp_min(1e-3)[:, None, None]
    return torch.softmax(-(apart**2) / 2, dim=2)
