"""Two rules about imports that import-linter does not bring, run by `make lint` through .importlinter.

Both find the modules by the names every service has, so a new service is held to them without anyone naming it.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output


class Rule(Contract, ABC):
    """A rule that finds (importer, imported) pairs."""

    @abstractmethod
    def broken(self, graph: ImportGraph) -> Iterator[tuple[str, str]]:
        """Yields every import that breaks the rule."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Holds the whole graph against the rule."""
        found = sorted(set(self.broken(graph)))
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Names every import that breaks the rule."""
        for importer, imported in check.metadata["found"]:
            output.print_error(f"{importer} imports {imported}")


class PureDomain(Rule):
    """`domain` modules import the standard library and each other's package, nothing else."""

    def broken(self, graph: ImportGraph) -> Iterator[tuple[str, str]]:
        """Yields imports of anything else."""
        for module in graph.modules:
            parts = module.split(".")
            if parts[0] != "services" or "domain" not in parts:
                continue
            own = ".".join(parts[: parts.index("domain") + 1])
            for imported in graph.find_modules_directly_imported_by(module):
                inside = imported == own or imported.startswith(f"{own}.")
                if not inside and imported.partition(".")[0] not in sys.stdlib_module_names:
                    yield module, imported


class AdaptersBehindPorts(Rule):
    """Only a service's composition root (`app`), its adapters and its entry point know its adapters."""

    def broken(self, graph: ImportGraph) -> Iterator[tuple[str, str]]:
        """Yields imports of adapters from elsewhere."""
        for module in graph.modules:
            parts = module.split(".")
            if parts[0] != "services" or "adapters" in parts or parts[-1] in ("app", "__main__"):
                continue
            for imported in graph.find_modules_directly_imported_by(module):
                if imported.startswith("services.") and "adapters" in imported.split("."):
                    yield module, imported
