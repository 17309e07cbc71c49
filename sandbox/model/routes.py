"""The model over HTTP: `POST /v1/chat/completions` and `/v1/embeddings`, as OpenAI's API reference has them.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.model.embeddings import DIMENSIONS, vector_of
from sandbox.model.obedience import Turn, next_turn
from sandbox.model.talks import KEY, NAME
from sandbox.world import World

# A text with this in it is refused, as one that is too long would be.
REFUSED = "never-embed-this"


def routes(world: World) -> list[BaseRoute]:
    """The model's routes over one world."""

    async def complete(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _error(401, "Incorrect API key provided", "invalid_api_key")
        asked = await request.json()
        world.talks.requests.append(asked)
        turn = next_turn(asked["messages"])
        world.talks.attempts += turn.calls
        world.talks.answers += filter(None, [turn.text])
        return JSONResponse(_completion(turn, asked["model"]))

    async def embed(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _error(401, "Incorrect API key provided", "invalid_api_key")
        asked = await request.json()
        if any(REFUSED in text for text in asked["input"]):
            return _error(400, "This text is not taken", "invalid_request_error")
        size = asked.get("dimensions", DIMENSIONS)
        data = [
            {"object": "embedding", "index": number, "embedding": vector_of(text, size)}
            for number, text in enumerate(asked["input"])
        ]
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        return JSONResponse({"object": "list", "data": data, "model": asked["model"], "usage": usage})

    return [
        Route("/v1/chat/completions", complete, methods=["POST"]),
        Route("/v1/embeddings", embed, methods=["POST"]),
    ]


def environment(world: World) -> dict[str, str]:
    """The settings of a product that shall ask this model; not among the sandbox's usual ones."""
    return {"LLM_URL": f"{world.base_url}/v1", "LLM_MODEL": NAME, "LLM_API_KEY": KEY}


def _completion(turn: Turn, model: str) -> dict[str, Any]:
    calls = [
        {
            "id": f"call_{uuid.uuid4().hex}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)},
        }
        for name, arguments in turn.calls
    ]
    message = {"role": "assistant", "content": turn.text or None, "refusal": None}
    choice = {
        "index": 0,
        "message": message | ({"tool_calls": calls} if calls else {}),
        "finish_reason": "tool_calls" if calls else "stop",
    }
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [choice],
    }


def _error(status: int, message: str, code: str) -> Response:
    return JSONResponse(
        {"error": {"message": message, "type": "invalid_request_error", "code": code}}, status
    )
