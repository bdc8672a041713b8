"""The root of the REST API: the smallest OpenAPI document that is true."""

from __future__ import annotations

import json

from bdh import __version__
from bdh.stack.rest.answer import Answer
from bdh.stack.rest.catalog import Schema
from bdh.stack.rest.identity import Identity
from bdh.stack.rest.media import ROOT


def root_document(schema: Schema, identity: Identity) -> Answer:
    """What there is, by name; only the secret key may see the names."""
    paths: dict[str, object] = {}
    if identity.role == "service_role":
        paths = {f"/{name}": {} for name in sorted(schema.tables)}
        paths |= {f"/rpc/{name}": {} for name in sorted(schema.functions)}
    document = {
        "swagger": "2.0",
        "info": {"title": "bdh embedded stack", "version": __version__},
        "paths": paths,
    }
    content_type = (b"content-type", f"{ROOT}; charset=utf-8".encode())
    return Answer(200, [content_type], json.dumps(document).encode())
