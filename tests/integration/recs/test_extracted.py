"""What `python -m trainers.release extract` reads of a shop's accounts."""

import asyncio
from pathlib import Path

import pyarrow.parquet as parquet
from aisle.users.v1.account_service_pb2 import (
    EraseAccountRequest,
    Preferences,
    SignUpRequest,
    UpdatePreferencesRequest,
)

from tests.integration.recs.conftest import ADMIN, Recs, bearer
from tests.integration.recs.shop import Metadata
from trainers.datasets.aisle import read_files
from trainers.release import extract
from trainers.release.places import ROOT, Places
from trainers.release.services import Services

PASSWORD = "correct horse"


async def test_stated_preferences_are_extracted_with_the_time_from_which_they_count(recs: Recs, tmp_path: Path) -> None:
    await recs.shop.stock([("p0", "shoes"), ("p1", "shirts")])

    async def states(email: str, *choices: list[str]) -> tuple[str, float, Metadata]:
        """Signs up and chooses one after the other; the name, when that was last, and metadata."""
        request = SignUpRequest(email=email, password=PASSWORD, display_name="New")
        session = await recs.accounts.SignUp(request)
        who = bearer(session.access_token)
        for chosen in choices:
            preferences = Preferences(name="users/me/preferences", categories=[f"categories/{name}" for name in chosen])
            request = UpdatePreferencesRequest(preferences=preferences, update_mask={"paths": ["categories"]})
            told = await recs.accounts.UpdatePreferences(request, metadata=who)
        return session.subject, told.update_time.ToNanoseconds() / 1e9, who

    kept, since, _ = await states("kept@shop.test", ["shirts"], ["shoes", "shirts"])
    await states("none@shop.test", ["shoes"], [])
    erased, _, who = await states("erased@shop.test", ["shoes"])
    await recs.accounts.EraseAccount(EraseAccountRequest(name=erased, current_password=PASSWORD), metadata=who)

    (tmp_path / "password").write_text(ADMIN["password"])
    places = Places(
        users=recs.users, catalog=recs.shop.address, recs=f"127.0.0.1:{recs.server.port}", inference="", milvus="",
        milvus_token="", email=ADMIN["email"], password_file=tmp_path / "password", models=tmp_path,
        templates=ROOT / "model_repository", profile="cpu", releases=tmp_path, offline=tmp_path / "offline",
        features=tmp_path / "feast",
    )  # fmt: skip
    with Services(places) as services:
        done = await asyncio.to_thread(extract.extract, services, places.offline, quiet=True)
    assert done.stated == 1 == extract.load(places.offline).stated
    files = (places.offline / f"{name}.parquet" for name in ("products", "events", "users"))
    shop = read_files(*files)
    assert shop.preferences == {kept: ("shoes", "shirts")}
    assert abs(shop.preferred_since[kept] - since) < 1
    assert shop.preferred(kept, since + 1) == ("shoes", "shirts")
    assert shop.preferred(kept, since - 1) == ()
    assert parquet.read_schema(places.offline / "users.parquet").equals(extract.USERS)
