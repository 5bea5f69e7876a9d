"""Makes the encoders of search while the shop is up already: until then search goes by words alone."""

import asyncio
import os
import subprocess
import sys

import grpc
import psutil
from aisle.search.v1 import search_release_service_pb2 as pb
from aisle.search.v1.search_release_service_pb2_grpc import SearchReleaseServiceStub

from local.console import console
from local.errors import MeshError
from local.merchant import TIMEOUT_S, Merchant
from local.ownership import end, own
from local.processes import Mesh, addresses
from local.settings import MARKER, ROOT, MeshSettings

NAME = "encoders"
MOST_RELEASES = 8
"""Of one page: each comes with its tokenizers."""
COMMAND = ("-m", "trainers.clip")
# Behind the shop's own processes; one thread, and the backbone as it was published: for 1,000 products CLIP took 95 s
# and the sentence encoder 25 s of processor time.
SETTINGS = ("--nice", "10", "--threads", "1", "--tuned-epochs", "0", "--frozen-epochs", "12")


def start(mesh: Mesh, merchant: Merchant) -> None:
    """Trains, publishes and promotes in the background, unless a search release answers or nobody wants one."""
    if not mesh.settings.encoders or _running(mesh.settings):
        return
    try:
        if asyncio.run(_has_release(mesh, merchant)):
            return
    except grpc.aio.AioRpcError as error:
        # The shop is up, and this is not a part that it needs.
        console.print(f"  [yellow]Search does not say whether it has encoders: {error.code().name}.[/] Later: make up")
        return
    except MeshError as error:
        console.print(f"  No encoders of search are made: {error}", style="yellow", markup=False)
        return
    environment = os.environ | {
        MARKER: mesh.settings.marker,
        "AISLE_DATA": str(mesh.settings.data),
        "PYTHONUNBUFFERED": "1",
    }
    with (mesh.settings.logs / f"{NAME}.log").open("ab") as log:
        subprocess.Popen(  # noqa: S603
            [sys.executable, *COMMAND, "all", *SETTINGS],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the shop, which then stops this in its order
        )
    console.print("  [cyan]▸[/] Search goes by words; by meaning, and by picture where there are some, in minutes:")
    console.print(f"    the encoders are being made (make logs ARGS={NAME})")


def stop(settings: MeshSettings) -> None:
    """Ends a training that still runs: it goes on where it was with the next `up`."""
    end(_running(settings))


def _running(settings: MeshSettings) -> list[psutil.Process]:
    return [process for process in own(settings) if _is_training(process)]


def _is_training(process: psutil.Process) -> bool:
    try:
        return COMMAND[1] in process.cmdline()
    except psutil.Error:
        return False


async def _has_release(mesh: Mesh, merchant: Merchant) -> bool:
    metadata = await merchant.metadata()
    async with grpc.aio.insecure_channel(addresses(mesh.ports.search[:1])) as channel:
        stub, request = SearchReleaseServiceStub(channel), pb.ListSearchReleasesRequest(page_size=MOST_RELEASES)
        while True:
            reply = await stub.ListSearchReleases(request, metadata=metadata, timeout=TIMEOUT_S)
            if any(release.state == pb.SearchRelease.STATE_PROMOTED for release in reply.search_releases):
                return True
            if not reply.next_page_token:
                return False
            request.page_token = reply.next_page_token
