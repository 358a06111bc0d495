"use client";
/** Short words after an action, also read out; their code arrives with the first of them, and they stay off the commands above. */
import { useSyncExternalStore } from "react";
import { late } from "@/lib/late";
import { resolvedTheme, useSettings } from "@/lib/settings";

const load = () => import("sonner");
const Toaster = late(() => import("./toaster"));

let first: string | null = null;
const listeners = new Set<() => void>();

function say(kind: "success" | "error", text: string): void {
  first ??= text;
  for (const listener of listeners) listener();
  void load().then((sonner) => sonner.toast[kind](text));
}

export const toast = {
  success: (text: string) => say("success", text),
  error: (text: string) => say("error", text),
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** On a phone dialogs rise from the bottom, so words come from the top. */
function isNarrow(): boolean {
  return window.innerWidth < 640;
}

/** A region that is new to a screen reader is not read out, so the very first words are said by one that was there before. */
export function Toasts() {
  const { theme } = useSettings();
  const said = useSyncExternalStore(subscribe, () => first, () => null);
  return (
    <>
      <p role="status" className="sr-only">
        {said}
      </p>
      {said === null ? null : <Toaster theme={resolvedTheme(theme)} position={isNarrow() ? "top-center" : "bottom-center"} mobileOffset={{ top: 56 }} />}
    </>
  );
}
