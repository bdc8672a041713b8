"""bdh's part in somebody else's file: put in, repeated, taken out, nothing else touched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdh import guide
from bdh.errors import RefusedError
from bdh.hooks.own import BEGIN, without_blocks
from bdh.onboarding import blocks, merging
from bdh.onboarding.files import Block, Own, Settings, every_part, parts

LINES = st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])))
CONTENTS = st.builds(
    lambda lines, newline, end: (newline.join(lines) + end * newline).encode(),
    LINES,
    st.sampled_from(["\n", "\r\n"]),
    st.integers(0, 3),
).filter(lambda content: BEGIN.encode() not in content)


@given(CONTENTS, st.sampled_from(["@AGENTS.md", "a\nb\n", "ü"]))
def test_a_block_comes_out_as_it_went_in(content: bytes, text: str) -> None:
    once = blocks.with_block(content, text)

    assert blocks.with_block(once, text) == once
    assert once.startswith(content)
    assert blocks.without_block(once) in (content, content + b"\n", content + b"\r\n")
    assert without_blocks(once.decode()) == without_blocks(content.decode())


@given(CONTENTS, CONTENTS)
def test_what_is_written_around_a_block_stays(before: bytes, after: bytes) -> None:
    whole = before + b"\n" + blocks.with_block(None, "old") + after

    assert blocks.with_block(whole, "new").replace(b"new", b"old") == whole
    assert blocks.without_block(whole) in (before + b"\n" + after, before)


def test_files_in_any_encoding_are_edited() -> None:
    latin = "\xef\xbb\xbfGrüße".encode("latin-1")

    assert blocks.with_block(latin, "x").startswith(latin)


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["hooks", "Stop", "env", "version", "x"]), inner, max_size=3
        )
    ),
)
OBJECTS = st.dictionaries(st.sampled_from(["hooks", "env", "version", "x"]), JSON, max_size=4)
OURS = {"hooks": {"Stop": [{"command": "bdh :hook"}]}, "env": {"T": "1"}, "version": 1}


@given(OBJECTS)
def test_merging_repeats_and_loses_nothing(theirs: dict[str, Any]) -> None:
    once = merging.merged(theirs, OURS)

    assert merging.merged(once, OURS) == once
    assert list(once)[: len(theirs)] == list(theirs)
    assert {name: once[name] for name in theirs if name not in OURS} == {
        name: value for name, value in theirs.items() if name not in OURS
    }


def test_unmerging_takes_only_what_is_ours() -> None:
    theirs = {"hooks": {"Stop": [{"command": "lint"}]}, "model": "x"}
    merged = merging.merged(theirs, OURS)
    merged["hooks"]["Stop"].append({"command": "later"})

    assert merging.unmerged(merged, OURS) == {
        "hooks": {"Stop": [{"command": "lint"}, {"command": "later"}]},
        "model": "x",
    }
    assert merging.unmerged(merging.merged({}, OURS), OURS) == {}


@pytest.mark.parametrize(
    "content", [b'{\n    "a": 1\n}', b'{\n\t"a": 1\n}\n', b'{\n  "a": "\xc3\xbc"\n}\n']
)
def test_settings_keep_their_looks(content: bytes) -> None:
    assert merging.rendered(merging.parsed(content, "x"), content) == content


@pytest.mark.parametrize("content", [b"{", b"[]", b"// a comment\n{}", b"\xff"])
def test_settings_that_cannot_be_read_are_left_alone(content: bytes) -> None:
    with pytest.raises(RefusedError, match="left alone"):
        Settings("settings.json", OURS).put(content, ours=False)


def test_what_others_wrote_is_not_replaced() -> None:
    assert Own("a.md", "ours").put(b"theirs", ours=False) is None
    assert Block("AGENTS.md", "new").put(blocks.with_block(b"x\n", "old"), ours=False) is None
    assert Block("CLAUDE.md", "x", unless="@AGENTS.md").put(b"see @AGENTS.md\n", ours=False) is None


def test_texts_for_agents_are_short() -> None:
    known = every_part()
    agents, skill = known["AGENTS.md"], known[".claude/skills/bdh/SKILL.md"]
    assert isinstance(agents, Block)
    assert isinstance(skill, Own)

    assert len(guide.text().encode()) / 4 <= 1500
    assert agents.text.count("\n") <= 60
    assert skill.text.count("\n") <= 150
    head = skill.text.split("---")[1]
    assert all(len(line) <= 1024 for line in head.splitlines())
    assert skill.text == known[".agents/skills/bdh/SKILL.md"].text  # type: ignore[attr-defined]


def test_hosts_settings_are_what_the_hosts_read() -> None:
    written = {
        part.path: part.put(None, ours=False) for part in parts(docs=False, hooks=True, mcp=True)
    }
    settings = {path: json.loads(content or b"{}") for path, content in written.items()}

    claude = settings[".claude/settings.local.json"]
    assert claude["env"] == {"BASH_DEFAULT_TIMEOUT_MS": "330000"}
    assert claude["hooks"]["PreToolUse"][0]["hooks"][0]["command"] == "bdh"
    assert (
        settings[".codex/hooks.json"]["hooks"]["Stop"][0]["hooks"][0]["command"]
        == "bdh :hook codex"
    )
    assert settings[".cursor/hooks.json"]["version"] == 1
    assert settings[".mcp.json"]["mcpServers"]["bdh"] == {"command": "bdh", "args": [":mcp"]}
