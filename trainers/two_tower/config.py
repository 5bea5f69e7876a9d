"""Everything that can be set about the towers and their training."""

from dataclasses import dataclass

PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class Config:
    """Settings of one training. What was measured for the values stands with them."""

    seed: int = 7
    """Of initial weights, order, dropout and negatives: the same seed on the same machine makes the same towers."""
    device: str = "auto"
    """cpu, cuda, or auto: cuda where there is one."""
    precision: str = "auto"
    """Of matrix products in training: float32, bfloat16 (mixed precision), or auto: bfloat16 where the device has
    instructions for it."""
    progress: bool = True
    """Show a progress bar."""

    dimension: int = 64
    """Length of the vectors. The contracts of the model repository name it."""
    history_length: int = 50
    """Events that the user tower looks at."""
    layers: int = 1
    """A second layer brought MovieLens-100K from 0.133 to 0.135 (NDCG@20 of validation), took 93 s of training instead
    of 26 s, and every request would pay for it."""
    heads: int = 2
    dropout: float = 0.2
    """Of the user tower's layers."""
    id_dropout: float = 0.2
    """Share of products that must do without their id embedding in a step, so that content alone learns to place
    those that were never seen."""
    least_count: int = 2
    """A word, brand or attribute that fewer products have is treated as unknown."""
    encoders: tuple[str, ...] = ()
    """Encoders of search whose vectors of texts and pictures the item tower takes; see docs/adr/0020 for when they
    help. The products must come with them."""
    preference_rate: float = 0.3
    """Share of sequences that are shown preferred categories in training. Few shoppers state some, and the tower
    must not lean on them."""

    warm_start: bool = True
    """Begin with the singular vectors of who chose what as id embeddings. Amazon Beauty, NDCG@10 of validation: 0.068
    after one epoch with it, 0.035 after three without. MovieLens-100K, NDCG@20: 0.137 with it, 0.133 without."""
    average_decay: float = 0.99
    """Of the average over the weights of the last steps, which is what is measured and released."""

    temperature: float = 0.1
    """Cosines are divided by it. MovieLens-100K, NDCG@20 of validation: 0.07 gave 0.128,
    0.1 0.133 and 0.15 0.134 in twice the time."""
    negatives: int = 1024
    """Products drawn uniformly in each step, beside the choices of the other shoppers in the batch. In a small
    catalogue these are all, and the softmax is exact."""
    hard_negatives: int = 0
    """Products added to each step, about so many, that the towers rank high for shoppers who did not choose them: see
    hard.py. 0 for none; without effect where all products compete anyway."""
    hard_from_epoch: int = 3
    """The first epoch with hard negatives: before it the order of the towers says little."""
    hard_first_rank: int = 100
    hard_last_rank: int = 500
    """They are drawn between these ranks, both included, of what the shopper has not come across."""
    batch_size: int = 64
    """Sequences in a step."""
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    warmup_steps: int = 50
    max_epochs: int = 25
    patience: int = 4
    """Epochs without a better NDCG@20 on the validation questions after which training stops."""
    max_seconds: float = 60.0
    """A training that computes for longer ends with the epoch: the shop's owner waits for it, and a release needs three
    (to choose, to measure, to publish). 0 for no limit."""
    validation_questions: int = 1500
    """Asked after each epoch."""

    tolerated_loss: float = 0.02
    """Share of its NDCG@20 by which a release may be below the one that answers, with what those before it lost and did
    not win back. See docs/adr/0022 for what more and less would do."""
