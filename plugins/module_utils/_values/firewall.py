# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fields of firewall rules: addresses, ports, protocols and ICMP types, as the API of Proxmox VE 9.2 takes them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .kinds import Choice, Text, Value, split_words, to_text

_ALIAS = re.compile(r"(?:dc/|guest/)?[A-Za-z][A-Za-z0-9_-]+")
_NAME_LENGTH = 64
_PORT_COUNT = 15
_HIGHEST_PORT = 65535
_HIGHEST_PROTOCOL = 143
# What /etc/protocols of Proxmox VE has.
PROTOCOLS = split_words(
    """
    ah ax.25 dccp ddp egp eigrp encap esp etherip ethernet fc ggp gre hip hmp hopopt icmp icmpv6 idpr-cmtp idrp
    igmp igp ip ipcomp ipencap ipip ipv6 ipv6-frag ipv6-icmp ipv6-nonxt ipv6-opts ipv6-route isis iso-tp4 l2tp
    manet mobility-header mpls-in-ip mptcp ospf pim pup rdp rohc rspf rsvp sctp shim6 skip st tcp udp udplite
    vmtp vrrp wesp xns-idp xtp
    """
)
# What /etc/services has.
SERVICES = frozenset(
    split_words(
        """
        acr-nema afpovertcp afs3-bos afs3-callback afs3-errors afs3-fileserver afs3-kaserver afs3-prserver
        afs3-rmtsys afs3-update afs3-vlserver afs3-volser amanda amqp amqps aol ariane asf-rmcp asp auth babel
        bacula-dir bacula-fd bacula-sd bbs bgp bgpd biff binkp bootpc bootps bpcd bpdbm bpjava-msvc bprd canna
        cfengine cfinger chargen cisco-sccp clc-build-daemon clearcase cmip-agent cmip-man codaauth2 codasrv
        codasrv-se csync2 cvspserver daap datametrics daytime db-lsp dcap dhcpv6-client dhcpv6-server dicom dict
        dircproxy discard distcc distmp3 domain domain-s echo epmap epmd epp exec f5-globalsite f5-iquery fax
        fido finger font-service freeciv frox fsp ftp ftp-data ftps ftps-data gdomap gds-db git gnunet
        gnutella-rtr gnutella-svc gopher gpsd gris groupwise gsidcap gsiftp gsigatekeeper hkp http http-alt
        https hylafax iax icpv2 imap2 imaps imsp ingreslock ipp iprop ipx ircd ircs-u isakmp iscsi-target
        isdnlog isisd iso-tsap kerberos kerberos-adm kerberos-master kerberos4 kermit klogin kpasswd krb-prop
        kshell l2f ldap ldaps ldp login lotusnote mailq mdns microsoft-ds mmcc moira-db moira-update moira-ureg
        mon mrtd ms-sql-m ms-sql-s mtn mysql mysql-proxy nbd netbios-dgm netbios-ns netbios-ssn netstat nfs nntp
        nntps nqs nrpe nsca ntalk ntp ntske nut omniorb openvpn ospf6d ospfapi ospfd passwd-server pawserv pop3
        pop3s poppassd postgresql predict printer proofd ptp puppet qmqp qmtp qotd radius radius-acct
        radmin-port redis remctl rfe ripd ripngd rmiregistry rmtcfg rootd route rpc2portmap rplay rtcm-sc104
        rtsp sa-msg-port saft sane-port sge-execd sge-qmaster sgi-cmsd shell sieve sip sip-tls skkserv smtp smux
        snmp snmp-trap snpp socks spamd ssh submission submissions sunrpc supfiledbg supfilesrv support suucp
        svn svrloc syslog syslog-tls sysrqd systat tacacs tacacs-ds talk tcpmux telnet telnets tfido tftp time
        tproxy ulistserv uucp vboxd venus venus-se vnetd vopied who whois wnn6 x11 x11-1 x11-2 x11-3 x11-4 x11-5
        x11-6 x11-7 xdmcp xinetd xmms2 xmpp-client xmpp-server xtel xtelw z3950 zabbix-agent zabbix-trapper
        zebra zebrasrv zephyr-clt zephyr-hm zephyr-srv zope-ftp zserv
        """
    )
)
ICMPV4_TYPES = split_words(
    """
    address-mask-reply address-mask-request any communication-prohibited destination-unreachable echo-reply
    echo-request fragmentation-needed host-precedence-violation host-prohibited host-redirect host-unknown
    host-unreachable ip-header-bad network-prohibited network-redirect network-unknown network-unreachable
    parameter-problem port-unreachable precedence-cutoff protocol-unreachable redirect required-option-missing
    router-advertisement router-solicitation source-quench source-route-failed time-exceeded timestamp-reply
    timestamp-request TOS-host-redirect TOS-host-unreachable TOS-network-redirect TOS-network-unreachable
    ttl-zero-during-reassembly ttl-zero-during-transit
    """
)
ICMPV6_TYPES = split_words(
    """
    address-unreachable any bad-header beyond-scope communication-prohibited destination-unreachable echo-reply
    echo-request failed-policy neighbor-advertisement neighbor-solicitation neighbour-advertisement
    neighbour-solicitation no-route packet-too-big parameter-problem port-unreachable redirect reject-route
    router-advertisement router-solicitation time-exceeded ttl-zero-during-reassembly ttl-zero-during-transit
    unknown-header-type unknown-option
    """
)
_ICMP = {"icmp": ICMPV4_TYPES, "icmpv6": ICMPV6_TYPES, "ipv6-icmp": ICMPV6_TYPES}
# The protocols of which rules may name ports, and their numbers.
_WITH_PORTS = {"tcp": "6", "udp": "17", "udplite": "136", "sctp": "132", "dccp": "33"}
_IPSET = re.compile(r"\+(?:dc/|guest/|sdn/)?[A-Za-z][A-Za-z0-9_-]+")
_ADDRESS_WHAT = "an address, a network, a range such as 10.0.0.1-10.0.0.9, an alias, or an IP set such as +web"


@dataclass(frozen=True)
class Addresses(Value):
    """The addresses of a rule: an IP set, an alias, or addresses and networks with commas between them."""

    def check_text(self, value: Any) -> str:
        text = to_text(value)
        if text.startswith("+") or _ALIAS.fullmatch(text):
            if len(text.removeprefix("+")) > _NAME_LENGTH:
                raise ValueError(f"it must be a name of at most {_NAME_LENGTH} characters")
            if text.startswith("+") and not _IPSET.fullmatch(text):
                raise ValueError("it must be an IP set such as +web, +dc/web or +guest/web")
            return text
        elements = text.split(",") if text else []
        versions = {_check_element(element, is_alone=len(elements) == 1) for element in elements}
        if len(versions) > 1:
            raise ValueError("it must not mix addresses of IPv4 and IPv6")
        return text


@dataclass(frozen=True)
class Ports(Value):
    """The ports of a rule: numbers, names and ranges C(80:90), with commas between them."""

    def check_text(self, value: Any) -> str:
        text = to_text(value)
        ports = [port for element in (text.split(",") if text else ()) for port in _parse_ports(element)]
        if len(ports) > _PORT_COUNT:
            raise ValueError(f"it names {len(ports)} ports, and may name {_PORT_COUNT}; a range is two")
        return text


@dataclass(frozen=True)
class Protocol(Value):
    """A protocol, by its name in lower case or by its number."""

    def check_text(self, value: Any) -> str:
        text = to_text(value).strip().lower()
        if text.isdecimal():
            if int(text) > _HIGHEST_PROTOCOL:
                raise ValueError(f"it must be at most {_HIGHEST_PROTOCOL}, or the name of a protocol")
        elif text and text not in PROTOCOLS:
            raise ValueError("it must be a protocol by its name in /etc/protocols, such as tcp, udp or icmp")
        return text


ADDRESSES, PORTS, PROTOCOL = Addresses(), Ports(), Protocol()
ICMP_TYPE = Choice(choices=tuple(sorted({*ICMPV4_TYPES, *ICMPV6_TYPES})))
IFACE = Text(
    pattern=r"[A-Za-z][A-Za-z0-9_]{1,20}(?:[:.]\d+)?", longest=20, what="a network interface, such as net0 or vmbr0"
)


def find_conflict(fields: Mapping[str, Any]) -> tuple[str, str] | None:
    """The field of a rule that does not go with the others, by its name in the API, and why; None if all do."""
    proto, icmp_type = fields.get("proto", ""), fields.get("icmp-type")
    with_ports = {*_WITH_PORTS, *_WITH_PORTS.values()}
    for name in ("dport", "sport"):
        if fields.get(name) and proto not in with_ports and not (name == "dport" and proto in _ICMP):
            return name, f"the protocol {proto} has no ports, which only {', '.join(_WITH_PORTS)} have"
    icmp_ports = {*str(fields.get("dport") or "").split(",")} & {*ICMP_TYPE.choices} - SERVICES
    if icmp_ports and proto not in _ICMP:
        return "dport", f"{', '.join(sorted(icmp_ports))} is for {', '.join(_ICMP)}"
    if icmp_type and proto not in _ICMP:
        return "icmp-type", f"the protocol {proto} has no such types, which only {', '.join(_ICMP)} have"
    if icmp_type and icmp_type not in _ICMP[proto]:
        return "icmp-type", f"the protocol {proto} has no such type"
    if icmp_type and fields.get("dport"):
        return "icmp-type", "it can't be given together with dport"
    return _find_mixed_addresses(fields)


def _find_mixed_addresses(fields: Mapping[str, Any]) -> tuple[str, str] | None:
    """The field of a rule whose addresses are of another IP version than the rest of it, and why that is wrong."""
    proto = fields.get("proto", "")
    versions = {"proto": 4 if proto == "icmp" else 6} if proto in _ICMP else {}
    for name in ("source", "dest"):
        try:
            version = _check_element(str(fields.get(name) or "").partition(",")[0], is_alone=True)
        except ValueError:
            # A name, or what is refused anyway.
            continue
        for other, another in versions.items():
            if version != another:
                return name, f"it is IPv{version}, and {other} is IPv{another}"
        versions[name] = version
    return None


def _parse_ports(element: str) -> list[int]:
    """The numbers of a port or a range, none of a name; raises ValueError for what is none of them."""
    if not re.fullmatch(r"\d+(?::\d+)?", element):
        if element not in SERVICES and element not in ICMP_TYPE.choices:
            raise ValueError(f"{element!r} is no port; it must be numbers, ranges such as 80:90, or names of services")
        return []
    ports = [int(number) for number in element.split(":")]
    if max(ports) > _HIGHEST_PORT:
        raise ValueError(f"{max(ports)} is no port, which end at {_HIGHEST_PORT}")
    if ports != sorted(ports):
        raise ValueError(f"the range {element} runs backwards; it must be {ports[1]}:{ports[0]}")
    return ports


def _check_element(text: str, *, is_alone: bool) -> int:
    """The IP version of an address, a network or a range; raises ValueError for what is none."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    if dash:
        start, end = _parse_address(first), _parse_address(last)
        if not is_alone:
            raise ValueError(f"{text} is a range, which can't be in a list")
        if start.version != end.version or int(start) > int(end):
            raise ValueError(f"the range {text} runs backwards or mixes IPv4 and IPv6")
        return start.version
    address, slash, bits = text.partition("/")
    parsed = _parse_address(address)
    if slash:
        if not bits.isdecimal() or int(bits) > parsed.max_prefixlen:
            raise ValueError(f"{text} is no network, whose prefix is 0 to {parsed.max_prefixlen} bits long")
        network = ipaddress.ip_network(f"{parsed}/{int(bits)}", strict=False)
        if network.network_address != parsed:
            raise ValueError(f"{text} is an address within a network; it must be {network} or {parsed}")
    return parsed.version


def _parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if re.fullmatch(r"\d+(?:\.\d+){0,3}", text):
        # Proxmox VE fills short forms up with zeroes, and takes 010 for 10.
        text = ".".join(str(int(quad)) for quad in [*text.split("."), "0", "0", "0"][:4])
    try:
        if "%" in text:
            # Proxmox VE takes no scope.
            raise ValueError
        return ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is not right; it must be {_ADDRESS_WHAT}") from None
