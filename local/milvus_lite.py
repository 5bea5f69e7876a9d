"""`python -m local.milvus_lite ...`: the server of Milvus Lite, with the search of `local.lite_search`.

It takes the options of `milvus-lite server`.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType


class WithoutPandas(MetaPathFinder):
    """Finds no pandas, which pyarrow imports as soon as it reads a file if it is there.

    None in `sys.modules`, the usual way, is a module to pyarrow's compiled import.
    """

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Raises for pandas, and leaves everything else to the others."""
        if fullname == "pandas":
            raise ModuleNotFoundError("Milvus Lite needs no pandas", name=fullname)


def server_alone() -> None:
    """Keeps out of this process what the server does not need.

    Of pymilvus it needs the messages in `pymilvus.grpc_gen`, but importing the package runs its client too. With pandas
    that is three quarters of the time until the server answers, and so of a shop's time without an index when it died.
    """
    spec = find_spec("pymilvus")
    assert spec is not None, "it is installed with Milvus Lite"
    sys.modules["pymilvus"] = module_from_spec(spec)
    sys.meta_path.insert(0, WithoutPandas())


def serve() -> int:
    """Runs until a signal ends it."""
    from milvus_lite.cmdline import main

    from local import lite_search

    lite_search.install()
    return int(main(["server", *sys.argv[1:]]))


if __name__ == "__main__":
    server_alone()
    sys.exit(serve())
