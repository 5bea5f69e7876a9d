"""Fills a running mesh: a demo log-in, products and events, and a release if there is none."""

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import grpc
import pyarrow.parquet as parquet
from aisle.recs.v1 import release_service_pb2, release_service_pb2_grpc
from aisle.users.v1 import account_service_pb2, account_service_pb2_grpc

from local.console import console, loud_step, step
from local.errors import LogInRefusedError, MeshError
from local.merchant import TIMEOUT_S, Merchant
from local.processes import Mesh, addresses
from local.settings import MARKER, ROOT, MeshSettings

MOST_RELEASES = 20
"""Of one page: each comes with its report."""
# Exit codes of trainers.release: too little data, and towers that do not beat popularity.
UNTRAINABLE = (2, 3)
# Another one: the feature views differ from the log. They are written anew for the next training, which may go well.
VIEWS_REFUSED = 4
# Exit code of services.importer: the address has nothing new, or does not answer.
UNCHANGED = 3
IMPORTED = "imported.json"
SIMULATED = "simulated"
"""Stands among the imports for the simulated shop."""
COUNTS = "imported_rows.json"
"""What became of the rows of the last import, as the importer writes it."""
TO_LEARN = "to_learn"
"""Is there while an import brought something that no training has learned from, also one that was stopped; and while
one runs, or has come to no end: it may have."""
SIMULATING = "simulating"
"""Names the data whose simulated shoppers are being imported: a shop that has some of their events is to get all."""
REFUSED_FOR = "refused.json"
"""Is there where no release could be made of what the shop has: the next `up` does not try again for minutes."""


def check_data(settings: MeshSettings) -> None:
    """Looks at data that was not imported yet, before anything is started for it.

    Raises:
        MeshError: there is nothing in it that could be imported; says why.
    """
    if not settings.dataset or fingerprint(settings.dataset) in json.loads(_imported(settings)):
        return
    command = [sys.executable, "-m", "services.importer.check", "--data", settings.dataset]
    command += ["--state-dir", str(settings.run / "import")]
    with step("look at the data"):
        done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise MeshError(f"DATASET cannot be imported. {done.stderr.strip()}")


def fill(mesh: Mesh) -> Merchant | None:
    """Makes the demo log-in, imports what was not imported yet, trains where that is new or where there is no release.

    A merchant who chose another password keeps no shop from starting: nothing is imported and trained then.

    Returns:
        The merchant, as whom all of it is done; None who could not log in.

    Raises:
        MeshError: one of the steps failed; what it printed stands above.
    """
    with step("demo log-in"):
        asyncio.run(create_demo_shopper(mesh))
    merchant = Merchant(mesh)
    try:
        asyncio.run(merchant.metadata())
    except LogInRefusedError as error:
        console.print(f"  Nothing is imported, and nothing is trained: {error}", style="yellow", markup=False)
        return None
    imported = import_data(mesh)
    if (mesh.settings.run / TO_LEARN).exists() or needs_release(mesh, merchant):
        make_release(mesh)
    elif imported:
        console.print("  The import changed no product and brought no event: nothing is trained anew.")
    return merchant


def needs_release(mesh: Mesh, merchant: Merchant) -> bool:
    """Whether no release answers, and none was refused for the data that is there."""
    return not asyncio.run(has_release(mesh, merchant)) and not (mesh.settings.run / REFUSED_FOR).exists()


def make_release(mesh: Mesh) -> None:
    """Trains and publishes; data that nothing can be learned from leaves a shop that recommends what is popular.

    So do feature views that were refused, until the next `up`, which tries again.
    """
    with loud_step("train and publish a release"):
        code = run_module(mesh, "trainers.release", "all", accepted=(0, *UNTRAINABLE, VIEWS_REFUSED))
    if code == VIEWS_REFUSED:
        console.print("  [yellow]The shop is up with the release that it had, or recommends what is popular.[/]")
        console.print("  The next `make up` tries again.")
        return
    (mesh.settings.run / TO_LEARN).unlink(missing_ok=True)
    if code:
        (mesh.settings.run / REFUSED_FOR).write_text(_imported(mesh.settings))
        console.print("  [yellow]The shop is up without a model of its own: it recommends what is popular.[/]")
        console.print("  When shoppers have left more events: make retrain")


def import_data(mesh: Mesh) -> bool:
    """Imports the dataset unless this folder has it as it is; returns whether it did.

    An address is asked each time; one that does not answer keeps no shop from starting that has data of it.
    """
    imported: list[str] = json.loads(_imported(mesh.settings))
    if not mesh.settings.dataset and imported:
        return False  # the shop has its products; the simulated ones are for a shop without any
    key = fingerprint(mesh.settings.dataset)
    if key in imported:
        return is_address(mesh.settings.dataset) and import_news(mesh)
    if SIMULATED in imported:
        console.print(
            "  [yellow]This shop holds the simulated products already; yours come beside them.[/] A shop of its own: "
            "make up DATASET=... AISLE_DATA=/path/to/folder",
        )
    source = mesh.settings.dataset or str(draw_shop(mesh))
    with loud_step(f"import {without_secrets(source)}"):
        run_importer(mesh, source)
    if mesh.settings.dataset:
        add_behaviour(mesh)
    _remember(mesh.settings, [*(other for other in imported if not _of_one_place(other, key)), key])
    return True


def import_news(mesh: Mesh) -> bool:
    """Asks the address of data that was imported before, and imports what it has now; returns whether that is new."""
    _since(mesh.settings).parent.mkdir(exist_ok=True)
    _since(mesh.settings).touch()  # a shop of an earlier Aisle has none
    with loud_step(f"ask {without_secrets(mesh.settings.dataset)} for what is new"):
        return run_importer(mesh, mesh.settings.dataset) != UNCHANGED


def _since(settings: MeshSettings) -> Path:
    """Where the importer remembers what the address had."""
    return settings.run / "addresses" / f"{hashlib.sha256(settings.dataset.encode()).hexdigest()[:16]}.json"


def _of_one_place(one: str, other: str) -> bool:
    """Whether both fingerprints are of the same folder or file, which may be once more what it was before."""
    return "://" not in one and one.rpartition(" ")[0] == other.rpartition(" ")[0]


def _imported(settings: MeshSettings) -> str:
    """The imports of this folder, as JSON."""
    record = settings.run / IMPORTED
    return record.read_text() if record.exists() else "[]"


def _remember(settings: MeshSettings, imported: Sequence[str]) -> None:
    """Keeps the imports, whole or not at all: half a list would stop every later start."""
    draft = settings.run / f"{IMPORTED}.new"
    draft.write_text(json.dumps(imported, indent=2))
    draft.replace(settings.run / IMPORTED)


def draw_shop(mesh: Mesh) -> Path:
    """Makes the simulated shop's data once."""
    settings = mesh.settings
    folder = settings.data / "dataset"
    if not folder.exists():
        draft = folder.with_name("dataset.new")
        size = (
            "--products",
            str(settings.products),
            "--shoppers",
            str(settings.shoppers),
            "--seed",
            str(settings.seed),
        )
        with loud_step(f"draw a shop of {settings.products} products and {settings.shoppers} shoppers"):
            run_module(mesh, "trainers.simulator", "shop", *size, "--out", str(draft))
        draft.replace(folder)
    return folder


def add_behaviour(mesh: Mesh) -> None:
    """Simulates shoppers for a catalogue that came without any, so that there is something to learn from."""
    behaviour, simulating = mesh.settings.data / "behaviour", mesh.settings.run / SIMULATING
    begun = behaviour.exists() and simulating.exists() and simulating.read_text() == mesh.settings.dataset
    if not begun:
        if not _simulated(mesh, behaviour):
            return
        simulating.write_text(mesh.settings.dataset)
    with loud_step("import the simulated events"):
        run_importer(mesh, str(behaviour))
    simulating.unlink()


def _simulated(mesh: Mesh, behaviour: Path) -> bool:
    """Whether shoppers were simulated: not for a shop that has events."""
    offline = mesh.settings.data / "offline"
    run_module(mesh, "trainers.release", "extract")
    if parquet.read_metadata(offline / "events.parquet").num_rows:
        return False
    with loud_step("simulate shoppers, because the data brought no events"):
        run_module(
            mesh, "trainers.simulator", "behaviour",
            "--catalogue", str(offline), "--shoppers", str(mesh.settings.shoppers), "--out", str(behaviour),
        )  # fmt: skip
    return True


def run_importer(mesh: Mesh, source: str) -> int:
    """Runs the importer as the merchant, and remembers what there is to learn from what it brought.

    Returns 0, or UNCHANGED for an address without news.
    """
    credentials, counts, to_learn = mesh.credentials, mesh.settings.run / COUNTS, mesh.settings.run / TO_LEARN
    since = ("--since", str(_since(mesh.settings))) if is_address(source) else ()
    counts.unlink(missing_ok=True)
    # Before anything is written: of an import that is killed nobody knows what it brought, and the next one finds all
    # of it in the shop already.
    before = to_learn.exists()
    to_learn.touch()
    code = run_module(
        mesh, "services.importer",
        "--data", source,
        "--gateway", mesh.settings.gateway_url,
        "--email", credentials.admin_email,
        "--password-file", str(credentials.admin_password_file),
        "--state-dir", str(mesh.settings.run / "import"),
        "--counts", str(counts),
        *since,
        accepted=(0, UNCHANGED),
    )  # fmt: skip
    if not before and (code == UNCHANGED or not teaches(json.loads(counts.read_text()))):
        to_learn.unlink()
    return code


def teaches(counts: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether an import brought something that a release could learn from.

    >>> teaches({"products": {"created": 0, "updated": 0}, "events": {"created": 0}, "reviews": {"created": 3}})
    False
    >>> teaches({"products": {"created": 0, "updated": 1}, "events": {"created": 0}})
    True
    """
    products, events = counts["products"], counts["events"]
    return bool(products["created"] or products["updated"] or events["created"])


def run_module(mesh: Mesh, module: str, *arguments: str, accepted: Sequence[int] = (0,)) -> int:
    """Runs a module of Aisle with its output on this terminal; ends it if this process is interrupted.

    Raises:
        MeshError: its exit code is none of the accepted.
    """
    environment = os.environ | {MARKER: mesh.settings.marker, "AISLE_DATA": str(mesh.settings.data)}
    child = subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment)  # noqa: S603
    try:
        code = child.wait()
    except BaseException:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
        raise
    if code not in accepted:
        shown = " ".join(map(without_secrets, arguments))
        raise MeshError(f"`python -m {module} {shown}` failed (exit code {code}); its output is above.")
    return code


def fingerprint(dataset: str) -> str:
    """Tells one dataset from another, and files from themselves after a change, without reading them.

    What is behind an address only its server knows: see `import_news`.
    """
    if not dataset:
        return SIMULATED
    if is_address(dataset):  # not as it is: it may hold a password or a signature
        return f"{without_secrets(dataset)} {hashlib.sha256(dataset.encode()).hexdigest()}"
    digest = hashlib.sha256()
    for line in sorted(_states(Path(dataset))):
        digest.update(line)
    return f"{dataset} {digest.hexdigest()}"


def is_address(dataset: str) -> bool:
    """Whether it is to be fetched, and not a path."""
    return "://" in dataset


def _states(root: Path) -> Iterator[bytes]:
    """Relative path, size and time of change of each file that the importer would look at, in no order."""
    pending = [(str(root), "")] if root.is_dir() else []
    if root.is_file():
        yield _state("", root.stat())
    while pending:
        folder, before = pending.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name == "__MACOSX":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append((entry.path, f"{before}{entry.name}/"))
                elif entry.is_file():  # a symlink that leads nowhere is none
                    yield _state(before + entry.name, entry.stat())


def _state(path: str, state: os.stat_result) -> bytes:
    return os.fsencode(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n")


def without_secrets(source: str) -> str:
    """A path as it is, and a URL as it may be shown: without log-in and query, which may sign it.

    >>> without_secrets("https://ann:pw@shop.test:8443/data.zip?signature=abc")
    'https://shop.test:8443/data.zip'
    """
    scheme, separator, rest = source.partition("://")
    if not separator:
        return source
    host, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


async def create_demo_shopper(mesh: Mesh) -> None:
    """Signs the demo shopper up, unless it has an account already."""
    credentials = mesh.credentials
    request = account_service_pb2.SignUpRequest(
        email=credentials.demo_email, password=credentials.demo_password, display_name="Robin (demo)"
    )
    async with grpc.aio.insecure_channel(addresses(mesh.ports.users[:1])) as channel:
        try:
            await account_service_pb2_grpc.AccountServiceStub(channel).SignUp(request, timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.ALREADY_EXISTS:
                raise MeshError(f"The demo log-in could not be made: {error.code().name}: {error.details()}") from error


async def has_release(mesh: Mesh, merchant: Merchant) -> bool:
    """Whether a release answers.

    Raises:
        LogInRefusedError: the merchant has another password, or too many wrong ones were tried.
        MeshError: users or recs do not answer.
    """
    metadata = await merchant.metadata()
    async with grpc.aio.insecure_channel(addresses(mesh.ports.recs[:1])) as channel:
        stub = release_service_pb2_grpc.ReleaseServiceStub(channel)
        request = release_service_pb2.ListReleasesRequest(page_size=MOST_RELEASES)
        try:
            while True:
                reply = await stub.ListReleases(request, metadata=metadata, timeout=TIMEOUT_S)
                if any(release.state == release_service_pb2.Release.STATE_PROMOTED for release in reply.releases):
                    return True
                if not reply.next_page_token:
                    return False
                request.page_token = reply.next_page_token
        except grpc.aio.AioRpcError as error:
            raise MeshError(
                f"Recs does not say whether a release answers: {error.code().name}: {error.details()}"
            ) from error
