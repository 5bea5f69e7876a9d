"""Which products an epoch has."""

import numpy as np

from trainers.clip.batches import chances


def test_products_with_rare_facts_are_drawn_more_often() -> None:
    common, rare = frozenset({("colour", "Black")}), frozenset({("colour", "Teal")})
    found = chances([common] * 99 + [rare])
    assert np.isclose(found.sum(), 1)
    assert found[-1] > 5 * found[0]
    assert np.allclose(found[:99], found[0])


def test_a_product_of_which_nothing_is_known_is_drawn_too() -> None:
    found = chances([frozenset(), frozenset({("colour", "Black")})])
    assert (found > 0).all()
    assert found[1] > found[0]
