"""The stand-in through OpenAI's own client library: what it accepts, the product's adapters may rely on."""

import base64
import json

import httpx
import numpy as np
import openai
import pytest

from devstack.serving import ServerThread

PROMPT = """<<<DOCUMENTS 7f3a>>>
[1] handbook.pdf | page 3 | Leave
Every employee gets 30 days of paid
vacation per year. Unused days expire in March.

[2] canteen.docx
The canteen opens at noon.
<<<END 7f3a>>>

Question: How many vacation days do I get?"""
ANSWER = "Every employee gets 30 days of paid vacation per year. [1]\n\n(offline model)"


@pytest.fixture
def client(server: ServerThread, model: httpx.Client) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0)


@pytest.fixture
def azure(server: ServerThread, model: httpx.Client) -> openai.AzureOpenAI:
    return openai.AzureOpenAI(azure_endpoint=server.url, api_key="k", api_version="2024-10-21", max_retries=0)


def ask(text: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": "Answer from the passages."}, {"role": "user", "content": text}]


def test_an_answer_whole_and_streamed_is_the_same(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="gpt-4o", messages=ask(PROMPT))
    assert whole.choices[0].message.content == ANSWER
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage is not None
    chunks = list(
        client.chat.completions.create(
            model="gpt-4o", messages=ask(PROMPT), stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == ANSWER
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert (chunks[-1].choices, chunks[-1].usage) == ([], whole.usage)
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert whole.usage.completion_tokens == len([c for c in chunks[:-1] if c.choices[0].delta.content])


async def test_the_asynchronous_client_streams_too(server: ServerThread, model: httpx.Client) -> None:
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0) as client:
        stream = await client.chat.completions.create(model="gpt-4o", messages=ask(PROMPT), stream=True)
        assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == ANSWER
        embedded = await client.embeddings.create(model="text-embedding-3-large", input="one")
        assert len(embedded.data[0].embedding) == 3072


def test_azure_begins_with_the_prompts_filter_results_and_no_choice(azure: openai.AzureOpenAI) -> None:
    chunks = list(azure.chat.completions.create(model="our-gpt", messages=ask(PROMPT), stream=True))
    first = chunks[0].model_dump()
    assert (first["choices"], first["id"], first["object"]) == ([], "", "")
    assert first["prompt_filter_results"][0]["content_filter_results"]["violence"] == {
        "filtered": False,
        "severity": "safe",
    }
    text = [chunk.choices[0] for chunk in chunks[1:]]
    assert "".join(choice.delta.content or "" for choice in text) == ANSWER
    assert all("content_filter_results" in choice.model_dump() for choice in text)
    whole = azure.chat.completions.create(model="our-gpt", messages=ask(PROMPT)).model_dump()
    assert whole["model"] == "our-gpt"
    assert "prompt_filter_results" in whole


def test_azures_v1_paths_answer_the_plain_client(server: ServerThread, model: httpx.Client) -> None:
    client = openai.OpenAI(base_url=f"{server.url}/openai/v1", api_key="k", max_retries=0)
    whole = client.chat.completions.create(model="our-gpt", messages=ask(PROMPT))
    assert whole.choices[0].message.content == ANSWER
    assert client.responses.create(model="our-gpt", input=PROMPT).output_text == ANSWER
    assert len(client.embeddings.create(model="our-embedding", input="x").data) == 1


def test_azures_deployment_paths_serve_embeddings_and_responses(azure: openai.AzureOpenAI) -> None:
    assert len(azure.embeddings.create(model="our-embedding", input=["x", "y"]).data) == 2
    assert azure.responses.create(model="our-gpt", input=PROMPT).output_text == ANSWER


def test_responses_stream_their_events_in_order(client: openai.OpenAI) -> None:
    events = list(client.responses.create(model="gpt-4o", instructions="Be brief.", input=PROMPT, stream=True))
    kinds = [event.type for event in events]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert kinds[4 : 4 + len(deltas)] == ["response.output_text.delta"] * len(deltas)
    assert kinds[4 + len(deltas) :] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(deltas) == ANSWER
    final = events[-1].response
    assert final.output_text == ANSWER
    assert final.usage is not None
    assert final.usage.output_tokens == len(deltas)
    whole = client.responses.create(model="gpt-4o", instructions="Be brief.", input=PROMPT)
    assert (whole.output_text, whole.status) == (ANSWER, "completed")


def test_a_response_that_is_too_long_is_incomplete(client: openai.OpenAI, model: httpx.Client) -> None:
    model.post("/_control/script", json={"text": "word " * 50})
    whole = client.responses.create(model="gpt-4o", input="x", max_output_tokens=16)
    assert whole.status == "incomplete"
    assert whole.incomplete_details is not None
    assert whole.incomplete_details.reason == "max_output_tokens"


def test_the_token_limit_and_stop_words_end_an_answer(client: openai.OpenAI, model: httpx.Client) -> None:
    model.post("/_control/script", json={"text": "one two three END four"})
    limited = client.chat.completions.create(model="gpt-4o", messages=ask("x"), max_completion_tokens=2)
    assert (limited.choices[0].message.content, limited.choices[0].finish_reason) == ("one two", "length")
    stopped = client.chat.completions.create(model="gpt-4o", messages=ask("x"), stop="END")
    assert stopped.choices[0].message.content == "one two three "


def test_vectors_as_floats_and_as_base64_are_the_same(client: openai.OpenAI, model: httpx.Client) -> None:
    texts = ["a red house", "a blue house", "thirty days"]
    by_default = client.embeddings.create(model="text-embedding-3-large", input=texts)
    floats = client.embeddings.create(model="text-embedding-3-large", input=texts, encoding_format="float")
    asked = [json.loads(r["body"])["encoding_format"] for r in model.get("/_control/requests").json()["requests"]]
    assert asked == ["base64", "float"]
    one = np.array([item.embedding for item in by_default.data], dtype=np.float32)
    other = np.array([item.embedding for item in floats.data], dtype=np.float32)
    np.testing.assert_allclose(one, other, atol=1e-7)
    np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, atol=1e-5)
    assert one[0] @ one[1] > one[0] @ one[2] + 0.2
    assert [item.index for item in by_default.data] == [0, 1, 2]
    assert floats.usage.total_tokens == floats.usage.prompt_tokens > 6


def test_dimensions_shorten_a_vector_and_keep_its_length(client: openai.OpenAI) -> None:
    text = "a red house on a green hill"
    full = client.embeddings.create(model="text-embedding-3-large", input=text)
    short = client.embeddings.create(model="text-embedding-3-large", input=text, dimensions=256)
    cut = np.array(full.data[0].embedding[:256])
    np.testing.assert_allclose(short.data[0].embedding, cut / np.linalg.norm(cut), atol=1e-6)
    assert full.data[0].embedding[512:] == [0.0] * (3072 - 512)


def test_models_are_listed_and_found(client: openai.OpenAI) -> None:
    assert "gpt-4o" in [model.id for model in client.models.list()]
    assert client.models.retrieve("gpt-4o").id == "gpt-4o"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-0")


def test_base64_is_little_endian_float32(model: httpx.Client) -> None:
    body = {"model": "text-embedding-3-large", "input": "x", "encoding_format": "base64", "dimensions": 600}
    item = model.post("/v1/embeddings", json=body).json()["data"][0]
    assert len(base64.b64decode(item["embedding"])) == 600 * 4
