"""Brings a mesh up: checks, secrets, processes, data, a release; then says where everything is."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from local import encoders, postgres, preflight
from local import ports as port_choice
from local.bringup import bring_up, is_another, stay
from local.console import console, step
from local.credentials import Credentials, ensure
from local.data import check_data, fill
from local.down import down, stopping
from local.errors import MeshError
from local.gateway import render_gateway
from local.ownership import end, own
from local.ports import Ports
from local.processes import Mesh
from local.settings import INDEXES, MeshSettings
from local.signals import stopped_by_signals, undisturbed
from local.supervision import Supervisor


def up(settings: MeshSettings) -> None:
    """Brings the mesh up and, unless it is detached, stays until it is stopped.

    Raises:
        MeshError: something was wrong; what this call had started is stopped again.
    """
    began = time.monotonic()
    supervisor = Supervisor(settings)
    with stopped_by_signals():
        with step("check the machine"):
            preflight.check(settings)
        with _alone(settings):
            check_data(settings)
            with stopping(settings):  # by somebody else: what still ends would be joined, or killed as left behind
                running = supervisor.answers()
            try:
                mesh = _join(settings) if running else _start(settings, supervisor)
                bring_up(settings, supervisor, mesh.parts())
                merchant = fill(mesh)
                announce(mesh, time.monotonic() - began)
                if merchant:
                    encoders.start(mesh, merchant)
            except BaseException:
                if not running:
                    _stop(settings)
                raise
        if running or settings.detach:
            if running:
                console.print("It was running already: `make down` stops it, `make logs` follows it.")
            return
        _stay_until_stopped(mesh, supervisor)


def mesh_of(settings: MeshSettings) -> Mesh:
    """Describes the mesh of a data folder that was brought up before.

    Raises:
        MeshError: there is none.
    """
    ports = port_choice.load(settings.run / "ports.json")
    # The database is made last: who asks while that goes on must not make it, or the secrets, a second time.
    if ports is None or not postgres.is_there(settings.data / "postgres"):
        raise MeshError(f"There is no shop in {settings.data} yet. `make up` makes one.")
    return _mesh(_as_running(settings, ports), ports, ensure(settings.secrets))


def _start(settings: MeshSettings, supervisor: Supervisor) -> Mesh:
    """Prepares everything that the processes need and starts the process manager."""
    if leftovers := own(settings):
        end(leftovers)
        console.print(f"  [yellow]stopped {len(leftovers)} processes that an earlier run had left behind[/]")
    kept = port_choice.load(settings.run / "ports.json")
    ports = port_choice.choose(settings, kept)
    ports.save(settings.run / "ports.json")
    take_index(settings)
    if settings.milvus == "server":
        console.print("  [yellow]the real Milvus asks for no password, and listens on every address of this machine[/]")
    credentials = ensure(settings.secrets)
    with step("prepare the database"):
        mesh = _mesh(settings, ports, credentials)
    render_gateway(mesh)
    with step("start the process manager"):
        supervisor.start([part.program for part in mesh.parts()])
    return mesh


def take_index(settings: MeshSettings) -> None:
    """Makes the folder of the vectors, and removes those in the Milvus that the shop no longer has.

    They would be those of the day of the change, should it come back.
    """
    for name in INDEXES.values():
        before, gone = settings.data / name, settings.data / f"{name}.gone"
        _remove(gone)  # of a change that was interrupted
        if before == settings.index:
            before.mkdir(exist_ok=True)
        elif before.exists():
            # By another name first: a half of it would say which Milvus the shop has, and start.
            before.rename(gone)
            console.print(f"  [yellow]the index moves to MILVUS={settings.milvus}: made anew from the catalogue.[/]")
            console.print(
                "    Words and what is popular answer until then; how far it is: make logs ARGS=search-worker"
            )
            console.print("    Releases that no longer answer cannot be rolled back to: their vectors are gone.")
            _remove(gone)


def _remove(folder: Path) -> None:
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise MeshError(f"{folder} has to go, and cannot be removed: {error}. Remove it by hand.") from error


def _join(settings: MeshSettings) -> Mesh:
    """Describes the mesh that runs already, if it is the one that is asked for."""
    ports = port_choice.load(settings.run / "ports.json")
    if ports is None:
        raise MeshError(f"A shop runs in {settings.data}, but nobody knows its ports. Stop it first: make down")
    if _as_running(settings, ports) != settings:
        raise MeshError(
            f"A shop runs in {settings.data} already, on {ports.host}:{ports.gateway} with "
            f"{len(ports.catalog)} replica(s), INFERENCE={ports.inference_server} and MILVUS={ports.milvus_server}. "
            "Stop it first (make down), or give the other one a folder of its own: make up AISLE_DATA=/path/to/folder"
        )
    return _mesh(settings, ports, ensure(settings.secrets))


def _mesh(settings: MeshSettings, ports: Ports, credentials: Credentials) -> Mesh:
    return Mesh(
        settings,
        ports,
        credentials,
        postgres.prepare(settings.data / "postgres", ports.postgres, credentials),
    )


def _as_running(settings: MeshSettings, ports: Ports) -> MeshSettings:
    """`status` and `down` need not be told again what `up` was told."""
    return replace(
        settings,
        port=ports.gateway,
        host=ports.host,
        replicas=len(ports.catalog),
        inference=ports.inference_server,
        milvus=ports.milvus_server,
    )


def announce(mesh: Mesh, seconds: float) -> None:
    """Says where the shop is and how to log in."""
    url, credentials = mesh.settings.gateway_url, mesh.credentials
    console.print()
    console.print(f"[bold green]The shop is up[/] [dim](after {seconds:.1f} s)[/]")
    console.print(f"  Shop       {url}/")
    console.print(f"  REST API   {url}/docs  (OpenAPI: {url}/openapi.json)")
    console.print(f"  gRPC       {url.removeprefix('http://')}  (plain text, with reflection)")
    console.print(f"  Shopper    {credentials.demo_email}  password {credentials.demo_password}")
    console.print(f"  Merchant   {credentials.admin_email}  password {credentials.admin_password}")
    console.print(f"  State      {mesh.settings.data}")


def _stay_until_stopped(mesh: Mesh, supervisor: Supervisor) -> None:
    console.print("\nCtrl-C stops everything.")
    started = supervisor.pid()
    try:
        stay(mesh.settings, supervisor, mesh.parts())
        console.print("The shop was stopped from elsewhere.")
    except KeyboardInterrupt:
        console.print()
    finally:
        if is_another(started, supervisor.pid()):
            console.print("It was started again from elsewhere, and goes on: `make down` stops it.")
        else:
            _stop(mesh.settings)


def _stop(settings: MeshSettings) -> None:
    with undisturbed("It is being stopped: that takes some seconds, and half of it would go on running."):
        down(settings)


@contextmanager
def _alone(settings: MeshSettings) -> Iterator[None]:
    """Keeps a second `up` of the same folder out while this one works; the lock goes with the process."""
    with (settings.run / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise MeshError(f"Another `make up` is bringing up {settings.data} right now. Let it finish.") from None
        yield
