"""What is signed verifies; everything an attacker may send instead does not."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from bdh.stack import tokens as tokens_module
from bdh.stack.settings import Secrets
from bdh.stack.tokens import TokenError, Tokens

SECRETS = Secrets(
    jwt_secret="a-signing-secret-of-at-least-thirty-two-bytes",
    publishable_key="sb_publishable_example",
    secret_key="sb_secret_example",
    database_password="unused",
)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key: Any, algorithm: Any, kid: str) -> dict[str, Any]:
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


JWKS = [
    public_jwk(EC_KEY, jwt.algorithms.ECAlgorithm, "ec-1"),
    public_jwk(RSA_KEY, jwt.algorithms.RSAAlgorithm, "rsa-1"),
]


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"sub": "u", "role": "authenticated", "iat": now, "exp": now + 60, **changes}


def compact(header: Any, payload: Any, secret: str = SECRETS.jwt_secret) -> str:
    """A token signed with HMAC whatever its header says."""
    parts = [
        urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, payload)
    ]
    mac = hmac.digest(secret.encode(), b".".join(parts), "sha256")
    return b".".join([*parts, urlsafe_b64encode(mac).rstrip(b"=")]).decode()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(SECRETS, JWKS)


def reason(tokens: Tokens, token: str) -> str:
    with pytest.raises(TokenError) as caught:
        tokens.verify(token)
    return caught.value.reason


def test_a_signed_token_verifies_here_and_with_pyjwt(tokens: Tokens) -> None:
    wanted = claims(app_metadata={"naïve": ["ü", None]})
    token = tokens.sign(wanted)
    assert tokens.verify(token) == wanted
    assert jwt.decode(token, SECRETS.jwt_secret, algorithms=["HS256"]) == wanted


def test_a_token_of_pyjwt_verifies(tokens: Tokens) -> None:
    assert tokens.verify(jwt.encode(claims(), SECRETS.jwt_secret))["sub"] == "u"


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(EC_KEY, "ES256", "ec-1"), (RSA_KEY, "RS256", "rsa-1")]
)
def test_a_token_of_a_trusted_public_key_verifies(
    tokens: Tokens, key: Any, algorithm: str, kid: str
) -> None:
    token = jwt.encode(claims(), key, algorithm, headers={"kid": kid})
    assert tokens.verify(token)["role"] == "authenticated"
    assert reason(tokens, token[:-8] + "AAAAAAAA") == "signature"


def test_callers_cannot_spoil_the_cache(tokens: Tokens) -> None:
    token = tokens.sign(claims())
    tokens.verify(token)["role"] = "service_role"
    assert tokens.verify(token)["role"] == "authenticated"


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "nOnE", "HS512", "PS256", "", None, 7, ["HS256"]]
)
def test_unknown_algorithms_are_refused(tokens: Tokens, algorithm: Any) -> None:
    assert reason(tokens, compact({"alg": algorithm}, claims())) == "algorithm"


def test_an_unsigned_token_is_refused(tokens: Tokens) -> None:
    head, body, _ = compact({"alg": "HS256"}, claims()).split(".")
    assert reason(tokens, f"{head}.{body}.") == "signature"
    assert reason(tokens, jwt.encode(claims(), None, "none")) == "algorithm"


def test_another_secret_is_refused(tokens: Tokens) -> None:
    other = compact({"alg": "HS256"}, claims(), "another-secret-that-is-also-long-enough!")
    assert reason(tokens, other) == "signature"


def test_a_changed_payload_is_refused(tokens: Tokens) -> None:
    head, _, mac = tokens.sign(claims()).split(".")
    forged = compact({"alg": "HS256"}, claims(role="service_role")).split(".")[1]
    assert reason(tokens, f"{head}.{forged}.{mac}") == "signature"


def test_a_public_key_is_never_an_hmac_secret(tokens: Tokens) -> None:
    """The classic confusion: HS256 'signed' with the text of an RS256 key that all may read."""
    pem = RSA_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    forged = compact({"alg": "HS256", "kid": "rsa-1"}, claims(), pem.decode())
    assert reason(tokens, forged) == "signature"


@pytest.mark.parametrize("kid", ["ec-1", "unknown", None, 3, "../../dev/null"])
def test_a_key_of_another_kind_or_name_is_refused(tokens: Tokens, kid: Any) -> None:
    token = compact({"alg": "RS256", "kid": kid}, claims())
    assert reason(tokens, token) == "signature"


def test_a_critical_extension_is_refused(tokens: Tokens) -> None:
    assert reason(tokens, compact({"alg": "HS256", "crit": ["b64"]}, claims())) == "algorithm"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"exp": time.time() - 31}, "expired"),
        ({"nbf": time.time() + 120}, "claims"),
        ({"iat": time.time() + 120}, "claims"),
        ({"exp": "never"}, "claims"),
        ({"exp": True}, "claims"),
        ({"exp": float("nan")}, "claims"),
        ({"exp": float("inf")}, "claims"),
        ({"exp": 10**400}, "claims"),
    ],
)
def test_claims_about_time_are_checked(
    tokens: Tokens, changes: dict[str, Any], wanted: str
) -> None:
    assert reason(tokens, compact({"alg": "HS256"}, claims(**changes))) == wanted


def test_clocks_may_differ_by_thirty_seconds(tokens: Tokens) -> None:
    now = time.time()
    tokens.verify(tokens.sign(claims(exp=now - 25, iat=now + 25, nbf=now + 25)))


def test_a_cached_token_still_expires(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens.sign(claims())
    tokens.verify(token)
    later = time.time() + 100
    monkeypatch.setattr(tokens_module.time, "time", lambda: later)
    with pytest.raises(TokenError) as caught:
        tokens.verify(token)
    assert (caught.value.code, caught.value.message) == ("PGRST303", "JWT expired")


def test_the_cache_is_bounded(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens_module, "MAX_CACHED_TOKENS", 20)
    for number in range(100):
        tokens.verify(tokens.sign(claims(sub=str(number))))
    assert len(tokens._verified) <= 20


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c",
        "é.é.é",
        "\ud800.a.b",
        "e30.e30.",
        "bnVsbA.e30.AA",
        "W10.e30.AA",
        "e30.e30.A!",
        "x" * 20_000,
        "[" * 5000 + ".e30.AA",
    ],
)
def test_rubbish_is_refused(tokens: Tokens, token: str) -> None:
    assert reason(tokens, token) in ("malformed", "algorithm")


@given(st.text(max_size=200))
def test_no_text_is_a_token(text: str) -> None:
    with pytest.raises(TokenError):
        Tokens(SECRETS).verify(text)


def test_api_keys_speak_for_their_role(tokens: Tokens) -> None:
    assert tokens.api_key_role(SECRETS.publishable_key) == "anon"
    assert tokens.api_key_role(SECRETS.secret_key) == "service_role"
    assert tokens.api_key_role(tokens.sign({"role": "anon"})) == "anon"
    assert tokens.api_key_role(tokens.sign({"role": "service_role"})) == "service_role"


def test_nothing_else_is_an_api_key(tokens: Tokens) -> None:
    user = tokens.sign(claims())
    escalated = tokens.sign(claims(role="service_role"))
    forged = compact({"alg": "HS256"}, {"role": "service_role"}, "x" * 40)
    old = tokens.sign({"role": "service_role", "exp": time.time() - 100})
    for key in ("", "sb_secret_", "é", "\ud800", user, escalated, forged, old):
        assert tokens.api_key_role(key) is None


def test_only_public_parts_are_published() -> None:
    private = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY)) | {"kid": "ec-1"}
    shared = {"kty": "oct", "k": "c2VjcmV0", "kid": "hmac"}
    published = Tokens(SECRETS, [private, shared]).public_jwks
    assert [jwk["kid"] for jwk in published] == ["ec-1"]
    assert "d" not in published[0]
