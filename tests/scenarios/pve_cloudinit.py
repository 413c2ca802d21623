from __future__ import annotations

from scenarios import Place, Scenario

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4mH1Wl0mVnYq1N1yqj0Xv4QyZCkTn0hX3zQ1u9d9aB pv-test+tag@host"
ENCODED = KEY.replace(" ", "%20").replace("/", "%2F").replace("+", "%2B").replace("@", "%40")


def scenarios(place: Place) -> list[Scenario]:
    def one(name: str, *, running: bool = False, settles: bool = True, **options: object) -> Scenario:
        """A guest with a network; what `had` holds is added to its configuration."""
        had = dict(options.pop("had", {}))
        drive = {} if options.get("drive_storage") else {"ide2": f"{place.storage}:cloudinit"}
        net = {"net0": f"virtio,bridge={place.bridge}"}
        return Scenario(
            name,
            "pve_cloudinit",
            {"vmid": place.vmid(0), **options},
            prepare=tuple(place.machine(0, running=running, **net, **drive, **had)),
            guests=(0,),
            settles=settles,
        )

    password = "pv-test secret"
    address = {"interface": 0, "ip": "192.0.2.10/24", "gw": "192.0.2.1", "ip6": "2001:db8::a/64", "gw6": "2001:db8::1"}
    return [
        one("the drive is added", drive_storage=place.storage, user="debian"),
        one("the drive is added where it is asked for", drive_storage=place.storage, drive="scsi5"),
        one(
            "everything is set at once",
            drive_storage=place.storage,
            user="debian",
            password=password,
            ssh_keys=[KEY],
            ipconfig=[address],
            nameservers=["192.0.2.53", "2001:db8::53"],
            searchdomain="example.com",
            citype="nocloud",
            upgrade=False,
        ),
        one("a key joins another one", had={"sshkeys": ENCODED}, ssh_keys=[KEY, KEY.replace("AAAAIJ4m", "AAAAIKKK")]),
        one("keys are removed", had={"sshkeys": ENCODED}, ssh_keys=[]),
        one("an interface changes and the others stay", had={"ipconfig0": "ip=dhcp"}, ipconfig=[address]),
        one("an interface gets its addresses by itself", ipconfig=[{"interface": 1, "ip": "dhcp", "ip6": "auto"}]),
        one("an interface loses its addresses", had={"ipconfig0": "ip=dhcp"}, ipconfig=[{"interface": 0}]),
        one("a password is set where there is none", password=password, update_password="on_create"),
        one(
            "a password is set again",
            had={"cipassword": password},
            password=password,
            update_password="always",
            settles=False,
        ),
        one("options are unset", had={"ciuser": "debian", "searchdomain": "example.com"}, user="", searchdomain=""),
        one("packages are upgraded", had={"ciupgrade": 0}, upgrade=True),
        one("DNS servers are unset", had={"nameserver": "192.0.2.53"}, nameservers=[]),
        one("snippets replace what is generated", custom={"user": "local:snippets/pv-test.yaml"}),
        one("the drive of a running guest is written anew", running=True, user="debian", ssh_keys=[KEY]),
    ]
