"use client";
/** Everything around a screen: words, session, cache, live feed. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { IntlProvider } from "use-intl";
import { ApiError } from "@/api/client";
import { AuthProvider } from "@/auth/provider";
import { messages } from "@/i18n/messages";
import { Gate } from "./gate";

function newCache(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        refetchOnWindowFocus: true,
        retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      },
    },
  });
}

export function Root({ children }: { children: ReactNode }) {
  const [cache] = useState(newCache);
  return (
    <IntlProvider locale="en" messages={messages} timeZone="UTC" onError={ignore}>
      <QueryClientProvider client={cache}>
        <AuthProvider>
          <Gate>{children}</Gate>
        </AuthProvider>
      </QueryClientProvider>
    </IntlProvider>
  );
}

/** A missing word shows its key (the type checker forbids it); it must not break the screen. */
function ignore(): void {}
