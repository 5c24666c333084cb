"""The pages a person sees: choose an account, something is wrong, signed out."""

from collections.abc import Iterable, Mapping
from html import escape

from devstack.entra.accounts import Account

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f3f4f6, #16181d); }
main { width: min(26rem, calc(100vw - 2rem)); box-sizing: border-box; padding: 2rem; border-radius: .75rem;
       background: light-dark(#fff, #21252d); box-shadow: 0 6px 24px #0002; }
h1 { margin: 0 0 .25rem; font-size: 1.35rem; }
p { margin: .25rem 0 1rem; color: light-dark(#555, #aab); overflow-wrap: anywhere; }
p.wrong { color: light-dark(#a4262c, #ff9a9e); }
button { display: flex; gap: .8rem; align-items: center; width: 100%; padding: .6rem .5rem; border: 0; font: inherit;
         color: inherit; text-align: left; background: none; border-radius: .5rem; cursor: pointer; }
button:hover, button:focus-visible { background: light-dark(#eef1f6, #2c323d); outline: 2px solid #4f6bed; }
.face { flex: none; width: 2.3rem; height: 2.3rem; border-radius: 50%; display: grid; place-items: center;
        background: #4f6bed; color: #fff; font-weight: 600; }
small { display: block; color: light-dark(#666, #99a); }
"""


def _page(title: str, inner: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{inner}</main></body></html>"
    )


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )


def account_picker(accounts: Iterable[Account], request: Mapping[str, str], notice: str | None) -> str:
    """Posts the authorization request again with `account` added."""
    buttons = "".join(
        f'<button name="account" value="{escape(account.user)}">'
        f'<span class="face" aria-hidden="true">{escape(_initials(account.name))}</span>'
        f"<span>{escape(account.name)}<small>{escape(account.email)}</small></span></button>"
        for account in accounts
    )
    wrong = f'<p class="wrong" role="alert">{escape(notice)}</p>' if notice else ""
    form = f'<form method="post">{_hidden(request)}{buttons}</form>'
    return _page("Pick an account", f"<p>Local sign-in: no password is asked.</p>{wrong}{form}")


def sign_in_error(description: str) -> str:
    return _page(
        "Sign in", f'<p>Sorry, but we’re having trouble signing you in.</p><p class="wrong">{escape(description)}</p>'
    )


def signed_out() -> str:
    return _page("You signed out of your account", "<p>You can close this window.</p>")


def form_post(target: str, fields: Mapping[str, str]) -> str:
    """The self-submitting page of `response_mode=form_post`."""
    script = "<script>document.forms[0].submit()</script>"
    form = f'<form method="post" action="{escape(target)}">{_hidden(fields)}<button>Continue</button></form>'
    return _page("Signing in", form + script)
