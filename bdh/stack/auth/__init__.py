"""The embedded stack's Auth server (platform.md §3)."""

from bdh.stack.auth.app import AuthApp

__all__ = ["AuthApp"]
