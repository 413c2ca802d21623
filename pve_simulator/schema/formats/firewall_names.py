# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that firewall rules may use for numbers: /etc/services, /etc/protocols and ICMP types."""

from __future__ import annotations

from pve_simulator.schema.formats._words import words

SERVICES = frozenset(
    words("""
    tcpmux echo discard systat daytime netstat qotd chargen ftp-data ftp fsp ssh telnet smtp time whois
    tacacs tacacs-ds domain bootps bootpc tftp gopher finger http kerberos iso-tsap acr-nema pop3 sunrpc
    auth nntp ntp epmap netbios-ns netbios-dgm netbios-ssn imap2 snmp snmp-trap cmip-man cmip-agent mailq
    xdmcp bgp smux qmtp z3950 ipx ptp pawserv zserv rpc2portmap codaauth2 clearcase ulistserv ldap
    imsp svrloc https snpp microsoft-ds kpasswd submissions submission saft isakmp rtsp nqs asf-rmcp qmqp
    ipp ldp epp ldaps ftps-data ftps telnets imaps pop3s biff exec login who shell syslog printer talk
    ntalk route gdomap uucp klogin kshell dhcpv6-client dhcpv6-server afpovertcp nntps domain-s iscsi-target
    socks proofd rootd openvpn rmiregistry lotusnote ms-sql-s ms-sql-m ingreslock datametrics sa-msg-port
    kermit groupwise l2f radius radius-acct cisco-sccp nfs gnunet rtcm-sc104 gsigatekeeper gris cvspserver
    venus venus-se codasrv codasrv-se mon zebrasrv zebra ripd ripngd ospfd bgpd ospf6d ospfapi isisd dict
    f5-globalsite gsiftp gpsd gds-db icpv2 mysql nut distcc daap svn suucp sysrqd sieve epmd remctl
    f5-iquery ntske iax mtn radmin-port rfe mmcc sip sip-tls aol xmpp-client xmpp-server cfengine mdns
    postgresql freeciv amqps amqp x11 x11-1 x11-2 x11-3 x11-4 x11-5 x11-6 x11-7 gnutella-svc gnutella-rtr
    redis sge-qmaster sge-execd mysql-proxy babel ircs-u bbs http-alt puppet nbd bacula-dir bacula-fd
    bacula-sd xmms2 nbd zabbix-agent zabbix-trapper amanda dicom hkp bprd bpdbm bpjava-msvc vnetd bpcd
    vopied db-lsp dcap gsidcap wnn6 kerberos4 kerberos-adm kerberos-master passwd-server krb-prop zephyr-srv
    zephyr-clt zephyr-hm iprop supfilesrv supfiledbg poppassd moira-db moira-update moira-ureg spamd skkserv
    predict rmtcfg xtel xtelw zebrasrv support cfinger frox ariane sgi-cmsd afs3-fileserver afs3-callback
    afs3-prserver afs3-vlserver afs3-kaserver afs3-volser afs3-errors afs3-bos afs3-update afs3-rmtsys
    font-service bpdbm hylafax isdnlog vboxd binkp asp csync2 dircproxy tfido fido git rplay nrpe nsca
    mrtd canna syslog-tls sane-port ircd zope-ftp tproxy omniorb clc-build-daemon xinetd distmp3 fax
    """)
)

PROTOCOLS = frozenset(
    words("""
    ip hopopt icmp igmp ggp ipencap st tcp egp igp pup udp hmp xns-idp rdp iso-tp4 dccp xtp ddp idpr-cmtp
    ipv6 ipv6-route ipv6-frag idrp rsvp gre esp ah skip ipv6-icmp icmpv6 ipv6-nonxt ipv6-opts rspf vmtp
    eigrp ospf ax.25 ipip etherip encap pim ipcomp vrrp l2tp isis sctp fc mobility-header udplite
    mpls-in-ip manet hip shim6 wesp rohc ethernet mptcp
    """)
)

ICMPV6_TYPES = frozenset(
    words("""
    any destination-unreachable no-route communication-prohibited beyond-scope address-unreachable
    port-unreachable failed-policy reject-route packet-too-big time-exceeded ttl-zero-during-transit
    ttl-zero-during-reassembly parameter-problem bad-header unknown-header-type unknown-option echo-request
    echo-reply router-solicitation router-advertisement neighbor-solicitation neighbour-solicitation
    neighbor-advertisement neighbour-advertisement redirect
    """)
)

ICMPV4_TYPES = frozenset(
    words("""
    any echo-reply destination-unreachable network-unreachable host-unreachable protocol-unreachable
    port-unreachable fragmentation-needed source-route-failed network-unknown host-unknown
    network-prohibited host-prohibited TOS-network-unreachable TOS-host-unreachable
    communication-prohibited host-precedence-violation precedence-cutoff source-quench redirect
    network-redirect host-redirect TOS-network-redirect TOS-host-redirect echo-request
    router-advertisement router-solicitation time-exceeded ttl-zero-during-transit
    ttl-zero-during-reassembly parameter-problem ip-header-bad required-option-missing timestamp-request
    timestamp-reply address-mask-request address-mask-reply
    """)
)

ICMP_TYPES = ICMPV4_TYPES | ICMPV6_TYPES
