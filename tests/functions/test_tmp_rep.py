import asyncio, pytest, time
async def test_rep(nexus, alice):
    async def hung(i):
        await asyncio.sleep(i*0.3)
        c = await alice.conversation()
        return await alice.ask(c, "hang please")
    nexus.script(text="One two three four five", hang_after_tokens=3)
    tasks=[asyncio.create_task(hung(i)) for i in range(40)]
    await asyncio.sleep(13)
    nexus.fault(nexus.models, "/chat/completions$", {"reset": True})
    t0=time.monotonic(); codes={}
    while time.monotonic()-t0 < 33:
        t=time.monotonic()
        c = await alice.conversation()
        ev = await alice.ask(c, "Count")
        p = ev[-2].data
        codes[p["code"]] = codes.get(p["code"],0)+1
        if p["code"]!="model_unavailable": print("ODD", p, time.monotonic()-t)
    print("CODES", codes)
    for t in tasks:
        ev = await t
        codes["h"+ev[-2].data["code"]] = codes.get("h"+ev[-2].data["code"],0)+1
    print(codes)
    assert 0
