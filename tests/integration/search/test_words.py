"""Words, filters, facets, order and pages."""

import grpc
import pytest

from tests.integration.search.conftest import Shop, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("oxford shirt", "shirt-1"),
        ("Oxford SHIRTS!", "shirt-1"),  # case, plural, punctuation
        ("oxfrod shirt", "shirt-1"),  # two letters changed places
        ("marathn shoe", "shoe-3"),  # one is missing
        ("marrathon shoe", "shoe-3"),  # one too many
        ("a gown for the evening", "dress-1"),  # words that say nothing of a product
        ("shirt-4", "shirt-4"),  # an id
        ("SHOE-2", "shoe-2"),
        ("navy blue shirt", "shirt-4"),  # a value of two words
        ("blue shirt", "shirt-1"),  # Blue comes before Navy Blue, and before who only mentions it
        ("norr shoe", "shoe-1"),  # a brand; what cannot be bought comes behind
    ],
)
async def test_what_is_found_first(shop: Shop, query: str, first: str) -> None:
    assert (await shop.ids(query))[0] == first


async def test_a_better_spelling_is_named(shop: Shop) -> None:
    reply = await shop.search("oxfrod shirt")
    assert reply.corrected_query == "oxford shirt"
    assert not reply.fallback
    assert reply.results[0].highlighted_title == "<em>Oxford</em> <em>Shirt</em>"
    assert not (await shop.search("oxford shirt")).corrected_query


async def test_verbatim_takes_words_as_they_stand(shop: Shop) -> None:
    assert await shop.ids("oxfrod", verbatim=True) == []
    assert await shop.ids("sneakers", verbatim=True) == []
    assert await shop.ids("oxford", verbatim=True) == ["shirt-1"]


async def test_a_title_is_escaped(shop: Shop) -> None:
    await shop.merchant.put("odd", "Shirt <b>& tie</b>")

    async def found() -> list[str]:
        reply = await shop.search("tie")
        return [result.highlighted_title for result in reply.results if result.product == "products/odd"]

    assert await until(found, 5, "the product to be found") == ["Shirt &lt;b&gt;&amp; <em>tie</em>&lt;/b&gt;"]


async def test_nothing_is_found_and_it_says_so(shop: Shop) -> None:
    reply = await shop.search("xylophone")
    assert reply.fallback
    assert reply.results
    assert not (await shop.search("xylophone", verbatim=True)).results


async def test_synonyms_and_phrases(shop: Shop) -> None:
    assert set((await shop.ids("sneakers"))[:3]) == {"shoe-1", "shoe-2", "shoe-3"}  # of the category's name
    assert set((await shop.ids('"linen shirt"'))[:2]) == {"shirt-2", "shirt-4"}
    assert await shop.ids('"shirt linen"', verbatim=True) == []
    assert set(await shop.ids("shirt linen", verbatim=True)) == {"shirt-2", "shirt-4"}


async def test_filters_facets_and_order(shop: Shop) -> None:
    reply = await shop.search(
        "shirt", filter='brand = "Wilma" OR price < 40', facets=["category", "brand", "price", "in_stock"],
        order_by="price desc",
    )  # fmt: skip
    assert [result.product for result in reply.results] == [f"products/shirt-{n}" for n in (2, 4, 1)]
    assert reply.total_size == 3
    facets = {facet.field: {value.value: value.count for value in facet.values} for facet in reply.facets}
    assert [facet.field for facet in reply.facets] == ["category", "brand", "price", "in_stock"]
    assert facets["category"] == {"apparel": 3, "shirts": 3}
    assert facets["brand"] == {"Wilma": 2, "Birk": 1}
    assert facets["in_stock"] == {"true": 3}
    assert sum(facets["price"].values()) == 3
    assert reply.facets[0].values[0].display_name == "Apparel"


@pytest.mark.parametrize(
    "where",
    [
        'category = "footwear"', 'attributes.colour = "Red" AND in_stock = true', 'title:"linen"', "price >= 60",
        'NOT brand = "Norr"', "create_time > 2023-11-14T22:13:24Z", 'attributes.none != "x"', 'id = "dress-2"',
    ],
)  # fmt: skip
async def test_a_filter_keeps_what_list_products_keeps(shop: Shop, where: str) -> None:
    assert set(await shop.ids(filter=where)) == await shop.merchant.listed(where)


async def test_pages_hold_everything_once(shop: Shop) -> None:
    for order in ("", "price", "price desc", "rating desc", "create_time desc"):
        for query in ("", "shirt", "blue"):
            whole = await shop.ids(query, order_by=order, page_size=100)
            pages, token = list[str](), ""
            while True:
                reply = await shop.search(query, order_by=order, page_size=2, page_token=token)
                pages += [result.product.removeprefix("products/") for result in reply.results]
                if not (token := reply.next_page_token):
                    break
            assert pages == whole, (query, order)


async def test_a_page_stays_stable_when_products_change(shop: Shop) -> None:
    first = await shop.search(order_by="price", page_size=4)
    shown = [result.product for result in first.results]
    # What was shown goes behind, and what was not comes to the front.
    await shop.merchant.put("shirt-1", "Oxford Shirt", price=500)
    await shop.merchant.put("dress-1", "Evening Gown", "dresses", price=1)

    async def changed() -> bool:
        return (await shop.ids(order_by="price", page_size=1)) == ["dress-1"]

    await until(changed, 5, "the price to change")
    second = await shop.search(order_by="price", page_size=100, page_token=first.next_page_token)
    assert len(shown) + len(second.results) == 9
    assert not set(shown) & {result.product for result in second.results}


async def test_a_change_is_found_and_filtered_on_within_two_seconds(shop: Shop) -> None:
    await shop.merchant.put("late", "Quilted Poncho", price=33)
    await until(lambda: shop.ids("poncho", verbatim=True), 2, "a new product")
    await shop.merchant.put("late", "Quilted Poncho", price=44)
    await until(lambda: shop.ids("poncho", verbatim=True, filter="price = 44"), 2, "a new price")
    await shop.merchant.delete("late")

    async def gone() -> bool:
        return not await shop.ids("poncho", verbatim=True)

    await until(gone, 2, "a deleted product to go")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"filter": "colour = 1"}, "filter: knows no field colour"),
        ({"order_by": "size"}, "order_by: is not one of"),
        ({"facets": ["size"]}, "facets: knows no field 'size'"),
        ({"facets": ["brand", "brand"]}, "facets: names brand twice"),
        ({"page_token": "x"}, "page_token: is not one that this service gave out"),
        ({"image_weight": 2.0}, "image_weight"),
        ({"image": b"GIF89a"}, "image: is refused: it is not a JPEG, PNG or WebP"),
    ],
)
async def test_what_is_refused(shop: Shop, fields: dict[str, object], said: str) -> None:
    error = await shop.refused("shirt", **fields)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert said in (error.details() or "")


async def test_products_like_one(shop: Shop) -> None:
    found = await shop.ids(similar_product="products/shirt-2")
    assert found[0] == "shirt-4"
    assert "shirt-2" not in found
    error = await shop.refused(similar_product="products/none")
    assert error.code() is grpc.StatusCode.NOT_FOUND


async def test_completions(shop: Shop) -> None:
    found = await shop.suggest("lin")
    assert ("QUERY", "linen") in found
    assert ("PRODUCT", "Linen Shirt") in found
    assert ("CATEGORY", "Running Shoes") in await shop.suggest("running sh")
    assert ("BRAND", "Wilma") in await shop.suggest("wi")
    assert ("QUERY", "blue shirt") in await shop.suggest("blue sh")
    assert ("PRODUCT", "Marathon Shoe") in await shop.suggest("marthon sho")  # a finished word
    assert ("PRODUCT", "Marathon Shoe") in await shop.suggest("marht")  # and one under way
    assert await shop.suggest("xyzzy") == []
    assert len(await shop.suggest("s", page_size=2)) == 2


async def test_own_searches_come_first_and_follow_the_account(shop: Shop) -> None:
    _, who, _refresh = await shop.visitor()
    for query in ("linen shirt", "Oxford  Shirts", "xylophone"):
        await shop.search(query, who)
    assert await shop.suggest("", who) == [("HISTORY", "Oxford Shirts"), ("HISTORY", "linen shirt")]
    assert (await shop.suggest("lin", who))[0] == ("HISTORY", "linen shirt")
    assert ("HISTORY", "linen shirt") not in await shop.suggest("lin")
    assert (await shop.suggest("oxf", who))[0] == ("HISTORY", "Oxford Shirts")


async def test_what_several_search_for_is_popular(shop: Shop) -> None:
    for _ in range(2):
        _, who, _ = await shop.visitor()
        await shop.search("fleece top", who)
    _, alone, _ = await shop.visitor()
    await shop.search("marathon shoe norr", alone)
    await until(lambda: _popular(shop, "fleece top"), 10, "the search to be popular")
    assert ("QUERY", "marathon shoe norr") not in await shop.suggest("")


async def _popular(shop: Shop, query: str) -> bool:
    return ("QUERY", query) in await shop.suggest("")
