"""Whether a release could answer: its models and vectors are there, and fit each other and this service."""

from collections.abc import Mapping

from services.recs.domain.ranker_spec import RankerSpec
from services.recs.domain.releases import Release
from services.recs.ports import Towers, VectorIndex
from services.recs.use_cases import ranking_features
from services.recs.use_cases.ranking_rows import Rows

USER_TOWER, RANKER = "user_tower", "ranker"
ANY = -1
"""A dimension that the model leaves open."""
Shape = tuple[int, ...]


async def problem(release: Release, towers: Towers, index: VectorIndex) -> str:
    """What is wrong with it; empty when nothing is. Raises what asking raises."""
    if release.spec.dimension != release.dimension:
        return f"its feature specification has dimension {release.spec.dimension}, not {release.dimension}"
    if wrong := _ranker(release):
        return wrong
    for model, version, wanted in _models(release):
        found = await towers.shapes(model, version)
        if found is None:
            return f"version {version} of {model} is not ready on the inference server"
        for name, shape in wanted.items():
            if not _fits(found.get(name), shape):
                has = f"has shape {list(found[name])}" if name in found else "is missing"
                return f"{name} of version {version} of {model} {has}, and should have {list(shape)}"
    length = await index.dimension(release.collection)
    if length is None:
        return f"the collection {release.collection} does not exist"
    if length != release.dimension:
        return f"the collection {release.collection} holds vectors of length {length}, not {release.dimension}"
    return ""


async def unencoded(release: Release, towers: Towers) -> str:
    """Which encoder new products would be placed without; empty when all are there. Raises what asking raises."""
    for encoder in release.spec.encoders:
        if await towers.shapes(encoder.model, encoder.version) is None:
            return (
                f"its item tower takes vectors of version {encoder.version} of {encoder.model}, which is not ready on "
                f"the inference server; `python -m trainers.clip promote --release {encoder.version}` lays it out again"
            )
    return ""


def _ranker(release: Release) -> str:
    """Whether its features are computed here as the trainer computed them."""
    if not release.ranker_version:
        return ""
    spec = release.spec.ranker
    if spec is None:
        return "it has a ranker, and its feature specification says nothing of one"
    products = {str(place): facts for place, facts in enumerate(spec.golden.products)}
    rows = Rows(spec, release.spec.max_attributes, len(products) + 1)
    rows.learn(list(products), products)
    columns = rows.columns(rows.places(list(products)))
    for number, row in enumerate(spec.golden.rows, 1):
        differs = ranking_features.difference(spec, row, columns)
        if not differs <= ranking_features.TOLERANCE:
            return f"features of its ranker are computed differently here: golden row {number} is {differs:.2g} off"
    return ""


def _models(release: Release) -> list[tuple[str, str, Mapping[str, Shape]]]:
    models = [
        (USER_TOWER, release.user_tower_version, _user_shapes(release)),
        (release.spec.item_tower, release.item_tower_version, _item_shapes(release)),
    ]
    if release.ranker_version and release.spec.ranker:
        models.append((RANKER, release.ranker_version, _ranker_shapes(release.spec.ranker)))
    return models


def _fits(found: Shape | None, wanted: Shape) -> bool:
    if found is None or len(found) != len(wanted):
        return False
    return all(has in (ANY, size) for has, size in zip(found, wanted, strict=True))


def _ranker_shapes(spec: RankerSpec) -> Mapping[str, Shape]:
    """What recs sends to the ranker, and gets."""
    return {
        "features": (spec.candidates, len(spec.features)),
        "candidates": (spec.candidates,),
        "newest": (spec.neighbours_of,),
        "scores": (spec.candidates,),
    }


def _user_shapes(release: Release) -> Mapping[str, Shape]:
    """What recs sends to the user tower, and gets."""
    spec = release.spec
    return {
        "history_vectors": (spec.history_length, release.dimension),
        "history_kinds": (spec.history_length,),
        "history_ages_h": (spec.history_length,),
        "preferred_categories": (spec.max_preferred_categories,),
        "user_vector": (release.dimension,),
    }


def _item_shapes(release: Release) -> Mapping[str, Shape]:
    """What the worker sends to the item tower, and gets."""
    spec = release.spec
    encoded = {"encoder_vectors": (sum(encoder.dimension for encoder in spec.encoders),)} if spec.encoders else {}
    return {
        **encoded,
        "product_id": (1,),
        "category_path": (spec.category_depth,),
        "brand": (1,),
        "price": (1,),
        "title_tokens": (spec.title_max_tokens,),
        "attributes": (spec.max_attributes,),
        "item_vector": (release.dimension,),
    }
