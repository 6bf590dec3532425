"""Another implementation of JWT: makes keys, checks a token of ours, and forges some.

Reads one JSON object from standard input and writes one to standard output.
"""

import base64
import json
import sys
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa


def pem_pair(private):
    encoding = serialization.Encoding.PEM
    return {
        "private": private.private_bytes(
            encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "public": private.public_key()
        .public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    }


def make_pair(algorithm):
    if algorithm == "HS256":
        secret = base64.b64encode(f"{time.time_ns()} is long enough for a key".encode()).decode()
        return {"private": secret, "public": secret}
    if algorithm == "EdDSA":
        return pem_pair(ed25519.Ed25519PrivateKey.generate())
    if algorithm == "ES256":
        return pem_pair(ec.generate_private_key(ec.SECP256R1()))
    return pem_pair(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def segment(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def hmac_with(key, header, claims):
    """PyJWT refuses to take a public key for a secret, which is what an attacker does."""
    import hashlib
    import hmac

    message = ".".join(segment(json.dumps(part).encode()) for part in (header, claims))
    return message + "." + segment(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest())


def check(algorithm, own, other, token, issuer, audience):
    claims = jwt.decode(
        token,
        own["public"],
        algorithms=[algorithm],
        issuer=issuer,
        audience=audience,
        options={"require": ["iss", "aud", "sub", "exp", "iat", "nbf", "jti"]},
    )
    header = jwt.get_unverified_header(token)
    assert header["alg"] == algorithm and header["typ"] == "user+jwt", header
    now = int(time.time())
    extra = {name: header[name] for name in ("kid", "typ")}

    def signed(changes=None, without=(), key=own["private"], using=algorithm, headers=None):
        body = {**claims, **(changes or {})}
        for name in without:
            del body[name]
        headers = {**extra, **(headers or {})}
        return jwt.encode(body, key, algorithm=using, headers={k: v for k, v in headers.items() if v is not None})

    forged = {
        "signed by another key": signed(key=other["private"]),
        "another key beside the token": signed(
            key=other["private"], headers={"jwk": {"kty": "oct", "k": segment(other["public"].encode())}}
        ),
        "a key from elsewhere": signed(key=other["private"], headers={"jku": "https://evil.example/keys"}),
        "no algorithm": jwt.encode(claims, None, algorithm="none", headers=extra),
        "the public key as a secret": hmac_with(own["public"], {**header, "alg": "HS256"}, claims)
        if algorithm != "HS256"
        else signed(using="HS384"),
        "the right algorithm over a MAC": hmac_with(other["public"], header, claims),
        "an unknown key": signed(headers={"kid": "another"}),
        "no key named": signed(headers={"kid": None}),
        "a critical extension": signed(headers={"crit": ["exp"]}),
        "compressed": signed(headers={"zip": "DEF"}),
        "the type of another purpose": signed(headers={"typ": "password_reset+jwt"}),
        "a plain type": signed(headers={"typ": "JWT"}),
        "another purpose": signed({"purpose": "sign_in"}),
        "an unheard-of purpose": signed({"purpose": "root"}),
        "bound to an action": signed({"act": "sign_in_with_token"}),
        "another issuer": signed({"iss": f"{issuer}2"}),
        "another audience": signed({"aud": f"{audience}2"}),
        "several audiences": signed({"aud": [audience, "other"]}),
        "another resource": signed({"sub": claims["sub"].replace("person?", "admin?", 1)}),
        "nobody": signed({"sub": "person"}),
        "two keys": signed({"sub": claims["sub"] + "&id=x"}),
        "expired": signed({"exp": now - 3600, "iat": now - 7200, "nbf": now - 7200}),
        "not yet": signed({"nbf": now + 3600}),
        "from the future": signed({"iat": now + 3600, "nbf": now + 3600}),
        "for ever": signed({"exp": now + 10 * 365 * 86400}),
        "backwards": signed({"exp": claims["iat"] - 1}),
        "a text as end": raw(algorithm, own, header, {**claims, "exp": str(claims["exp"])}),
        "a fraction as end": raw(algorithm, own, header, {**claims, "exp": claims["exp"] + 0.5}),
        "a number as subject": raw(algorithm, own, header, {**claims, "sub": 7}),
        "a list as identifier": raw(algorithm, own, header, {**claims, "jti": [claims["jti"]]}),
        "an empty identifier": signed({"jti": ""}),
        "another identifier": signed({"jti": "abcdefghijklmnopqrstuvwxyz"}),
        "null as purpose": raw(algorithm, own, header, {**claims, "purpose": None}),
        "a tenant": signed({"tenant": None}),
    }
    for name in ("iss", "aud", "sub", "exp", "iat", "nbf", "jti", "purpose"):
        forged[f"without {name}"] = signed(without=[name])
    return {"honest": signed(), "forged": forged}


def raw(algorithm, own, header, claims):
    """Signs whatever it is given: PyJWT looks at some claims before it does."""
    engine = jwt.get_algorithm_by_name(algorithm)
    message = ".".join(segment(json.dumps(part).encode()) for part in (header, claims))
    return message + "." + segment(engine.sign(message.encode(), engine.prepare_key(own["private"])))


request = json.load(sys.stdin)
if request["task"] == "make keys":
    answer = [make_pair(request["algorithm"]), make_pair(request["algorithm"])]
else:
    answer = check(*(request[name] for name in ("algorithm", "own", "other", "token", "issuer", "audience")))
json.dump(answer, sys.stdout)
