"""Every verb: where it lives and what it does. Help and completion read this without importing."""

from __future__ import annotations

# A group is a prefix of other names and has its own line, without a module when it only groups.
COMMANDS: dict[str, tuple[str | None, str]] = {
    "create": ("create", "Create a bead."),
    "show": ("show", "Show a bead with all that hangs on it."),
    "list": ("list_", "List beads by status, kind, label, assignee, parent."),
    "search": ("search", "Find beads by words in id, title and description."),
    "update": ("update", "Change beads; `-s in_progress` claims them."),
    "close": ("close", "Close beads, and see what that unblocked."),
    "reopen": ("reopen", "Open closed beads again."),
    "delete": ("delete", "Delete beads (they stay as tombstones)."),
    "comment": ("comment", "Comment on a bead."),
    "dep": (None, "Dependencies between beads."),
    "dep add": ("dep.add", "Make a bead depend on another."),
    "dep remove": ("dep.remove", "Remove a dependency."),
    "dep tree": ("dep.tree", "Show what a bead waits for, or what waits for it."),
    "ready": ("ready", "List work that nothing blocks; `--claim` takes the best of it."),
    "blocked": ("blocked", "List beads that wait for others, and for which."),
    "stats": ("stats", "Count beads by status, kind and priority."),
    "claim": ("claim", "Claim a bead, so that nobody else starts it."),
    "release": ("release", "Give a claimed bead back."),
    "claims": ("claims", "List who works on what."),
    "import": ("import_", "Import bd's .beads/issues.jsonl."),
    "export": ("export", "Export beads in bd's JSONL format."),
    ":status": ("status", "Show the team: who is here, on what, holding which files."),
    ":init": ("init", "Make this directory a workspace."),
    ":join": ("join", "Make this directory a workspace, by an invitation from elsewhere."),
    ":add-worktree": ("add_worktree", "Add a git worktree with a workspace of its own."),
    ":invite": ("invite", "Make an invitation for a workspace on another machine."),
    ":workspaces": ("workspaces", "List, remove and re-attach workspaces."),
    ":workspaces list": ("workspaces.list", "List the workspaces of the project."),
    ":workspaces remove": ("workspaces.remove", "Remove a workspace for good."),
    ":workspaces reattach": (
        "workspaces.reattach",
        "Let a workspace that lost its session in again.",
    ),
    ":members": (None, "The humans of the project."),
    ":members list": ("members.list", "List the humans of the project."),
    ":members invite": ("members.invite", "Make an invitation for a human."),
    ":members invites": ("members.invites", "List the invitations that are still good."),
    ":members resend": ("members.resend", "Send a human's invitation again."),
    ":members uninvite": ("members.uninvite", "Make a human's invitation worthless."),
    ":members accept": ("members.accept", "Become a member, by an invitation."),
    ":members role": ("members.role", "Change a member's role, or hand the project over."),
    ":members remove": ("members.remove", "Take a human out of the project."),
    ":members leave": ("members.leave", "End your own membership."),
    ":project": (None, "Administer the project."),
    ":project settings": ("project.settings", "Show or change the project's settings."),
    ":project import": ("project.import_", "Make a project from an export of another backend."),
    ":plan": ("plan", "Show the project's plan and what of it is used."),
    ":login": ("login", "Sign in as a human."),
    ":logout": ("logout", "Forget the human's sign-in."),
    ":whoami": ("whoami", "Show who acts here."),
    ":aweb": (None, "Messages between agents and humans."),
    ":aweb mail": (None, "Mail: messages that wait until they are read."),
    ":aweb mail send": ("aweb.mail.send", "Send mail to aliases, @role, @all or @humans."),
    ":aweb mail list": ("aweb.mail.list", "List mail."),
    ":aweb mail open": ("aweb.mail.open", "Read a message."),
    ":aweb mail reply": ("aweb.mail.reply", "Answer a message."),
    ":aweb mail ack": ("aweb.mail.ack", "Acknowledge messages."),
    ":aweb mail search": ("aweb.mail.search", "Find mail by words."),
    ":aweb chat": (None, "Chat: messages that somebody may be waiting for."),
    ":aweb chat send-and-wait": ("aweb.chat.send_and_wait", "Ask, and block until answered."),
    ":aweb chat send-and-leave": ("aweb.chat.send_and_leave", "Write without waiting."),
    ":aweb chat pending": ("aweb.chat.pending", "Show who waits for you and who wrote."),
    ":aweb chat open": ("aweb.chat.open", "Read what is new in a chat."),
    ":aweb chat history": ("aweb.chat.history", "Show the latest messages of a chat."),
    ":aweb chat extend-wait": ("aweb.chat.extend_wait", "Ask who waits for you to wait longer."),
    ":aweb chat listen": ("aweb.chat.listen", "Wait for the next message without writing."),
    ":aweb chat leave": ("aweb.chat.leave", "Leave a chat without an answer."),
    ":aweb lock": ("aweb.lock", "The same as `:reserve`."),
    ":aweb unlock": ("aweb.unlock", "The same as `:release-paths`."),
    ":aweb locks": ("aweb.locks", "The same as `:locks`."),
    ":reserve": ("reserve", "Hold files, so that no other agent edits them."),
    ":release-paths": ("release_paths", "Give files back."),
    ":locks": ("locks", "List who holds which files."),
    ":escalate": ("escalate", "Ask the humans of the project."),
    ":escalations": ("escalations", "Questions to the humans, and their answers."),
    ":escalations list": ("escalations.list", "List questions."),
    ":escalations show": ("escalations.show", "Show a question and its answer."),
    ":escalations answer": ("escalations.answer", "Answer, as a human."),
    ":escalations withdraw": ("escalations.withdraw", "Take a question back."),
    ":subscribe": ("subscribe", "Be told when the status of beads changes."),
    ":unsubscribe": ("unsubscribe", "No longer be told about beads."),
    ":subscriptions": ("subscriptions", "List the beads you are told about."),
    ":channels": (None, "How humans are reached outside: e-mail, Slack, Discord, webhook, ntfy."),
    ":channels list": ("channels.list", "List your channels."),
    ":channels add": ("channels.add", "Add a channel, or change what it is for."),
    ":channels remove": ("channels.remove", "Remove a channel."),
    ":channels preferences": ("channels.preferences", "Show or change when you may be reached."),
    ":outbox": (None, "Messages to the outside: what waits, what was given up."),
    ":outbox list": ("outbox.list", "List messages to the outside."),
    ":outbox retry": ("outbox.retry", "Try messages again that were given up."),
    ":watch": ("watch", "Print events as they come."),
    ":hooks": (None, "git's hooks of this clone."),
    ":hooks install": ("hooks.install", "Put bdh's hooks in, or mend them."),
    ":hooks uninstall": ("hooks.uninstall", "Take them out; what was there is put back."),
    ":hooks status": ("hooks.status", "Show which hooks git runs here."),
    ":hooks run": ("hooks.run", "What git runs."),
    ":hook": ("hook", "What agent hosts run."),
    ":notify": ("notify", "Print what waits for you; for hooks."),
    ":up": ("up", "Start the embedded stack."),
    ":down": ("down", "Stop the embedded stack."),
    ":stack": (None, "Look after the embedded stack."),
    ":stack status": ("stack.status", "Show the stack's processes and address."),
    ":stack logs": ("stack.logs", "Show the stack's logs."),
    ":stack mail": ("stack.mail", "Show e-mails that the stack has sent."),
    ":stack reset": ("stack.reset", "Delete all the stack's data."),
    ":stack backup": ("stack.backup", "Write a backup of the stack's database."),
    ":stack restore": ("stack.restore", "Replace the stack's database by a backup."),
    ":policy": ("policy", "The team's rules and the playbook of each role."),
    ":policy show": ("policy.show", "Show the rules and your role's playbook."),
    ":policy history": ("policy.history", "List the versions of the policy."),
    ":policy edit": ("policy.edit", "Propose a new version."),
    ":policy activate": ("policy.activate", "Put a version in force, as a human."),
    ":policy reset": ("policy.reset", "Put bdh's default in force, as a human."),
    ":roles": ("roles", "List the roles, and who has them."),
    ":guide": ("guide", "Print how agents work together with bdh."),
    ":simulate": ("simulate", "Watch two scripted agents collide."),
    ":mcp": ("mcp", "Serve this workspace to an MCP client."),
    ":dashboard": ("dashboard", "Open the dashboard, or export it for a static host."),
    ":stack unit": ("stack.unit", "Print a unit that starts the stack at login."),
    ":stack export": ("stack.export", "Write one project with its history to a file."),
    ":doctor": ("doctor", "Find out what is wrong, and how to mend it."),
    ":deploy-check": ("deploy_check", "Say what a backend lacks for bdh to run on it."),
    ":version": ("version", "Show versions."),
}


def names_in(group: str) -> list[str]:
    """The words that may follow `group` (empty: the first word), in the table's order."""
    prefix = f"{group} " if group else ""
    depth = prefix.count(" ")
    return [
        name.removeprefix(prefix)
        for name in COMMANDS
        if name.startswith(prefix) and name.count(" ") == depth
    ]


def named_by(words: list[str]) -> str:
    """The verb that a command line begins with; empty when none."""
    known = ""
    for word in words:
        longer = f"{known} {word}".strip()
        if longer not in COMMANDS:
            break
        known = longer
    return known


def is_group(name: str) -> bool:
    """Whether other verbs are named below `name`."""
    return any(other.startswith(f"{name} ") for other in COMMANDS)
