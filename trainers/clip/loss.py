"""The contrastive loss of CLIP for batches in which several products answer to one caption."""

from torch import Tensor
from torch.nn import functional

from trainers.encoders.open_clip import ClipLoss


class SharedCaptionLoss(ClipLoss):  # type: ignore[misc]
    """open_clip's loss with targets that are spread over all that is true.

    The same caption stands once in a batch. The target of a product is spread evenly over the captions that are true
    of it, the target of a caption over its products (SupCon, https://arxiv.org/abs/2004.11362, equation 2).
    """

    def forward(self, images: Tensor, texts: Tensor, scale: Tensor, positives: Tensor) -> Tensor:
        """The loss, both ways.

        Args:
            images: vectors of length 1, [products, dimension].
            texts: vectors of length 1, [captions, dimension].
            scale: what cosines are multiplied by.
            positives: which captions are true of which products, [products, captions].
        """
        per_image, per_text = self.get_logits(images, texts, scale)
        return (_spread(per_image, positives) + _spread(per_text, positives.T)) / 2


def _spread(logits: Tensor, positives: Tensor) -> Tensor:
    # Rows without a target have a loss of 0; to pick them out would make the processor wait for a GPU.
    counts = positives.sum(dim=1)
    targets = positives / counts.clamp(min=1)[:, None]
    return functional.cross_entropy(logits, targets, reduction="sum") / (counts > 0).sum().clamp(min=1)
