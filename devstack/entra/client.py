"""The one registered application: its redirect URIs and how it proves who it is."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from devstack.entra.errors import EntraError, unknown_client, unregistered_redirect
from devstack.entra.federated import FederatedCredential

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")


@dataclass(frozen=True, slots=True)
class Client:
    """`certificate_pem` is the public certificate for client assertions, `federated` whose tokens serve as such in its
    place. Without any redirect URI registered every loopback address is good, since the ports of a local stack move."""

    client_id: str
    tenant: str
    secret: str | None = None
    certificate_pem: str | None = None
    redirect_uris: tuple[str, ...] = ()
    federated: FederatedCredential | None = None

    def check_id(self, client_id: str | None) -> None:
        if client_id != self.client_id:
            raise unknown_client(client_id or "", self.tenant)

    def accepts_redirect(self, uri: str) -> bool:
        if self.redirect_uris:
            return uri in self.redirect_uris
        parts = urlsplit(uri)
        return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK

    def check_redirect(self, uri: str) -> None:
        if not self.accepts_redirect(uri):
            raise unregistered_redirect(uri, self.client_id)

    @property
    def is_confidential(self) -> bool:
        return self.secret is not None or self.certificate_pem is not None or self.federated is not None

    def authenticate(self, form: Mapping[str, str], audiences: tuple[str, ...]) -> None:
        """Secret or signed assertion, whichever is sent; `audiences` are what an assertion may be made for."""
        if "client_assertion" in form:
            self._check_assertion(form, audiences)
        elif "client_secret" in form:
            given = form["client_secret"]
            if self.secret is None or not hmac.compare_digest(given.encode(), self.secret.encode()):
                raise EntraError(
                    "invalid_client",
                    7000215,
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client "
                    f"secret value, not the client secret ID, for a secret added to app '{self.client_id}'.",
                    status=401,
                )
        else:
            raise EntraError(
                "invalid_client",
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
                status=401,
            )

    def _check_assertion(self, form: Mapping[str, str], audiences: tuple[str, ...]) -> None:
        if form.get("client_assertion_type") != JWT_BEARER:
            raise EntraError("invalid_request", 50027, f"client_assertion_type must be '{JWT_BEARER}'.")
        if self.federated is not None:
            self.federated.check(form["client_assertion"])
            return
        if self.certificate_pem is None:
            raise EntraError("invalid_client", 700027, "The application has no certificate registered.", status=401)
        key = x509.load_pem_x509_certificate(self.certificate_pem.encode()).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("the client's certificate must hold an RSA key")
        try:
            claims = jwt.decode(
                form["client_assertion"],
                key,
                algorithms=["RS256", "PS256"],
                audience=list(audiences),
                issuer=self.client_id,
                options={"require": ["exp", "iss", "sub", "aud", "jti"]},
            )
        except jwt.PyJWTError as error:
            raise EntraError(
                "invalid_client", 700027, f"Client assertion failed signature validation: {error}.", status=401
            ) from error
        if claims["sub"] != self.client_id:
            raise EntraError("invalid_client", 700021, "Client assertion's issuer and subject differ.", status=401)
