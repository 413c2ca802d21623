// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { countIn } from "@/words/format";
import { definePageWords } from "@/words";

export const toolsWords = definePageWords(
  {
    lead: "Everything that people, AI clients and scripts can do, each with its plan before it changes anything.",
    search: "Search the tools",
    searchHint: "A word of a name or a description",
    effect: "Effect",
    all: "All effects",
    failed: "The tools can't be shown.",
    none: "No tool matches.",
    noneNext: "Use fewer words, or show all effects.",
    found: (number: number) => countIn("en", number, "tool", "tools"),
    toolsets: {
      observe: "Observe",
      power: "Power",
      snapshot: "Snapshots",
      provision: "Provision",
      protect: "Backups",
      move: "Move",
      ha: "High availability",
      network: "Firewall",
      content: "Templates and images",
      exec: "Inside guests",
      access: "Access",
      fleet: "Fleets",
      runs: "Runs and plans",
      undo: "Undo",
      history: "History",
    },
  },
  {
    lead: "Tout ce que peuvent personnes, clients d'IA et scripts, avec un plan avant toute modification.",
    search: "Rechercher un outil",
    searchHint: "Un mot du nom ou de la description",
    effect: "Effet",
    all: "Tous les effets",
    failed: "Les outils ne peuvent pas être affichés.",
    none: "Aucun outil ne correspond.",
    noneNext: "Utilisez moins de mots, ou affichez tous les effets.",
    found: (number: number) => countIn("fr", number, "outil", "outils"),
    toolsets: {
      observe: "Observer",
      power: "Alimentation",
      snapshot: "Instantanés",
      provision: "Mise en place",
      protect: "Sauvegardes",
      move: "Déplacement",
      ha: "Haute disponibilité",
      network: "Pare-feu",
      content: "Modèles et images",
      exec: "Dans les invités",
      access: "Accès",
      fleet: "Flottes",
      runs: "Exécutions et plans",
      undo: "Annulation",
      history: "Historique",
    },
  },
);
