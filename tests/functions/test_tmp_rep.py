import pytest, time
@pytest.mark.parametrize("n", range(60))
async def test_rep(nexus, alice, n):
    nexus.fault(nexus.models, "/chat/completions$", {"reset": True})
    t=time.monotonic()
    c = await alice.conversation()
    ev = await alice.ask(c, "Count")
    p = ev[-2].data
    assert p["code"] == "model_unavailable", (p, time.monotonic()-t, [ (r["time"], r["status"], r["fault"]) for r in nexus.model_requests()])
