# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Address of the cluster, such as V(https://pve.example.com:8006); any node of the cluster will do.
      - Port 8006 is used when it names none.
      - If not set, E(PROXMOX_URL) is used. Takes precedence over O(api_host).
    type: str
  api_host:
    description:
      - Host name or address of a node, as an alternative to O(api_url).
      - If not set, E(PROXMOX_HOST) is used.
    type: str
  api_port:
    description:
      - Port that goes with O(api_host), or with an O(api_url) that names none; 8006 when not set.
      - If not set, E(PROXMOX_PORT) is used.
    type: int
  api_user:
    description:
      - User with realm, such as V(ops@pve). Not needed when O(api_token_id) names the token's owner.
      - If not set, E(PROXMOX_USER) is used.
    type: str
  api_token_id:
    description:
      - API token, as a bare name or as V(user@realm!name).
      - If not set, E(PROXMOX_TOKEN_ID) is used.
    type: str
  api_token_secret:
    description:
      - Secret of the API token.
      - If not set, E(PROXMOX_TOKEN_SECRET) is used, or the contents of the file that E(PROXMOX_TOKEN_SECRET_FILE)
        names.
    type: str
  api_password:
    description:
      - Password of O(api_user), as an alternative to a token. A token is preferred when both are given.
      - If not set, E(PROXMOX_PASSWORD) is used, or the contents of the file that E(PROXMOX_PASSWORD_FILE) names.
    type: str
  api_otp:
    description:
      - One-time password, for a user with a second factor who logs in with O(api_password). V(123456) is a code of an
        authenticator app; others begin with their kind, as in V(yubico:...) or V(recovery:...).
      - It is used up by the first log-in, so it suits one task. For more of them, use an API token.
      - If not set, E(PROXMOX_OTP) is used, or the contents of the file that E(PROXMOX_OTP_FILE) names.
    type: str
    version_added: 0.1.0
  validate_certs:
    description:
      - Whether the server's certificate is verified. Switching it off exposes the credentials, and warns on every run.
      - If not set, E(PROXMOX_VERIFY_SSL) is used.
    type: bool
    default: true
    aliases: [verify_ssl]
  ca_path:
    description:
      - PEM file with the CA that the server's certificate must be signed by, such as a copy of
        C(/etc/pve/pve-root-ca.pem).
      - If not set, E(PROXMOX_CA_PATH) is used. Wins over E(REQUESTS_CA_BUNDLE).
    type: path
  fingerprint:
    description:
      - SHA-256 fingerprint that the server's certificate must have; nothing else is trusted then.
      - If not set, E(PROXMOX_FINGERPRINT) is used. Takes precedence over O(ca_path) and O(validate_certs).
    type: str
  api_gateway:
    description:
      - Path of the socket of a gateway, through which the cluster is reached instead. The gateway has the credentials,
        trusts the server by its own settings, and lets a run send only what it was granted. Playvisor runs playbooks
        this way.
      - Takes precedence over all other options of the connection, which are not needed then.
      - If not set, E(PROXMOX_GATEWAY) is used.
    type: path
  api_gateway_key:
    description:
      - What this run shows to O(api_gateway).
      - If not set, E(PROXMOX_GATEWAY_KEY) is used, or the contents of the file that E(PROXMOX_GATEWAY_KEY_FILE) names.
    type: str
  connect_timeout:
    description: Seconds to wait for a connection.
    type: float
    default: 10.0
  read_timeout:
    description: Seconds to wait for the answer to one request.
    type: float
    default: 60.0
requirements:
  - python >= 3.11
  - proxmoxer >= 2.2
  - requests >= 2.32
"""
