"""No title that a question asks for is learned from."""

from pathlib import Path

from trainers.clip.config import Config
from trainers.clip.data import Product
from trainers.clip.split import key, split


def product(number: int, title: str) -> Product:
    return Product(str(number), title, ("Apparel", "Shirts"), "", {}, (Path("x.jpg"),))


def test_products_of_one_title_stay_together() -> None:
    products = [product(n, f"Shirt {n % 40}" if n % 2 else f"  SHIRT {n % 40} ") for n in range(200)]
    made = split(products, Config(test_titles=10, validation_titles=5, largest_share=0.5))
    titles = [{key(each.title) for each in part} for part in (made.train, made.validation, made.test)]
    assert [len(found) for found in titles] == [25, 5, 10]
    assert not titles[0] & titles[1]
    assert not titles[0] & titles[2]
    assert not titles[1] & titles[2]
    assert len(made.train) + len(made.validation) + len(made.test) == len(products)


def test_the_split_depends_on_titles_and_not_on_their_order() -> None:
    products = [product(n, f"Shirt {n}") for n in range(100)]
    first, second = split(products, Config()), split(products[::-1], Config())
    assert {each.id for each in first.test} == {each.id for each in second.test}
    assert {each.id for each in first.test} != {each.id for each in split(products, Config(seed=8)).test}


def test_a_small_shop_keeps_most_of_its_titles_to_learn_from() -> None:
    made = split([product(n, f"Shirt {n}") for n in range(100)], Config())
    assert (len(made.train), len(made.validation), len(made.test)) == (80, 10, 10)
