"""The settings of a release's towers: those of a file, and before them what the command line names."""

import argparse
from dataclasses import replace
from pathlib import Path

from trainers.arguments import natural, number
from trainers.datasets import DataError
from trainers.release import model_repository
from trainers.two_tower import settings
from trainers.two_tower.config import Config

FILE = "settings.json"
ENCODERS = ("sentence", "clip_image", "look_image")
"""Encoders that a product can be shown to: of what is said of it, and of its first picture."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags that `from_flags` reads, and those of what is written while towers are trained."""
    group = parser.add_argument_group("training", "of train, all and retrain")
    group.add_argument(
        "--config",
        type=Path,
        help="file of the towers' settings, as python -m trainers.two_tower tune writes it (default: those that were "
        "measured, in trainers/two_tower/config.py)",
    )
    group.add_argument(
        "--seed", type=natural, default=None, help=f"of all that is random (default: of --config, or {Config.seed})"
    )
    group.add_argument(
        "--max-seconds",
        type=number,
        default=None,
        help="of processor time on each thread, for the first of three trainings; the others take as many epochs "
        f"(default: of --config, or {Config.max_seconds:g})",
    )
    group.add_argument(
        "--encoders",
        nargs="+",
        default=[],
        choices=ENCODERS,
        help="encoders of search whose vectors the item tower takes beside what the catalogue says, docs/adr/0020 "
        "(default: of --config, or none)",
    )
    group.add_argument(
        "--checkpoints", type=Path, help="folder; a training that was killed goes on from there (default: none)"
    )
    group.add_argument("--curves", type=Path, help="folder for TensorBoard (default: none)")


def from_flags(options: argparse.Namespace, templates: Path) -> Config:
    """The settings of the towers.

    Args:
        options: what `add_flags` added.
        templates: the checked-in model repository, which serves vectors and histories of one length each.

    Raises:
        DataError: the file cannot be used, or the towers could not be served.
    """
    config = settings.load(options.config) if options.config else Config()
    named = {name: getattr(options, name) for name in ("seed", "max_seconds") if getattr(options, name) is not None}
    encoders = tuple(dict.fromkeys(options.encoders)) or config.encoders
    config, source = replace(config, **named, encoders=encoders), options.config or "The training by default"
    served = model_repository.served(templates)
    if served != (config.history_length, config.dimension):
        raise DataError(
            f"{source} has histories of {config.history_length} events and vectors of {config.dimension} "
            f"numbers; the model repository in {templates} serves {served[0]} and {served[1]}. Leave history_length "
            "and dimension as they are served, or change the configurations there."
        )
    if unknown := sorted(set(encoders) - set(ENCODERS)):
        raise DataError(f"{source} names the encoder {unknown[0]!r}; there are {', '.join(ENCODERS)}.")
    return config


def write(config: Config, folder: Path) -> None:
    """Keeps the settings with a release; `--config` takes the file."""
    settings.write(config, folder / FILE)
