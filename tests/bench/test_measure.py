import os
import sys
import time

import pytest

from bench.measure import ChildFailed, Rounds, Sample, Spread, child, here, interleave, of_process
from bench.relay import _body
from bench.rows import Comparison, Outcome, render
from bench.servers import running
from bench.upstream import lines, token
from devstack.stack.command import ServerFailed


def test_every_variant_runs_once_a_round_in_an_order_that_the_seed_decides():
    def calls(seed: int) -> list[str]:
        said: list[str] = []

        def variant(name: str):
            return lambda: said.append(name) or Sample(1.0, 1.0)

        rounds = interleave({name: variant(name) for name in "abc"}, rounds=10, seed=seed, warm_up=2)
        assert {name: len(samples) for name, samples in rounds.samples.items()} == {"a": 10, "b": 10, "c": 10}
        return said

    order = calls(seed=3)
    assert len(order) == 36
    in_rounds = [tuple(order[start : start + 3]) for start in range(0, 36, 3)]
    assert all(set(one) == set("abc") for one in in_rounds)
    assert len(set(in_rounds)) > 1
    assert order == calls(seed=3)
    assert order != calls(seed=4)


def test_warm_up_rounds_are_not_counted():
    costs = iter([100.0, 1.0, 2.0, 3.0])
    rounds = interleave({"only": lambda: Sample(next(costs), 0.0)}, rounds=3, seed=1)
    assert rounds.cpu("only") == Spread(2.0, 1.0, 3.0)


def test_ratios_are_taken_within_a_round_so_that_a_slow_moment_hits_both():
    rounds = Rounds(
        {
            "ours": (Sample(1.0, 2.0), Sample(10.0, 20.0), Sample(2.0, 4.0)),
            "theirs": (Sample(4.0, 4.0), Sample(40.0, 40.0), Sample(4.0, 4.0)),
        }
    )
    assert rounds.cpu_ratio("ours", "theirs") == Spread(0.25, 0.25, 0.5)
    assert rounds.wall_ratio("ours", "theirs") == Spread(0.5, 0.5, 1.0)
    assert Sample(6.0, 12.0).per(3) == Sample(2.0, 4.0)


def test_cpu_of_this_process_counts_work_and_not_waiting():
    def work() -> None:
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass

    assert here(work)().cpu_s >= 0.2
    waited = here(lambda: time.sleep(0.2))()
    assert waited.wall_s >= 0.2
    assert waited.cpu_s < 0.1


def test_cpu_of_a_child_is_its_own():
    busy = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    assert child([sys.executable, "-S", "-c", busy])().cpu_s >= 0.3
    with pytest.raises(ChildFailed, match="boom"):
        child([sys.executable, "-S", "-c", "raise SystemExit('boom')"])()


def test_cpu_of_a_running_process_is_that_of_the_work_in_between():
    end = time.process_time() + 0.5

    def work() -> None:
        while time.process_time() < end:
            pass

    sample = of_process(os.getpid(), work)()
    assert sample.cpu_s > 0.2


def test_a_server_that_does_not_start_says_why():
    with pytest.raises(ServerFailed, match="No module named"), running("bench.nothing_of_that_name"):
        pass


def test_the_scripted_upstream_speaks_openais_stream_as_the_sdk_expects_it():
    openai = pytest.importorskip("openai")
    with running("bench.upstream") as upstream:
        client = openai.OpenAI(base_url=f"{upstream.url}/v1/40/0", api_key="x", max_retries=0)
        with client, client.chat.completions.create(model="m", messages=[], stream=True) as stream:
            chunks = list(stream)
    said = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(said) == "".join(token(number) for number in range(40))
    assert chunks[-1].usage.completion_tokens == 40
    assert len(lines(40)) == 40 + 4


def test_chunk_frames_are_removed_even_where_they_cut_an_event():
    reply = b'HTTP/1.1 200 OK\r\n\r\n5\r\n{"tok\r\n9\r\nen":"a"}\n\r\n0\r\n\r\n'
    assert _body(reply) == b'{"token":"a"}\n'


def test_a_row_is_rendered_with_medians_ranges_and_targets():
    rounds = Rounds({"ours": (Sample(1e-6, 2e-6),), "theirs": (Sample(4e-6, 4e-6),)})
    comparison = Comparison("ours", "theirs", rounds.cpu_ratio("ours", "theirs"), "CPU", 0.3)
    text = render(Outcome("Title", rounds, "µs", 1e6, (comparison,), ("a remark",), "python 3"))
    assert "| ours | 1.00 [1.00–1.00] | 2.00 [2.00–2.00] |" in text
    assert "- ours / theirs, CPU: **0.25 [0.25–0.25]** (target ≤ 0.3)" in text
    assert "- a remark" in text
