"""Tokens that nobody may get in with, each with the reason that it should fail for."""

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, utils
from jwt.algorithms import ECAlgorithm

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""


@dataclass(frozen=True)
class Material:
    """What a forger has at hand, and more: the shop's own signing key, for tokens that are only nearly right."""

    good: str
    """A shopper's access token."""
    refresh: str
    """The same shopper's refresh token."""
    other: str
    """Another shopper's access token."""
    published: dict[str, str]
    """The public key that signs, as users publishes it."""
    signing_key: ec.EllipticCurvePrivateKey

    @property
    def parts(self) -> tuple[str, str, str]:
        """Header, payload and signature of the good token."""
        header, payload, signature = self.good.split(".")
        return header, payload, signature

    @property
    def claims(self) -> dict[str, Any]:
        """The good token's claims."""
        read: dict[str, Any] = json.loads(unpacked(self.parts[1]))
        return read

    def admin(self, **changes: Any) -> dict[str, Any]:
        """The claims with more roles than the shopper has."""
        return {**self.claims, "roles": ["admin", "merchant", "service"], **changes}

    def sign(self, claims: Any, header: dict[str, Any] | None = None, key: Any = None) -> str:
        """A token with that payload and header, signed ES256: by the shop's own key when none is given."""
        head = {"alg": "ES256", "typ": "JWT", "kid": self.published["kid"], **(header or {})}
        return es256(packed(head), claims if isinstance(claims, bytes) else packed(claims), key or self.signing_key)


def signing_key(folder: Path, key_id: str) -> ec.EllipticCurvePrivateKey:
    """The private key of that id from the folder of a shop on this machine."""
    pem = next(folder.glob(f"*{key_id}.pem")).read_bytes()
    key = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def packed(value: Any) -> bytes:
    """JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unpacked(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def es256(header: bytes, payload: bytes, key: Any) -> str:
    """A token of any header and payload, with a true ES256 signature."""
    signed = f"{b64(header)}.{b64(payload)}"
    signature = ECAlgorithm(ECAlgorithm.SHA256).sign(signed.encode(), key)
    return f"{signed}.{b64(signature)}"


def forgeries(material: Material) -> dict[str, str]:
    """`authorization` headers by what is wrong with them."""
    tokens: dict[str, str] = {}
    for make in (_algorithms, _keys, _key_ids, _signatures, _claims, _shapes, _headers):
        for name, token in make(material):
            assert name not in tokens, name
            tokens[name] = f"Bearer {token}"
    return tokens | dict(_schemes(material, tokens["signed by another key"].removeprefix("Bearer ")))


Found = Iterator[tuple[str, str]]


def _algorithms(have: Material) -> Found:
    _, payload, signature = have.parts
    admin = b64(packed(have.admin()))
    for none in ("none", "None", "NONE", "nOnE"):
        head = b64(packed({"alg": none, "typ": "JWT", "kid": have.published["kid"]}))
        yield f"alg {none}", f"{head}.{admin}."
        yield f"alg {none}, true payload and signature", f"{head}.{payload}.{signature}"
    pem = public_pem(have.signing_key)
    raw = have.signing_key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    secrets = {
        "PEM": pem,
        "PEM without newline": pem.strip(),
        "JWK": packed(have.published),
        "point": raw,
        "x": have.published["x"].encode(),
        "key id": have.published["kid"].encode(),
        "nothing": b"",
    }
    for name, secret in secrets.items():
        yield f"HS256 with the public key's {name}", hmac_token(have.admin(), secret, have.published["kid"])
    for algorithm in ("HS384", "HS512"):
        yield f"{algorithm} with the public key's PEM", hmac_token(have.admin(), pem, have.published["kid"], algorithm)
    for algorithm, key in {
        "RS256": rsa.generate_private_key(65537, 2048),
        "PS256": rsa.generate_private_key(65537, 2048),
        "ES384": ec.generate_private_key(ec.SECP384R1()),
        "ES256K": ec.generate_private_key(ec.SECP256K1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }.items():
        headers = {"kid": have.published["kid"]}
        yield f"{algorithm} by a key of one's own", jwt.encode(have.admin(), key, algorithm=algorithm, headers=headers)
    for name in ("es256", "ES256 ", "", 7, None, ["ES256"], {"ES256": 1}):
        yield f"header with alg {name!r}", have.sign(have.admin(), {"alg": name}, key=_own())
    yield "no alg", f"{b64(packed({'typ': 'JWT', 'kid': have.published['kid']}))}.{admin}.{signature}"


def _keys(have: Material) -> Found:
    own = _own()
    jwk = ECAlgorithm.to_jwk(own.public_key(), as_dict=True) | {"kid": have.published["kid"], "alg": "ES256"}
    yield "signed by another key", have.sign(have.admin(), key=own)
    yield "signed by another key, good claims", have.sign(have.claims, key=own)
    yield "jwk in the header", have.sign(have.admin(), {"jwk": jwk}, key=own)
    yield "jwk in the header, without kid", es256(packed({"alg": "ES256", "jwk": jwk}), packed(have.admin()), own)
    for name in ("jku", "x5u"):
        for url in ("http://127.0.0.1:9/keys.json", "file:///dev/null", "https://forger.example/jwks.json"):
            yield f"{name} {url}", have.sign(have.admin(), {name: url, "kid": "forger"}, key=own)
    yield "x5c in the header", have.sign(have.admin(), {"x5c": [b64(b"certificate")], "x5t": "abc"}, key=own)
    yield "a curve of another name", have.sign(have.admin(), {"crv": "P-521", "jwk": {**jwk, "crv": "P-521"}}, key=own)


def _key_ids(have: Material) -> Found:
    own, kid = _own(), have.published["kid"]
    for name in (
        *("", "unknown", "../../../../../../dev/null", "/dev/null", "..\\..\\windows\\win.ini", "%2e%2e%2fdev%2fnull"),
        *("' OR '1'='1", "x' UNION SELECT 'key' --", "|sleep 5", "$(sleep 5)", "http://127.0.0.1:9/", "*", ".*"),
        *("\x00", f"{kid}\x00", f"{kid} ", f"{kid}/../{kid}", kid.upper() + "X", kid[:-1], "k" * 4000),
        *("\udcff", "ключ", "\u202e", 0, 1.5, True, None, [kid], {"kid": kid}),
    ):
        yield f"kid {str(name)[:30]!r} {type(name).__name__}", have.sign(have.admin(), {"kid": name}, key=own)
    empty = hmac_token(have.admin(), b"", "../../../../../../dev/null")
    yield "HS256 with an empty file's key by its path", empty


def _signatures(have: Material) -> Found:
    header, payload, signature = have.parts
    raw = unpacked(signature)
    admin = b64(packed(have.admin()))
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    yield "admin's roles under the shopper's signature", f"{header}.{admin}.{signature}"
    swapped = packed({**have.claims, "sub": "users/admin"})
    yield "another subject under the shopper's signature", f"{header}.{b64(swapped)}.{signature}"
    longer = packed({**have.claims, "exp": int(time.time()) + 10**6})
    yield "a longer life under the shopper's signature", f"{header}.{b64(longer)}.{signature}"
    yield "another token's signature", f"{header}.{payload}.{have.other.split('.')[2]}"
    yield "another token's payload", f"{header}.{have.other.split('.')[1]}.{signature}"
    flipped = bytes([raw[0] ^ 1, *raw[1:]])
    for name, forged in {
        "a flipped bit": flipped,
        "nothing": b"",
        "half": raw[:32],
        "one byte less": raw[:-1],
        "one byte more": raw + b"\0",
        "zeros": bytes(64),
        "ones": b"\xff" * 64,
        "r of zero": bytes(32) + raw[32:],
        "s of zero": raw[:32] + bytes(32),
        "r and s of the curve's order": ORDER.to_bytes(32, "big") * 2,
        "r and s exchanged": raw[32:] + raw[:32],
        "DER": utils.encode_dss_signature(r, s),
        "10,000 bytes": raw * 60,
    }.items():
        yield f"a signature of {name}", f"{header}.{admin if name == 'nothing' else payload}.{b64(forged)}"
    head = b64(packed({"alg": "ES256", "kid": have.published["kid"]}))
    yield "a header changed under its signature", f"{head}.{payload}.{signature}"


def _claims(have: Material) -> Found:
    now = int(time.time())
    for name, changes in {
        "expired": {"exp": now - 3600, "nbf": now - 7200, "iat": now - 7200},
        "expired long ago": {"exp": 1},
        "exp as text": {"exp": "never"},
        "exp negative": {"exp": -1},
        "exp null": {"exp": None},
        "exp as a list": {"exp": [now + 900]},
        "exp infinite": {"exp": float("inf")},
        "exp not a number": {"exp": float("nan")},
        "not yet valid": {"nbf": now + 3600},
        "nbf as text": {"nbf": "soon"},
        "issued in the future": {"iat": now + 3600},
        "another issuer": {"iss": "forger"},
        "issuer as a list": {"iss": ["aisle"]},
        "issuer null": {"iss": None},
        "another audience": {"aud": "another-shop"},
        "several audiences": {"aud": ["aisle", "another-shop"]},
        "audience null": {"aud": None},
        "subject of no kind": {"sub": "admin"},
        "subject empty": {"sub": ""},
        "subject a number": {"sub": 1},
        "subject null": {"sub": None},
        "subject a list": {"sub": ["users/admin"]},
        "roles as text": {"roles": "admin"},
        "roles null": {"roles": None},
        "roles an object": {"roles": {"admin": True}},
        "roles of numbers": {"roles": [1]},
        "roles nested": {"roles": [["admin"]]},
    }.items():
        yield name, have.sign({**have.claims, **changes})
    for name in ("iss", "aud", "sub", "roles", "iat", "nbf", "exp", "jti"):
        yield f"without {name}", have.sign({k: v for k, v in have.claims.items() if k != name})
    for name, payload in {
        "payload empty": b"",
        "payload not JSON": b"hello",
        "payload a list": b"[]",
        "payload a number": b"1",
        "payload null": b"null",
        "payload not UTF-8": b"\xff\xfe{}",
        "payload nested too deep": b'{"a":' * 700 + b"1" + b"}" * 700,
        "payload of a number too long": b'{"exp":' + b"9" * 3000 + b"}",
    }.items():
        yield name, have.sign(payload)
    yield "the type of a refresh token", have.sign(have.claims, {"typ": "refresh+jwt"})
    yield "the type of an ID token", have.sign(have.claims, {"typ": "id_token"})


def _shapes(have: Material) -> Found:
    header, payload, signature = have.parts
    yield "a refresh token", have.refresh
    yield "one part", header
    yield "two parts", f"{header}.{payload}"
    yield "four parts", f"{have.good}.{signature}"
    yield "five parts, as encrypted ones have", f"{header}.{payload}.{signature}.{payload}.{signature}"
    for text in (".", "..", "...", "....", "a.b.c", "null", "undefined", "0", "{}", "[]", "admin", "' OR 1=1 --"):
        yield f"the text {text!r}", text
    yield "empty header", f".{payload}.{signature}"
    yield "empty payload", f"{header}..{signature}"
    yield "leading dot", f".{have.good}"
    yield "trailing dot", f"{have.good}."
    yield "truncated", have.good[: len(have.good) // 2]
    yield "a blank inside", f"{header}. {payload}.{signature}"
    yield "a comma and another token", f"{have.good},{have.other}"
    yield "quoted", f'"{have.good}"'
    yield "percent-encoded dots", have.good.replace(".", "%2E")
    yield "backwards", have.good[::-1]
    yield "upper case", have.good.upper()
    yield "6,000 characters", "A" * 6000
    yield "2,000 dots", "." * 2000
    yield "base64 of the whole token", b64(have.good.encode())


def _headers(have: Material) -> Found:
    own, claims = _own(), packed(have.admin())
    for name, header in {
        "header empty object": b"{}",
        "header a list": b"[]",
        "header a number": b"1",
        "header null": b"null",
        "header text": b'"ES256"',
        "header not JSON": b"hello",
        "header not UTF-8": b'{"alg":"ES256","kid":"\xff\xfe"}',
        "header nested too deep": b"[" * 1500 + b"]" * 1500,
        "header objects nested too deep": b'{"a":' * 700 + b"1" + b"}" * 700,
        "header of a number too long": b'{"alg":' + b"9" * 4500 + b"}",
        "header of not a number": b'{"alg":NaN,"kid":Infinity}',
        "header with alg twice": b'{"alg":"none","alg":"ES256","kid":"' + have.published["kid"].encode() + b'"}',
        "header with a half surrogate": b'{"alg":"ES256","kid":"\\ud800"}',
    }.items():
        yield name, es256(header, claims, own)
    yield "crit that nobody knows", have.sign(have.claims, {"crit": ["exp2"], "exp2": 1})
    yield "crit empty", have.sign(have.claims, {"crit": []}, key=own)
    yield "b64 false", have.sign(have.claims, {"b64": False, "crit": ["b64"]}, key=own)
    yield "compressed", have.sign(have.claims, {"zip": "DEF"}, key=own)
    yield "nested token", have.sign(have.good.encode(), {"cty": "JWT"})


def _schemes(have: Material, forged: str) -> Found:
    for scheme in ("bearer", "BEARER", "bEaReR"):
        yield f"scheme {scheme}", f"{scheme} {forged}"
    for scheme in ("Basic", "Token", "JWT", "DPoP", "Digest", "Negotiate"):
        yield f"scheme {scheme} with a good token", f"{scheme} {have.good}"
    yield "Basic with a password", f"Basic {base64.b64encode(b'admin:admin').decode()}"
    yield "a good token without a scheme", have.good
    yield "Bearer twice", f"Bearer Bearer {have.good}"
    yield "Bearer alone", "Bearer"
    yield "Bearer= with a good token", f"Bearer={have.good}"
    yield "Bearer: with a good token", f"Bearer: {have.good}"
    yield "a good token and more", f"Bearer {have.good} {have.good}"


def hmac_token(claims: dict[str, Any], secret: bytes, kid: str, algorithm: str = "HS256") -> str:
    """A token signed with a shared secret. PyJWT refuses to sign with a public key, so this does it by hand."""
    import hashlib
    import hmac

    head = packed({"alg": algorithm, "typ": "JWT", "kid": kid})
    signed = f"{b64(head)}.{b64(packed(claims))}"
    digest = hmac.new(secret, signed.encode(), getattr(hashlib, f"sha{algorithm[2:]}")).digest()
    return f"{signed}.{b64(digest)}"


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as PEM."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _own() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())
