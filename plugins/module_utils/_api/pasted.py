# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people paste as addresses, users, tokens and secrets: taken where it is clear what is meant, else refused. Pure.

Addresses and identities are shown and kept, so a secret in them is moved to where secrets belong, or refused without
repeating it. The bridge loads this file by its path for its own settings, so it imports nothing but Python's own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from urllib.parse import urlsplit

# By the names of the fields: the options of modules and of the inventory, and the environment's variables.
OPTIONS = {
    "url": "api_url",
    "host": "api_host",
    "port": "api_port",
    "user": "api_user",
    "token_id": "api_token_id",
    "token_secret": "api_token_secret",
    "password": "api_password",
    "otp": "api_otp",
    "verify_ssl": "validate_certs",
    "ca_path": "ca_path",
    "fingerprint": "fingerprint",
}
VARIABLES = {field: f"PROXMOX_{field.upper()}" for field in OPTIONS}
SECRET_FIELDS = ("token_secret", "password", "otp")

# What other programs call these fields.
_OTHER_NAMES = {
    "url": "PROXMOX_API_URL PROXMOX_ENDPOINT PROXMOX_BASE_URL PROXMOX_VE_ENDPOINT PM_API_URL PVE_URL PVE_ENDPOINT "
    "PVE_API_URL PROXMOX_SERVER",
    "host": "PROXMOX_API_HOST PROXMOX_HOSTNAME PROXMOX_VE_HOST PROXMOX_NODE_HOST PROXMOX_IP PVE_HOST PM_HOST",
    "port": "PROXMOX_API_PORT PROXMOX_VE_PORT PVE_PORT",
    "user": "PROXMOX_USERNAME PROXMOX_API_USER PROXMOX_VE_USERNAME PM_USER PVE_USER PVE_USERNAME",
    "token_id": "PROXMOX_TOKEN_NAME PROXMOX_TOKENID PROXMOX_API_TOKEN PROXMOX_API_TOKEN_ID PROXMOX_API_TOKEN_NAME "
    "PROXMOX_TOKEN PROXMOX_VE_API_TOKEN PM_API_TOKEN_ID PVE_TOKEN_ID PVE_TOKEN_NAME PVE_API_TOKEN PVE_TOKEN",
    "token_secret": "PROXMOX_TOKEN_VALUE PROXMOX_TOKEN_KEY PROXMOX_SECRET PROXMOX_API_SECRET PROXMOX_API_TOKEN_SECRET "
    "PROXMOX_API_TOKEN_VALUE PM_API_TOKEN_SECRET PVE_TOKEN_SECRET PVE_TOKEN_VALUE PVE_SECRET",
    "password": "PROXMOX_PASS PROXMOX_PW PROXMOX_API_PASSWORD PROXMOX_VE_PASSWORD PM_PASS PM_PASSWORD PVE_PASSWORD",
    "otp": "PM_OTP PROXMOX_VE_OTP PROXMOX_TOTP",
    "verify_ssl": "PROXMOX_SSL_VERIFY PROXMOX_VERIFY_TLS PROXMOX_TLS_VERIFY PROXMOX_VERIFY_CERT PROXMOX_INSECURE "
    "PROXMOX_VE_INSECURE PM_TLS_INSECURE PVE_VERIFY_SSL",
    "ca_path": "PROXMOX_CA_CERT PROXMOX_CA_FILE PROXMOX_CA_BUNDLE PVE_CA_PATH",
    "fingerprint": "PROXMOX_CERT_FINGERPRINT PVE_FINGERPRINT",
}
OTHER_NAMES = {name: field for field, names in _OTHER_NAMES.items() for name in names.split()}

_QUOTES = {"'": "'", '"': '"', "`": "`", "\u201c": "\u201d", "\u2018": "\u2019", "\u201e": "\u201c", "\u00ab": "\u00bb"}
# Byte order marks and other characters without a width.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u00ad\x00"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_HEADER = re.compile(r"(?:Authorization\s*[:=]\s*)?[\"']?PVEAPIToken\s*[:= ]\s*", re.I)
_WHOLE_TOKEN = re.compile(
    rf"(?P<id>[^\s:/!=]+@[A-Za-z][\w.-]*![A-Za-z][\w.-]*)(?:\s*=\s*(?P<secret>.+)|[\s:;,]+(?P<uuid>{_UUID}))", re.DOTALL
)
_TOKEN_ID = re.compile(r"(?:[^\s:/!=]+@[A-Za-z][\w.-]*!)?[A-Za-z][\w.-]*")
_FULL_TOKEN_ID = re.compile(r"[^\s:/!=\"'|\u2502]+@[A-Za-z][\w.-]*![A-Za-z][\w.-]*")
# What people write for a token's id, and what is wrong with it.
_WRONG_TOKEN_IDS = (
    (r"[^\s:/!=]+@[A-Za-z][\w.-]*", "is a user, without the name of a token"),
    (r"[^\s:/!=]+@[A-Za-z][\w.-]*[:/=][A-Za-z][\w.-]*", "has no ! between the user and the name of the token"),
    (r"[^\s:/!=]+@[A-Za-z][\w.-]*(?:![\w.-]*){2,}", "has more than one !"),
    (r"[^\s:/!=@]+![\w.-]+", "has no realm, such as @pam or @pve, before its !"),
)
_USER = re.compile(r"[^\s:/!]+")
_LONGEST = 256
# So alike are names of which one is the other, written wrong.
_NEARLY = 0.9

# What a shell, a template or a program would have replaced, and what a manual asks its readers to replace.
_REFERENCE = (
    r"\$\{[^{}]*\}|\{\{.*?\}\}|\$\([^()]*\)|\$[A-Z_][A-Z0-9_]+|%[A-Z_][A-Z0-9_]*%|(?:op|bw|gopass|keyring|sops)://\S*"
)
_REFERENCES = re.compile(_REFERENCE, re.DOTALL)
_NAMED_REFERENCE = re.compile(
    r"\$\{[\w:.-]+\}|\{\{ ?[\w.]+ ?\}\}|\$[A-Z_][A-Z0-9_]+|%[A-Z_][A-Z0-9_]*%|(?:op|bw|gopass|keyring|sops)://\S*"
)
_PASSWORD_REFERENCE = re.compile(r"\$\{[^{}]*\}|\{\{.*\}\}|<[^<>]*>|op://\S+", re.DOTALL)
_BLANK = re.compile(
    r"<[^<>]*>|\[[A-Za-z_ -]+\]|\{[A-Za-z_ .-]+\}|__[A-Z_]+__|your[-_. ].+|.+[-_]here|x{3,}(?:-x+)*|\*{3,}|\.{3,}|"
    r"\u2022{3,}|change[-_]?me|replace[-_]?me|placeholder|redacted|0{8}-(?:0{4}-){3}0{12}",
    re.I | re.DOTALL,
)
_VAULT = "$ANSIBLE_VAULT;"
_HOST_NAME = re.compile(r"[\w.-]+")
_API_PATH = re.compile(r"/*|/api2(?:/(?:json|extjs))?/?|/index\.html")
# The address that the web interface shows while something is open in it.
_WEB_VIEW = re.compile(r"#(?:v1:[\w:=/.%-]*)?$")
# What a file of variables may have behind a value.
_COMMENT = re.compile(r"\s+#.*\Z", re.DOTALL)
_ADDRESS_HINT = "Set it to one such as https://pve1.example.com:8006."


class PastedError(ValueError):
    """A mistake in the value of I(field): one sentence, and what to do.

    I(is_secret): the value may hold a secret, so it must not be shown.
    """

    def __init__(self, field: str, message: str, hint: str, *, is_secret: bool = False) -> None:
        super().__init__(message)
        self.field, self.message, self.hint, self.is_secret = field, message, hint, is_secret


def read_pasted(given: Mapping[str, str | None], names: Mapping[str, str]) -> dict[str, str | None]:
    """The values by field, without what was pasted around them, and each secret in a field for secrets.

    I(names) are what the user has set, by field, such as C(PROXMOX_URL) or C(api_url); errors name it. Raises
    L(PastedError).
    """
    values = {field: _strip(field, value, names) for field, value in given.items()}
    for field, value in values.items():
        if value:
            _require_filled_in(field, value, names[field])
    for field in ("token_secret", "token_id", "user", "password"):
        _separate_token(values, field, names)
    _find_secret(values, names)
    _require_token(values, names)
    user = values.get("user")
    if user and not (_USER.fullmatch(user) and len(user) <= _LONGEST):
        raise _make_refusal("user", names, "more than a user's name")
    for field in ("url", "host"):
        if values.get(field):
            read_address(values[field] or "", field, names[field])
    for field in ("port", "ca_path", "fingerprint", "verify_ssl"):
        if "!" in (values.get(field) or "") and "=" in (values[field] or ""):
            raise _make_refusal(field, names, "a token with its secret")
    return values


def read_address(text: str, field: str, name: str) -> tuple[str, int | None]:
    """The host, without brackets, and the port in an address, with or without a scheme. Raises L(PastedError)."""
    address = _WEB_VIEW.sub("", text)
    scheme, separator, rest = address.partition("://")
    if separator and scheme.lower() == "http":
        raise PastedError(
            field, f"{name} begins with http://, and the API is served over HTTPS only.", f"Write {name} with https://."
        )
    if separator and scheme.lower() != "https":
        raise PastedError(field, f"{name} is no address of a Proxmox VE API.", _ADDRESS_HINT)
    rest = rest if separator else address
    if "@" in rest or "?" in rest or "#" in rest:
        raise PastedError(
            field,
            f"{name}: an address must not hold credentials, a query or a fragment.",
            "Give the user or token and its secret by themselves, and https://NODE:8006 as the address.",
            is_secret=True,
        )
    if not separator and re.match(r"https?[:/\\]", rest, re.I):
        raise PastedError(field, f"{name} is no address of a Proxmox VE API.", _ADDRESS_HINT, is_secret=True)
    authority, slash, path = rest.partition("/")
    is_ipv6 = _is_ipv6(authority)
    if (is_ipv6 and re.search(r":(8006|443)$", authority)) or (not is_ipv6 and _is_ipv6(authority.rpartition(":")[0])):
        raise PastedError(
            field,
            f"{name} can be read as an IPv6 address with or without a port.",
            "Put the address in brackets, as in https://[2001:db8::1]:8006.",
        )
    if is_ipv6:
        authority = f"[{authority}]"
    if "," in authority or re.search(r"\s", authority):
        raise PastedError(
            field,
            f"{name} has white space or a comma in it, as if it had more than one address.",
            "Name one node; it reaches the whole cluster.",
        )
    try:
        parts = urlsplit(f"https://{authority}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port == 0 or not (_HOST_NAME.fullmatch(host) or _is_ipv6(host)) or authority.endswith(":"):
        raise PastedError(field, f"{name} is no address of a Proxmox VE API.", _ADDRESS_HINT, is_secret=True)
    if not _API_PATH.fullmatch(slash + path):
        raise PastedError(
            field,
            f"{name} has a path, and the API is at /api2/json of the address alone.",
            f"Set {name} to https://{authority}.",
            is_secret=True,
        )
    return host, port


def complete_otp(code: str) -> str:
    """A one-time password with its kind, as the API takes it; digits are those of an authenticator app."""
    if ":" in code:
        return code
    return f"recovery:{code}" if code.count("-") == 3 else f"totp:{code}"


def describe_odd_secret(token_secret: str | None, password: str | None) -> str | None:
    """What looks wrong about a secret that was refused, without showing it, and what to do; None if nothing does."""
    if token_secret:
        if re.fullmatch(_UUID, token_secret):
            return None
        if re.search(_UUID, token_secret):
            return (
                "The token's secret has more around it than a token's secret is, which is a UUID. Set the UUID alone."
            )
        return "The token's secret is no UUID, as Proxmox VE makes them. Copy it again; it is shown only once."
    if password and re.fullmatch(_UUID, password):
        return "The password is a UUID, as the secret of an API token is; set that together with the token's id."
    if password and len(password) > 1 and _QUOTES.get(password[0]) == password[-1]:
        return (
            "The password stands in quotes, which count as part of it; docker --env-file and files of variables keep "
            "them. Remove them."
        )
    if password and password != password.strip():
        return "The password begins or ends with white space, which counts as part of it. Remove it."
    if password and re.match(_HEADER, password):
        return "The password is the token of an API request. Set it as the token's id and secret."
    return None


def list_other_names(environment: Iterable[str], missing: Iterable[str]) -> list[str]:
    """A sentence for each variable that is set and is meant for one of the I(missing) fields, by a wrong name."""
    wanted = set(missing)
    own = {suffixed for name in VARIABLES.values() for suffixed in (name, f"{name}_FILE")}
    sentences = []
    for name in sorted(set(environment) - own):
        meant = name.strip(_INVISIBLE).strip().upper()
        near = get_close_matches(meant, [VARIABLES[field] for field in sorted(wanted)], n=1, cutoff=_NEARLY)
        if OTHER_NAMES.get(meant) in wanted:
            sentences.append(f"{name} is what other programs call {VARIABLES[OTHER_NAMES[meant]]}.")
        elif near:
            how = " (it begins with an invisible character)" if name[0] in _INVISIBLE else ""
            sentences.append(f"{name} is set{how}; the name is {near[0]}.")
    return sentences


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def _strip(field: str, value: str | None, names: Mapping[str, str]) -> str | None:
    """The value without white space, quotes and invisible characters around it, and without its own name before it."""
    if value is None:
        return None
    own_name = rf"(?:export\s+|set\s+)?(?:{re.escape(names[field])}|{VARIABLES[field]})\s*[=:]\s*"
    if field == "password":
        # Anything else may be part of it.
        return re.sub(rf"\A{own_name}", "", value.strip("\r\n\ufeff"), count=1)
    if field != "ca_path":
        value = _COMMENT.sub("", value)
    while True:
        stripped = value.strip().strip(_INVISIBLE).strip().rstrip(",;")
        if len(stripped) > 1 and _QUOTES.get(stripped[0]) == stripped[-1]:
            stripped = stripped[1:-1]
        stripped = re.sub(rf"\A{own_name}", "", stripped, count=1)
        if stripped == value:
            break
        value = stripped
    if field in ("user", "token_id", "token_secret"):
        # As bash leaves a ! that was protected inside of double quotes, and as URLs have it.
        value = value.replace("\\!", "!").replace("%21", "!").replace("%40", "@").rstrip("=")
    if field == "token_secret":
        bare = re.fullmatch(rf"[<\[({{]?({_UUID})[>\])}}.]?", value)
        return bare[1] if bare else value
    return re.sub(r"\s", "", value) if field == "otp" else value


def _require_filled_in(field: str, value: str, name: str) -> None:
    """Raise for a value that something should have replaced, or decrypted."""
    if value.startswith(_VAULT):
        raise PastedError(
            field, f"{name} is encrypted with ansible-vault.", "Decrypt it first, or keep it in a profile."
        )
    if field == "password":
        unread = _PASSWORD_REFERENCE.fullmatch(value)
    else:
        unread = _BLANK.fullmatch(value) or _REFERENCES.search(value)
    if unread is None:
        if field == "token_secret" and re.match(r"(file:|env:|vault:|secretref:|/|~/|\./)", value):
            raise PastedError(
                field,
                f"{name} says where the secret is, and nothing has read it there.",
                f"Set {VARIABLES[field]}_FILE to a file with the secret, or set the secret itself.",
                is_secret=True,
            )
        return
    text = unread.group()
    is_shown = field not in SECRET_FIELDS or _NAMED_REFERENCE.fullmatch(text)
    which = f"the placeholder {text[:60]}" if is_shown else "a placeholder"
    raise PastedError(
        field,
        f"{name} {'is' if text == value else 'contains'} {which}: nothing has filled it in.",
        "What sets it did not replace it. Set the value itself, or a file with the secret.",
        is_secret=not is_shown,
    )


def _separate_token(values: dict[str, str | None], field: str, names: Mapping[str, str]) -> None:
    """Take C(PVEAPIToken=user@realm!name=SECRET), or a part of it, apart into the id and the secret of a token."""
    value = values.get(field)
    if not value:
        return
    text = value if field == "password" else _HEADER.sub("", value, count=1).rstrip("\"'")
    whole = _WHOLE_TOKEN.fullmatch(text)
    if whole is None:
        if field == "user" and _FULL_TOKEN_ID.fullmatch(text) and not values.get("token_id"):
            values["token_id"], values["user"] = text, None
        elif field != "password":
            values[field] = text
        return
    token_id, secret = whole["id"], (whole["secret"] or whole["uuid"]).strip().strip("\"'")
    if field == "password" and not re.fullmatch(_UUID, secret):
        # A password may look like anything.
        return
    values[field] = None
    for other, part in (("token_id", token_id), ("token_secret", secret)):
        known = _HEADER.sub("", values.get(other) or "")
        if other != field and known and known not in (part, text) and not token_id.endswith(f"!{known}"):
            raise _make_conflict(field, other, names)
        values[other] = part
    if values.get("user") and values["user"] != token_id.partition("!")[0] and "!" in str(values["user"]):
        values["user"] = None


def _find_secret(values: dict[str, str | None], names: Mapping[str, str]) -> None:
    """Take the one UUID from what holds a token's secret: what C(pveum) printed, say, or a header of another server.

    With a token's id, a password that is a UUID is its secret.
    """
    if values.get("token_id") and not values.get("token_secret") and re.fullmatch(_UUID, values.get("password") or ""):
        values["token_secret"], values["password"] = values["password"], None
    text = values.get("token_secret") or ""
    secrets, token_ids = re.findall(rf"(?<![\w-]){_UUID}(?![\w-])", text), set(_FULL_TOKEN_ID.findall(text))
    if len(secrets) != 1 or len(token_ids) > 1:
        return
    known = _HEADER.sub("", values.get("token_id") or "")
    if token_ids and known and not any(token_id in (known, f"{values.get('user')}!{known}") for token_id in token_ids):
        raise _make_conflict("token_secret", "token_id", names)
    values["token_secret"] = secrets[0]
    if token_ids and not known:
        values["token_id"] = token_ids.pop()


def _require_token(values: dict[str, str | None], names: Mapping[str, str]) -> None:
    token_id, secret = values.get("token_id") or "", values.get("token_secret") or ""
    id_name, secret_name = names.get("token_id", VARIABLES["token_id"]), names.get("token_secret", "its secret")
    if re.fullmatch(_UUID, token_id):
        is_swapped = bool(_FULL_TOKEN_ID.fullmatch(secret))
        message = f"{id_name} and {secret_name} are exchanged." if is_swapped else f"{id_name} is a token's secret."
        raise PastedError("token_id", message, "Set the id to user@realm!name.", is_secret=True)
    if token_id and not (_TOKEN_ID.fullmatch(token_id) and len(token_id) <= _LONGEST):
        wrong = next((wrong for pattern, wrong in _WRONG_TOKEN_IDS if re.fullmatch(pattern, token_id)), None)
        if wrong:
            raise PastedError("token_id", f"{id_name} {wrong}.", "Set it to user@realm!name.", is_secret=True)
        raise _make_refusal("token_id", names, "more than a token's name")
    if _FULL_TOKEN_ID.fullmatch(secret):
        raise PastedError(
            "token_secret", f"{secret_name} is a token's id, without its secret.", "Set it to the secret alone."
        )
    if re.search(r"\s", secret):
        raise PastedError(
            "token_secret", f"{secret_name} has white space in it.", "Set it to the secret alone, on one line."
        )
    if not (secret.isascii() and secret.isprintable()):
        raise PastedError(
            "token_secret", f"{secret_name} has characters that no token has.", "Copy it again, as plain text."
        )


def _make_conflict(field: str, other: str, names: Mapping[str, str]) -> PastedError:
    return PastedError(
        field,
        f"{names[field]} holds a whole token with its secret, and {names.get(other, VARIABLES[other])} is something "
        "else.",
        "Set the token's id to user@realm!name, and its secret to what is after the = alone.",
        is_secret=True,
    )


def _make_refusal(field: str, names: Mapping[str, str], what: str) -> PastedError:
    return PastedError(
        field,
        f"{names[field]} holds {what}; it was not kept.",
        "Give a token's id as user@realm!name and its secret by itself, or user@realm and the password by itself.",
        is_secret=True,
    )
