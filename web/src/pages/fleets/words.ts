// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { definePageWords } from "@/words";
import { countIn } from "@/words/format";

const en = (number: number, one: string, other: string): string => countIn("en", number, one, other);
const fr = (number: number, one: string, other: string): string => countIn("fr", number, one, other);

export const fleetsWords = definePageWords(
  {
    lead: "What should be, in files: profiles, guests, pools, storages, firewalls, access.",
    none: "This server has no fleet, and none was applied to this cluster.",
    noneNext: "Start it with the folder of one, or take over what the cluster has:",
    columns: {
      fleet: "Fleet",
      declares: "Declares",
      state: "Files",
      applied: "Last applied",
      drift: "Drift",
      git: "Branch",
    },
    sections: {
      guests: (number: number) => en(number, "guest", "guests"),
      pools: (number: number) => en(number, "pool", "pools"),
      storages: (number: number) => en(number, "storage", "storages"),
      backup_jobs: (number: number) => en(number, "backup job", "backup jobs"),
      ha_rules: (number: number) => en(number, "HA rule", "HA rules"),
      firewall: (number: number) => en(number, "firewall", "firewalls"),
      access: (_number: number) => "access",
    },
    problems: (number: number) => en(number, "problem", "problems"),
    fine: "Without problems",
    elsewhere: "Files are elsewhere",
    never: "Never",
    by: (who: string) => `by ${who}`,
    revision: (number: number) => `Version ${String(number)}`,
    notLooked: "Not looked for",
    noDrift: "None",
    drifted: (number: number) => en(number, "field", "fields"),
    uncommitted: (number: number) => en(number, "file not committed", "files not committed"),
  },
  {
    lead: "Ce qui doit être, dans des fichiers : profils, invités, pools, stockages, pare-feu, accès.",
    none: "Ce serveur n'a aucune flotte, et aucune n'a été appliquée à ce cluster.",
    noneNext: "Démarrez-le avec le dossier d'une flotte, ou reprenez ce que le cluster contient :",
    columns: {
      fleet: "Flotte",
      declares: "Déclare",
      state: "Fichiers",
      applied: "Dernière application",
      drift: "Dérive",
      git: "Branche",
    },
    sections: {
      guests: (number) => fr(number, "invité", "invités"),
      pools: (number) => fr(number, "pool", "pools"),
      storages: (number) => fr(number, "stockage", "stockages"),
      backup_jobs: (number) => fr(number, "tâche de sauvegarde", "tâches de sauvegarde"),
      ha_rules: (number) => fr(number, "règle HA", "règles HA"),
      firewall: (number) => fr(number, "pare-feu", "pare-feu"),
      access: (_number) => "accès",
    },
    problems: (number) => fr(number, "problème", "problèmes"),
    fine: "Sans problème",
    elsewhere: "Fichiers ailleurs",
    never: "Jamais",
    by: (who) => `par ${who}`,
    revision: (number) => `Version ${String(number)}`,
    notLooked: "Non recherchée",
    noDrift: "Aucune",
    drifted: (number) => fr(number, "champ", "champs"),
    uncommitted: (number) => fr(number, "fichier non commité", "fichiers non commités"),
  },
);
