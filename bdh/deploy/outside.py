"""What can be seen with the publishable key: what clients will meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bdh import __version__
from bdh.deploy.target import Target
from bdh.models.health import Check
from bdh.versions import is_older

OK, WARNING, FAILED = "ok", "warning", "failed"
PUSH_CONFIG = "supabase config push"
PUSH_DATABASE = "supabase db push --db-url postgresql://postgres:…"
DEPLOY_FUNCTIONS = "supabase functions deploy outbox-relay verify-repo"


def look(target: Target) -> Iterator[Check]:
    """Every check in turn; `UnreachableError` when nothing answers at all."""
    yield auth(target)
    looks: tuple[Callable[[Target], Check], ...] = (
        anonymous,
        email,
        schema,
        exposed,
        strangers,
        realtime,
        functions,
    )
    for one in looks:
        yield one(target)


def auth(target: Target) -> Check:
    """Whether the key is one of this project's."""
    answer = target.ask("GET", "/auth/v1/health")
    # Not every Auth looks at the key of a health check; the API always does.
    if 401 in (answer.status, target.ask("POST", "/rest/v1/rpc/schema_version", {}).status):
        return Check("auth", FAILED, "The publishable key is not of this project", "check --key")
    if answer.status != 200:
        return Check("auth", FAILED, f"Auth answers {answer.status}", "is the project paused?")
    return Check("auth", OK, "Auth answers and takes the key")


def anonymous(target: Target) -> Check:
    """Workspaces sign in anonymously; hosted projects have that switched off at first."""
    found = target.ask("GET", "/auth/v1/settings").content or {}
    if found.get("disable_signup"):
        return Check("anonymous", FAILED, "New users are refused (disable_signup)", PUSH_CONFIG)
    if not found.get("external", {}).get("anonymous_users"):
        message = "Anonymous sign-ins are off: no workspace can join"
        return Check("anonymous", FAILED, message, PUSH_CONFIG)
    return Check("anonymous", OK, "Workspaces may sign in")


def email(target: Target) -> Check:
    """Humans sign in by a code in a mail; whether mails arrive cannot be seen from here."""
    found = target.ask("GET", "/auth/v1/settings").content or {}
    if not found.get("external", {}).get("email"):
        return Check("email", FAILED, "E-mail sign-in is off: no human can sign in", PUSH_CONFIG)
    message = "Humans may sign in by e-mail (try it: bdh :login EMAIL)"
    return Check("email", OK, message)


def schema(target: Target) -> Check:
    """Whether the migrations are there, and neither side is too old for the other."""
    profile = {"content-profile": "public"}
    answer = target.ask("POST", "/rest/v1/rpc/schema_version", {}, profile)
    if answer.status == 406:
        message = "The schema public is not exposed by the API"
        return Check("schema", FAILED, message, f"{PUSH_CONFIG} (api.schemas = public)")
    if answer.status != 200 or not isinstance(answer.content, dict):
        return Check("schema", FAILED, "bdh's functions are not there", PUSH_DATABASE)
    version, least = answer.content.get("version"), str(answer.content.get("min_client", "0"))
    if is_older(__version__, least):
        message = f"The schema asks for bdh {least} or newer; this is {__version__}"
        return Check("schema", FAILED, message, "pip install --upgrade bdh")
    return Check("schema", OK, f"Schema version {version}, bdh from {least} on")


def exposed(target: Target) -> Check:
    """`private` holds definer functions: exposed, each would be an API without a guard."""
    for name in ("private", "auth"):
        answer = target.ask("GET", "/rest/v1/", headers={"accept-profile": name})
        if answer.status != 406:
            message = f"The schema {name} is exposed by the API"
            return Check("exposed", FAILED, message, f"{PUSH_CONFIG} (api.schemas = public)")
    return Check("exposed", OK, "Only the schema public is exposed")


def strangers(target: Target) -> Check:
    """Who has only the publishable key must see and do nothing."""
    read = target.ask("GET", "/rest/v1/projects?select=id&limit=1")
    call = target.ask("POST", "/rest/v1/rpc/team_status", {})
    if read.status == 200 or call.status == 200:
        return Check("strangers", FAILED, "Strangers can read the database", PUSH_DATABASE)
    return Check("strangers", OK, "Strangers are refused")


def realtime(target: Target) -> Check:
    """Whether Realtime is there, asked to broadcast nothing; its policies are seen from inside."""
    answer = target.ask("POST", "/realtime/v1/api/broadcast", {"messages": []})
    if answer.status == 404 or answer.status >= 500:
        message = f"Realtime answers {answer.status}: nothing is pushed, clients ask every 30 s"
        return Check("realtime", WARNING, message, "switch Realtime on in the project's settings")
    return Check("realtime", OK, "Realtime answers")


def functions(target: Target) -> Check:
    """The relay must be there and refuse whoever is not the scheduler."""
    answer = target.ask("POST", "/functions/v1/outbox-relay", {})
    code = answer.content.get("code") if isinstance(answer.content, dict) else None
    if answer.status == 401 and code == "not_allowed":
        return Check("functions", OK, "The edge functions answer")
    if answer.status == 401:
        message = "The edge functions ask for a JWT, which the scheduler and links do not have"
        return Check("functions", FAILED, message, f"{DEPLOY_FUNCTIONS} --no-verify-jwt")
    message = f"The edge function outbox-relay answers {answer.status}: nothing is sent outside"
    fix = "pip install 'bdh[functions]'" if code == "functions_not_running" else DEPLOY_FUNCTIONS
    return Check("functions", WARNING, message, fix)
