/** Searches for better settings: jobs on the server, told of by the live feed. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, idempotencyKey, must } from "../client";
import { keys } from "../keys";
import type { OptimisationCreate } from "../types";

const SAFETY_NET_MS = 30_000;
const path = (id: string) => ({ path: { optimisation_id: id } });

export function useOptimisations() {
  return useQuery({
    queryKey: keys.optimisations,
    queryFn: () => must(api.GET("/api/v1/optimisations", { params: { query: { limit: 100 } } })),
    refetchInterval: SAFETY_NET_MS,
  });
}

export function useOptimisation(id: string) {
  return useQuery({
    queryKey: keys.optimisation(id),
    queryFn: () => must(api.GET("/api/v1/optimisations/{optimisation_id}", { params: path(id) })),
    refetchInterval: SAFETY_NET_MS,
  });
}

export function useOptimisationRuns(id: string, on: boolean) {
  return useQuery({
    queryKey: keys.optimisationRuns(id),
    enabled: on,
    queryFn: () => must(api.GET("/api/v1/optimisations/{optimisation_id}/runs", { params: { ...path(id), query: { limit: 1000 } } })),
  });
}

export function useHeatMap(id: string, x: string, y: string, on: boolean) {
  return useQuery({
    queryKey: keys.heatMap(id, x, y),
    enabled: on && x !== "" && y !== "" && x !== y,
    queryFn: () => must(api.GET("/api/v1/optimisations/{optimisation_id}/heatmap", { params: { ...path(id), query: { x, y, size: 12 } } })),
  });
}

export function useOptimisationBot(id: string | null, run: number) {
  return useQuery({
    queryKey: keys.optimisationBot(id ?? "", run),
    enabled: id !== null,
    queryFn: () => must(api.GET("/api/v1/optimisations/{optimisation_id}/bot", { params: { ...path(id ?? ""), query: { run } } })),
    staleTime: Infinity,
  });
}

export function useCreateOptimisation() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: OptimisationCreate) => must(api.POST("/api/v1/optimisations", { params: { header: { "idempotency-key": idempotencyKey() } }, body })),
    onSuccess: (job) => {
      cache.setQueryData(keys.optimisation(job.id), job);
      void cache.invalidateQueries({ queryKey: keys.optimisations });
    },
  });
}

export function useCancelOptimisation(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => must(api.POST("/api/v1/optimisations/{optimisation_id}/cancel", { params: path(id) })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.optimisation(id) }),
  });
}

export function useDeleteOptimisation(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => must(api.DELETE("/api/v1/optimisations/{optimisation_id}", { params: path(id) })),
    onSuccess: () => void cache.invalidateQueries({ queryKey: keys.optimisations }),
  });
}
