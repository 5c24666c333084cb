"""R10: the instance dies in the middle of an answer."""

import asyncio

import httpx

from tests.e2e.conftest import Stack

# The sweeper's promise is 90 s; the rest is for a busy machine.
CLOSED_WITHIN_S = 150


async def test_r10_an_answer_whose_instance_died_is_closed_with_its_prefix_and_can_be_given_anew(stack: Stack) -> None:
    said = "Word after word" + " after word" * 400
    script = {"text": said, "tokens_per_second": 10, "times": 1}
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http, await stack.address.sign_in("dave") as dave:
        (await http.post(f"{stack.address.content['openai']}/_control/script", json=script)).raise_for_status()
        conversation = (await dave.post("/conversations", {"mode": "assistant"}))["id"]
        url = f"{stack.address.api}/api/conversations/{conversation}/messages"
        headers = {"Authorization": f"Bearer {dave.access_token}"}

        async def answer() -> dict[str, object]:
            reply = await http.get(url.removesuffix("/messages"), headers=headers)
            return reply.json()["messages"][-1]

        async with http.stream("POST", url, json={"content": "Go on"}, headers=headers) as reply:
            assert reply.status_code == 200
            async with asyncio.timeout(60):
                while not (await answer())["content"]:
                    await asyncio.sleep(0.2)
            stack.kill_api()
        stack.up()
        async with asyncio.timeout(CLOSED_WITHIN_S):
            while (swept := await answer())["status"] == "streaming":
                await asyncio.sleep(0.5)
        assert swept["status"] == "interrupted"
        assert swept["content"]
        assert said.startswith(str(swept["content"]))
        assert (swept["provider"], swept["usage_estimated"]) == ("openai", True)
        assert int(str(swept["output_tokens"])) > 0, "what was shown was paid for"

        again = await http.post(url, json={"regenerate": swept["id"]}, headers=headers)
        assert again.status_code == 200
        assert '"status":"complete"' in again.text.splitlines()[-2]
        assert (await answer())["status"] == "complete"
