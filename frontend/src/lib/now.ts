"use client";
import { useSyncExternalStore } from "react";

/** One clock per tempo, shared: a table of ages costs one timer, not one per row. */
type Clock = { now: number; listeners: Set<() => void>; timer: ReturnType<typeof setInterval> | null };

const clocks = new Map<number, { subscribe: (listener: () => void) => () => void; read: () => number }>();

function clockOf(everyMs: number) {
  const known = clocks.get(everyMs);
  if (known) return known;
  const clock: Clock = { now: Date.now(), listeners: new Set(), timer: null };
  const tick = () => {
    clock.now = Date.now();
    for (const listener of clock.listeners) listener();
  };
  const made = {
    read: () => clock.now,
    subscribe: (listener: () => void) => {
      clock.listeners.add(listener);
      if (clock.timer === null) {
        clock.now = Date.now();
        clock.timer = setInterval(tick, everyMs);
      }
      return () => {
        clock.listeners.delete(listener);
        if (clock.listeners.size > 0 || clock.timer === null) return;
        clearInterval(clock.timer);
        clock.timer = null;
      };
    },
  };
  clocks.set(everyMs, made);
  return made;
}

/** The current time, moving every `everyMs`. */
export function useNow(everyMs: number): number {
  const { subscribe, read } = clockOf(everyMs);
  return useSyncExternalStore(subscribe, read, read);
}
