"""`bdh :hooks`: git's hooks of this clone."""
