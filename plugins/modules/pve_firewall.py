#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_firewall
short_description: Manage the firewall of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Manages rules, options, aliases, IP sets and security groups of the cluster, of a node, of one guest or many, and
    of a security group.
  - A rule has a key of its own, not a position. Rules are brought to the order in which they are listed, with the least
    number of moves.
  - What is not given at all (O(rules), O(options), and so on) is neither read nor changed.
  - In check mode it returns the plan, that is, the exact API requests it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.guests.selection
  - playvisor.proxmox.applying
  - playvisor.proxmox.attributes
options:
  level:
    description:
      - Whose firewall it is. V(guest) is that of O(vmid), O(name) or O(guests), V(node) that of O(node), V(cluster) the
        one whose options and rules are for all nodes, V(group) the rules of the security group O(group).
      - A node has options and rules only; groups of their own has only the cluster.
    type: str
    choices: [cluster, node, guest, group]
    required: true
  node:
    description:
      - With O(level=node), the node whose firewall it is.
      - With O(level=guest), the node on which the guests must be. It is never needed to find them; the task fails when
        they are elsewhere.
    type: str
  group:
    description: Name of a security group, 2 to 18 letters, digits, C(_) and C(-), a letter first; for O(level=group).
    type: str
  comment:
    description: Comment of O(group). An existing one is left as it is when this is not given.
    type: str
  state:
    description:
      - With O(level=group), whether the group is to be there. V(absent) deletes its rules, too, whoever uses it.
      - Elsewhere only V(present) makes sense; an empty list with O(purge=true) removes everything of a kind.
    type: str
    choices: [present, absent]
    default: present
  options:
    description:
      - Options that are to have these values; others stay as they are. Which options there are depends on O(level).
      - What lets more through is set before anything else is changed, and what lets less through after it.
    type: dict
    suboptions:
      dhcp:
        description: (guest) Allow DHCP.
        type: bool
      ebtables:
        description: (cluster) Filter Ethernet frames, too.
        type: bool
      enable:
        description:
          - (cluster, node, guest) Switch the firewall on or off.
          - That of the cluster is the main switch. Look at its rules before you set it, for nothing but the cluster's
            own traffic and the management network is let in by default.
        type: bool
      ipfilter:
        description: (guest) Let out only the addresses that the guest's devices have.
        type: bool
      log_level_forward:
        description: (node) Log level for forwarded packets.
        type: str
        choices: [emerg, alert, crit, err, warning, notice, info, debug, nolog]
      log_level_in:
        description: (node, guest) Log level for incoming packets.
        type: str
        choices: [emerg, alert, crit, err, warning, notice, info, debug, nolog]
      log_level_out:
        description: (node, guest) Log level for outgoing packets.
        type: str
        choices: [emerg, alert, crit, err, warning, notice, info, debug, nolog]
      log_nf_conntrack:
        description: (node) Log connection tracking.
        type: bool
      log_ratelimit:
        description: (cluster) Limit of logging, such as V(enable=1,burst=10,rate=5/second).
        type: str
      macfilter:
        description: (guest) Let out only the MAC addresses that the guest's devices have.
        type: bool
      ndp:
        description: (node, guest) Allow the Neighbor Discovery Protocol.
        type: bool
      nf_conntrack_allow_invalid:
        description: (node) Let packets pass that belong to no known connection.
        type: bool
      nf_conntrack_helpers:
        description: (node) Protocols with helpers for connection tracking, separated by commas.
        type: str
      nf_conntrack_max:
        description: (node) The most connections that are tracked, at least 32768.
        type: int
      nf_conntrack_tcp_timeout_established:
        description: (node) Seconds after which an idle TCP connection is forgotten, at least 7875.
        type: int
      nf_conntrack_tcp_timeout_syn_recv:
        description: (node) Seconds for a TCP connection to be established, 30 to 60.
        type: int
      nftables:
        description: (node) Use the firewall that is based on nftables.
        type: bool
      nosmurfs:
        description: (node) Filter packets whose source is a broadcast address.
        type: bool
      policy_forward:
        description: (cluster) What happens to forwarded packets that no rule is about.
        type: str
        choices: [ACCEPT, DROP]
      policy_in:
        description: (cluster, guest) What happens to incoming packets that no rule is about.
        type: str
        choices: [ACCEPT, REJECT, DROP]
      policy_out:
        description: (cluster, guest) What happens to outgoing packets that no rule is about.
        type: str
        choices: [ACCEPT, REJECT, DROP]
      protection_synflood:
        description: (node) Protect against floods of TCP SYN packets.
        type: bool
      protection_synflood_burst:
        description: (node) Burst of SYN packets that a source may send.
        type: int
      protection_synflood_rate:
        description: (node) SYN packets that a source may send in a second.
        type: int
      radv:
        description: (guest) Let out router advertisements.
        type: bool
      smurf_log_level:
        description: (node) Log level of O(options.nosmurfs).
        type: str
        choices: [emerg, alert, crit, err, warning, notice, info, debug, nolog]
      tcp_flags_log_level:
        description: (node) Log level of O(options.tcpflags).
        type: str
        choices: [emerg, alert, crit, err, warning, notice, info, debug, nolog]
      tcpflags:
        description: (node) Filter packets with TCP flags that make no sense together.
        type: bool
  reset_options:
    description: Options that are to have the defaults of Proxmox VE again.
    type: list
    elements: str
    choices:
      - dhcp
      - ebtables
      - enable
      - ipfilter
      - log_level_forward
      - log_level_in
      - log_level_out
      - log_nf_conntrack
      - log_ratelimit
      - macfilter
      - ndp
      - nf_conntrack_allow_invalid
      - nf_conntrack_helpers
      - nf_conntrack_max
      - nf_conntrack_tcp_timeout_established
      - nf_conntrack_tcp_timeout_syn_recv
      - nftables
      - nosmurfs
      - policy_forward
      - policy_in
      - policy_out
      - protection_synflood
      - protection_synflood_burst
      - protection_synflood_rate
      - radv
      - smurf_log_level
      - tcp_flags_log_level
      - tcpflags
  rules:
    description:
      - Rules in the order in which they are to be. A rule is as it is given here; what is not given of it is not set.
      - Rules that are not listed stay where they are, unless O(purge=true). Among them a new rule comes right after the
        listed one before it; a first one begins the list.
    type: list
    elements: dict
    suboptions:
      key:
        description:
          - Names the rule in this list, wherever it is. Up to 63 letters, digits, C(.), C(_) and C(-).
          - It is kept at the end of the rule's comment in Proxmox VE, in brackets, as in C(From the office [ssh]).
            Write it there by hand to take over a rule that is there already.
        type: str
        required: true
      state:
        description: Whether the rule is to be there.
        type: str
        choices: [present, absent]
        default: present
      type:
        description:
          - Direction; V(group) lets in the rules of a security group. V(forward) is for the cluster, nodes and groups.
          - Required unless O(rules[].state=absent).
        type: str
        choices: [in, out, forward, group]
      action:
        description:
          - V(ACCEPT), V(DROP) or V(REJECT); of the type V(group) the name of the group.
          - Required unless O(rules[].state=absent).
        type: str
      macro:
        description: Predefined protocol and ports, such as V(SSH). The case of its name does not count.
        type: str
      iface:
        description: Network device, such as V(net0) of a guest or V(vmbr0) of a node.
        type: str
      source:
        description:
          - Where packets come from, as addresses or networks separated by commas, one range, an alias
            (V(dc/office)) or an IP set (V(+dc/admins)).
        type: raw
      dest:
        description: Where packets go, as O(rules[].source).
        type: raw
      proto:
        description: Protocol, such as V(tcp), V(udp), V(icmp) or a number.
        type: str
      sport:
        description: Source ports, as O(rules[].dport).
        type: raw
      dport:
        description: Destination ports, as numbers, ranges (V(8000:8080)) or names of services, separated by commas.
        type: raw
      icmp_type:
        description: ICMP type, such as V(echo-request).
        type: str
      log:
        description: Log level for packets that the rule is about.
        type: str
        choices: [emerg, alert, crit, err, warning, notice, info, debug, nolog]
      enable:
        description: Whether the rule is in force. The API by itself makes rules that are not; this module does not.
        type: bool
        default: true
      comment:
        description: Comment in one line, without the key.
        type: str
  aliases:
    description: Names for addresses and networks, of the cluster or of a guest. The case of names does not count.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the alias.
        type: str
        required: true
      cidr:
        description: Address or network. Required unless O(aliases[].state=absent).
        type: str
      comment:
        description: Comment. An existing one is left as it is when this is not given.
        type: str
      state:
        description: Whether the alias is to be there. It is deleted whichever rules name it.
        type: str
        choices: [present, absent]
        default: present
  ipsets:
    description: Sets of addresses and networks, of the cluster or of a guest. Proxmox VE keeps names in lower case.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the IP set.
        type: str
        required: true
      comment:
        description: Comment. An existing one is left as it is when this is not given.
        type: str
      entries:
        description:
          - Entries that are to be in it. Others stay unless O(purge=true). Without this the entries are not looked at.
        type: list
        elements: dict
        suboptions:
          cidr:
            description: Address, network or alias. A network goes by its first address.
            type: str
            required: true
          nomatch:
            description: Take it out of the networks that the set holds.
            type: bool
            default: false
          comment:
            description: Comment. An existing one is left as it is when this is not given.
            type: str
          state:
            description: Whether the entry is to be there.
            type: str
            choices: [present, absent]
            default: present
      state:
        description: Whether the IP set is to be there. It is deleted with its entries, whichever rules name it.
        type: str
        choices: [present, absent]
        default: present
  groups:
    description:
      - Security groups of the cluster. O(level=group) is for their rules. Proxmox VE keeps names in lower case.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the group, 2 to 18 letters, digits, C(_) and C(-), a letter first.
        type: str
        required: true
      comment:
        description: Comment. An existing one is left as it is when this is not given.
        type: str
      state:
        description: Whether the group is to be there. It is deleted with its rules, whoever uses it.
        type: str
        choices: [present, absent]
        default: present
  purge:
    description:
      - Delete what is not listed, of each kind that is given. Rules without a key, made by hand, are deleted as well,
        and so are entries of an IP set whose O(ipsets[].entries) is given.
      - Options are never purged; see O(reset_options).
    type: bool
    default: false
notes:
  - What is separated by commas in a rule may be a list instead.
  - A guest's rules are only in force when O(options.enable) of the guest and of the cluster are set, and for those of
    its network devices that have C(firewall=1).
  - Every change goes with the digest of the list that it changes, where the API takes one. The first has the digest
    that the plan was made from, and RV(plan.steps) shows it. Before each that follows in the same list, the list is
    read again; unless it is as the plan expects it to be by then, nothing more is sent and the task fails with
    C(failure.code=digest_conflict).
  - The API checks no digest when something is added. A rule that somebody else changes in that very moment is noticed
    by the next request, or when the rules are read back.
  - Proxmox VE brings changes into force about every ten seconds. What lies between the first and the last request of a
    task may be in force for that long; new rules are added from the last to the first, and old ones deleted at the end.
  - In a O(guests) selection, templates are left out unless O(guests.vmids) names them or O(guests.templates=true).
seealso:
  - module: playvisor.proxmox.pve_firewall_info
"""

EXAMPLES = r"""
- name: Let in SSH from the office and HTTPS from everywhere, and nothing else, on all web servers
  playvisor.proxmox.pve_firewall:
    level: guest
    guests:
      tags: [web]
    options:
      enable: true
      policy_in: DROP
    rules:
      - key: ssh
        type: in
        action: ACCEPT
        macro: SSH
        source: +dc/admins
        comment: Only from the office
      - key: https
        type: in
        action: ACCEPT
        proto: tcp
        dport: 80,443
    purge: true

- name: Say who the admins are
  playvisor.proxmox.pve_firewall:
    level: cluster
    aliases:
      - name: office
        cidr: 192.0.2.0/24
    ipsets:
      - name: admins
        comment: Who may log in
        entries:
          - cidr: dc/office
          - cidr: 2001:db8::/64
          - cidr: 192.0.2.99
            nomatch: true

- name: Make a security group
  playvisor.proxmox.pve_firewall:
    level: group
    group: webservers
    comment: What every web server needs
    rules:
      - key: http
        type: in
        action: ACCEPT
        macro: HTTP
      - key: https
        type: in
        action: ACCEPT
        macro: HTTPS

- name: Let it in on one guest, before its other rules
  playvisor.proxmox.pve_firewall:
    level: guest
    name: web-01
    rules:
      - key: webservers
        type: group
        action: webservers
        iface: net0

- name: Log what a node drops
  playvisor.proxmox.pve_firewall:
    level: node
    node: pve1
    options:
      log_level_in: info
"""

RETURN = r"""
guests:
  description: The chosen guests and what happened to each, by vmid.
  returned: when O(level=guest) and the guests could be looked up
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the guest.
      type: int
      returned: always
      sample: 101
    name:
      description: Name of the guest.
      type: str
      returned: always
      sample: web-01
    node:
      description: Node that the guest is on.
      type: str
      returned: always
      sample: pve1
    type:
      description: V(qemu) or V(lxc).
      type: str
      returned: always
      sample: qemu
    before:
      description:
        - The firewall before, of each kind that is given. A rule has its C(key), null for one without, and its
          C(comment) apart from it. The entries of an IP set and the rules of a group are there when they are looked at.
      type: dict
      returned: always
      sample: {rules: []}
    after:
      description: The firewall after, read back; in check mode the one that is expected. Empty when unknown.
      type: dict
      returned: always
      sample:
        rules: [{key: ssh, enable: true, type: in, action: ACCEPT, macro: SSH, comment: Only from the office}]
    changed:
      description: Whether this guest's firewall was changed, or would be.
      type: bool
      returned: always
    upids:
      description: Always empty; Proxmox VE starts no tasks for the firewall.
      type: list
      elements: str
      returned: always
    failure:
      description: Why this guest failed, as RV(failure); null when it did not.
      type: dict
      returned: always
firewalls:
  description: The one firewall of a level other than V(guest), and what happened to it.
  returned: when O(level) is not V(guest) and it could be looked up
  type: list
  elements: dict
  contains:
    level:
      description: As O(level).
      type: str
      returned: always
      sample: group
    node:
      description: The node.
      type: str
      returned: when O(level=node)
      sample: pve1
    group:
      description: The security group.
      type: str
      returned: when O(level=group)
      sample: webservers
    before:
      description: As RV(guests[].before); of a group whether it C(exists), its C(comment) and its C(rules).
      type: dict
      returned: always
      sample: {exists: false, comment: '', rules: []}
    after:
      description: The firewall after, read back; in check mode the one that is expected. Empty when unknown.
      type: dict
      returned: always
      sample:
        exists: true
        comment: What every web server needs
        rules: [{key: http, enable: true, type: in, action: ACCEPT, macro: HTTP, comment: ''}]
    changed:
      description: Whether it was changed, or would be.
      type: bool
      returned: always
    upids:
      description: Always empty; Proxmox VE starts no tasks for the firewall.
      type: list
      elements: str
      returned: always
    unknown:
      description: True when it can\'t be known whether it was changed, as the answer to a request was lost.
      type: bool
      returned: when it is unknown
    failure:
      description: Why it failed, as RV(failure); null when it did not.
      type: dict
      returned: always
plan:
  description: What brings the firewalls to the wished state, with its C(digest) and C(steps).
  returned: when the firewalls could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order, each with the firewall it is for and why.
      type: list
      elements: dict
      returned: always
upids:
  description: Always empty; Proxmox VE starts no tasks for the firewall.
  returned: when the firewalls could be looked up
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
from ..module_utils._resources.firewall import RULES, Firewalls, argument_spec
from ..module_utils._run.runner import run_plans


def main() -> None:
    module = PveModule(argument_spec=argument_spec(), **RULES)
    run_plans(module, Firewalls(module.params))


if __name__ == "__main__":
    main()
