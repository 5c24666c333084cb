"""The row `browser`: what it makes of the measures that the browser hands over."""

from typing import Any

from bench.browser import frames, scores
from bench.rows import render


def measure(name: str, longest: float, **more: float) -> dict[str, Any]:
    times = {"framesOver50": 0, "longestFrame": 17.0, "over50": 0, "longest": longest, "longestCpu": longest / 2}
    return {"name": name, **times, "work": {"script": 3000.0, "paint": 2000.0}, **more}


def report(shape: str, performance: int) -> dict[str, Any]:
    return {
        "shape": shape,
        "version": "12.8.2",
        "scores": {"performance": performance, "accessibility": 100, "best-practices": 100},
        "metrics": {
            "first-contentful-paint": 900.0,
            "largest-contentful-paint": 2000.0,
            "total-blocking-time": 120.0,
            "cumulative-layout-shift": 0.0161,
        },
    }


def test_frames_are_told_by_their_median_and_their_worst() -> None:
    measures = [measure("an-answer", 20), measure("a-list", 8, listed=250.0), measure("an-answer", 30)]
    text = render(frames(measures, 2, "chat: 174.2 kB", "Chromium"))
    assert "| an answer | 0 [0] | 17.0 [17.0] | 0 [0] | 25.0 [30.0] | 12.5 [15.0] |" in text
    assert "script 3,000, style 0, layout 0, paint 2,000" in text
    assert "first conversations shown 250 ms [250]" in text


def test_scores_are_told_by_their_median_and_their_worst() -> None:
    reports = [report("desktop", 99), report("desktop", 97), report("mobile", 95)]
    text = render(scores(reports, 2, "Chromium"))
    assert "| desktop | 98 [97] | 100 [100] | 100 [100] | 900 | 2,000 | 120 | 0.016 |" in text
    assert "| mobile | 95 [95] |" in text
