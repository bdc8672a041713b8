"""Looks at a backend that bdh shall run on, and says what is missing (docs/hosted.md)."""
