"""Join payloads, rates, presence and shared messages, without a socket."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from bdh.stack.realtime.joining import Replay, parse_join, parse_replay
from bdh.stack.realtime.limits import Rate, Window
from bdh.stack.realtime.messages import Shared, UserBroadcast
from bdh.stack.realtime.presence import Presence
from bdh.stack.realtime.refusals import Refused

TOPIC = (True, "room")


@pytest.mark.parametrize(
    "payload",
    [
        None, [], "x", {}, {"config": None}, {"config": 3},
        {"config": {"broadcast": None, "presence": [], "private": None, "postgres_changes": None}},
        {"config": {"postgres_changes": [None], "private": "no"}, "access_token": None},
    ],
)  # fmt: skip
def test_an_invalid_join_payload_means_defaults(payload: Any) -> None:
    request = parse_join(payload)
    flags = (request.private, request.ack, request.self_receive, request.presence, request.changes)
    assert not any(flags)
    assert request.token is None
    assert len(request.presence_key) == 36


def test_booleans_may_be_strings() -> None:
    config = {"private": "TRUE", "broadcast": {"ack": "true", "self": "FALSE"}}
    request = parse_join({"config": config})
    assert (request.private, request.ack, request.self_receive) == (True, True, False)


def test_the_user_token_wins_and_opaque_keys_are_no_tokens() -> None:
    both = {"user_token": "u", "access_token": "a"}
    assert parse_join(both).token == "u"
    assert parse_join({"user_token": "sb_secret_x", "access_token": "a"}).token == "a"
    assert parse_join({"access_token": "sb_publishable_x"}).token is None


def replay_of(replay: Any, *, private: bool = True) -> Replay | None:
    return parse_replay(
        parse_join({"config": {"private": private, "broadcast": {"replay": replay}}}), 25
    )


def test_a_replay_has_a_start_and_at_most_25_rows() -> None:
    assert replay_of(None) is None
    assert replay_of({"since": 5}) == Replay(5, 25)
    assert replay_of({"since": 5, "limit": 3}) == Replay(5, 3)


@pytest.mark.parametrize(
    "replay", [{}, [], "x", {"since": "1"}, {"since": -1}, {"since": 1, "limit": 26},
               {"since": 1, "limit": 0}, {"since": True}, {"since": 1, "limit": None}],
)  # fmt: skip
def test_other_replay_params_are_refused(replay: Any) -> None:
    with pytest.raises(Refused, match="UnableToReplayMessages: Replay params are not valid"):
        replay_of(replay)


def test_public_channels_have_no_replay() -> None:
    with pytest.raises(Refused, match="Replay is not allowed for public channels"):
        replay_of({"since": 1}, private=False)


def test_a_window_allows_so_many_calls_in_its_time() -> None:
    window = Window(2)
    assert [window.allow(now, 30) for now in (0, 1, 29.9, 30, 30.5, 31)] == [
        True, True, False, True, False, True,
    ]  # fmt: skip


def test_a_rate_is_an_average_over_a_minute() -> None:
    rate = Rate(2)
    rate.add(120, 100)
    assert not rate.exceeded(100)
    rate.add(1, 130)
    assert rate.exceeded(130)
    assert not rate.exceeded(161)
    endless = Rate(None)
    endless.add(10**9, 0)
    assert not endless.exceeded(0)


def test_presence_tells_what_changed() -> None:
    presence: Presence[str] = Presence()
    first = presence.track(TOPIC, "ann", "channel 1", {"at": 1})
    assert first is not None
    assert first.leaves == {}
    meta = first.joins["ann"]["metas"][0]
    assert presence.track(TOPIC, "ann", "channel 1", {"at": 1}) is None
    second = presence.track(TOPIC, "ann", "channel 1", {"at": 2})
    assert second is not None
    assert second.leaves == {"ann": {"metas": [meta]}}
    changed = second.joins["ann"]["metas"][0]
    assert changed["phx_ref_prev"] == meta["phx_ref"] != changed["phx_ref"]


def test_a_key_shared_by_channels_has_several_metas() -> None:
    presence: Presence[str] = Presence()
    presence.track(TOPIC, "ann", "channel 1", {"n": 1})
    presence.track(TOPIC, "ann", "channel 2", {"n": 2})
    assert [meta["n"] for meta in presence.state(TOPIC)["ann"]["metas"]] == [1, 2]
    left = presence.untrack(TOPIC, "ann", "channel 1")
    assert left is not None
    assert [meta["n"] for meta in left.leaves["ann"]["metas"]] == [1]
    assert presence.untrack(TOPIC, "ann", "channel 1") is None
    presence.untrack(TOPIC, "ann", "channel 2")
    assert presence.state(TOPIC) == {}


def test_public_and_private_presence_are_apart() -> None:
    presence: Presence[str] = Presence()
    presence.track((False, "room"), "ann", "channel", {})
    assert presence.state(TOPIC) == {}


def test_a_message_is_encoded_once_per_version() -> None:
    message = Shared("realtime:t", "broadcast", '{"a":1}')
    for version in (1, 2):
        assert message.frame(version) is message.frame(version)  # type: ignore[arg-type]


def test_bytes_reach_version_2_only() -> None:
    message = UserBroadcast("realtime:t", "e", b"\xff\x00", is_json=False)
    assert message.frame(1) is None
    assert message.frame(2) == b"\x04\x0a\x01\x00\x00realtime:te\xff\x00"


def test_a_long_topic_falls_back_to_text() -> None:
    message = UserBroadcast("realtime:" + "t" * 250, "e", b'{"a":1}', is_json=True)
    assert isinstance(message.frame(2), str)


def test_a_replayed_json_row_is_text_in_both_versions() -> None:
    message = UserBroadcast("realtime:t", "e", b"{}", is_json=True, id_=uuid4(), replayed=True)
    for version in (1, 2):
        frame = message.frame(version)  # type: ignore[arg-type]
        assert isinstance(frame, str)
        assert '"replayed":true' in frame
