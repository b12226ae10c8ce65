"""Makes JSON Web Tokens by hand, good ones and others (RFC 7515, RFC 7519)."""

import base64
import hashlib
import hmac
import json
import time

HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode_json(value):
    return encode(json.dumps(value).encode())


def unsigned(claims, header):
    return f"{encode_json(header)}.{encode_json(claims)}"


def signature(text, key, algorithm="HS256"):
    return encode(hmac.new(key.encode(), text.encode(), HASHES[algorithm]).digest())


def mint(key, algorithm="HS256", header=None, **claims):
    """A token that is good for an hour, unless `exp` says something else."""
    claims = {"exp": int(time.time()) + 3600, **claims}
    claims = {name: value for name, value in claims.items() if value is not None}
    text = unsigned(claims, {"alg": algorithm, "typ": "JWT", **(header or {})})
    return f"{text}.{signature(text, key, algorithm)}"
