"""What an administrator is told: permissions of the token, and libraries that answer nothing."""

import pytest

from shared.domain.library_checks import Application, can_be_read, no_grant, permission_checks
from shared.domain.library_notice import notice_of


def test_sites_selected_alone_is_what_nexus_wants() -> None:
    checks = permission_checks(Application("app", frozenset({"Sites.Selected", "GroupMember.Read.All"})))
    assert [(check.check, check.ok) for check in checks] == [("permission", True), ("least_privilege", True)]


@pytest.mark.parametrize("broader", ["Files.Read.All", "Sites.Read.All", "Sites.FullControl.All"])
def test_more_than_that_is_a_warning_that_names_it_and_hinders_nothing(broader: str) -> None:
    checks = permission_checks(Application("app", frozenset({"Sites.Selected", broader})))
    (warning,) = [check for check in checks if not check.ok]
    assert warning.check == "least_privilege"
    assert broader in warning.detail
    assert can_be_read(checks)


def test_no_permission_at_all_says_who_must_do_what() -> None:
    checks = permission_checks(Application("app", frozenset({"GroupMember.Read.All"})))
    (missing,) = checks
    assert (missing.check, missing.ok) == ("permission", False)
    assert "Entra administrator must add the application permission Sites.Selected" in missing.detail
    assert not can_be_read(checks)


def test_a_token_that_does_not_tell_is_not_judged() -> None:
    assert permission_checks(Application(None, None)) == []


def test_a_missing_grant_names_the_site_the_application_and_the_command() -> None:
    sentence = no_grant("https://contoso.sharepoint.com/sites/hr", Application("1234", None))
    assert "-AppId 1234 -DisplayName Nexus -Site https://contoso.sharepoint.com/sites/hr -Permissions Read" in sentence


@pytest.mark.parametrize(
    ("not_indexed", "sentence"),
    [
        ({}, "The library is empty."),
        ({"unsupported_type": 1}, "The library holds 1 file, not of a type that Nexus reads."),
        (
            {"unsupported_type": 10, "package": 1, "shortcut": 1},
            "The library holds 12 files, none of them of a type that Nexus reads.",
        ),
        ({"needs_ocr": 1}, "The library holds 1 file, not indexed: 1 needs_ocr."),
        (
            {"encrypted": 1, "needs_ocr": 1200, "corrupt": 1},
            "The library holds 1,202 files, none of them indexed: 1,200 needs_ocr, 1 corrupt, 1 encrypted.",
        ),
    ],
)
def test_a_library_that_answers_nothing_says_why(not_indexed: dict[str, int], sentence: str) -> None:
    assert notice_of(not_indexed) == sentence
