/** Whether the live feed is up, for the badge and the polling tempo. */
import { useSyncExternalStore } from "react";

export type LivePhase = "off" | "connecting" | "live" | "offline";
export type LiveStatus = { phase: LivePhase; heardAt: number | null };

let status: LiveStatus = { phase: "off", heardAt: null };
const listeners = new Set<() => void>();

export function setLive(change: Partial<LiveStatus>): void {
  status = { ...status, ...change };
  for (const listener of listeners) listener();
}

export function liveStatus(): LiveStatus {
  return status;
}

export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    liveStatus,
    liveStatus,
  );
}

/** The safety net's tempo: slow while the feed is up, brisker while it is not, never under 30 s. */
export function netMs(): number {
  return status.phase === "live" ? 60_000 : 30_000;
}
