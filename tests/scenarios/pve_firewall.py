from __future__ import annotations

from scenarios import Call, Place, Scenario


def scenarios(place: Place) -> list[Scenario]:
    guest = f"/nodes/{place.node}/qemu/{place.vmid(0)}/firewall"

    def rule(key: str, **options: object) -> dict[str, object]:
        return {"key": key, "type": "in", "action": "ACCEPT", **options}

    def posted(path: str, *comments: str, **options: object) -> list[Call]:
        """Rules from the first to the last, made from the last to the first."""
        common = {"type": "in", "action": "ACCEPT", "enable": 1, **options}
        return [Call("POST", path, {**common, "comment": comment}) for comment in reversed(comments)]

    def on_guest(name: str, *prepare: Call, container: bool = False, **options: object) -> Scenario:
        return Scenario(
            name,
            "pve_firewall",
            {"level": "guest", "vmid": place.vmid(0), **options},
            prepare=(*(place.container(0) if container else place.machine(0)), *prepare),
            guests=(0,),
            needs=frozenset({"ostemplate"} if container else ()),
        )

    def shared(name: str, level: str, *prepare: Call, cleanup: tuple[Call, ...] = (), **options: object) -> Scenario:
        # Rules can only be removed by position, which nobody may do to a live cluster's own.
        needs = frozenset({"simulator"} if "rules" in options and level != "group" else ())
        return Scenario(
            name, "pve_firewall", {"level": level, **options}, prepare=prepare, cleanup=cleanup, needs=needs
        )

    def gone(*paths: str, **params: object) -> tuple[Call, ...]:
        return tuple(Call("DELETE", f"/cluster/firewall/{path}", params, optional=True) for path in paths)

    group = "/cluster/firewall/groups/pv-test-group"
    no_group = gone(*["groups/pv-test-group/0"] * 4, "groups/pv-test-group")
    every_field = [
        rule("macro", macro="ssh", source="192.0.2.0/24, 198.51.100.7", log="info", comment="From the office"),
        rule("ports", proto="tcp", dport="80,443,8000:8080", sport="1024:65535", dest="2001:db8::1"),
        rule("ping", proto="icmp", icmp_type="echo-request", iface="net0"),
        rule("off", action="DROP", enable=False),
        rule("out", type="out", action="REJECT", source="192.0.2.1-192.0.2.9"),
    ]
    return [
        on_guest("rules are made in order", rules=every_field),
        on_guest("rules of a container are made in order", container=True, rules=every_field),
        on_guest(
            "rules are changed, moved, added and purged",
            *posted(f"{guest}/rules", "[one]", "by hand", "[two]", "Text [three]", "[gone]", proto="tcp", dport="22"),
            rules=[rule("new"), rule("three", proto="tcp", dport="22", comment="Text"), rule("two"), rule("one")],
            purge=True,
        ),
        on_guest(
            "rules that are not listed stay where they are",
            *posted(f"{guest}/rules", "by hand", "[one]", "[other]", "[two]", "[gone]"),
            rules=[rule("two"), rule("between", action="DROP"), rule("one"), {"key": "gone", "state": "absent"}],
        ),
        on_guest(
            "options are set and reset",
            Call("PUT", f"{guest}/options", {"macfilter": 0, "dhcp": 1, "policy_out": "DROP"}),
            options={"enable": True, "policy_in": "DROP", "policy_out": "ACCEPT", "log_level_in": "info"},
            reset_options=["macfilter", "radv"],
            rules=[rule("ssh", macro="SSH")],
        ),
        on_guest(
            "aliases and ip sets are made before the rules that name them",
            aliases=[
                {"name": "Office", "cidr": "192.0.2.7/32", "comment": "Here"},
                {"name": "net6", "cidr": "2001:DB8:0::/48"},
            ],
            ipsets=[
                {
                    "name": "Admins",
                    "comment": "Who may log in",
                    "entries": [
                        {"cidr": "198.51.100.77/24"},
                        {"cidr": "198.51.100.9", "nomatch": True, "comment": "Not him"},
                        {"cidr": "2001:0DB8::0001/64"},
                        {"cidr": "Office"},
                    ],
                }
            ],
            rules=[rule("admins", source="+admins"), rule("office", source="office")],
        ),
        on_guest(
            "aliases and ip sets are changed and purged",
            Call("POST", f"{guest}/aliases", {"name": "kept", "cidr": "192.0.2.1", "comment": "Old"}),
            Call("POST", f"{guest}/aliases", {"name": "old", "cidr": "192.0.2.2"}),
            Call("POST", f"{guest}/ipset", {"name": "kept"}),
            Call("POST", f"{guest}/ipset/kept", {"cidr": "192.0.2.0/24"}),
            Call("POST", f"{guest}/ipset/kept", {"cidr": "192.0.2.3", "comment": "Old"}),
            Call("POST", f"{guest}/ipset/kept", {"cidr": "192.0.2.4"}),
            Call("POST", f"{guest}/ipset", {"name": "old"}),
            Call("POST", f"{guest}/ipset/old", {"cidr": "192.0.2.5"}),
            *posted(f"{guest}/rules", "[old]", source="+old"),
            *posted(f"{guest}/rules", "[kept]", source="kept"),
            aliases=[{"name": "Kept", "cidr": "2001:db8::1"}],
            ipsets=[{"name": "kept", "comment": "New", "entries": [{"cidr": "192.0.2.3", "nomatch": True}]}],
            rules=[rule("kept", source="kept")],
            purge=True,
        ),
        shared(
            "a security group is made with rules",
            "group",
            cleanup=no_group,
            group="pv-test-group",
            comment="For a test",
            rules=[rule("http", macro="HTTP"), rule("https", macro="HTTPS")],
        ),
        shared(
            "a security group's rules are purged and its comment changed",
            "group",
            *gone("groups/pv-test-group"),
            Call("POST", "/cluster/firewall/groups", {"group": "pv-test-group", "comment": "Old"}),
            *posted(group, "[http]", "by hand", "[https]"),
            cleanup=no_group,
            group="pv-test-group",
            comment="New",
            rules=[rule("https"), rule("http")],
            purge=True,
        ),
        shared(
            "a security group is deleted with its rules",
            "group",
            Call("POST", "/cluster/firewall/groups", {"group": "pv-test-group"}),
            *posted(group, "[http]", "by hand"),
            cleanup=no_group,
            group="pv-test-group",
            state="absent",
        ),
        shared(
            "aliases, ip sets and groups of the cluster are made and removed",
            "cluster",
            Call("POST", "/cluster/firewall/groups", {"group": "pv-test-old"}),
            *posted("/cluster/firewall/groups/pv-test-old", "[http]", "by hand"),
            Call("POST", "/cluster/firewall/ipset", {"name": "pv-test-old"}),
            Call("POST", "/cluster/firewall/ipset/pv-test-old", {"cidr": "192.0.2.1"}),
            Call("POST", "/cluster/firewall/aliases", {"name": "pv-test-old", "cidr": "192.0.2.1"}),
            cleanup=(
                *gone("ipset/pv-test-new", "ipset/pv-test-old", force=1),
                *gone("aliases/pv-test-new", "aliases/pv-test-old"),
                *gone("groups/pv-test-old/0", "groups/pv-test-old/0", "groups/pv-test-old", "groups/pv-test-new"),
            ),
            aliases=[{"name": "pv-test-new", "cidr": "192.0.2.0/24"}, {"name": "pv-test-old", "state": "absent"}],
            ipsets=[
                {"name": "pv-test-new", "entries": [{"cidr": "dc/pv-test-new"}]},
                {"name": "pv-test-old", "state": "absent"},
            ],
            groups=[{"name": "pv-test-new", "comment": "For a test"}, {"name": "pv-test-old", "state": "absent"}],
        ),
        shared(
            "rules of the cluster are made",
            "cluster",
            rules=[
                rule("pv-test-1", source="192.0.2.1", enable=False),
                rule("pv-test-2", type="forward", action="DROP", dest="192.0.2.1", enable=False),
            ],
        ),
        shared(
            "rules and options of a node are made",
            "node",
            node=place.node,
            options={"log_level_in": "info", "nf_conntrack_max": 300000},
            rules=[
                rule("pv-test-1", source="192.0.2.1", iface=place.bridge, enable=False),
                rule("pv-test-2", type="out", action="DROP", dest="192.0.2.1", enable=False),
            ],
        ),
    ]
