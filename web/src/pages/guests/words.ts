// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { definePageWords } from "@/words";
import { formatNumber } from "@/words/format";

export const guestsWords = definePageWords(
  {
    noGuests: "This cluster has no guests yet.",
    noGuestsNext: "Create one by the tool create_guest, or take over a fleet.",
    failed: "The guests can't be shown.",
    all: "All",
    locked: "Locked",
    lock: "Lock",
    ha: "HA",
    used: "Memory in use",
    vms: "Virtual machine",
    containers: "Container",
    cpus: (count: number) => `${formatNumber("en", count)} CPUs`,
    memory: (used: string, given: string) => `${used} of ${given} memory`,
    running: "Those that run have",
    filterByState: "Filter by state",
    more: "More",
    act: "Act on them",
    plansOne: "What you choose becomes one plan for all of them.",
  },
  {
    noGuests: "Ce cluster n'a pas encore d'invités.",
    noGuestsNext: "Créez-en un avec l'outil create_guest, ou reprenez une flotte.",
    failed: "Impossible d'afficher les invités.",
    all: "Tous",
    locked: "Verrouillés",
    lock: "Verrou",
    ha: "HA",
    used: "Mémoire utilisée",
    vms: "Machine virtuelle",
    containers: "Conteneur",
    cpus: (count: number) => `${formatNumber("fr", count)} CPU`,
    memory: (used: string, given: string) => `${used} de mémoire sur ${given}`,
    running: "Ceux qui tournent ont",
    filterByState: "Filtrer par état",
    more: "Plus",
    act: "Agir",
    plansOne: "Ce que vous choisissez devient un seul plan pour tous.",
  },
);
