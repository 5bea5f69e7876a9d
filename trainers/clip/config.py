"""Everything that can be set about CLIP and its training."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings of one training."""

    seed: int = 7
    """Of the split, initial weights, order and captions: the same seed on the same machine makes the same encoders."""
    device: str = "auto"
    """cpu, cuda, or auto: cuda where there is one."""
    progress: bool = True
    """Show progress bars."""

    dimension: int = 256
    """Length of the vectors. The contracts of the model repository name it."""
    width: int = 96
    height: int = 128
    """Of the pictures that the tower sees. Shops show products upright, three to four."""
    text_layers: int = 1
    """Layers of the sentence encoder that the text tower starts from. Titles and searches are lists of words."""
    max_tokens: int = 32
    pictures_per_product: int = 3

    frozen_epochs: int = 20
    """Of the first stage: the backbone is frozen, its features are computed once."""
    tuned_epochs: int = 8
    """Of the second stage: the last blocks of the backbone learn too. 0 leaves them as they were published."""
    tuned_from: int = 3
    """The first block that learns in the second stage; what blocks before it compute is cached. 0 trains all of the
    backbone on pixels, for a GPU."""
    frozen_batch: int = 512
    """A small shop has smaller batches, so that an epoch has eight."""
    tuned_batch: int = 256
    hard_share: float = 0.5
    """Share of the batches whose products are alike (neighbours in the category): what a search must tell apart."""
    zoom_share: float = 0.4
    zoom_least: float = 0.7
    """Share of the pictures of which the second stage sees only a part, and what is left of each side at least."""
    erase_share: float = 0.0
    light: float = 0.0
    """Where the second stage sees pixels (`tuned_from` 0): share of the pictures of which a part is covered, and by how
    much each is darker or brighter at most."""
    average_decay: float = 0.0
    """Of the average over the weights of the last steps, which is measured and published in their place; 0 for the last
    weights themselves. It pays where a training is long."""
    head_rate: float = 1e-3
    text_rate: float = 5e-4
    trunk_rate: float = 5e-4
    weight_decay: float = 0.05
    warmup_steps: int = 50
    dropout: float = 0.1
    """Of the features in front of the projection."""
    title_weight: float = 0.4
    caption_weight: float = 0.2
    fact_weight: float = 0.15
    """Of the losses of pictures against titles, captions of several facts, and single facts; the rest is that of
    documents (picture and title, as search mixes them) against single facts."""
    epoch_products: int = 0
    """Products of an epoch, those with rare facts more often than others; 0 for all. A checkpoint is written after
    each epoch."""
    patience: int = 4
    """Epochs in which validation products are found no better, after which a stage stops."""
    max_seconds: float = 0.0
    """Of processor time that a stage may take: the learning rates fall with it, so that it ends as one that was meant
    to. 0 for no limit."""

    test_titles: int = 2000
    validation_titles: int = 500
    largest_share: float = 0.1
    """Test and validation take at most this share of the titles each, in a small shop."""


COUNTS = frozenset({
    "dimension", "width", "height", "text_layers", "max_tokens", "pictures_per_product", "frozen_batch", "tuned_batch",
    "patience", "test_titles", "validation_titles",
})  # fmt: skip
"""Settings that are at least 1."""
SHARES = frozenset({
    "hard_share", "zoom_share", "zoom_least", "erase_share", "light", "average_decay", "dropout", "title_weight",
    "caption_weight", "fact_weight", "largest_share",
})  # fmt: skip
"""Settings from 0 to 1."""
