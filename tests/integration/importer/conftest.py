"""A whole shop to import into: users, catalog and recs in processes of their own, on a real PostgreSQL."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from aisle.catalog.v1 import picture_service_pb2 as pictures_pb
from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.catalog.v1 import review_service_pb2 as reviews_pb
from aisle.catalog.v1.picture_service_pb2_grpc import PictureServiceStub
from aisle.catalog.v1.product_pb2 import Product
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from aisle.catalog.v1.review_service_pb2_grpc import ReviewServiceStub
from aisle.recs.v1 import user_event_service_pb2 as events_pb
from aisle.recs.v1.user_event_pb2 import UserEvent
from aisle.recs.v1.user_event_service_pb2_grpc import UserEventServiceStub
from aisle.users.v1 import account_service_pb2 as accounts_pb
from aisle.users.v1 import session_service_pb2 as sessions_pb
from aisle.users.v1.account_service_pb2_grpc import AccountServiceStub
from aisle.users.v1.session_service_pb2_grpc import SessionServiceStub

from tests.integration.recs.programs import Program
from tests.support.postgres import NewDatabase, free_port

EMAIL, PASSWORD = "merchant@shop.test", "correct horse battery"
ROOT = Path(__file__).parents[3]


@dataclass
class Shop:
    """The services' addresses, and what they hold."""

    users: Program
    catalog: Program
    recs: Program
    folder: Path

    def __post_init__(self) -> None:
        users = grpc.insecure_channel(self.users.address)
        catalog = grpc.insecure_channel(self.catalog.address)
        recs = grpc.insecure_channel(self.recs.address)
        self.accounts = AccountServiceStub(users)
        self.products = ProductServiceStub(catalog)
        self.pictures = PictureServiceStub(catalog)
        self.reviews = ReviewServiceStub(catalog)
        self.events = UserEventServiceStub(recs)
        session = SessionServiceStub(users).LogIn(sessions_pb.LogInRequest(email=EMAIL, password=PASSWORD))
        self.merchant = (("authorization", f"Bearer {session.access_token}"),)

    def command(self, data: object, state: Path, *options: str, **addresses: str) -> list[str]:
        """The importer's command line."""
        password = self.folder / "password"
        password.write_text(f"{PASSWORD}\n")
        programs = {"users": self.users, "catalog": self.catalog, "recs": self.recs}
        where = {name: program.address for name, program in programs.items()} | addresses
        flags = [part for name, address in where.items() for part in (f"--{name}-address", address)]
        log_in = ["--email", EMAIL, "--password-file", str(password)]
        start = [sys.executable, "-m", "services.importer", "--data", str(data), "--state-dir", str(state)]
        return [*start, *log_in, *flags, *options]

    def bring(self, data: object, state: Path, *options: str, **addresses: str) -> "Import":
        """Imports to the end."""
        command = self.command(data, state, *options, **addresses)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        return Import(done.returncode, done.stdout, done.stderr)

    def product(self, product: str) -> Product:
        """A product as anyone sees it."""
        return self.products.GetProduct(products_pb.GetProductRequest(name=f"products/{product}"))

    def existing(self, products: Iterable[str]) -> set[str]:
        """Those of the products that the shop has."""
        wanted, found = list(products), set()
        for start in range(0, len(wanted), 1000):
            names = [f"products/{product}" for product in wanted[start : start + 1000]]
            request = products_pb.BatchGetProductsRequest(names=names, allow_missing=True)
            found |= {one.name.removeprefix("products/") for one in self.products.BatchGetProducts(request).products}
        return found

    def served(self, product: Product) -> list[bytes]:
        """The bytes of its pictures."""
        names = [picture.name for picture in product.pictures]
        return [self.pictures.RenderPicture(pictures_pb.RenderPictureRequest(name=name)).data for name in names]

    def reviews_of(self, product: str) -> list[Any]:
        """Its first hundred reviews."""
        request = reviews_pb.ListReviewsRequest(parent=f"products/{product}", page_size=100)
        return list(self.reviews.ListReviews(request).reviews)

    def stored_events(self, prefix: str) -> list[UserEvent]:
        """Events on products whose ids begin so."""
        parts = self.events.ExportUserEvents(events_pb.ExportUserEventsRequest(), metadata=self.merchant)
        return [event for part in parts for event in part.user_events if event.product.startswith(f"products/{prefix}")]

    def preferences(self, user: str) -> list[str]:
        """Categories that the shopper prefers."""
        request = accounts_pb.GetPreferencesRequest(name=f"users/{user}/preferences")
        return list(self.accounts.GetPreferences(request, metadata=self.merchant).categories)


@dataclass(frozen=True)
class Import:
    """How an import ended, and what it printed."""

    code: int
    out: str
    error: str

    def row(self, name: str) -> list[int]:
        """Numbers of the summary: new, changed, unchanged, left out, incomplete."""
        lines = [line.split() for line in self.out.splitlines()]
        return next(
            (
                [int(cell.replace(",", "")) for cell in cells[1:]]
                for cells in lines
                if len(cells) == 6 and cells[0] == name
            ),
            [0, 0, 0, 0, 0],
        )


@pytest.fixture(scope="session")
def shop(new_database: NewDatabase) -> Iterator[Shop]:
    with tempfile.TemporaryDirectory(prefix="aisle-import-") as name:
        folder = Path(name)
        key = folder / "attribution.key"
        key.write_text(os.urandom(48).hex())
        ports = {domain: free_port() for domain in ("users", "catalog", "recs")}
        users, catalog = f"127.0.0.1:{ports['users']}", f"127.0.0.1:{ports['catalog']}"
        nobody = f"127.0.0.1:{free_port()}"  # events need neither towers nor an index: both may be away

        def program(domain: str, **settings: object) -> Program:
            listen = f"127.0.0.1:{ports[domain]}"
            values = {"listen": listen, "database_url": new_database(f"import_{domain}"), **settings}
            environment = {f"AISLE_{domain}_{name}".upper(): str(value) for name, value in values.items()}
            command = [sys.executable, "-m", f"services.{domain}"]
            return Program(command, environment, ports[domain], folder / f"{domain}.log")

        programs = (
            program("users", signing_keys_dir=folder / "keys", admin_email=EMAIL, admin_password=PASSWORD),
            program("catalog", users_address=users, pictures_dir=folder / "pictures"),
            program(
                "recs", users_address=users, catalog_address=catalog, inference_address=nobody,
                milvus_uri=f"http://{nobody}", feast_repo=folder / "feast", attribution_key_file=key,
            ),
        )  # fmt: skip
        try:
            with ThreadPoolExecutor(len(programs)) as pool:
                list(pool.map(_start, programs))
            yield Shop(*programs, folder)
        finally:
            for one in programs:
                one.stop()


def _start(program: Program) -> None:
    try:
        program.start()
    except grpc.FutureTimeoutError:  # three interpreters at once take their time on a busy machine
        program.wait()
