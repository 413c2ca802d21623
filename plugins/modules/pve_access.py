#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_access
short_description: Manage users, groups, roles, ACLs and API tokens of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Creates, changes and deletes the entries that are named, value by value; what is not named stays as it is.
  - Roles, groups, users, tokens and ACLs are made in this order. After that what is to be absent is deleted, in the
    opposite order.
  - It never takes rights from the login that it uses. To delete or disable the user or token that it is connected as,
    to leave one of its groups, or to narrow a role or ACL that it holds is a failure with C(failure.code=protected),
    and so is to delete or disable C(root@pam), which would delete that user's API tokens. Through a gateway, which
    holds the credentials itself, only C(root@pam) is guarded.
  - In check mode it returns the plan, that is, the exact API requests it would send, without any secret.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
  - playvisor.proxmox.guests.selection
options:
  roles:
    description: Roles, which are sets of privileges.
    type: list
    elements: dict
    suboptions:
      role:
        description: Name of the role. C(PVE) at its start is reserved, and roles that come with Proxmox VE stay.
        type: str
        required: true
      privileges:
        description: The privileges that the role consists of. They stay as they are when this is not given.
        type: list
        elements: str
      state:
        description: V(absent) deletes the role and all ACLs that grant it.
        type: str
        choices: [present, absent]
        default: present
  groups:
    description: Groups of users.
    type: list
    elements: dict
    suboptions:
      group:
        description: Name of the group.
        type: str
        required: true
      comment:
        description: Comment of the group. It stays as it is when this is not given.
        type: str
      state:
        description: V(absent) deletes the group and its ACLs. Its members stay.
        type: str
        choices: [present, absent]
        default: present
  users:
    description: Users. What is not given of a user stays as it is.
    type: list
    elements: dict
    suboptions:
      user:
        description: The user with its realm, such as V(ops@pve). A V(pam) user must exist on the nodes to log in.
        type: str
        required: true
      groups:
        description: The groups that the user is to be in, and no others.
        type: list
        elements: str
      enable:
        description: Whether the user may log in; a new one may.
        type: bool
      expire:
        description: Seconds since 1970 after which the user may not log in; V(0) is never.
        type: int
      comment:
        description: Comment of the user.
        type: str
      email:
        description: Mail address of the user.
        type: str
      firstname:
        description: First name.
        type: str
      lastname:
        description: Last name.
        type: str
      password:
        description: Password of the user, 8 to 64 characters. Only realms that keep passwords, such as V(pve), take it.
        type: str
      update_password:
        description:
          - V(on_create) sets O(users[].password) only for a user that is made.
          - V(always) sets it every time, which is always a change, since passwords can't be compared. Proxmox VE does
            not allow that with an API token; log in with O(api_password).
        type: str
        choices: [on_create, always]
        default: on_create
      state:
        description: V(absent) deletes the user with its API tokens and ACLs.
        type: str
        choices: [present, absent]
        default: present
  tokens:
    description: API tokens. Proxmox VE shows a token's secret once, when it is created or renewed.
    type: list
    elements: dict
    suboptions:
      token:
        description: The token with its user, such as V(ops@pve!deploy).
        type: str
        required: true
      privsep:
        description:
          - Privilege separation. With it (a new token has it) the token may do what both its user and ACLs of its own
            allow; without it, all that its user may.
        type: bool
      expire:
        description: Seconds since 1970 after which the token is void; V(0) is never.
        type: int
      comment:
        description: Comment of the token.
        type: str
      secret_file:
        description:
          - File on the host that runs the module to write a new secret to, and nothing else, with mode 0600.
          - The place is made before the token is, so that the secret can't be lost for want of space or permission. The
            folder must exist. A file that contains anything but a token's secret is never overwritten.
          - Without it the secret is in RV(entries), and goes wherever results go. Register the result, and set
            C(no_log) on the task.
        type: path
      regenerate:
        description:
          - Whether an existing token gets a new secret, which makes the old one void at once.
          - V(lost) does it when O(tokens[].secret_file) does not exist.
          - V(always) does it every time.
        type: str
        choices: [never, lost, always]
        default: never
      state:
        description: V(absent) deletes the token and its ACLs.
        type: str
        choices: [present, absent]
        default: present
  acls:
    description: ACLs, that is, which roles a user, group or token has on a path. Exactly one of those three is given.
    type: list
    elements: dict
    suboptions:
      path:
        description: Path of the object, such as V(/), V(/vms/101), V(/pool/web) or V(/storage/local).
        type: str
        required: true
      user:
        description: User that has the roles.
        type: str
      group:
        description: Group that has the roles.
        type: str
      token:
        description: API token that has the roles, with its user, such as V(ops@pve!deploy).
        type: str
      roles:
        description: Names of the roles. Required unless O(acls[].state=absent), where leaving it out means all.
        type: list
        elements: str
      propagate:
        description: Whether the roles also apply to everything below the path.
        type: bool
        default: true
      exact:
        description:
          - Take away what other roles this user, group or token has on this path. Nothing else is taken away, not from
            anybody else and not on any other path.
        type: bool
        default: false
      state:
        description: V(absent) removes the roles.
        type: str
        choices: [present, absent]
        default: present
  grants:
    description:
      - Powers over O(guests) for users, groups or API tokens. Each power is a role of its own, such as
        C(PlayvisorPower), with exactly the privileges that it takes; it is granted on each guest, or on the pool when
        guests are chosen by nothing else.
      - Roles that a holder inherits on these paths are granted there as well, since a role on a path replaces what
        comes from above. What a holder may do already is left as it is.
      - A token with privilege separation may do what both it and its user may, so that both need the grant.
    type: list
    elements: dict
    suboptions:
      user:
        description: User that gets the power.
        type: str
      group:
        description: Group that gets the power.
        type: str
      token:
        description: API token that gets the power, with its user, such as V(ops@pve!deploy).
        type: str
      power:
        description:
          - V(view) sees guests and their configuration, as all powers do; V(power) starts and stops them; V(console)
            opens their consoles; V(snapshot) takes and rolls back to snapshots; V(backup) makes backups, which takes
            C(Datastore.AllocateSpace) on the storage besides; V(configure) changes their configuration; V(admin) does
            all of it, and deletes them.
        type: str
        required: true
        choices: [view, power, console, snapshot, backup, configure, admin]
  guests:
    description:
      - Guests that O(grants) are for, which meet every criterion given; names may be patterns such as V(web-*).
      - Only a pool is a path of permissions. By other criteria, the guests get the grant that meet them now, and none
        that meets them later.
  timeout:
    description: Seconds to wait; Proxmox VE changes these things at once.
    type: int
    default: 300
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
seealso:
  - module: playvisor.proxmox.pve_connection_info
"""

EXAMPLES = r"""
- name: Let a deployment tool start and stop the guests of one pool
  playvisor.proxmox.pve_access:
    roles:
      - role: Operator
        privileges: [VM.Audit, VM.PowerMgmt]
    users:
      - user: deploy@pve
        comment: Deployment
    tokens:
      - token: deploy@pve!ci
        secret_file: /etc/deploy/proxmox-secret
    acls:
      - path: /pool/web
        user: deploy@pve
        roles: [Operator]
      - path: /pool/web
        token: deploy@pve!ci
        roles: [Operator]

- name: Let a token start and stop the guests that have the tag ci, and do nothing else
  playvisor.proxmox.pve_access:
    users:
      - user: ci@pve
    tokens:
      - token: ci@pve!runner
        secret_file: /etc/ci/proxmox-secret
    grants:
      - user: ci@pve
        power: power
      - token: ci@pve!runner
        power: power
    guests:
      tags: [ci]

- name: Make a token and keep its secret in a vault
  playvisor.proxmox.pve_access:
    tokens:
      - token: deploy@pve!nightly
  register: made
  no_log: true

- name: Give a user exactly one role on the whole cluster
  playvisor.proxmox.pve_access:
    acls:
      - path: /
        user: alice@pve
        roles: [PVEAuditor]
        exact: true

- name: Delete a user who has left
  playvisor.proxmox.pve_access:
    users:
      - user: bob@pve
        state: absent
"""

RETURN = r"""
entries:
  description: What was named and what happened to each, in the order in which it was done.
  returned: when the entries could be looked up
  type: list
  elements: dict
  contains:
    kind:
      description: V(role), V(group), V(user), V(token) or V(acl).
      type: str
      returned: always
      sample: token
    id:
      description: Its name; of an ACL the path, the kind of its holder and the holder.
      type: str
      returned: always
      sample: deploy@pve!ci
    before:
      description:
        - What it was before. C(exists), and C(privileges) of a role; C(comment) of a group; C(groups), C(enable),
          C(expire), C(comment), C(email), C(firstname) and C(lastname) of a user; C(privsep), C(expire) and C(comment)
          of a token. Of an ACL only C(roles), by name, with whether each propagates.
      type: dict
      returned: always
      sample: {exists: false, privsep: true, expire: 0, comment: ''}
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {exists: true, privsep: true, expire: 0, comment: ''}
    changed:
      description: Whether it was changed, or would be.
      type: bool
      returned: always
    upids:
      description: Always empty; Proxmox VE starts no tasks for these.
      type: list
      elements: str
      returned: always
    secret:
      description: The new secret of a token. Proxmox VE does not show it again.
      type: str
      returned: when a token was made or renewed without O(tokens[].secret_file)
    secret_file:
      description: Where the new secret of a token is.
      type: str
      returned: when a token was made or renewed with O(tokens[].secret_file)
      sample: /etc/deploy/proxmox-secret
    unknown:
      description: True when it can\'t be known whether it was changed, as the answer to a request was lost.
      type: bool
      returned: when it is unknown
    failure:
      description: Why it failed, as RV(failure); null when it did not.
      type: dict
      returned: always
plan:
  description: What brings the entries to the wished state.
  returned: when the entries could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order, each with the entry it is for and why.
      type: list
      elements: dict
      returned: always
upids:
  description: Always empty; Proxmox VE starts no tasks for these.
  returned: when the entries could be looked up
  type: list
  elements: str
unknown:
  description: True when it can\'t be known what became of a request; RV(failure) says which, and how to find out.
  returned: when it is unknown
  type: bool
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from ..module_utils._module.module import PveModule
from ..module_utils._resources.access import RULES, Entries, argument_spec
from ..module_utils._run.runner import run_plans


def main() -> None:
    module = PveModule(argument_spec=argument_spec(), **RULES)
    run_plans(module, Entries())


if __name__ == "__main__":
    main()
