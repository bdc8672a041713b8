"""What a tool takes: a pydantic model, shown to clients as a JSON schema, checked before use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from bdh.errors import UsageError
from bdh.models.problems import Problem, first_problem

MAX_ITEMS = 10_000
MAX_NUMBER = 2**31 - 1
# What is shown of a schema: every session pays for each word of it. The rest is checked.
SHOWN = ("type", "items", "enum", "description")


class Arguments(BaseModel):
    """The arguments of one tool; those that were not given are `None`."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Parameter(NamedTuple):
    """One argument, as `create_model` takes it; described where its name does not say all."""

    kind: Any
    field: FieldInfo


Parameters = Mapping[str, Parameter]


def _storable(value: str) -> str:
    # JSON allows both, Postgres stores neither.
    if "\0" in value:
        raise PydanticCustomError("nul", "Input should hold no NUL character")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise PydanticCustomError("surrogate", "Input should hold no half of a surrogate pair")
    return value


def _whole(value: Any) -> Any:
    # JSON has one kind of number: 60.0 is 60.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _listed(value: Any) -> Any:
    # Models often send one text where a list of one is meant.
    return [value] if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(_storable)]
Texts = Annotated[list[Text], Field(max_length=MAX_ITEMS), BeforeValidator(_listed)]
Number = Annotated[int, Field(ge=-MAX_NUMBER, le=MAX_NUMBER), BeforeValidator(_whole)]


def text(
    description: str = "", *, required: bool = False, choices: tuple[str, ...] = ()
) -> Parameter:
    kind = Literal.__getitem__(choices) if choices else Text
    return _parameter(kind, description, required, min_length=1 if required else None)


def texts(description: str = "", *, required: bool = False) -> Parameter:
    return _parameter(Texts, description, required)


def number(description: str = "") -> Parameter:
    return _parameter(Number, description)


def flag(description: str = "") -> Parameter:
    return _parameter(bool, description)


def _parameter(
    kind: Any, description: str, required: bool = False, *, min_length: int | None = None
) -> Parameter:
    default: Any = ... if required else None
    found: FieldInfo = Field(default, description=description or None, min_length=min_length)
    return Parameter(kind, found)


def model(name: str, parameters: Parameters) -> type[Arguments]:
    """The model of a tool's arguments."""
    fields: dict[str, Any] = {key: tuple(one) for key, one in parameters.items()}
    return create_model(name, __base__=Arguments, **fields)


def schema(taken: type[Arguments]) -> dict[str, Any]:
    """The JSON schema of a tool's input, as short as it can be."""
    whole = taken.model_json_schema()
    properties = {
        name: {key: one[key] for key in SHOWN if key in one}
        for name, one in whole.get("properties", {}).items()
    }
    required = {"required": whole["required"]} if "required" in whole else {}
    return {"type": "object", "properties": properties, **required}


def checked(taken: type[Arguments], given: Mapping[str, Any]) -> dict[str, Any]:
    """
    The arguments, every one of the tool's among them, `None` for those not given.

    Raises:
        UsageError: one is missing, unknown, or of another type; the first such is named.
    """
    try:
        found = taken.model_validate({k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        raise UsageError(
            f"Cannot call this tool: {_sentence(taken, first_problem(error))}",
            code="usage",
            hint="see its input schema",
        ) from None
    return dict(found)


def _sentence(taken: type[Arguments], wrong: Problem) -> str:
    if wrong.kind == "extra_forbidden":
        known = ", ".join(taken.model_fields) or "none"
        return f"there is no argument {wrong.where!r}; there are: {known}"
    if wrong.kind == "missing":
        return f"the argument {wrong.where} is missing"
    return f"the argument {wrong.where} is wrong: {wrong.phrase}"
