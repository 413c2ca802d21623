// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { definePageWords } from "@/words";

export const runsWords = definePageWords(
  {
    lead: "What was asked of the cluster, by people and by AI clients, and what came of it. The newest first.",
    tool: "Tool",
    what: "What it came to",
    asker: "Asked by",
    client: "Client",
    when: "When",
    changed: "Changed",
    outcome: "Outcome",
    all: "All outcomes",
    alsoReads: "Also reads",
    more: "Load more",
    empty: "Nothing was done through Playvisor yet.",
    emptyNext: "Call a tool here, by the command line, a playbook or an AI client; each call is a run.",
    failed: "The runs can't be shown.",
    cli: "playvisor runs list",
  },
  {
    lead: "Ce qui a été demandé au cluster, par des personnes et des clients d'IA, et ce qui en est résulté. Le plus récent d'abord.",
    tool: "Outil",
    what: "Résultat",
    asker: "Demandé par",
    client: "Client",
    when: "Quand",
    changed: "Modifié",
    outcome: "Issue",
    all: "Toutes les issues",
    alsoReads: "Aussi les lectures",
    more: "Charger la suite",
    empty: "Rien n'a encore été fait par Playvisor.",
    emptyNext:
      "Appelez un outil ici, en ligne de commande, par un playbook ou un client d'IA ; chaque appel est une exécution.",
    failed: "Les exécutions ne peuvent pas être affichées.",
    cli: "playvisor runs list",
  },
);
