"""Texts as vectors, made by the configured model: texts whose meaning is close are close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.errors import PortalError
from services.model_server import model_server
from services.settings import Settings

SECONDS = 30.0
LONGEST = 6_000  # characters; models take some 8,000 tokens


class EmbeddingUnavailable(PortalError):
    """The embedding model gave no answer that can be used."""

    code = "embedding_unavailable"


class EmbeddingRefused(EmbeddingUnavailable):
    """The embedding model will never take this text."""

    permanent = True
    code = "embedding_refused"


@dataclass(frozen=True, slots=True)
class Vector:
    """What a model made of a text, as pgvector writes it: `[0.1,0.2]`."""

    written: str


def is_on(settings: Settings) -> bool:
    """Whether a model is configured."""
    return bool(settings.embedding_url)


def label(settings: Settings) -> str:
    """What names the vectors of this model: those of another one cannot be compared with them."""
    return f"{settings.embedding_model} {settings.embedding_dimensions}"


def embed(settings: Settings, texts: Sequence[str]) -> list[Vector]:
    """A vector for each text, in their order. Takes seconds: no transaction may be open.

    Raises EmbeddingUnavailable, or EmbeddingRefused where asking again is of no use.
    """
    import openai

    size = {"dimensions": settings.embedding_dimensions} if settings.embedding_dimensions else {}
    cut = [text[:LONGEST].strip() or "-" for text in texts]
    try:
        with model_server(settings.embedding_url, settings.embedding_api_key, seconds=SECONDS) as client:
            answer = client.embeddings.create(
                model=settings.embedding_model,
                input=cut,
                encoding_format="float",
                **size,  # type: ignore[arg-type]
            )
        vectors = [_vector(item.embedding) for item in sorted(answer.data, key=lambda item: item.index)]
    except (openai.BadRequestError, openai.UnprocessableEntityError) as exc:
        raise EmbeddingRefused(f"refused: {type(exc).__name__}") from exc
    except (openai.OpenAIError, ValueError, TypeError, AttributeError) as exc:
        raise EmbeddingUnavailable(f"there is no answer: {type(exc).__name__}") from exc
    if len(vectors) != len(texts):
        raise EmbeddingUnavailable("its answer is not one vector a text")
    return vectors


def _vector(numbers: Sequence[float]) -> Vector:
    """Raises ValueError, TypeError for what are no numbers."""
    return Vector(f"[{','.join(repr(float(number)) for number in numbers)}]")
