// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { definePageWords } from "@/words";

export const guestsWords = definePageWords(
  {
    noGuests: "This cluster has no guests yet.",
    noGuestsNext: "Create one by the tool create_guest, or take over a fleet.",
  },
  {
    noGuests: "Ce cluster n'a pas encore d'invités.",
    noGuestsNext: "Créez-en un avec l'outil create_guest, ou reprenez une flotte.",
  },
);
