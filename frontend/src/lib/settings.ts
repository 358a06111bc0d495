/** How this browser likes to see things; kept in local storage, never sent anywhere. */
import { useSyncExternalStore } from "react";

export type Settings = {
  theme: "dark" | "light" | "system";
  palette: "green-up" | "blue-orange";
  zone: "local" | "UTC";
};

const KEY = "settings";
const DEFAULTS: Settings = { theme: "dark", palette: "green-up", zone: "local" };
const listeners = new Set<() => void>();
let current: Settings | null = null;

function read(): Settings {
  if (typeof window === "undefined") return DEFAULTS;
  try {
    const saved = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Settings>;
    return {
      theme: saved.theme === "light" || saved.theme === "system" ? saved.theme : "dark",
      palette: saved.palette === "blue-orange" ? "blue-orange" : "green-up",
      zone: saved.zone === "UTC" ? "UTC" : "local",
    };
  } catch {
    return DEFAULTS;
  }
}

export function getSettings(): Settings {
  current ??= read();
  return current;
}

export function resolvedTheme(theme: Settings["theme"]): "dark" | "light" {
  if (theme !== "system") return theme;
  return typeof matchMedia !== "undefined" && matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

export function changeSettings(change: Partial<Settings>): void {
  const next = { ...getSettings(), ...change };
  localStorage.setItem(KEY, JSON.stringify(next));
  show(next);
}

function show(next: Settings): void {
  current = next;
  document.documentElement.dataset.theme = resolvedTheme(next.theme);
  document.documentElement.dataset.palette = next.palette;
  for (const listener of listeners) listener();
}

/** What is chosen in one tab is seen in all of them. */
function elsewhere({ key }: StorageEvent): void {
  if (key === KEY) show(read());
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("storage", elsewhere);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", elsewhere);
  };
}

export function useSettings(): Settings {
  return useSyncExternalStore(subscribe, getSettings, () => DEFAULTS);
}
