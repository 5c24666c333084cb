"""The web app on a stack: built once for what it is made of, copied, and told where the API is."""

import json
import os
import shutil
from pathlib import Path

import pytest

from devstack.stack.addresses import Addresses
from devstack.stack.configuration import Configuration, SettingsWrong
from devstack.stack.credentials import credentials
from devstack.stack.failures import StackError
from devstack.stack.web_export import SOURCES, deploy, web_is_wanted

NPM = """#!/bin/sh
test ! -e broken || { echo 'page.tsx: it is broken'; exit 3; }
echo built >> builds
rm -rf out && mkdir -p out/_next
cp src/page.tsx out/chat.html
echo 1 > "out/_next/$(wc -l < builds | tr -d ' ').js"
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An app whose build takes no time; what configures it is the real thing."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    folder = tmp_path / "static-web-app"
    (folder / "src").mkdir(parents=True)
    (folder / "node_modules").mkdir()
    (folder / "scripts").mkdir()
    (folder / "src" / "page.tsx").write_text("one")
    shutil.copy(SOURCES / "scripts" / "configure.mjs", folder / "scripts")
    shutil.copy(SOURCES / "staticwebapp.config.json", folder)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "npm").write_text(NPM)
    (tools / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=os.pathsep)
    # what counts the builds is no source
    monkeypatch.setattr("devstack.stack.web_export._MADE", frozenset({"node_modules", "out", "builds", ".build.lock"}))
    return folder


@pytest.fixture
def addresses(tmp_path: Path) -> Addresses:
    home = tmp_path / "home"
    home.mkdir()
    configuration, _ = Configuration.read({"NEXUS_HOME": str(home), "NEXUS_PORT_OFFSET": "100"})
    return Addresses(configuration, credentials(home))


def test_it_is_built_when_its_sources_change_and_only_then(sources: Path, addresses: Addresses) -> None:
    site = addresses.configuration.home / "web" / "site"
    assert deploy(addresses, sources) is True
    assert deploy(addresses, sources) is False
    assert (site / "chat.html").read_text() == "one"
    (sources / "src" / "page.tsx").write_text("two")
    (sources / "src" / "page.test.ts").write_text("a test is no source")
    assert deploy(addresses, sources) is True
    assert (site / "chat.html").read_text() == "two"
    assert [file.name for file in (site / "_next").iterdir()] == ["2.js"], "what the older export had is gone"
    assert not (site / ".built").exists()


def test_the_site_knows_its_api_and_lets_pages_ask_nobody_else(sources: Path, addresses: Addresses) -> None:
    deploy(addresses, sources)
    site = addresses.configuration.home / "web" / "site"
    assert json.loads((site / "config.json").read_text()) == {"api": "http://localhost:7171/api"}
    headers = json.loads((site / "staticwebapp.config.json").read_text())["globalHeaders"]
    assert "connect-src 'self' http://localhost:7171;" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers, "it would hold for every other port of localhost, too"


def test_a_build_that_fails_says_why_and_how_to_go_on_without_it(sources: Path, addresses: Addresses) -> None:
    (sources / "broken").touch()
    with pytest.raises(StackError, match=r"(?s)exit code 3.*page.tsx: it is broken.*NEXUS_WEB=off"):
        deploy(addresses, sources)


def test_packages_that_are_not_installed_are_named(sources: Path, addresses: Addresses) -> None:
    (sources / "node_modules").rmdir()
    with pytest.raises(StackError, match="make bootstrap"):
        deploy(addresses, sources)


def test_it_can_be_left_out() -> None:
    assert web_is_wanted({}) is True
    assert web_is_wanted({"NEXUS_WEB": "off"}) is False
    with pytest.raises(SettingsWrong, match="NEXUS_WEB"):
        web_is_wanted({"NEXUS_WEB": "no"})
