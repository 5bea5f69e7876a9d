"""Parts of pictures."""

import torch

from trainers.clip.augment import zoomed


def slope(count: int) -> torch.Tensor:
    """Pictures whose first channel grows to the right, and whose second grows downwards."""
    across = torch.linspace(0, 1, 12).expand(16, 12)
    down = torch.linspace(0, 1, 16).unsqueeze(1).expand(16, 12)
    return torch.stack([across, down]).expand(count, 2, 16, 12)


def test_none_are_cut() -> None:
    torch.testing.assert_close(zoomed(slope(4), 0.0, 0.5), slope(4))


def test_a_part_lies_inside_and_is_seen_larger() -> None:
    torch.manual_seed(1)
    found = zoomed(slope(64), 1.0, 0.5)
    assert found.shape == (64, 2, 16, 12)
    assert found.min() >= 0
    assert found.max() <= 1
    wide = found[:, 0].amax((1, 2)) - found[:, 0].amin((1, 2))
    assert wide.min() > 0.4
    assert wide.mean() < 0.9


def test_some_are_cut() -> None:
    torch.manual_seed(1)
    changed = (zoomed(slope(200), 0.3, 0.5) - slope(200)).abs().amax((1, 2, 3)) > 1e-3
    assert 30 < changed.sum() < 90
