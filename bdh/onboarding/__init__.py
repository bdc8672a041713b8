"""
What `:init` writes into a checkout so that agents find bdh: guides, hooks, skills.

Every edit is a block between markers, a merge into settings, or a file of bdh's own; each can be
repeated, shown before, and taken out again.
"""
