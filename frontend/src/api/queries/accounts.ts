/** Exchange accounts, paper and live. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, must } from "../client";
import { keys } from "../keys";
import { netMs } from "../live-status";
import type { components } from "../schema";

export function useAccounts() {
  return useQuery({ queryKey: keys.accounts, queryFn: () => must(api.GET("/api/v1/accounts")), refetchInterval: netMs });
}

export function useCreateAccount() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["AccountCreate"]) => must(api.POST("/api/v1/accounts", { body })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.accounts }),
  });
}

export function useDeleteAccount() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => must(api.DELETE("/api/v1/accounts/{account_id}", { params: { path: { account_id: id } } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.accounts }),
  });
}
