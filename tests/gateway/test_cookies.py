"""A browser's session: the refresh token travels in a cookie that no script can read, and in no answer."""

import json
import uuid

import httpx
import pytest

from tests.gateway.conftest import Shop, bearer


def browser(shop: Shop) -> httpx.Client:
    """A client with a cookie jar of its own."""
    return httpx.Client(base_url=shop.envoy.url, trust_env=False, timeout=30)


def account() -> dict[str, object]:
    """What a browser signs up with."""
    return {"email": f"{uuid.uuid4().hex}@shop.test", "password": "a long password", "cookie": True}


def test_the_refresh_token_is_in_the_cookie_alone(shop: Shop) -> None:
    with browser(shop) as http:
        for path, body in (("/v1/sessions:resume", {}), ("/v1/accounts:signUp", account())):
            answer = http.post(path, json=body)
            assert answer.status_code == 200
            assert answer.json()["refreshToken"] == ""
            assert answer.json()["accessToken"]
            cookie, known = answer.headers.get_list("set-cookie")
            for part in ("aisle_session=", "HttpOnly", "SameSite=Strict", "Path=/v1"):
                assert part in cookie
            assert known.startswith("aisle_known=1;")
            assert "HttpOnly" not in known
            assert http.cookies["aisle_session"] not in answer.text


def test_a_session_is_gone_on_with_until_log_out(shop: Shop) -> None:
    with browser(shop) as http:
        visitor = http.post("/v1/sessions:resume", json={}).json()["subject"]
        assert http.post("/v1/sessions:resume", json={}).json()["subject"] == visitor
        user = http.post("/v1/accounts:signUp", json=account()).json()["subject"]
        assert user.startswith("users/")
        assert http.post("/v1/sessions:resume", json={}).json()["subject"] == user
        ended = http.cookies["aisle_session"]
        assert http.post("/v1/sessions:logOut", json={}).status_code == 200
        assert not http.cookies
        http.cookies.set("aisle_session", ended, path="/v1")
        assert http.post("/v1/sessions:resume", json={}).json()["subject"].startswith("visitors/")


def test_the_visitor_of_the_cookie_is_merged_at_log_in_and_ends(shop: Shop) -> None:
    with browser(shop) as http:
        body = account()
        visitor = http.post("/v1/sessions:resume", json={}).json()
        old = http.cookies["aisle_session"]
        user = http.post("/v1/accounts:signUp", json=body).json()["subject"]
        changes = http.get(
            "/v1/accounts:listChanges?pageSize=1000", headers={"authorization": f"Bearer {shop.admin_token}"}
        )
        merges = [change["visitorMerge"] for change in changes.json()["changes"] if "visitorMerge" in change]
        assert {"visitor": visitor["subject"], "user": user} in merges
        assert http.post("/v1/sessions:refresh", json={"refreshToken": old}).status_code == 401


def test_a_password_change_renews_the_cookie(shop: Shop) -> None:
    with browser(shop) as http:
        body = account()
        session = http.post("/v1/accounts:signUp", json=body).json()
        before = http.cookies["aisle_session"]
        change = {"currentPassword": body["password"], "newPassword": "another long one", "cookie": True}
        answer = http.post("/v1/users/me:changePassword", json=change, headers=bearer(session))
        assert (answer.status_code, answer.json()["refreshToken"]) == (200, "")
        assert http.cookies["aisle_session"] != before
        assert http.post("/v1/sessions:resume", json={}).json()["subject"] == session["subject"]


def test_without_being_asked_for_it_no_cookie_is_set(shop: Shop) -> None:
    body = account() | {"cookie": False}
    answer = shop.http.post("/v1/accounts:signUp", json=body)
    assert "set-cookie" not in answer.headers
    assert answer.json()["refreshToken"]


@pytest.mark.parametrize(
    "sent", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.test"}, {"origin": "null"}], ids=str
)
def test_a_form_of_another_site_neither_sets_nor_clears_it(shop: Shop, sent: dict[str, str]) -> None:
    """What a browser posts for a form as text/plain, which needs no leave."""
    with browser(shop) as http:
        body = account()
        shopper = http.post("/v1/accounts:signUp", json=body).json()["subject"]
        kept = http.cookies["aisle_session"]
        log_in = json.dumps({"email": body["email"], "password": body["password"], "cookie": True})
        for path, content in (("resume", "{}"), ("logOut", "{}"), ("logIn", log_in)):
            answer = http.post(f"/v1/sessions:{path}", content=content, headers={"content-type": "text/plain"} | sent)
            assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), path
            assert answer.json()["details"][0]["reason"] == "FOREIGN_SITE"
        assert http.cookies["aisle_session"] == kept
        own = {"origin": shop.envoy.url}
        assert http.post("/v1/sessions:resume", json={}, headers=own).json()["subject"] == shopper
