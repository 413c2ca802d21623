// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import "@/styles/tokens.css";
import "@/styles/base.css";
import "@/styles/print.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { onSignOut } from "@/api/client";
import { keys } from "@/api/queries";
import { queryClient } from "@/api/queryClient";
import { chooseLanguage, setLanguage, WordsProvider } from "@/words";
import { takeLinkCode } from "./signin/linkCode";
import { watchPrinting } from "./printing";
import { router } from "./router";
import { followSystemTheme } from "./theme";

takeLinkCode();
followSystemTheme();
watchPrinting();
onSignOut(() => {
  const session = queryClient.getQueryData(keys.session);
  queryClient.setQueryData(keys.session, null);
  // Who was signed in is led to signing in, and back to where they were; the guard does it.
  if (session) void router.invalidate();
});

const place = document.getElementById("root");
if (!place) throw new Error("The page has no place for the application.");
await setLanguage(chooseLanguage(), false);
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <WordsProvider>
        <RouterProvider router={router} />
      </WordsProvider>
    </QueryClientProvider>
  </StrictMode>,
);
