"""Makes demo shops and shoppers: `python -m trainers.simulator shop | behaviour | ceiling`."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from trainers.arguments import count, natural, whole
from trainers.datasets import DataError
from trainers.evaluation.report import show
from trainers.simulator import ceiling, shop
from trainers.simulator.errors import SimulatorError
from trainers.simulator.pictures import make_painter
from trainers.simulator.progress import Steps

SEED, PRODUCTS, SHOPPERS, DAYS = 7, 1000, 2000, 120
LEAST_DAYS = 7
INTERRUPTED = 130
FAILED = 2


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    try:
        return int(options.run(options, console))
    except (SimulatorError, DataError) as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        said = f"Writing{where} failed: {error.strerror}. Make room, or name another place."
        console.print(f"[red]{said}[/]", soft_wrap=True)
    except KeyboardInterrupt:
        console.print("Interrupted; the same command begins anew.")
        return INTERRUPTED
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainers.simulator", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    made = commands.add_parser("shop", help="a whole shop: products, pictures, shoppers")
    made.add_argument("--products", type=count, default=PRODUCTS)
    made.add_argument("--pictures", choices=("drawn", "diffusion", "none"), default="drawn")
    made.add_argument("--diffusion-model", type=Path, help="folder of a diffusers text-to-image model")
    made.add_argument("--workers", type=count, default=None, help="processes that draw; one a core unless said")
    _add_watch(made)
    made.set_defaults(run=_shop)

    behaviour = commands.add_parser("behaviour", help="shoppers for a catalogue that has none")
    behaviour.add_argument("--catalogue", type=Path, required=True, help="folder with products.parquet, .jsonl or .csv")
    _add_watch(behaviour)
    behaviour.set_defaults(run=_behaviour)

    measured = commands.add_parser("ceiling", help="how good a model could be at best on a simulated shop")
    measured.add_argument("--data", type=Path, required=True, help="folder that `shop` or `behaviour` wrote")
    measured.add_argument("--catalogue", type=Path, default=None, help="folder of the products, if they lie elsewhere")
    measured.add_argument("--report", type=Path, default=None, help="where to write the JSON")
    measured.set_defaults(run=_ceiling)
    return parser


def _add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shoppers", type=count, default=SHOPPERS)
    parser.add_argument("--seed", type=natural, default=SEED, help="the same seed makes the same shop")
    parser.add_argument("--days", type=whole(LEAST_DAYS), default=DAYS, help="how long shoppers are watched")
    parser.add_argument(
        "--until", type=_day, default=None, help="when the watch ends, YYYY-MM-DD (UTC); today unless said"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write; one of an earlier run is replaced")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it like 2026-01-31") from None


def _watch(options: argparse.Namespace) -> shop.Watch:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return shop.Watch(options.shoppers, options.until or midnight, options.days, options.seed)


def _shop(options: argparse.Namespace, console: Console) -> int:
    painter = make_painter(options.pictures, options.diffusion_model, options.workers)
    return _make(
        options, console, lambda steps: shop.make_shop(options.products, _watch(options), options.out, painter, steps)
    )


def _behaviour(options: argparse.Namespace, console: Console) -> int:
    return _make(
        options, console, lambda steps: shop.make_behaviour(options.catalogue, _watch(options), options.out, steps)
    )


def _make(options: argparse.Namespace, console: Console, make: Callable[[Steps], Mapping[str, int]]) -> int:
    counts = make(Steps(console, quiet=options.quiet))
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    console.print(f"{told} written to {options.out}", soft_wrap=True)
    return 0


def _ceiling(options: argparse.Namespace, console: Console) -> int:
    rows = ceiling.measure(options.data, options.catalogue, console)
    show(console, f"{options.data.name}: what is the best that a model could do? Held-out choices, full ranking", rows)
    if options.report:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(json.dumps(ceiling.as_json(rows), indent=2) + "\n")
        console.print(f"written to {options.report}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
