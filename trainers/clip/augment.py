"""Pictures as strangers take them: parts of a product, nearer than the shop's own."""

import torch
from torch import Tensor
from torch.nn import functional

LEAST_COVERED, MOST_COVERED = 0.15, 0.5
"""Of the height and of the width."""


def zoomed(features: Tensor, share: float, least: float) -> Tensor:
    """Puts a part of some pictures in the place of the whole, whether they are pixels or what blocks made of them.

    Args:
        features: [N, C, H, W].
        share: of the pictures that are cut.
        least: of the height and of the width that is left.
    """
    count, device = len(features), features.device
    cut = (torch.rand(count, device=device) < share).unsqueeze(1)
    kept = torch.where(cut, torch.empty(count, 2, device=device).uniform_(least, 1), 1.0)
    # The part may lie anywhere inside; coordinates go from -1 to 1.
    middle = (torch.rand(count, 2, device=device) * 2 - 1) * (1 - kept)
    places = torch.cat([torch.diag_embed(kept), middle.unsqueeze(2)], dim=2)
    grid = functional.affine_grid(places, list(features.shape), align_corners=False)
    made = functional.grid_sample(features, grid, padding_mode="border", align_corners=False)
    return made.contiguous(memory_format=torch.channels_last)


def worn(pixels: Tensor, erase_share: float, light: float) -> Tensor:
    """Covers a part of some pictures, and makes each a little darker or brighter.

    Args:
        pixels: [N, 3, H, W], from -1 for black to 1 for white.
        erase_share: of the pictures that are covered (Zhong et al. 2017), with white: what shops have behind products.
        light: by how much at most.
    """
    count, device = len(pixels), pixels.device
    gain = 1 + light * (2 * torch.rand(count, 1, 1, 1, device=device) - 1)
    lit = ((pixels + 1) * gain - 1).clamp(-1, 1)
    some = torch.rand(count, 1, 1, 1, device=device) < erase_share
    return torch.where(some & _covered(pixels), 1.0, lit).contiguous(memory_format=torch.channels_last)


def _covered(pixels: Tensor) -> Tensor:
    """Where a rectangle lies in each picture, [N, 1, H, W]."""
    count, device = len(pixels), pixels.device
    height, width = pixels.shape[-2:]
    half = torch.empty(count, 2, 1, device=device).uniform_(LEAST_COVERED, MOST_COVERED) / 2
    middle = torch.rand(count, 2, 1, device=device)
    down, across = (torch.linspace(0, 1, size, device=device) for size in (height, width))
    rows = (down - middle[:, 0]).abs() < half[:, 0]
    columns = (across - middle[:, 1]).abs() < half[:, 1]
    return (rows[:, :, None] & columns[:, None, :])[:, None]
