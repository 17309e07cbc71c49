"""`make dev`: the whole product on one machine, with hot reload."""
