"use client";
/** The keyboard's way around: ⌘K finds, g and a letter goes, / searches the list, ? shows all of it. Typing in a field is never a shortcut. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import { late } from "@/lib/late";
import { useNav } from "@/lib/nav";
import { PLACES } from "./places";

const Palette = late(() => import("./palette"));
const KeySheet = late(() => import("./key-sheet"));

const CHORD_MS = 1_200;

type Shown = "palette" | "keys" | null;

/** Opens on ⌘K or Ctrl K, and by the function returned. */
export function usePalette(): { palette: ReactNode; open: () => void } {
  const [shown, setShown] = useState<Shown>(null);
  const { go } = useNav();
  const led = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase();
      if (key === "k" && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        setShown((now) => (now === "palette" ? null : "palette"));
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      if (event.key === "?") return setShown("keys");
      if (event.key === "/") return focusSearch(event);
      if (event.timeStamp - led.current < CHORD_MS) {
        const place = PLACES.find((one) => one.key === key);
        led.current = 0;
        if (place) return go(place.href);
      }
      if (key === "g") led.current = event.timeStamp;
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [go]);
  const close = () => setShown(null);
  const palette = shown === "palette" ? <Palette onClose={close} /> : shown === "keys" ? <KeySheet onClose={close} /> : null;
  return { palette, open: () => setShown("palette") };
}

/** In a field, and in a dialog or menu, which have keys of their own. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [role=dialog], [role=menu]") !== null);
}

function focusSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>("main input[type=search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
}
