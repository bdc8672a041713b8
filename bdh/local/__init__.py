"""What a workspace keeps in its `.bdh/`, and what its checkout says, without starting `git`."""
