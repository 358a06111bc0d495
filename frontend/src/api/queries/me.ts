import { useQuery } from "@tanstack/react-query";
import { api, must } from "../client";
import { keys } from "../keys";

export function useMe() {
  return useQuery({ queryKey: keys.me, queryFn: () => must(api.GET("/api/v1/me")), staleTime: 60_000 });
}
