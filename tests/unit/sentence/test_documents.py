"""What counts as an answer is measured on the very texts that search embeds."""

import pytest
from aisle.catalog.v1.product_pb2 import Product as Message

from services.search.worker.embedding import subject
from trainers.clip.data import Product
from trainers.sentence.documents import document

CASES = {
    "all": Product(
        "a", "Trail Shoe.", ("Shoes", "Running"), "Norr", {"sole": "rubber", "colour": "Navy"}, (), "Wet. " * 99
    ),
    "a title": Product("b", "Lamp", (), "", {}, ()),
    "no brand": Product("c", "Mug", ("Kitchen",), "", {"holds": "300 ml"}, (), "For tea."),
}


@pytest.mark.parametrize("name", CASES)
def test_trainer_and_search_say_the_same_of_a_product(name: str) -> None:
    product = CASES[name]
    message = Message(
        name=f"products/{product.id}",
        title=product.title,
        category_path=product.category,
        brand=product.brand,
        attributes=product.attributes,
        description=product.description,
    )
    assert document(product) == subject(message).caption
