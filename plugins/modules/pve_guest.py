#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_guest
short_description: Create, configure and delete guests of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Makes a QEMU or LXC guest, brings its configuration to the wished state, makes it a template, or deletes it.
  - What Proxmox VE has as a property string, such as C(agent=1,fstrim_cloned_disks=1), may be a dictionary as well.
    Booleans may be written as YAML has them. What Proxmox VE 9.2 would refuse is refused by the plan.
  - Only what is given is compared, value by value, and only what differs is sent, with the digest of the configuration
    that it was compared with. What is not given stays as it is, MAC addresses and volumes included.
  - With O(guests) it configures many existing guests alike by one plan.
  - Disks only grow. Volumes are only deleted where that is asked for.
  - It neither starts nor stops guests, except with O(restart_if_required). M(playvisor.proxmox.pve_guest_state) does.
  - In check mode it returns the plan, that is, the exact API requests it would send.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.guests.selection
  - playvisor.proxmox.attributes
options:
  state:
    description:
      - V(present) makes the guest if there is none, and configures it. A template stays one.
      - V(template) also makes it a template, for which it must be stopped. There is no way back.
      - V(absent) deletes the guest and the disks in its configuration. It must be stopped and unprotected.
    type: str
    choices: [present, template, absent]
    default: present
  only:
    description:
      - V(existing) makes no guest; the task fails when there is none.
      - V(new) leaves a guest that is there already as it is, whatever else is given.
    type: str
    choices: [existing, new]
  vmid:
    description:
      - Id of the guest. Together with O(name), the guest with this id must have that name.
      - A new guest gets it, or, when it is not given, the next free id. When another guest takes that at the same
        moment, the one after it is taken instead, or the task fails with C(failure.code=drifted) if O(expect_plan) is
        given.
    type: int
  name:
    description: Name of the guest, for containers the host name. A name that another guest has is a failure.
    type: str
  new_name:
    description: Renames the guest. One that is renamed already is found by this name, too.
    type: str
  node:
    description:
      - Node that a new guest goes to. Where an existing one is, it only asserts, or chooses among guests of one name.
      - When it is not given, it is the online node, of those that have the storages that the guest needs, whose running
        guests leave it the most memory.
    type: str
  type:
    description: Type of a new guest, V(qemu) when it is not given. It only asserts what an existing one is.
    type: str
    choices: [qemu, lxc]
  cores:
    description: Cores of each socket; of a container, the cores that it may use.
    type: int
  sockets:
    description: Processor sockets. Only for QEMU.
    type: int
  memory:
    description: Memory in MiB.
    type: int
  balloon:
    description: Memory in MiB that ballooning leaves the guest at least; V(0) is no balloon device. Only for QEMU.
    type: int
  swap:
    description: Swap in MiB. Only for containers.
    type: int
  cpu:
    description: Processor type with its properties, such as V(host) or V(x86-64-v2-AES,flags=+aes). Only for QEMU.
    type: raw
  numa:
    description: Whether the guest has NUMA. Only for QEMU.
    type: bool
  kvm:
    description: Whether the processor's virtualization is used. Only for QEMU.
    type: bool
  machine:
    description:
      - Machine type with its properties. Only for QEMU.
      - V(q35) and V(pc) are met by any version of them.
    type: raw
  bios:
    description: Firmware. V(ovmf) needs a disk C(efidisk0). Only for QEMU.
    type: str
    choices: [seabios, ovmf]
  scsihw:
    description: SCSI controller. Only for QEMU.
    type: str
    choices: [lsi, lsi53c810, virtio-scsi-pci, virtio-scsi-single, megasas, pvscsi]
  boot:
    description:
      - Boot order, such as V(order=scsi0;ide2) or V(scsi0;ide2). Only for QEMU. Proxmox VE chooses one for a new guest.
    type: raw
  ostype:
    description: Operating system, such as V(l26) or V(win11) for QEMU and V(debian) for containers.
    type: str
  agent:
    description: The guest agent, as V(1), V(0) or with properties, such as V(1,fstrim_cloned_disks=1). Only for QEMU.
    type: raw
  hotplug:
    description: What can be changed while the guest runs, such as V(network,disk,usb,cpu), or V(0). Only for QEMU.
    type: raw
  features:
    description: Features of a container, such as V(nesting=1). All other features need root@pam with a password.
    type: raw
  unprivileged:
    description: Whether a new container is unprivileged. That can't be changed later.
    type: bool
  tags:
    description:
      - Tags, in no order. An empty list removes all.
      - They are kept in lower case, unless the C(tag-style) of the datacenter is case-sensitive.
    type: list
    elements: str
  add_tags:
    description: Tags to add to those that the guest has. Not together with O(tags).
    type: list
    elements: str
  remove_tags:
    description: Tags to take away from those that the guest has, if it has them. Not together with O(tags).
    type: list
    elements: str
  description:
    description: Description of the guest.
    type: str
  onboot:
    description: Whether the guest starts with its node.
    type: bool
  startup:
    description: Order and delays of starting and stopping, such as V(order=1,up=30).
    type: raw
  protection:
    description: Whether the guest and its disks are protected from being deleted.
    type: bool
  nameserver:
    description: Name servers, of a container or for cloud-init.
    type: list
    elements: str
  searchdomain:
    description: Search domains, of a container or for cloud-init.
    type: list
    elements: str
  pool:
    description: Pool that the guest is in. An empty string takes it out of its pool.
    type: str
  disks:
    description:
      - Disks, CD-ROM drives and mount points. Slots that are not named stay as they are.
      - A running guest takes many properties of a disk, and all of a mount point, only when it is restarted. What would
        reach another drive than is meant until then is refused by the plan.
      - The drive of cloud-init comes from M(playvisor.proxmox.pve_cloudinit).
    type: list
    elements: dict
    suboptions:
      slot:
        description:
          - Where it is, such as V(scsi0), V(ide2), V(rootfs) or V(mp0). Machines also have V(virtio1), V(sata0),
            V(efidisk0) and V(tpmstate0).
          - V(unused0) and its like are volumes that were detached; they can only be V(absent).
        type: str
        required: true
      state:
        description:
          - V(detached) takes it out of the guest. Its volume is kept as C(unusedN).
          - V(absent) also deletes its volume.
          - Neither is possible while another volume, or a change of a mount point, waits in the slot for a restart.
        type: str
        choices: [present, detached, absent]
        default: present
      storage:
        description: Storage that a new volume is made on. When the volume is on another one, see O(disks[].move).
        type: str
      size:
        description:
          - Size in GiB. A smaller disk grows; one that is larger is a failure. The true size of the volume counts, and
            a configuration that says less is corrected.
          - A disk that a running guest has grows at once, and a change of it that waits for a restart has the new size
            as well. A volume that only comes with a restart can't grow before that.
        type: int
      grow_by:
        description:
          - How much the disk grows, such as V(20G). It stands instead of O(disks[].size), and a number alone is in GiB.
          - The plan has the size that comes of it, in whole GiB, rounded up. Applied once more, as O(expect_plan), it
            fails with C(failure.code=drifted), and grows nothing twice. Another run without O(expect_plan) does.
        type: str
      format:
        description: Format of a new volume of a QEMU guest. When the volume has another one, see O(disks[].move).
        type: str
        choices: [raw, qcow2, vmdk]
      move:
        description:
          - Move the volume to O(disks[].storage) and O(disks[].format) if it is not there.
          - While a change of the disk waits for a restart, or in one task with properties that will wait, a volume is
            not moved, since the restart would bring the old one back. Move it first and change the properties in a
            second task, or stop the guest.
        type: bool
        default: false
      delete_source:
        description: Delete the old volume after a move. Otherwise it is kept as C(unusedN).
        type: bool
        default: false
      cdrom:
        description: Makes it a CD-ROM drive with this medium, such as V(local:iso/debian-13.iso), or V(none).
        type: str
      volume:
        description:
          - Attach this volume, which exists, and which no other guest has as a drive or mount point. The one that was
            attached is kept as C(unusedN).
        type: str
      import_from:
        description: Volume that a new disk is copied from, such as V(local:import/debian-13.qcow2).
        type: str
      mp:
        description: Path that a volume is mounted on in the container.
        type: str
      cache:
        description: Cache mode, such as V(none) or V(writeback).
        type: str
      discard:
        description: Whether space that the guest frees is given back to the storage.
        type: bool
      ssd:
        description: Whether the guest sees a solid state disk.
        type: bool
      iothread:
        description: Whether it has a thread of its own.
        type: bool
      backup:
        description: Whether it is part of backups.
        type: bool
      options:
        description:
          - Further properties by their names in the API, such as C(efitype), C(pre-enrolled-keys), C(aio) or C(serial).
          - An empty string removes one.
        type: dict
  nics:
    description:
      - Network devices. Those that are not named stay as they are, and so do properties that are not given.
      - V(0) or an empty string removes a property.
    type: list
    elements: dict
    suboptions:
      slot:
        description: Which one, such as V(net0).
        type: str
        required: true
      state:
        description: V(absent) removes it.
        type: str
        choices: [present, absent]
        default: present
      bridge:
        description: Bridge that it is connected to.
        type: str
      model:
        description: Model, V(virtio) for a new one when it is not given. Only for QEMU.
        type: str
      mac:
        description: MAC address. A new device gets one from Proxmox VE when it is not given.
        type: str
      tag:
        description: VLAN tag.
        type: int
      firewall:
        description: Whether the firewall of Proxmox VE is in between.
        type: bool
      link_down:
        description: Whether the cable is unplugged.
        type: bool
      rate:
        description: Limit in MB/s.
        type: float
      mtu:
        description: MTU.
        type: int
      queues:
        description: Packet queues. Only for QEMU.
        type: int
      name:
        description: Name inside the container, C(eth) with the number of the slot when it is not given for a new one.
        type: str
      ip:
        description: IPv4 address with its prefix length, V(dhcp) or V(manual), of a container.
        type: str
      gw:
        description: IPv4 gateway of a container.
        type: str
      ip6:
        description: IPv6 address with its prefix length, V(auto), V(dhcp) or V(manual), of a container.
        type: str
      gw6:
        description: IPv6 gateway of a container.
        type: str
      options:
        description: Further properties by their names in the API, such as C(trunks).
        type: dict
  config:
    description:
      - Further options by their names in the API, such as C(vga), C(hostpci0), C(cpulimit) or C(timezone). One that
        Proxmox VE has not is refused.
      - A value is a string, number or boolean, a list, or a dictionary for a property string. Null or an empty string
        removes the option. One that amounts to what is so without the option is met where it is not set.
      - A machine keeps the UUID of C(smbios1) where none is given.
    type: dict
  ostemplate:
    description: Template that a new container is made from, such as V(local:vztmpl/debian-13-standard_amd64.tar.zst).
    type: str
  password:
    description: Password of root in a new container.
    type: str
  ssh_public_keys:
    description: Public SSH keys of root in a new container.
    type: list
    elements: str
  restart_if_required:
    description:
      - Restart a running guest when changes wait for that, these or earlier ones.
      - Otherwise they wait, and RV(guests[].restart_required) says so.
    type: bool
    default: false
  shutdown_timeout:
    description: Seconds that a guest has for shutting down when it is restarted.
    type: int
    default: 180
  force:
    description: Stop a guest hard that does not shut down in time when it is restarted.
    type: bool
    default: false
  purge:
    description: With O(state=absent), also take the guest out of backup and replication jobs and HA.
    type: bool
    default: false
  destroy_unreferenced_disks:
    description: With O(state=absent), also delete volumes that have its id but are not in its configuration.
    type: bool
    default: false
  throttle:
    description: With O(guests), at most this many guests are changed at the same time.
    type: int
    default: 10
  timeout:
    description:
      - Seconds to wait for each task of Proxmox VE, and for a lock that another operation holds.
      - A task that outlives it goes on running and is reported as C(failure.code=timeout) with its UPID.
    type: int
    default: 1800
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
"""

EXAMPLES = r"""
- name: A web server from a cloud image, on the node that has the most room
  playvisor.proxmox.pve_guest:
    name: web-01
    cores: 2
    memory: 4096
    cpu: host
    agent: '1'
    ostype: l26
    scsihw: virtio-scsi-single
    tags: [prod, web]
    onboot: true
    disks:
      - slot: scsi0
        storage: local-lvm
        import_from: local:import/debian-13-genericcloud-amd64.qcow2
        size: 32
        discard: true
        iothread: true
    nics:
      - slot: net0
        bridge: vmbr0
        tag: 20
        firewall: true

- name: More of everything, with a restart if it takes one
  playvisor.proxmox.pve_guest:
    name: web-01
    cores: 4
    memory: 8192
    disks:
      - slot: scsi0
        size: 64
      - slot: scsi1
        storage: local-lvm
        size: 100
    restart_if_required: true

- name: Tag a guest that must be there
  playvisor.proxmox.pve_guest:
    name: web-01
    only: existing
    add_tags: [reviewed]
    remove_tags: [test]

- name: Put the firewall in front of all web servers, and tag them
  playvisor.proxmox.pve_guest:
    guests:
      tags: [web]
    add_tags: [filtered]
    nics:
      - slot: net0
        firewall: true

- name: A container
  playvisor.proxmox.pve_guest:
    name: db-01
    type: lxc
    node: pve1
    ostemplate: local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst
    ssh_public_keys: ["{{ lookup('file', '~/.ssh/id_ed25519.pub') }}"]
    unprivileged: true
    features: nesting=1
    memory: 2048
    disks:
      - slot: rootfs
        storage: local-lvm
        size: 8
      - slot: mp0
        storage: local-lvm
        size: 50
        mp: /var/lib/postgresql
        backup: true
    nics:
      - slot: net0
        bridge: vmbr0
        ip: 10.0.0.7/24
        gw: 10.0.0.1

- name: Move a disk to other storage, detach one and delete another with its volume
  playvisor.proxmox.pve_guest:
    vmid: 101
    disks:
      - slot: scsi0
        storage: ceph
        move: true
        delete_source: true
      - slot: scsi1
        state: detached
      - slot: scsi2
        state: absent

- name: Make a template of it
  playvisor.proxmox.pve_guest:
    vmid: 900
    name: debian-13
    state: template

- name: Delete a guest that must have this name, and what mentions it
  playvisor.proxmox.pve_guest:
    vmid: 101
    name: web-01
    state: absent
    purge: true
"""

RETURN = r"""
guests:
  description: The guest, or the chosen ones by vmid, and what happened to each.
  returned: when the guest could be looked up
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the guest; null for one that is absent and was asked for by name.
      type: int
      returned: always
      sample: 101
    name:
      description: Name that it had before, or that a new guest gets.
      type: str
      returned: always
      sample: web-01
    node:
      description: Node that it is on; empty for one that is absent.
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
        - Whether it exists, as C(exists), whether it is a C(template), and what was given, by the names of the API, as
          it was. Pending changes count as made. Defaults are shown where nothing is set.
      type: dict
      returned: always
      sample: {exists: true, template: false, cores: 2, disks: {scsi0: {size: 32}}}
    after:
      description: The same after, read back; in check mode as it is expected. Empty when unknown.
      type: dict
      returned: always
      sample: {exists: true, template: false, cores: 4, disks: {scsi0: {size: 64}}}
    pending:
      description: The options that wait for a restart, each with its value C(now) and the C(next) one, null if it goes.
      type: dict
      returned: when it could be planned
      sample: {cores: {now: 2, next: 4}}
    restart_required:
      description: Whether changes wait for a restart; in check mode whether they may.
      type: bool
      returned: when it could be planned
    changed:
      description: Whether it was changed, or would be.
      type: bool
      returned: always
    upids:
      description: The tasks of Proxmox VE that did it.
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
  description: What brings the guest to the wished state.
  returned: when the guest could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description:
        - The API requests in order. A restart is left out when nothing waits for it after all. Passwords are not shown.
      type: list
      elements: dict
      returned: always
upids:
  description: All tasks of Proxmox VE that were started.
  returned: when the guest could be looked up
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
from ..module_utils._resources.guest import RULES, Guests, argument_spec
from ..module_utils._run.runner import run_plans


def main() -> None:
    module = PveModule(argument_spec=argument_spec(), **RULES)
    run_plans(module, Guests(module.params))


if __name__ == "__main__":
    main()
