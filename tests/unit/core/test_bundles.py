"""A policy's document is looked at before it is sent; what is wrong is named by its path."""

from __future__ import annotations

from typing import Any

import pytest

from bdh.core import bundles
from bdh.errors import RefusedError


def bundle(**changes: Any) -> dict[str, Any]:
    return {"invariants": ["Be kind."], "roles": {"backend": {"playbook": "Test."}}} | changes


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"max_files_per_claim": None, "protected_paths": []},
        {"max_files_per_claim": 3, "protected_paths": [{"glob": "*", "action": "ask"}]},
    ],
)
def test_what_the_database_takes_is_sent(rules: dict[str, Any]) -> None:
    bundles.check(bundle(rules=rules, version=4))
    bundles.check(bundle())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"invariants": "Be kind."}, "invariants: input should be a valid list"),
        ({"invariants": [1]}, "invariants.0: input should be a valid string"),
        ({"roles": {}}, "roles: dictionary should have at least 1 item"),
        ({"roles": {"qa": {"summary": "x"}}}, "roles.qa.playbook: field required"),
        ({"roles": {"qa": {"playbook": "", "sumary": "x"}}}, "roles.qa.sumary: extra inputs are"),
        ({"rules": {"max_files_per_claim": True}}, "rules.max_files_per_claim: input should be a"),
        ({"rules": {"max_files_per_claim": 0}}, "rules.max_files_per_claim: input should be g"),
        ({"rules": {"protected_paths": [{"glob": "x"}]}}, "rules.protected_paths.0.action: field"),
        ({"invariant": []}, "invariant: extra inputs are not permitted"),
    ],
)
def test_a_wrong_key_is_named_by_its_path(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(RefusedError) as caught:
        bundles.check(bundle(**changes))

    assert caught.value.code == "bad_policy"
    assert str(caught.value).startswith(f"The policy is not well-formed: {said}")
