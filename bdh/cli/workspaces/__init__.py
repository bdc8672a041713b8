"""`bdh :workspaces`: without a verb it lists."""
