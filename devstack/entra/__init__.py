"""A stand-in for Microsoft Entra ID: OpenID Connect as Entra speaks it, which Microsoft's MSAL accepts."""
