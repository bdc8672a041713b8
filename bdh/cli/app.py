"""What a verb is given: the workspace, its backend, its output; each made when asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bdh.cli.text import block, line
from bdh.cli.verb import Banner as BannerTime
from bdh.config import Settings, resolve
from bdh.errors import BdhError, NotSetUpError, UnreachableError, UsageError
from bdh.local.directory import Identity, open_identity

if TYPE_CHECKING:
    from bdh.cli.banner import Banner
    from bdh.cli.remote import Remote
    from bdh.local.epochs import Epochs
    from bdh.local.shown import Shown
    from bdh.models.row import Row

R = TypeVar("R", bound="Row")

HINT_CHARACTERS = 1000


class App:
    """One run of the command line."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.json = as_json
        self.banner = BannerTime.AFTER
        self._asked: Banner | None = None

    @cached_property
    def settings(self) -> Settings:
        return resolve()

    @cached_property
    def identity(self) -> Identity:
        """The workspace of this directory, or `not_set_up`."""
        return open_identity(Path.cwd())

    @property
    def session(self) -> str:
        """Whom the banner remembers what it showed: `BDH_SESSION`, else the workspace."""
        return self.settings.session.text or self.identity.workspace_id

    @cached_property
    def backend(self) -> Remote:
        """The backend, as this workspace; the banner's question starts with it."""
        from bdh.cli.remote import workspace_backend

        backend = workspace_backend(self.identity, self.settings, self.say)
        if self.banner is BannerTime.BESIDE:
            self._start_banner(backend)
        return backend

    def as_human(self, what: str) -> Remote:
        """The backend, as the human of this machine; to agents `what` is refused."""
        from bdh.cli.human import member_backend, require_human

        require_human(what)
        return member_backend(self)

    @cached_property
    def member(self) -> Remote:
        """The backend, as the human of this machine; refused to agents."""
        return self.as_human("act as a member")

    @cached_property
    def epochs(self) -> Epochs:
        from bdh.local.epochs import Epochs

        return Epochs(self.identity.folder / "epochs")

    def emit(self, model: R, human: Callable[[R], str]) -> None:
        """Print the result: the model as JSON, or as `human` renders it."""
        text = json.dumps(model.as_json(), ensure_ascii=False) if self.json else human(model)
        if text:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """A line on stderr: progress, warnings, what to do next."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def refuse(self, error: BdhError) -> None:
        """Print a failure: JSON on stdout, or the sentence and the next step on stderr."""
        if self.json:
            sys.stdout.write(f"{json.dumps(error.as_json(), ensure_ascii=False)}\n")
            sys.stdout.flush()
            return
        # Messages of the backend may quote what others wrote.
        self.say(block(error.message))
        if error.hint:
            self.say(f"  → {line(error.hint, HINT_CHARACTERS)}")

    def finish(self, failure: BdhError | None = None) -> None:
        """Print the banner, if this is a workspace whose backend answers."""
        if self.banner is BannerTime.NEVER or isinstance(failure, UnreachableError | NotSetUpError):
            return
        if isinstance(failure, UsageError) and not self._is_up():
            return
        try:
            self._start_banner(self.backend).finish(sys.stderr, self.identity.alias)
        except BdhError:
            # No workspace, or its backend is away: the verb has said so if it cared.
            return

    def _is_up(self) -> bool:
        """Whether the backend is there without further ado: a typing error must start no stack."""
        from bdh.cli.remote import runs

        try:
            return runs(self.identity)
        except BdhError:
            return False

    def was_shown(self, *items: str) -> None:
        """These items of the banner were printed by the verb itself."""
        self.shown.add(items)

    @cached_property
    def shown(self) -> Shown:
        """What was printed to this session and the backend does not know of yet."""
        from bdh.local.shown import Shown

        return Shown(self.identity.folder / "shown", self.session)

    def _start_banner(self, backend: Remote) -> Banner:
        """The banner's question: asked now, unless it was asked before."""
        if self._asked is not None:
            return self._asked
        from bdh.cli.banner import Banner

        self._asked = Banner(lambda told: backend.notices(told, self.session), self.shown)
        self._asked.start()
        return self._asked
