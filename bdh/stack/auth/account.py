"""What a signed-in user may do: look, change its own metadata, sign out."""

from __future__ import annotations

from uuid import UUID

from bdh.stack.auth.errors import AuthError, invalid
from bdh.stack.auth.http import Request, Response
from bdh.stack.auth.store import Store, uuid_claim
from bdh.stack.tokens import TokenError, Tokens


class Account:
    """The handlers that need a user's access token."""

    def __init__(self, store: Store, tokens: Tokens) -> None:
        self._store = store
        self._tokens = tokens

    async def show(self, request: Request) -> Response:
        """GET /user: asks the database, so a deleted user or an ended session is noticed."""
        found = await self._store.current_user(*self._caller(request))
        return Response(200, found["user"])

    async def update(self, request: Request) -> Response:
        """PUT /user: `data` is merged into the user's metadata; null removes a key."""
        caller = self._caller(request)
        fields = request.json()
        fields.refuse("email", "phone", "password", "nonce", "current_password", "app_metadata")
        updated = await self._store.update_own_user(*caller, fields.object("data"))
        return Response(200, updated["user"])

    async def sign_out(self, request: Request) -> Response:
        """POST /logout: `global` (all sessions), `local` (this one) or `others`."""
        caller = self._caller(request)
        scope = request.query.get("scope") or "global"
        if scope not in ("global", "local", "others"):
            raise invalid(f"Unsupported logout scope {scope!r}")
        await self._store.sign_out(*caller, scope)
        return Response(204)

    def _caller(self, request: Request) -> tuple[UUID, UUID | None]:
        token = request.bearer()
        if token is None:
            raise AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token")
        try:
            claims = self._tokens.verify(token)
        except TokenError as error:
            msg = f"invalid JWT: unable to parse or verify signature, {error.message}"
            raise AuthError(403, "bad_jwt", msg) from error
        user_id = uuid_claim(claims, "sub")
        if user_id is None:
            raise AuthError(403, "bad_jwt", "invalid claim: missing sub claim")
        return user_id, uuid_claim(claims, "session_id")
