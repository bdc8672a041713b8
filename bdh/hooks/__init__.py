"""
The guard: what git's hooks and the hooks of agent hosts do.

Everything here runs between two keystrokes of somebody, so the modules on that way import the
standard library only, and as little of it as they can (tests/unit/hooks/test_imports.py).
"""
