# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The macros of firewall rules: their descriptions and what each stands for (GET /cluster/firewall/macros)."""

from __future__ import annotations

from functools import cache

# Name | what it matches: protocol, then destination ports (or ICMP type) or `source>destination` | description
_TABLE = """
Amanda|udp 10080;tcp 10080|Amanda Backup
Auth|tcp 113|Auth (identd) traffic
BGP|tcp 179|Border Gateway Protocol traffic
BitTorrent|tcp 6881:6889;udp 6881|BitTorrent traffic for BitTorrent 3.1 and earlier
BitTorrent32|tcp 6881:6999;udp 6881|BitTorrent traffic for BitTorrent 3.2 and later
Ceph|tcp 6789;tcp 3300;tcp 6800:7300|Ceph Storage Cluster traffic (Ceph Monitors, OSD & MDS Daemons)
Citrix|tcp 1494;udp 1604;tcp 2598|Citrix/ICA traffic (ICA, ICA Browser, CGP)
CVS|tcp 2401|Concurrent Versions System pserver traffic
DAAP|tcp 3689;udp 3689|Digital Audio Access Protocol traffic (iTunes, Rythmbox daemons)
DCC|tcp 6277|Distributed Checksum Clearinghouse spam filtering mechanism
DHCPfwd|udp 67:68>67:68|Forwarded DHCP traffic
DHCPv6|udp 546:547>546:547|DHCPv6 traffic
Distcc|tcp 3632|Distributed Compiler service
DNS|udp 53;tcp 53|Domain Name System traffic (upd and tcp)
Finger|tcp 79|Finger protocol (RFC 742)
FTP|tcp 21|File Transfer Protocol
Git|tcp 9418|Git distributed revision control traffic
GNUnet|tcp 2086;udp 2086;tcp 1080;udp 1080|GNUnet secure peer-to-peer networking traffic
GRE|47|Generic Routing Encapsulation tunneling protocol
HKP|tcp 11371|OpenPGP HTTP key server protocol traffic
HTTP|tcp 80|Hypertext Transfer Protocol (WWW)
HTTPS|tcp 443|Hypertext Transfer Protocol (WWW) over SSL
ICPV2|udp 3130|Internet Cache Protocol V2 (Squid) traffic
ICQ|tcp 5190|AOL Instant Messenger traffic
IMAP|tcp 143|Internet Message Access Protocol
IMAPS|tcp 993|Internet Message Access Protocol over SSL
IPIP|94|IPIP capsulation traffic
IPsec|udp 500>500;50|IPsec traffic
IPsecah|udp 500>500;51|IPsec authentication (AH) traffic
IPsecnat|udp 500;udp 4500;50|IPsec traffic and Nat-Traversal
IRC|tcp 6667|Internet Relay Chat traffic
Jetdirect|tcp 9100|HP Jetdirect printing
L2TP|udp 1701|Layer 2 Tunneling Protocol traffic
LDAP|tcp 389|Lightweight Directory Access Protocol traffic
LDAPS|tcp 636|Secure Lightweight Directory Access Protocol traffic
Mail|tcp 25;tcp 465;tcp 587|Mail traffic (SMTP, SMTPS, Submission)
MDNS|udp 5353|Multicast DNS
MSNP|tcp 1863|Microsoft Notification Protocol
MSSQL|tcp 1433|Microsoft SQL Server
Munin|tcp 4949|Munin networked resource monitoring traffic
MySQL|tcp 3306|MySQL server
NeighborDiscovery|icmpv6 router-solicitation;icmpv6 router-advertisement;icmpv6 neighbor-solicitation\
;icmpv6 neighbor-advertisement|IPv6 neighbor solicitation, neighbor and router advertisement
NNTP|tcp 119|NNTP traffic (Usenet).
NNTPS|tcp 563|Encrypted NNTP traffic (Usenet)
NTP|udp 123|Network Time Protocol (ntpd)
OpenVPN|udp 1194|OpenVPN traffic
OSPF|89|OSPF multicast traffic
PCA|udp 5632;tcp 5631|Symantec PCAnywere (tm)
Ping|icmp echo-request|ICMP echo request
PMG|tcp 8006|Proxmox Mail Gateway web interface
POP3|tcp 110|POP3 traffic
POP3S|tcp 995|Encrypted POP3 traffic
PostgreSQL|tcp 5432|PostgreSQL server
PPtP|47;tcp 1723|Point-to-Point Tunneling Protocol
Printer|tcp 515|Line Printer protocol printing
Razor|tcp 2703|Razor Antispam System
Rdate|tcp 37|Remote time retrieval (rdate)
RDP|tcp 3389|Microsoft Remote Desktop Protocol traffic
RIP|udp 520|Routing Information Protocol (bidirectional)
RNDC|tcp 953|BIND remote management protocol
Rsync|tcp 873|Rsync server
SANE|tcp 6566|SANE network scanning
SixXS|tcp 3874;udp 3740;41;udp 5072,8374|SixXS IPv6 Deployment and Tunnel Broker
SMB|udp 135,445;udp 137:139;udp 137>1024:65535;tcp 135,139,445|Microsoft SMB traffic
SMBswat|tcp 901|Samba Web Administration Tool
SMTP|tcp 25|Simple Mail Transfer Protocol
SMTPS|tcp 465|Encrypted Simple Mail Transfer Protocol
SNMP|udp 161:162;tcp 161|Simple Network Management Protocol
SPAMD|tcp 783|Spam Assassin SPAMD traffic
SPICEproxy|tcp 3128|Proxmox VE SPICE display proxy traffic
Squid|tcp 3128|Squid web proxy traffic
SSH|tcp 22|Secure shell traffic
Submission|tcp 587|Mail message submission traffic
SVN|tcp 3690|Subversion server (svnserve)
Syslog|udp 514;tcp 514|Syslog protocol (RFC 5424) traffic
Telnet|tcp 23|Telnet traffic
Telnets|tcp 992|Telnet over SSL
TFTP|udp 69|Trivial File Transfer Protocol traffic
Time|tcp 37|RFC 868 Time protocol
Trcrt|udp 33434:33524;icmp echo-request|Traceroute (for up to 30 hops) traffic
VNC|tcp 5900:5999|VNC traffic for VNC display's 0 - 99
VNCL|tcp 5500|VNC traffic from Vncservers to Vncviewers in listen mode
Web|tcp 80;tcp 443|WWW traffic (HTTP and HTTPS)
Webcache|tcp 8080|Web Cache/Proxy traffic (port 8080)
Webmin|tcp 10000|Webmin traffic
Whois|tcp 43|Whois (nicname, RFC 3912) traffic
"""
# What these match when the rule is about IPv6.
_IPV6 = {"Ping": "icmpv6 echo-request", "Trcrt": "udp 33434:33524;icmpv6 echo-request"}
# Macros for one IP version only; a rule of the other version does not expand them at all.
_ONLY_IPV6 = frozenset({"NeighborDiscovery", "DHCPv6"})

Match = dict[str, str]


@cache
def descriptions() -> dict[str, str]:
    """The description of every macro."""
    return {name: text for name, dummy, text in _lines()}


def preferred_name(name: str) -> str | None:
    """The listed spelling of a macro's name given in any case."""
    return _names_by_lower_case().get(name.lower())


def expand_macro(name: str, ipversion: int | None) -> list[Match]:
    """What a macro matches: proto, dport and sport of each rule it stands for."""
    if ipversion == 4 and name in _ONLY_IPV6:
        return []
    text = _IPV6.get(name) if ipversion == 6 else None
    return [_match(part) for part in (text or _matches()[name]).split(";")]


def _match(text: str) -> Match:
    proto, target = f"{text} ".split(" ")[:2]
    match = {"proto": proto}
    if target:
        *source, destination = target.split(">")
        match |= {"dport": destination, **({"sport": source[0]} if source else {})}
    return match


@cache
def _names_by_lower_case() -> dict[str, str]:
    return {name.lower(): name for name in descriptions()}


@cache
def _matches() -> dict[str, str]:
    return {name: matches for name, matches, dummy in _lines()}


def _lines() -> list[list[str]]:
    """Each macro's name, what it matches, and its description."""
    return [line.split("|") for line in _TABLE.strip().split("\n")]
