"""Everything that can break is broken while briefings are due; nobody may get none, or two."""
