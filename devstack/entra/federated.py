"""A federated credential: another issuer's token proves who the application is, as a managed identity's does in Azure.

The codes are those of https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations.
"""

from dataclasses import dataclass

import jwt

from devstack.entra.errors import EntraError

# What such a token must be made for (public cloud): by name, or by the id behind it, which version 2 tokens carry.
AUDIENCES = ("api://AzureADTokenExchange", "fb60f99c-7a34-4190-8149-302f77469936")


@dataclass(frozen=True, slots=True)
class FederatedCredential:
    """`subject` is the object id of the managed identity, `public_key_pem` what `issuer` signs with."""

    issuer: str
    subject: str
    public_key_pem: str

    def check(self, assertion: str) -> None:
        """Raises EntraError."""
        try:
            claims = jwt.decode(
                assertion,
                self.public_key_pem,
                algorithms=["RS256"],
                audience=list(AUDIENCES),
                options={"require": ["exp", "iss", "sub", "aud"], "verify_iss": False},
            )
        except jwt.InvalidAudienceError as error:
            raise _no_match(700212, "audience") from error
        except jwt.PyJWTError as error:
            raise EntraError(
                "invalid_client", 700027, f"Client assertion failed signature validation: {error}.", status=401
            ) from error
        if claims["iss"] != self.issuer:
            raise _no_match(700211, "issuer")
        if claims["sub"] != self.subject:
            raise _no_match(700213, "subject")


def _no_match(number: int, what: str) -> EntraError:
    sentence = f"No matching federated identity record found for presented assertion {what}."
    return EntraError("invalid_client", number, sentence, status=401)
