"""The loss of shared captions."""

import torch
from torch.nn import functional

from trainers.clip.loss import SharedCaptionLoss
from trainers.encoders.open_clip import ClipLoss


def vectors(seed: int, count: int) -> torch.Tensor:
    return functional.normalize(torch.randn(count, 8, generator=torch.Generator().manual_seed(seed)), dim=-1)


def test_where_each_caption_has_one_product_it_is_the_loss_of_open_clip() -> None:
    images, texts, scale = vectors(1, 5), vectors(2, 5), torch.tensor(10.0)
    ours = SharedCaptionLoss()(images, texts, scale, torch.eye(5, dtype=torch.bool))
    torch.testing.assert_close(ours, ClipLoss()(images, texts, scale))


def test_products_of_one_caption_are_not_each_others_negatives() -> None:
    one = vectors(3, 1)
    images, texts = torch.cat([one, one, -one]), torch.cat([one, -one])
    shared = torch.tensor([[True, False], [True, False], [False, True]])
    found = SharedCaptionLoss()(images, texts, torch.tensor(50.0), shared)
    # The caption's target is spread over both, so that only their even share is left: log 2, in one of two captions.
    torch.testing.assert_close(found, torch.tensor(2.0).log() / 4, atol=1e-3, rtol=0)


def test_what_no_caption_is_true_of_counts_for_nothing() -> None:
    images, texts = vectors(4, 3), vectors(5, 2)
    none = torch.zeros(3, 2, dtype=torch.bool)
    assert SharedCaptionLoss()(images, texts, torch.tensor(10.0), none) == 0
