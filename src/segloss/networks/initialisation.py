"""The random weights that every network starts from."""

from torch import nn


def initialise(module: nn.Module) -> None:
    """Draw the weights of a convolution for ReLU (He et al., 2015) and set its bias to zero; for ``nn.Module.apply``.

    Other layers keep what torch gives them: batch norms start as the identity.
    """
    if isinstance(module, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
