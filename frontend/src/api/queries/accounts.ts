/** Exchange accounts, paper and live. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, idempotencyKey, must } from "../client";
import { keys } from "../keys";
import { netMs } from "../live-status";
import type { components } from "../schema";

export function useAccounts() {
  return useQuery({ queryKey: keys.accounts, queryFn: () => must(api.GET("/api/v1/accounts")), refetchInterval: netMs });
}

export function useCreateAccount() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["NewAccount"]) => must(api.POST("/api/v1/accounts", { params: { header: { "idempotency-key": idempotencyKey() } }, body })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.accounts }),
  });
}

/** Ask the exchange again what the key may do and what the account holds. */
export function useVerifyAccount(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => must(api.POST("/api/v1/accounts/{account_id}/verify", { params: { path: { account_id: id }, header: { "idempotency-key": idempotencyKey() } } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.accounts }),
  });
}

export function useRotateKey(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["Credentials"]) => must(api.PUT("/api/v1/accounts/{account_id}/credentials", { params: { path: { account_id: id } }, body })),
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
