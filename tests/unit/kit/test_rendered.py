"""Answers that are bytes already."""

from aisle.catalog.v1 import product_service_pb2 as pb
from aisle.catalog.v1.product_pb2 import Product

from services.kit import rendered

FIELD = pb.BatchGetProductsResponse.DESCRIPTOR.fields_by_name["products"]


def test_what_is_rendered_is_what_the_message_would_be() -> None:
    # Lengths of one, two and three groups of seven bits.
    products = [Product(name=f"products/{i}", description="x" * length) for i, length in enumerate((0, 1, 200, 20_000))]
    answer = rendered.repeated(FIELD, [product.SerializeToString() for product in products])
    assert pb.BatchGetProductsResponse.FromString(answer.data) == pb.BatchGetProductsResponse(products=products)
    assert rendered.repeated(FIELD, []).data == b""


def test_a_method_may_answer_with_either() -> None:
    serialize = rendered.serializer(pb.BatchGetProductsResponse.SerializeToString)
    message = pb.BatchGetProductsResponse(products=[Product(name="products/a")])
    assert serialize(message) == serialize(rendered.Rendered(message.SerializeToString()))
