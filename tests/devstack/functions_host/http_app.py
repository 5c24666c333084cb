"""The function app that the HTTP and timer tests run. Written to a folder by their fixtures."""

HTTP_APP = '''
import asyncio
import hashlib
import logging
import os

import azure.functions as func
from azurefunctions.extensions.http.fastapi import JSONResponse, PlainTextResponse, Request, Response, StreamingResponse
from fastapi import HTTPException

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def note(line):
    with open(os.environ["NOTES"], "a") as file:
        file.write(line + "\\n")


@app.route(route="hello/{name}", methods=["GET"])
async def hello(req: Request) -> JSONResponse:
    logging.getLogger("app").info("hello from the app's own logger")
    return JSONResponse({"name": req.path_params["name"], "query": dict(req.query_params), "path": req.url.path})


@app.route(route="hello/world", methods=["GET", "HEAD"])
async def hello_world(req: Request) -> PlainTextResponse:
    return PlainTextResponse("the literal one")


@app.route(route="number/{number:int}/{more?}", methods=["GET"])
async def number(req: Request) -> JSONResponse:
    return JSONResponse(req.path_params)


@app.route(route="item", methods=["GET"])
async def read_item(req: Request) -> str:
    return "read"


@app.route(route="item", methods=["PUT"])
def write_item(req: Request) -> dict:
    return {"written": "in a thread"}


@app.route(route="echo", methods=["POST"])
async def echo(req: Request, context: func.Context) -> Response:
    headers = {"x-invocation": context.invocation_id, "x-traceparent": context.trace_context.trace_parent}
    headers["x-seen-invocation"] = req.headers["x-ms-invocation-id"]
    return Response(await req.body(), 201, headers, "application/x-echo")


@app.route(route="digest", methods=["POST"])
async def digest(req: Request) -> JSONResponse:
    """Reads the body piece by piece and says after which piece it knew that there was one."""
    pieces, size, sha = 0, 0, hashlib.sha256()
    async for piece in req.stream():
        if piece and not pieces:
            note("first piece")
        pieces += bool(piece)
        size += len(piece)
        sha.update(piece)
    return JSONResponse({"pieces": pieces, "size": size, "sha256": sha.hexdigest()})


@app.route(route="stream", methods=["GET"])
async def stream(req: Request) -> StreamingResponse:
    key = req.query_params["key"]

    async def numbers():
        try:
            for n in range(1_000_000):
                yield f"data: {n}\\n\\n"
                while n and not os.path.exists(os.environ["GATE"] + key):
                    await asyncio.sleep(0.02)
                if n == 2:
                    break
        finally:
            note(f"stream {key} closed")

    return StreamingResponse(numbers(), media_type="text/event-stream")


@app.route(route="breaks", methods=["GET"])
async def breaks(req: Request) -> StreamingResponse:
    async def pieces():
        yield "one"
        raise RuntimeError("in the middle of a stream")

    return StreamingResponse(pieces())


@app.route(route="slow", methods=["GET"])
async def slow(req: Request) -> PlainTextResponse:
    note("slow begins")
    while not os.path.exists(os.environ["GATE"] + "slow"):
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    note("slow ends")
    return PlainTextResponse("done")


@app.route(route="raises", methods=["GET"])
async def raises(req: Request) -> Response:
    raise RuntimeError("a defect of the app")


@app.route(route="teapot", methods=["GET"])
async def teapot(req: Request) -> Response:
    raise HTTPException(418, "short and stout", {"x-pot": "tea"})


@app.route(route="nothing", methods=["GET"])
async def nothing(req: Request) -> Response:
    return None


@app.route(route="locked", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def locked(req: Request) -> str:
    return "open"


@app.route(route="everything/{*rest}")
async def everything(req: Request) -> JSONResponse:
    return JSONResponse({"method": req.method, "rest": req.path_params.get("rest")})


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
async def yearly(timer: func.TimerRequest) -> None:
    note(f"yearly {timer.past_due}")
'''
