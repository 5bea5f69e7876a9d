"""Who calls in the fuzzers, and the resources that exist for them."""

import re
import uuid
from dataclasses import dataclass

import grpc
from aisle.catalog.v1 import cart_service_pb2 as carts_pb
from aisle.catalog.v1 import category_service_pb2 as categories_pb
from aisle.catalog.v1 import order_service_pb2 as orders_pb
from aisle.catalog.v1 import picture_service_pb2 as pictures_pb
from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.catalog.v1 import review_service_pb2 as reviews_pb
from aisle.catalog.v1.cart_service_pb2_grpc import CartServiceStub
from aisle.catalog.v1.category_service_pb2_grpc import CategoryServiceStub
from aisle.catalog.v1.order_service_pb2_grpc import OrderServiceStub
from aisle.catalog.v1.picture_service_pb2_grpc import PictureServiceStub
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from aisle.catalog.v1.review_service_pb2_grpc import ReviewServiceStub
from aisle.recs.v1.release_service_pb2 import ListReleasesRequest
from aisle.recs.v1.release_service_pb2_grpc import ReleaseServiceStub
from aisle.recs.v1.scenario_service_pb2 import CreateScenarioRequest
from aisle.recs.v1.scenario_service_pb2_grpc import ScenarioServiceStub
from aisle.type.v1 import access_pb2
from aisle.users.v1 import account_service_pb2 as accounts_pb
from aisle.users.v1 import session_service_pb2 as sessions_pb
from aisle.users.v1.account_service_pb2_grpc import AccountServiceStub
from aisle.users.v1.session_service_pb2_grpc import SessionServiceStub
from google.protobuf.descriptor import MethodDescriptor

from local.settings import ROOT
from tests.contract import descriptors
from tests.support.mesh import RunningMesh
from tests.support.samples import PNG, Known

SERVED = ("catalog", "users", "recs", "search")
STAFF = {access_pb2.Access.LEVEL_MERCHANT, access_pb2.Access.LEVEL_ADMIN, access_pb2.Access.LEVEL_SERVICE}
LEAKS = (
    *(b"Traceback", b'File "', b".py", b"site-packages", b"Exception", b"Error(", b"<class", b"object at 0x"),
    *(b"sqlalchemy", b"asyncpg", b"psycopg", b"postgres", b"SELECT ", b"INSERT ", b"alembic", b"pymilvus", b"feast"),
    *(b"grpc.aio", b"grpc._", b"_upb", b"DecodeError", b"numpy", b"PIL.", b"/home/", str(ROOT).encode(), b"/usr/"),
)
"""What only our own insides would say."""
SPILT = tuple(
    re.compile(pattern)
    for pattern in (
        rb"Traceback \(most recent",
        rb'File "[^"]{1,300}", line \d',
        rb"[\w/-]\.py\b(?:[:,]| in |\", line )",
        rb"site-packages|dist-packages",
        rb"(?:[a-z_]\w*\.)+[A-Z]\w*(?:Error|Exception)\b",
        rb"(?:Value|Key|Type|Index|Attribute|Runtime|Assertion|Unicode\w+|OS|Timeout|Connection\w*|FileNotFound|Integrity|"
        rb"Operational|Programming|Interface|DBAPI|Decode|Validation|AioRpc|Rpc|InferenceServer|Milvus)(?:Error|Exception)\b",
        rb"<class '|<[\w.]+ object at 0x[0-9a-f]+>",
        rb"SELECT [^\x00]{1,300}?\bFROM |INSERT INTO |DELETE FROM |UPDATE [\w.\"]+ SET |ALTER TABLE ",
        rb"(?:postgresql|postgres|sqlite)(?:\+\w+)?://",
        rb"(?:^|[^\w/:.-])/(?:home|root|usr|opt|var|tmp|etc)/[\w.-]+",
        re.escape(str(ROOT).encode()) + rb"\b",
    )
)
"""The same in what a shop tells its callers. Its own texts may have any word, as of a book on Postgres or a shirt that
says SELECT: these are the shapes of a traceback, an exception's name, a query, an address of a database, a path."""
TOKEN = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]+")
ATTRIBUTION = re.compile(rb"Wy[I-L][\w-]*\.[\w-]{22}")
"""An attribution token: a JSON list that begins with a text, and 16 bytes of signature."""


def leaks(said: bytes, well: bool) -> list[bytes]:
    """What an answer says of our insides. A token's letters are chance, and may be `.py`: one of a session is a leak
    where the answer is an error."""
    plain = ATTRIBUTION.sub(b" ", TOKEN.sub(b" ", said))
    given = [] if well else TOKEN.findall(said)
    return given + [leak for leak in LEAKS if leak in plain]


def spilt(said: bytes) -> list[bytes]:
    """What an answer that went well says of our insides among the shop's own texts."""
    plain = ATTRIBUTION.sub(b" ", TOKEN.sub(b" ", said))
    return [found[0] for shape in SPILT if (found := shape.search(plain))]


@dataclass(frozen=True)
class Callers:
    """A shopper and the admin, and names to call by."""

    shopper: str
    admin: str
    """Access tokens."""
    known: Known
    doomed: Known
    """Resources to delete."""

    def header(self, method: MethodDescriptor) -> str:
        """The `authorization` of somebody who may call the method."""
        return f"Bearer {self.admin if descriptors.access(method).level in STAFF else self.shopper}"


def callers(mesh: RunningMesh) -> Callers:
    """Signs up a shopper, and makes a product with everything on it that may be spoilt."""
    with grpc.insecure_channel(mesh.addresses("users")[0]) as users:
        sign_up = accounts_pb.SignUpRequest(email=f"fuzz-{uuid.uuid4().hex}@shop.test", password="a long password")
        shopper = AccountServiceStub(users).SignUp(sign_up)
        secret = mesh.credentials
        log_in = sessions_pb.LogInRequest(email=secret.admin_email, password=secret.admin_password)
        admin = SessionServiceStub(users).LogIn(log_in).access_token
    own = {"users/*": shopper.subject}
    own |= {f"users/*/{one}": f"{shopper.subject}/{one}" for one in ("preferences", "cart")}
    release = {"scenarios/*": a_scenario(mesh, admin), "releases/*": a_release(mesh, admin)}
    known, doomed = resources(mesh, admin), resources(mesh, admin)
    for names in (known, doomed):
        reviewed = resources(mesh, admin)["products/*"]
        names.update(bought(mesh, shopper, names["products/*"], reviewed))
    # The shortest text of a payment token's pattern is one that the test provider declines.
    known["A"] = "test-approved"
    return Callers(shopper.access_token, admin, known | own | release, doomed)


def bought(mesh: RunningMesh, shopper: sessions_pb.Session, product: str, reviewed: str) -> dict[str, str]:
    """An order of the shopper's, of a product that is still to be reviewed and of one that is, and its review."""
    metadata = (("authorization", f"Bearer {shopper.access_token}"),)
    address = {"recipient": "A", "address_lines": ["B"], "city": "C", "region_code": "DE"}
    order = orders_pb.CheckoutRequest(parent=shopper.subject, payment_token="test-approved", shipping_address=address)
    review = reviews_pb.CreateReviewRequest(parent=reviewed, review={"rating": 3})
    with grpc.insecure_channel(mesh.addresses("catalog")[0]) as catalog:
        for wanted in (product, reviewed):
            cart = carts_pb.AddCartItemRequest(name=f"{shopper.subject}/cart", product=wanted)
            CartServiceStub(catalog).AddCartItem(cart, metadata=metadata)
        order_name = OrderServiceStub(catalog).Checkout(order, metadata=metadata).name
        review_name = ReviewServiceStub(catalog).CreateReview(review, metadata=metadata).name
    return {"users/*/orders/*": order_name, "products/*/reviews/*": review_name}


def resources(mesh: RunningMesh, admin: str) -> dict[str, str]:
    """A category, and a product that can be bought, with a picture, of the fuzzer's own."""
    metadata = (("authorization", f"Bearer {admin}"),)
    own = f"fuzz-{uuid.uuid4().hex[:12]}"
    with grpc.insecure_channel(mesh.addresses("catalog")[0]) as catalog:
        category = categories_pb.CreateCategoryRequest(category={"display_name": own}, category_id=own)
        category_name = CategoryServiceStub(catalog).CreateCategory(category, metadata=metadata).name
        fields = {"title": own, "stock_quantity": 1000, "price": {"currency_code": "EUR", "units": 5}}
        product = products_pb.CreateProductRequest(product=fields, product_id=own)
        name = ProductServiceStub(catalog).CreateProduct(product, metadata=metadata).name
        picture = pictures_pb.CreatePictureRequest(parent=name, content=PNG)
        picture_name = PictureServiceStub(catalog).CreatePicture(picture, metadata=metadata).name
    return {
        "categories/*": category_name,
        "products/*": name,
        "products/*/pictures/*": picture_name,
    }


def a_scenario(mesh: RunningMesh, admin: str) -> str:
    """A scenario of the fuzzer's own: those of the shop stay as they are."""
    metadata = (("authorization", f"Bearer {admin}"),)
    scenario = {"display_name": "Fuzzed", "retrievers": [{"retriever": "RETRIEVER_TWO_TOWER"}]}
    request = CreateScenarioRequest(scenario=scenario, scenario_id=f"fuzz-{uuid.uuid4().hex[:12]}")
    with grpc.insecure_channel(mesh.addresses("recs")[0]) as recs:
        return ScenarioServiceStub(recs).CreateScenario(request, metadata=metadata).name


def a_release(mesh: RunningMesh, admin: str) -> str:
    """The newest release of the shop."""
    metadata = (("authorization", f"Bearer {admin}"),)
    with grpc.insecure_channel(mesh.addresses("recs")[0]) as recs:
        releases = ReleaseServiceStub(recs).ListReleases(ListReleasesRequest(), metadata=metadata).releases
    return next(release.name for release in releases)
