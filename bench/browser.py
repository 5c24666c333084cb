"""Row: the web app in a real browser: a long answer, a long list, Lighthouse on the chat.

The stack as `make up` starts it with the web app, headless Chromium, and the measures that e2e/speed.spec.ts takes as a
test. Traces of the last round go to docs/traces, without what takes less than a millisecond; chrome://tracing and
ui.perfetto.dev read them. Lighthouse is no dependency of Nexus: npm brings it into .cache.
"""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.measure import ChildFailed
from bench.own_stack import own_stack
from bench.rows import Options, Table, figure
from bench.servers import REPO
from devstack.cli.stack_address import StackAddress
from devstack.sample.conversations import fill

WEB = REPO / "static-web-app"
TRACES = REPO / "docs" / "traces"
LIGHTHOUSE = "lighthouse@12.8.2"
CONVERSATIONS = 5_000
_FRAME_MS = 50
_SCORE = 95
_CACHE = REPO / ".cache" / "bench-lighthouse"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_METRICS = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")
_CATEGORIES = ("performance", "accessibility", "best-practices")


def run(options: Options) -> Sequence[Table]:
    rounds = 1 if options.quick else options.rounds
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise ChildFailed(f"no Chromium is installed ({', '.join(_BROWSERS)})")
    package = _lighthouse()
    with (
        tempfile.TemporaryDirectory(prefix="nexus-bench-browser-") as home,
        own_stack(Path(home), web=True) as stack,
    ):
        asyncio.run(_many_conversations(stack))
        environment = {
            **os.environ,
            "NEXUS_E2E_WEB": stack.content["web"],
            "NEXUS_E2E_API": stack.api.replace("127.0.0.1", "localhost"),
            "NEXUS_E2E_MODELS": stack.content["openai"],
            "NEXUS_E2E_CHROMIUM": browser,
            "NEXUS_E2E_CONVERSATIONS": str(CONVERSATIONS),
            "NEXUS_E2E_MEASURES": str(Path(home) / "measures"),
        }
        for _ in range(rounds):
            _node(environment, "node_modules/vitest/vitest.mjs", "run", "--config", "e2e/vitest.config.ts", "speed")
        lines = (Path(home) / "measures" / "measures.jsonl").read_text("utf-8").splitlines()
        if not options.quick:
            TRACES.mkdir(exist_ok=True)
            for trace in (Path(home) / "measures").glob("*.json.gz"):
                shutil.copyfile(trace, TRACES / trace.name)
        reports = [
            json.loads(_node(environment, "scripts/lighthouse.mjs", str(package), shape))
            for shape in ("desktop", "mobile")
            for _ in range(rounds)
        ]
        first_load = _node(environment, "scripts/first-load.mjs", "chat").strip()
    version = subprocess.run([browser, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return [
        frames([json.loads(line) for line in lines], rounds, first_load, version),
        scores(reports, rounds, version),
    ]


async def _many_conversations(stack: StackAddress) -> None:
    async with await stack.sign_in("bob") as bob:
        await fill(stack.content["postgres"], bob.user["id"], CONVERSATIONS)


def frames(measures: list[dict[str, Any]], rounds: int, first_load: str, version: str) -> Table:
    lines: list[tuple[str, ...]] = []
    for name in dict.fromkeys(measure["name"] for measure in measures):
        of_it = [measure for measure in measures if measure["name"] == name]
        kinds = ("script", "style", "layout", "paint")
        lines.append(
            (
                name.replace("-", " "),
                _worst([measure["framesOver50"] for measure in of_it], "g"),
                _worst([measure["longestFrame"] for measure in of_it]),
                _worst([measure["over50"] for measure in of_it], "g"),
                _worst([measure["longest"] for measure in of_it]),
                _worst([measure["longestCpu"] for measure in of_it]),
                ", ".join(f"{kind} {_median(of_it, 'work', kind):,.0f}" for kind in kinds),
            )
        )
    listed = [measure["listed"] for measure in measures if "listed" in measure]
    return Table(
        f"Frames of the chat, {rounds} runs",
        (
            "what",
            f"frames over {_FRAME_MS} ms",
            "longest frame, ms",
            f"tasks over {_FRAME_MS} ms",
            "longest task, ms",
            "longest task, ms of CPU",
            "main thread in all, ms",
        ),
        tuple(lines),
        (
            f"median [highest]; target: no frame over {_FRAME_MS} ms. A frame is the time from one "
            "requestAnimationFrame to the next, a task one of the renderer's main thread in Chromium's trace",
            "the answer comes at 400 tokens a second, with lists, tables and code; the list is scrolled to its oldest "
            "conversation, page by page as the API gives them, then searched",
            f"first conversations shown {figure(statistics.median(listed))} ms [{figure(max(listed))}] after the page "
            "was asked for, a session being there",
            first_load,
            f"traces of the last run: {TRACES.relative_to(REPO)}",
        ),
        f"{version}, headless, 1440 × 900, no GPU; stack and browser on the same machine",
    )


def scores(reports: list[dict[str, Any]], rounds: int, version: str) -> Table:
    lines: list[tuple[str, ...]] = []
    for shape in ("desktop", "mobile"):
        of_it = [report for report in reports if report["shape"] == shape]
        points = [_score([report["scores"][category] for report in of_it]) for category in _CATEGORIES]
        metrics = [f"{_median(of_it, 'metrics', metric):,.0f}" for metric in _METRICS]
        shift = f"{_median(of_it, 'metrics', 'cumulative-layout-shift'):.3f}"
        lines.append((shape, *points, *metrics, shift))
    return Table(
        f"Lighthouse on the chat, signed in, {rounds} runs",
        ("shape", *_CATEGORIES, *(f"{metric.replace('-', ' ')}, ms" for metric in _METRICS), "layout shift"),
        tuple(lines),
        (
            f"median [lowest]; target ≥ {_SCORE}. Mobile is Lighthouse' slow phone: simulated slow 4G, a CPU a quarter "
            "of this machine's",
        ),
        f"Lighthouse {reports[0]['version']}, {version}",
    )


def _worst(values: list[float], form: str = ".1f") -> str:
    return f"{statistics.median(values):{form}} [{max(values):{form}}]"


def _median(measures: list[dict[str, Any]], part: str, key: str) -> float:
    return statistics.median(measure[part].get(key, 0.0) for measure in measures)


def _score(values: list[int]) -> str:
    return f"{statistics.median(values):g} [{min(values)}]"


def _lighthouse() -> Path:
    """The package's folder; the first time npm fetches it, with all that it needs."""
    package = _CACHE / "node_modules" / "lighthouse"
    if not package.is_dir():
        _CACHE.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(_CACHE), "--no-save", "--no-audit", "--no-fund", LIGHTHOUSE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ChildFailed(f"npm could not fetch {LIGHTHOUSE}:\n{done.stderr[-2000:]}")
    return package


def _node(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        ["node", *arguments], cwd=WEB, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        raise ChildFailed(f"node {arguments[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout
