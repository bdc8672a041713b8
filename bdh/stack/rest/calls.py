"""Plans for calling functions, and which overload a call means."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bdh.stack.rest.catalog import Function, Schema, quoted
from bdh.stack.rest.errors import RestError, not_implemented, unparsable
from bdh.stack.rest.expressions import Arguments
from bdh.stack.rest.hints import closest
from bdh.stack.rest.media import OBJECT
from bdh.stack.rest.plan import Plan, Wants
from bdh.stack.rest.ranges import requested_window
from bdh.stack.rest.reads import ROWS, body_sql, refuse_write_modifiers
from bdh.stack.rest.render import count_sql, rows_sql
from bdh.stack.rest.syntax import Query
from bdh.stack.rest.tree import build_tree, narrowed

_PLAIN = Query()
#: What a scalar is called inside the statement; no caller can name it.
_VALUE = "value"


def plan_call(
    schema: Schema, function: Function, keys: Sequence[str], query: Query, wants: Wants,
    *, is_get: bool,
) -> Plan:  # fmt: skip
    """The plan of calling `function` with the arguments `keys` of the body ($1)."""
    refuse_write_modifiers(query)
    read_only = is_get or function.read_only
    call = _call_sql(function, keys)
    source = _arguments_sql(function, keys)
    if function.returns == "void" and not function.returns_set:
        sql = f"select ({call})::text, 1::bigint, null::bigint{source and f' from {source}'}"
        return Plan("void", sql, wants, read_only=read_only)
    if function.returns == "scalar" and not function.returns_set and query == _PLAIN:
        return _scalar_plan(function, call, source, wants, read_only=read_only)
    return _rows_plan(
        schema, function, _rows_source(function, call, source), query, wants, read_only
    )


def _scalar_plan(
    function: Function, call: str, source: str, wants: Wants, *, read_only: bool
) -> Plan:
    """One value without a modifier, the most frequent call: no aggregate, no subquery."""
    value = f"({call})::text" if function.type.is_json else f"to_json({call})::text"
    body = f"coalesce({value}, 'null')"
    sql = f"select {body}, 1::bigint, null::bigint{source and f' from {source}'}"
    return Plan("call", sql, wants, read_only=read_only)


def _rows_plan(
    schema: Schema, function: Function, source: str, query: Query, wants: Wants, read_only: bool
) -> Plan:
    window = requested_window(query, wants)
    root = build_tree(
        schema, function.rows, query,
        max_rows=wants.max_rows, root_window=narrowed(window, wants.max_rows),
    )  # fmt: skip
    arguments = Arguments()
    rows = rows_sql(root, "src", arguments)
    total = "null::bigint"
    # The planner cannot count what a function returns, so an estimate is a count.
    if wants.preferences.count in ("exact", "estimated"):
        total = f"(select count(*) from ({count_sql(root, 'src', arguments)}) as c)"
    aggregate = f"json_agg(r.{_VALUE})" if function.returns == "scalar" else ROWS
    empty = "[]"
    if not function.returns_set and wants.media != OBJECT:
        aggregate, empty = f"({aggregate} -> 0)", "null"
    body = body_sql(wants, aggregate, empty)
    return Plan(
        "call",
        f"with src as ({source}) select {body}, count(*), {total} from ({rows}) as r",
        wants,
        tuple(arguments.values),
        read_only=read_only,
        singular=wants.media == OBJECT,
        offset=window.offset,
        counted=wants.preferences.count is not None,
    )


def _call_sql(function: Function, keys: Sequence[str]) -> str:
    name = f"public.{quoted(function.name)}"
    if function.takes_whole_body:
        return f"{name}($1::{function.parameters[0].type.name})"
    given = [each for each in function.parameters if each.name in keys]
    named = [
        f"{'variadic ' if each.variadic else ''}{quoted(each.name)} => b.{quoted(each.name)}"
        for each in given
    ]
    return f"{name}({', '.join(named)})"


def _arguments_sql(function: Function, keys: Sequence[str]) -> str:
    """A source of one row, the arguments in their types; empty when there are none."""
    given = [each for each in function.parameters if each.name in keys]
    if function.takes_whole_body or not given:
        return ""
    types = ", ".join(f"{quoted(each.name)} {each.type.name}" for each in given)
    return f"json_to_record($1::json) as b ({types})"


def _rows_source(function: Function, call: str, source: str) -> str:
    lateral = f"{source}, lateral " if source else ""
    if function.returns == "row":
        return f"select c.* from {lateral}{call} as c"
    return f"select c.{_VALUE} from {lateral}(select {call} as {_VALUE}) as c"


def get_arguments(functions: Sequence[Function], query: Query) -> str:
    """
    The arguments in a query string as the JSON object a POST would send.

    Raises:
        RestError: PGRST100 for an argument given twice that is not variadic.
    """
    variadic = {
        each.name for function in functions for each in function.parameters if each.variadic
    }
    values: dict[str, str | list[str]] = {}
    for name, value in query.arguments:
        if name in variadic:
            found = values.setdefault(name, [])
            if isinstance(found, list):
                found.append(value)
        elif name in values:
            raise unparsable(f'"{name}" is given more than once', "each argument may appear once")
        else:
            values[name] = value
    return json.dumps(values)


def find_function(
    schema: Schema, name: str, keys: Sequence[str] | None, *, is_post: bool
) -> Function:
    """
    The overload that takes exactly the arguments `keys`; `None` is a body that is no object.

    Raises:
        RestError: PGRST202 (404) when none does, PGRST203 (300) when several do.
    """
    overloads = schema.functions.get(name, ())
    if keys is not None:
        found = [each for each in overloads if _accepts(each, keys)]
        if len(found) > 1:
            raise _ambiguous(found)
        if found:
            return found[0]
    whole = [each for each in overloads if is_post and each.takes_whole_body]
    if len(whole) > 1:
        raise _ambiguous(whole)
    if whole:
        return whole[0]
    if keys is None and overloads:
        raise not_implemented("Calling a function with a body that is not an object")
    raise _not_found(schema, name, sorted(keys or ()), is_post=is_post)


def _accepts(function: Function, keys: Sequence[str]) -> bool:
    if any(not each.name for each in function.parameters):
        return False
    names = {each.name for each in function.parameters}
    required = {each.name for each in function.parameters if each.required}
    return required <= set(keys) <= names


def _ambiguous(functions: Sequence[Function]) -> RestError:
    described = ", ".join(
        f"public.{function.name}("
        + ", ".join(f"{each.name} => {each.type.name}" for each in function.parameters)
        + ")"
        for function in functions
    )
    return RestError(
        300,
        "PGRST203",
        f"Could not choose the best candidate function between: {described}",
        hint="Try renaming the parameters or the function itself in the database "
        "so function overloading can be resolved",
    )


def _not_found(schema: Schema, name: str, keys: Sequence[str], *, is_post: bool) -> RestError:
    given = f"({', '.join(keys)})" if keys else " without parameters"
    plural = "parameters" if len(keys) > 1 else "parameter"
    searched = f" with {plural} {', '.join(keys)}" if keys else given
    alternative = " or with a single unnamed json/jsonb parameter" if is_post else ""
    near = _closest_call(schema, name, keys)
    return RestError(
        404,
        "PGRST202",
        f"Could not find the function public.{name}{given} in the schema cache",
        details=f"Searched for the function public.{name}{searched}{alternative}, "
        "but no matches were found in the schema cache.",
        hint=f"Perhaps you meant to call the function public.{near}" if near else None,
    )


def _closest_call(schema: Schema, name: str, keys: Sequence[str]) -> str | None:
    overloads = schema.functions.get(name)
    if overloads is None:
        return closest(name, list(schema.functions), 0.75)
    signatures = [
        f"({', '.join(sorted(each.name for each in function.parameters))})"
        for function in overloads
    ]
    found = closest(f"({', '.join(keys)})", signatures, 0.33)
    return f"{name}{found}" if found else None
