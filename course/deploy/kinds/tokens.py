"""Reading and forging JSON Web Tokens (RFC 7519) by hand: a forger does not use the server's library."""

import base64
import hmac
import json
import time
from typing import Any

Claims = dict[str, Any]


def read(token: str) -> tuple[Claims, Claims]:
    """A token's header and claims. Anyone can read them; the signature only stops changes."""
    header, claims, _ = token.split(".")
    return json.loads(decoded(header)), json.loads(decoded(claims))


def sign(header: Claims, claims: Any, secret: str, digest: str = "sha256") -> str:
    """A token with this header and these claims, signed with HMAC."""
    signed = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    return f"{signed}.{encoded(hmac.digest(secret.encode(), signed.encode(), digest))}"


def without(claims: Claims, name: str) -> Claims:
    return {key: value for key, value in claims.items() if key != name}


def forged_without_the_secret(real: str) -> dict[str, str]:
    """Each way to bend a real token that needs no secret, by what was done to it."""
    header, claims = read(real)
    head, body, signature = real.split(".")
    other = {**claims, "sub": str(_number(claims) + 1)}
    unsigned = [f"{encoded(json.dumps({**header, 'alg': name}).encode())}.{body}." for name in ("none", "None")]
    return {
        "not a token": "not-a-token",
        "two parts": f"{head}.{body}",
        "four parts": f"{real}.{signature}",
        "three empty parts": "..",
        "not base64": "%%%.%%%.%%%",
        "not JSON": f"{encoded(b'junk')}.{encoded(b'junk')}.{signature}",
        "claims that are a list": f"{head}.{encoded(b'[1, 2]')}.{signature}",
        "very long": "a" * 6000,
        "without its signature": f"{head}.{body}.",
        "another's signature": f"{head}.{encoded(json.dumps(other).encode())}.{signature}",
        "one character of the signature changed": f"{head}.{body}.{flipped(signature)}",
        "another key": sign(header, claims, "another secret that is long enough too"),
        "an empty key": sign(header, claims, ""),
        "algorithm none": unsigned[0],
        "algorithm None": unsigned[1],
        "algorithm none, signature kept": f"{unsigned[0]}{signature}",
        "no algorithm": sign(without(header, "alg"), claims, ""),
        "an algorithm that is a list": sign({**header, "alg": ["HS256"]}, claims, ""),
        "a padding added": f"{real}=",
        "two paddings added": f"{real}==",
        "a character added": f"{real}A",
        "an unknown critical header": sign({**header, "crit": ["exp"]}, claims, ""),
        "another algorithm's name": sign({**header, "alg": "RS256"}, claims, ""),
    }


def forged_with_the_secret(real: str, secret: str) -> dict[str, str]:
    """Each wrong token that only its owner, or a careless server, could sign, by what is wrong with it."""
    header, claims = read(real)
    now = claims.get("iat", int(time.time()))
    an_hour_ago = now - 3600
    wrong_claims = {
        "expired": {**claims, "iat": an_hour_ago - 60, "exp": an_hour_ago},
        "expired a minute ago": {**claims, "exp": now - 60},
        "issued a minute from now": {**claims, "iat": int(time.time()) + 60},
        "no exp": without(claims, "exp"),
        "no sub": without(claims, "sub"),
        "exp that is null": {**claims, "exp": None},
        "exp that is text": {**claims, "exp": "tomorrow"},
        "exp that is infinite": {**claims, "exp": float("inf")},
        "sub that is null": {**claims, "sub": None},
        "sub that is empty": {**claims, "sub": ""},
        "sub that is a number": {**claims, "sub": _number(claims)},
        "sub that is a word": {**claims, "sub": "admin"},
        "sub that is negative": {**claims, "sub": "-1"},
        "sub with a fraction": {**claims, "sub": f"{claims['sub']}.5"},
        "sub with a NUL": {**claims, "sub": f"{claims['sub']}\0"},
        "sub of nobody": {**claims, "sub": "2147483000"},
        "sub beyond 32 bits": {**claims, "sub": str(2**31)},
        "sub beyond 64 bits": {**claims, "sub": str(2**63)},
        "sub of 5000 digits": {**claims, "sub": "9" * 5000},
        "claims that are a list": [1, 2],
    }
    tokens = {what: sign(header, wrong, secret) for what, wrong in wrong_claims.items()}
    tokens["algorithm HS384"] = sign({**header, "alg": "HS384"}, claims, secret, "sha384")
    tokens["algorithm HS512"] = sign({**header, "alg": "HS512"}, claims, secret, "sha512")
    return tokens


def _number(claims: Claims) -> int:
    """The subject as a number; of one that is none, such as an e-mail, some number."""
    return int(claims["sub"]) if str(claims.get("sub")).isdecimal() else 1


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def flipped(signature: str) -> str:
    """The signature with its first character replaced; the last one holds padding bits that decoders ignore."""
    return ("A" if signature[0] != "A" else "B") + signature[1:]
