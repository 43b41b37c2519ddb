"""How large the arrays of a file may be that its header asks for: looked at before any memory is taken for them."""

import math
from collections.abc import Sequence

# A CT of 512 x 512 x 1,500 has a fifth of it, one of 1,024 x 1,024 x 2,000 just fits. As float32 this is 8 GiB.
MOST_VOXELS = 2**31
# Of a case on the grid of its networks: a cubic metre at one millimetre, seven times a CT of 1,500 slices of 320 x 320.
MOST_PREPARED_VOXELS = 2**30
# Deflate, which gzip, zip and most HDF5 files compress by, shrinks nothing further than this.
LARGEST_GROWTH = 1032


def check_claim(shape: Sequence[int], bytes_per_voxel: int, stored: int, compressed: bool = True) -> int:
    """How many bytes an array of this shape takes.

    Args:
        shape: That a header states.
        bytes_per_voxel: Likewise.
        stored: Bytes that the file has for the array.
        compressed: Whether they may grow as they are read.

    Raises:
        ValueError: If no file of this size can hold such an array, or it is larger than any scan.

    >>> check_claim((2, 3, 4), 2, stored=48, compressed=False)
    48
    """
    voxels = math.prod(shape)
    if voxels > MOST_VOXELS:
        raise ValueError(f"its header asks for {voxels:,} voxels, more than the {MOST_VOXELS:,} of any scan")
    asked = voxels * bytes_per_voxel
    if asked > stored * (LARGEST_GROWTH if compressed else 1):
        raise ValueError(f"its header asks for {asked:,} bytes, more than {stored:,} stored ones can hold")
    return asked
