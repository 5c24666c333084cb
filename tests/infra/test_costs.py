"""The cost table of docs/deploy.md, worked out again from the figures that stand beside it."""

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.infra.checker.files import Kind, load
from tests.infra.checker.values import Values
from tests.infra.templates import BICEP, ROOT, main_with

TEXT = (ROOT / "docs/deploy.md").read_text("utf-8")
COSTS = TEXT[TEXT.index("## What it costs") : TEXT.index("## What only Azure can tell")]
PEOPLE = (100, 1_000, 10_000)

type Line = tuple[Decimal, ...]


def numbers(text: str) -> Line:
    return tuple(Decimal(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?(?!\w)", text))


def rows() -> dict[str, list[str]]:
    """First cell → the others, of every table of the section."""
    lines = [line.strip("|").split("|") for line in COSTS.splitlines() if line.startswith("| ")]
    return {cells[0].strip(" *"): [cell.strip() for cell in cells[1:]] for cells in lines}


def shown(row: str) -> Line:
    """What the table says for 100, 1,000 and 10,000 people."""
    return tuple(numbers(cell)[0] for cell in rows()[row][1:])


def price(row: str) -> Line:
    # a comma between two prices has a space behind it, one within a number has none
    return tuple(Decimal(part.replace(",", "")) for part in re.split(r"[,;] ", rows()[row][0]))


def said(pattern: str) -> Line:
    found = re.search(pattern, re.sub(r"\s+", " ", COSTS))
    assert found is not None, pattern
    return tuple(Decimal(group.replace(",", "")) for group in found.groups())


def whole(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1), ROUND_HALF_UP)


def worked_out() -> dict[str, list[Decimal]]:
    questions, days, share = said(r"asks \*(\d+)\* questions on \*(\d+)\* days; \*(\d+) %\* of all people do")
    tokens_in, tokens_out = said(r"takes \*([\d,]+)\* tokens in .*? and \*([\d,]+)\* out")
    seconds, at_once, memory = said(r"\*(\d+) s\*, which \*(\d+)\* share on an instance of (\d+) GB")
    (requests,) = said(r"\*(\d+)\* requests come with it")
    (month,) = said(r"A month has ([\d,]+) s")
    into, out = price("gpt-4.1, a million tokens in, out")
    ready, demand = price("Flex Consumption, a GB-second always ready, on demand")
    (request,) = price("its requests, a million")
    b0, b1 = price("Managed Redis, Balanced B0, B1 without a replica")
    (log,), (alerts,) = price("logs, a GB"), price("alert rules, all of them")
    gateway, endpoint = price("NAT gateway; a private endpoint")
    (site,) = price("Static Web Apps, Standard")
    database, node = price("PostgreSQL, burstable, and Qdrant of one node: 71 together")
    million = Decimal(10**6)
    answers = [people * share / 100 * questions * days for people in PEOPLE]
    each = seconds / at_once * memory * demand + requests * request / million
    gigabytes = numbers(rows()["logs"][0])[:3]
    storage = numbers(rows()["static web app, alert rules, vault and storage"][0])[-3:]
    return {
        "answers": answers,
        "chat model": [count * (tokens_in * into + tokens_out * out) / million for count in answers],
        "documents (PostgreSQL, Qdrant, embedding)": [database + node, *of_documents()],
        "always-ready instances": [
            count * memory * month * ready for count in numbers(rows()["always-ready instances"][0])[:3]
        ],
        "instances on demand": [count * each for count in answers],
        "Redis": [b0, 2 * b0, 2 * b1],
        "logs": [amount * log for amount in gigabytes],
        "network": [gateway + private_endpoints() * endpoint] * 3,
        "static web app, alert rules, vault and storage": [site + alerts + more for more in storage],
    }


def of_documents() -> tuple[Decimal, Decimal]:
    """scale.md's monthly total for 100,000 and for a million documents."""
    text = (ROOT / "docs/scale.md").read_text("utf-8").partition("## What it costs")[2]
    together = re.search(r"\| \*\*together\*\* \| \*\*([\d,]+)\*\* \| \*\*([\d,]+)\*\*", text)
    assert together is not None
    return Decimal(together[1].replace(",", "")), Decimal(together[2].replace(",", ""))


def private_endpoints() -> int:
    template = load(BICEP / "modules/private-endpoints.bicep")
    known = {name: f"<{name}>" for name in template.of(Kind.PARAMETER)}
    return len(Values(template, known).variable("endpoints"))


@pytest.mark.parametrize("row", worked_out())
def test_a_line_of_the_cost_table_is_what_its_figures_come_to(row: str) -> None:
    assert [whole(value) for value in worked_out()[row]] == list(shown(row))


def test_the_last_lines_are_the_sums_of_the_others() -> None:
    lines = [shown(row) for row in worked_out() if row != "answers"]
    totals = [sum(column, Decimal()) for column in zip(*lines, strict=True)]
    assert totals == list(shown("together"))
    a_person = [
        (total / people).quantize(Decimal("0.01"), ROUND_HALF_UP) for total, people in zip(totals, PEOPLE, strict=True)
    ]
    assert a_person == list(shown("a person"))
    assert (totals[2] - shown("chat model")[2] * 4 / 5).quantize(Decimal(1)) == said(r"last total ([\d,]+)")[0]
    network, node, left = said(r"networking \((\d+)\) and with `ephemeral` Qdrant \(\*(\d+)\* of the 71\) are (\d+)")
    assert totals[0] - network - node == left


def test_the_deployment_has_what_the_table_counts() -> None:
    scaling = main_with("prod").known["scaling"]
    _, at_once, memory = said(r"\*(\d+) s\*, which \*(\d+)\* share on an instance of (\d+) GB")
    assert scaling["httpConcurrency"] >= at_once
    assert scaling["memoryMb"] == memory * 1024
    assert scaling["alwaysReadyHttp"] == numbers(rows()["always-ready instances"][0])[1]
    assert "gpt-4.1" in {each["model"] for each in main_with("prod").known["modelDeployments"]}


def test_every_price_says_that_it_is_assumed_when_and_where_to_look_it_up() -> None:
    prices = COSTS[COSTS.index("### Prices") :]
    assert re.search(r"All assumed on \d{4}-\d{2}-\d{2}", prices)
    lines = [line.strip("|").split("|") for line in prices.splitlines() if line.startswith("| ")][1:]
    assert len(lines) >= 9
    for name, _, where in lines:
        assert re.search(r"`[a-z]", where), name
