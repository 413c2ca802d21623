// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { definePageWords } from "@/words";
import { countIn } from "@/words/format";

export const nodesWords = definePageWords(
  {
    failed: "The nodes can't be shown.",
    lead: (online: number, all: number) =>
      online === all
        ? `${countIn("en", all, "node", "nodes")}, all online.`
        : `${countIn("en", online, "node", "nodes")} of ${String(all)} online.`,
    none: "There are no nodes.",
    noneNext: "Is the address that Playvisor was given that of a Proxmox VE node?",
    guests: "Guests",
    version: "Version",
    load: "Load",
    cores: "Cores",
    kernel: "Kernel",
    model: "CPU model",
  },
  {
    failed: "Les nœuds ne peuvent pas être affichés.",
    lead: (online: number, all: number) =>
      online === all
        ? `${countIn("fr", all, "nœud", "nœuds")}, tous en ligne.`
        : `${countIn("fr", online, "nœud", "nœuds")} sur ${String(all)} en ligne.`,
    none: "Il n'y a aucun nœud.",
    noneNext: "L'adresse donnée à Playvisor est-elle bien celle d'un nœud Proxmox VE ?",
    guests: "Invités",
    version: "Version",
    load: "Charge",
    cores: "Cœurs",
    kernel: "Noyau",
    model: "Modèle de CPU",
  },
);
