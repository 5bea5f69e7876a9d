"""`python -m local up|down|status|logs|features`; what can be set is in the environment (see `make help`)."""

import argparse
import sys
from dataclasses import replace

from local.console import console
from local.errors import MeshError
from local.refused import sentence
from local.settings import MeshSettings, load, load_started


def main() -> int:
    """Runs one command; returns the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up_parser = commands.add_parser("up", help="start the shop")
    up_parser.add_argument("--detach", action="store_true", help="return when everything is healthy")
    commands.add_parser("down", help="stop the shop")
    status_parser = commands.add_parser("status", help="what runs, where, and how it is")
    status_parser.add_argument("names", nargs="*", help="processes; all when none is named")
    logs_parser = commands.add_parser("logs", help="follow the logs")
    logs_parser.add_argument("names", nargs="*", help="processes; all when none is named")
    logs_parser.add_argument("--no-follow", action="store_true", help="print the end of the logs and return")
    features_parser = commands.add_parser("features", help="batch work on the features of the running shop")
    features_parser.add_argument("work", nargs=argparse.REMAINDER, help="report, build or score, with their flags")
    arguments = parser.parse_args()
    settings = MeshSettings()
    try:
        settings = load() if arguments.command == "up" else load_started()
        return run(arguments, settings)
    except MeshError as error:
        said = str(error)
    except OSError as error:
        if error.errno is None:
            raise  # not the machine's: a mistake of Aisle's, whose traceback somebody needs
        said = sentence(error, settings.data)
    except KeyboardInterrupt:
        return 130
    console.print(f"\n[bold red]{arguments.command}:[/] ", end="")
    console.print(said, markup=False, soft_wrap=True)
    return 1


def run(arguments: argparse.Namespace, settings: MeshSettings) -> int:
    """Runs a parsed command. Each one loads what it needs, so that `down` and `logs` stay quick."""
    match arguments.command:
        case "up":
            from local.up import up

            up(replace(settings, detach=settings.detach or arguments.detach))
        case "down":
            from local.down import down

            if not down(settings):
                console.print(f"Nothing of {settings.data} is running.")
        case "status":
            from local.status import status
            from local.supervision import Supervisor
            from local.up import mesh_of

            return 0 if status(mesh_of(settings), Supervisor(settings), arguments.names) else 3
        case "logs":
            from local.logs import logs

            logs(settings.logs, arguments.names, follow=not arguments.no_follow)
        case "features":
            from local.features import features

            return features(settings, arguments.work or ["report"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
