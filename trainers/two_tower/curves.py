"""Curves of a training for TensorBoard: `tensorboard --logdir DIR`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from trainers.two_tower.train import Watch


@contextmanager
def written(folder: Path | None) -> Iterator[Watch | None]:
    """Gives something that writes each epoch's measurements into the folder; None where none is named."""
    if folder is None:
        yield None
        return
    # TensorBoard takes seconds to import, and most trainings draw no curves.
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:

        def watch(epoch: int, measured: Mapping[str, float]) -> None:
            for name, value in measured.items():
                writer.add_scalar(name, value, epoch)
            writer.flush()

        yield watch
