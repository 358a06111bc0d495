/** Plans that leave and arrive: files, links, and bots of another platform. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, idempotencyKey, must } from "../client";
import { save } from "../download";
import { keys } from "../keys";
import type { components } from "../schema";

type Schemas = components["schemas"];
export type ThreeCommasAnswer = Schemas["ThreeCommasAnswer"];

const header = () => ({ "idempotency-key": idempotencyKey() });

export async function exportBot(id: string, name: string): Promise<void> {
  const file = await must(api.GET("/api/v1/bots/{bot_id}/export", { params: { path: { bot_id: id } } }));
  save(new Blob([JSON.stringify(file, null, 2)], { type: "application/json" }), `${name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "bot"}.json`);
}

export function useImportBot() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["BotImport"]) => must(api.POST("/api/v1/bots/import", { params: { header: header() }, body })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.bots }),
  });
}

/** With `check_only` nothing is made: what is mapped, assumed and left out is only told. */
export function useImportThreeCommas() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["ThreeCommasImport"]) => must(api.POST("/api/v1/bots/import/3commas", { params: { header: header() }, body })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.bots }),
  });
}

export function useCreateShare() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["ShareCreate"]) => must(api.POST("/api/v1/shares", { params: { header: header() }, body })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.shares }),
  });
}

export function useShares() {
  return useQuery({ queryKey: keys.shares, queryFn: () => must(api.GET("/api/v1/shares", { params: { query: { limit: 100 } } })), staleTime: 30_000 });
}

export function useRevokeShare() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => must(api.DELETE("/api/v1/shares/{share_id}", { params: { path: { share_id: id } } })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.shares }),
  });
}

/** A plan somebody shared; needs no sign-in. */
export function useShared(token: string | null) {
  return useQuery({
    queryKey: keys.shared(token ?? ""),
    enabled: token !== null && token !== "",
    queryFn: () => must(api.GET("/api/v1/shared/{token}", { params: { path: { token: token ?? "" } } })),
    staleTime: Infinity,
    retry: false,
  });
}
