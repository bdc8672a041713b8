"""A strict subset of PostgREST 14: grammar, then plan, then one statement."""

from bdh.stack.rest.app import RestApp

__all__ = ["RestApp"]
