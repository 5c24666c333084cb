"""Whether Nexus can read a SharePoint library, check by check, and what an administrator must do where it cannot."""

from dataclasses import dataclass
from typing import Literal

# Anyone of these reads more than the sites that were granted, and voids the restriction that Sites.Selected is.
_READ_EVERYTHING = frozenset(
    "Files.Read.All Files.ReadWrite.All Sites.Read.All Sites.ReadWrite.All Sites.Manage.All "
    "Sites.FullControl.All".split()
)
_SELECTED = "Sites.Selected"

type CheckName = Literal["address", "token", "permission", "site", "library", "changes", "least_privilege"]


@dataclass(frozen=True, slots=True)
class Application:
    """Nexus' registration in Entra ID as its token shows it: `roles` are the application permissions with consent.
    None for what the token does not tell."""

    client_id: str | None
    roles: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Check:
    """`detail` is a sentence for the administrator: what was found, or what must be done."""

    check: CheckName
    ok: bool
    detail: str


def can_be_read(checks: list[Check]) -> bool:
    """Too many permissions are worth a warning, and keep nothing from being read."""
    return all(check.ok or check.check == "least_privilege" for check in checks)


def no_grant(site_url: str, application: Application) -> str:
    """What the administrator of a site must do that Nexus may not read (learn.microsoft.com: Sites.Selected)."""
    client_id = application.client_id or "<client id of Nexus>"
    return (
        f"Nexus may not read the SharePoint site {site_url}. A SharePoint administrator must grant its application"
        f" (permission Sites.Selected) the role read on this site: Grant-PnPAzureADAppSitePermission -AppId {client_id}"
        f" -DisplayName Nexus -Site {site_url} -Permissions Read"
    )


def permission_checks(application: Application) -> list[Check]:
    """Of the token's roles, where it shows them: whether SharePoint can be read at all, and whether more can be."""
    if application.roles is None:
        return []
    broader = sorted(application.roles & _READ_EVERYTHING)
    if not broader and _SELECTED not in application.roles:
        sentence = (
            "Nexus' application has no permission on SharePoint. An Entra administrator must add the application"
            " permission Sites.Selected of Microsoft Graph to it and grant admin consent."
        )
        return [Check("permission", False, sentence)]
    held = ", ".join([*([_SELECTED] if _SELECTED in application.roles else []), *broader])
    checks = [Check("permission", True, f"Nexus' application has the permission {held}.")]
    if broader:
        sentence = (
            f"The permission {', '.join(broader)} lets Nexus' application read every site of the organisation, whatever"
            " sites were granted to it. An Entra administrator should remove it: Sites.Selected is enough."
        )
        checks.append(Check("least_privilege", False, sentence))
    else:
        checks.append(Check("least_privilege", True, "Nexus' application reads no site but those granted to it."))
    return checks
