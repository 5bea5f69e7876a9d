"""Parts of pictures."""

import torch

from trainers.clip.augment import LEAST_COVERED, MOST_COVERED, worn, zoomed


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


def test_a_covered_part_is_white_and_neither_tiny_nor_the_whole() -> None:
    torch.manual_seed(1)
    found = worn(torch.full((64, 3, 64, 48), -0.5), 1.0, 0.0)
    white = (found == 1).all(1).float().mean((1, 2))
    assert (white > 0).all()
    assert white.max() <= (MOST_COVERED + 0.05) ** 2
    assert white.mean() > LEAST_COVERED**2
    assert ((found == 1) | (found == -0.5)).all()


def test_light_changes_all_of_a_picture_and_black_stays_black() -> None:
    torch.manual_seed(1)
    found = worn(torch.zeros(64, 3, 8, 6), 0.0, 0.2)
    assert (found.amax((1, 2, 3)) == found.amin((1, 2, 3))).all()
    assert -0.2 <= found.min() < -0.1
    assert 0.1 < found.max() <= 0.2
    assert (worn(torch.full((4, 3, 8, 6), -1.0), 0.0, 0.2) == -1).all()


def test_untouched_pictures_stay_what_they_are() -> None:
    picture = torch.rand(4, 3, 8, 6)
    torch.testing.assert_close(worn(picture, 0.0, 0.0), picture)
