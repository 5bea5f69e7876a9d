"""The picture tower: the same numbers whichever way a picture goes through it."""

import pytest
import torch

from trainers.clip import model
from trainers.clip.config import Config

SMALL = Config(width=48, height=64)


@pytest.fixture(scope="module")
def clip() -> model.Clip:
    return model.create(SMALL)


def test_features_that_were_kept_give_the_vectors_of_the_picture(clip: model.Clip) -> None:
    pixels = torch.rand(3, 3, 64, 48, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        whole = clip.encode_image(pixels, normalize=True)
        kept = clip.project(clip.finish(clip.begin(pixels, clip.low), clip.low))
    torch.testing.assert_close(whole, kept)
    torch.testing.assert_close(whole.norm(dim=1), torch.ones(3))


def test_what_the_first_blocks_saw_counts(clip: model.Clip) -> None:
    low = torch.rand(1, 40, 8, 6, generator=torch.Generator().manual_seed(2))
    found = model.spread(low)
    assert found.shape == (1, 40 * model.SPREAD)
    torch.testing.assert_close(found[:, :40], low.amax((2, 3)))
    torch.testing.assert_close(found[:, 40:80], low.mean((2, 3)))
    torch.testing.assert_close(found[:, 120:160], low[:, :, 2:6, 2:4].mean((2, 3)))
    moved = clip.project(torch.cat([torch.zeros(1, 1280), found], dim=1))
    still = clip.project(torch.cat([torch.zeros(1, 1280), found.roll(1)], dim=1))
    assert not torch.allclose(moved, still, atol=1e-3)


def test_a_picture_of_one_colour_can_be_learned_from() -> None:
    low = torch.ones(1, 40, 8, 6, requires_grad=True)
    model.spread(low).sum().backward()
    assert low.grad is not None
    assert low.grad.isfinite().all()
