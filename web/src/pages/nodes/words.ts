// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { definePageWords } from "@/words";

export const nodesWords = definePageWords(
  {
    failed: "The nodes can't be shown.",
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
