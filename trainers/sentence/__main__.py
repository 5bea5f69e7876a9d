"""Exports the sentence encoder: `python -m trainers.sentence --out DIR`.

DIR is a candidate of a search release; its other encoders stay as they are. `python -m trainers.clip publish` publishes
them together.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from trainers.encoders import weights
from trainers.encoders.golden import ParityError
from trainers.sentence.build import Refused, build

REFUSED = 3


def main(arguments: list[str] | None = None) -> int:
    """Exports; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m trainers.sentence", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the candidate")
    parser.add_argument("--weights", help="folder or hub name of other weights, in the layout of sentence-transformers")
    parser.add_argument("--license", default="not named", help="of other weights, for the report")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    try:
        if options.weights:
            credit = {"name": options.weights, "source": options.weights, "license": options.license}
            build(options.weights, credit, options.out, console)
        else:
            build(str(weights.sentences()), weights.SENTENCES.credit(), options.out, console)
    except (Refused, ParityError) as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return REFUSED
    console.print(f"written to {options.out}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
