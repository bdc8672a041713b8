"""The verbs of `bdh :policy`."""
