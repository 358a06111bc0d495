/** How bots fared since their start; read from the ledger on the server, so asked for seldom. */
import { useQuery } from "@tanstack/react-query";
import { api, must } from "../client";
import { keys } from "../keys";

const EVERY_MS = 120_000;
/** While a long ledger is still being read, each answer reads on. */
const READING_MS = 30_000;

const tempo = (query: { state: { data?: { is_complete: boolean } } }) => (query.state.data?.is_complete === false ? READING_MS : EVERY_MS);

export function useAnalytics() {
  return useQuery({ queryKey: keys.analytics, queryFn: () => must(api.GET("/api/v1/analytics")), refetchInterval: tempo, staleTime: READING_MS });
}

export function useBotAnalytics(id: string) {
  return useQuery({
    queryKey: keys.botAnalytics(id),
    queryFn: () => must(api.GET("/api/v1/bots/{bot_id}/analytics", { params: { path: { bot_id: id } } })),
    refetchInterval: tempo,
    staleTime: READING_MS,
  });
}
