"""Ids as they come in addresses and bodies: anything that cannot be one is refused before it is looked up."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x20\x7f]+$")]

WHO = "a person's id or their Slack user id"
EXAMPLES = ["7d3f0a52-6c1e-4b8e-9a54-2f8c1d0e6b11", "U01EXAMPLE1"]
PersonInQuery = Annotated[Id, Query(description=WHO, examples=EXAMPLES)]
PersonInPath = Annotated[Id, Path(description=WHO, examples=EXAMPLES)]
IdInPath = Annotated[Id, Path(examples=["6c0a3f6e-7f0e-4d6b-9a35-0d8f6f1f2b11"])]
