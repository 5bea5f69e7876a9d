"""Pictures as strangers take them: parts of a product, nearer than the shop's own."""

import torch
from torch import Tensor
from torch.nn import functional


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
