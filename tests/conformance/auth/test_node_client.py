"""`@supabase/supabase-js` understands every answer; skipped where Node is not installed."""

from __future__ import annotations

from tests.conformance.auth.conftest import AuthServer
from tests.support.node import run_node

PRELUDE = """
import { createClient } from "@supabase/supabase-js";
const memory = { autoRefreshToken: false, persistSession: false, detectSessionInUrl: false };
const client = (apiKey) => createClient(url, apiKey, { auth: memory });
const must = ({ data, error }) => { if (error) throw error; return data; };
const refusal = ({ error }) => [error.status, error.code];
"""

ANONYMOUS = """
const { auth } = client(key);
const options = { data: { name: "Bob" } };
const { user, session } = must(await auth.signInAnonymously({ options }));
const refreshed = must(await auth.refreshSession());
const updated = must(await auth.updateUser({ data: { team: 7 } }));
const claims = must(await auth.getClaims());
const found = must(await auth.getUser());
const parallel = await Promise.all(Array.from({ length: 10 }, () =>
    client(key).auth.refreshSession({ refresh_token: refreshed.session.refresh_token })));
must(await auth.signOut());
report({
    anonymous: user.is_anonymous,
    date: !Number.isNaN(Date.parse(user.created_at)),
    rotated: session.refresh_token !== refreshed.session.refresh_token,
    lifetime: session.expires_in,
    metadata: updated.user.user_metadata,
    claims: claims.claims.sub === user.id && claims.claims.role,
    same: found.user.id === user.id,
    successors: new Set(parallel.map((answer) => must(answer).session.refresh_token)).size,
    ended: must(await auth.getSession()).session,
    after: refusal(await client(key).auth.refreshSession({ refresh_token: session.refresh_token })),
});
"""

SEND_CODE = """
must(await client(key).auth.signInWithOtp({ email }));
report(refusal(await client(key).auth.verifyOtp({ email, token: "wrong", type: "email" })));
"""

USE_CODE = """
const { auth } = client(key);
const { user } = must(await auth.verifyOtp({ email, token: code, type: "email" }));
const identities = must(await auth.getUserIdentities()).identities;
report([user.email, user.is_anonymous, identities.map((identity) => identity.provider)]);
"""

ADMIN = """
const { admin } = client(secret).auth;
const { user } = must(await admin.createUser({ email, email_confirm: true }));
const shown = must(await admin.getUserById(user.id));
const changed = must(await admin.updateUserById(user.id, { user_metadata: { a: 1 } }));
const list = must(await admin.listUsers({ page: 1, perPage: 1000 }));
const link = must(await admin.generateLink({ type: "magiclink", email }));
const opened = must(await client(key).auth.verifyOtp({
    token_hash: link.properties.hashed_token, type: "magiclink" }));
must(await admin.signOut(opened.session.access_token, "global"));
must(await admin.deleteUser(user.id));
report({
    shown: shown.user.email === email,
    metadata: changed.user.user_metadata,
    listed: list.users.some((other) => other.id === user.id) && list.total >= 1,
    opened: opened.user.id === user.id,
    gone: refusal(await admin.getUserById(user.id)),
    others: refusal(await client(key).auth.admin.listUsers()),
    password: refusal(await client(key).auth.signInWithPassword({ email, password: "x" })),
});
"""


def test_an_anonymous_session_lives_and_ends(auth: AuthServer) -> None:
    key = auth.settings.secrets.publishable_key
    assert run_node(PRELUDE + ANONYMOUS, url=auth.settings.url, key=key) == {
        "anonymous": True,
        "date": True,
        "rotated": True,
        "lifetime": 3600,
        "metadata": {"name": "Bob", "team": 7},
        "claims": "authenticated",
        "same": True,
        "successors": 1,
        "ended": None,
        "after": [400, "refresh_token_not_found"],
    }


def test_a_code_signs_a_member_in(auth: AuthServer, email: str) -> None:
    values = {
        "url": auth.settings.url,
        "key": auth.settings.secrets.publishable_key,
        "email": email,
    }
    assert run_node(PRELUDE + SEND_CODE, **values) == [403, "otp_expired"]
    code = auth.code_for(email)
    assert run_node(PRELUDE + USE_CODE, code=code, **values) == [email, False, ["email"]]


def test_the_admin_client_manages_users(auth: AuthServer, email: str) -> None:
    secrets = auth.settings.secrets
    values = {
        "url": auth.settings.url,
        "key": secrets.publishable_key,
        "secret": secrets.secret_key,
    }
    assert run_node(PRELUDE + ADMIN, email=email, **values) == {
        "shown": True,
        "metadata": {"a": 1},
        "listed": True,
        "opened": True,
        "gone": [404, "user_not_found"],
        "others": [403, "not_admin"],
        "password": [422, "email_provider_disabled"],
    }
