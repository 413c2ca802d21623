// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { definePageWords } from "@/words";

export const approvalsWords = definePageWords(
  {
    lead: "Plans that policy holds until somebody decides on them. An approval is for exactly one plan, and is used once.",
    held: "Waiting",
    all: "All, the newest first",
    show: "Show",
    none: "No plan waits for a decision.",
    noneNext: "When policy holds a plan of a person or an AI client, it shows here at once.",
    noneAll: "No plan was kept yet.",
    by: "Asked by",
    made: "Made",
    expires: (text: string) => `Expires ${text}`,
    what: "What it would do",
    failed: "The plans can't be shown.",
    decide: "Decide",
  },
  {
    lead: "Les plans que la politique retient jusqu'à une décision. Une approbation vaut pour un seul plan, une seule fois.",
    held: "En attente",
    all: "Tous, les plus récents d'abord",
    show: "Afficher",
    none: "Aucun plan n'attend de décision.",
    noneNext: "Quand la politique retient le plan d'une personne ou d'un client d'IA, il s'affiche ici aussitôt.",
    noneAll: "Aucun plan n'a encore été gardé.",
    by: "Demandé par",
    made: "Établi",
    expires: (text: string) => `Expire ${text}`,
    what: "Ce qu'il ferait",
    failed: "Les plans ne peuvent pas être affichés.",
    decide: "Décider",
  },
);
