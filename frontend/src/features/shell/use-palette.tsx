"use client";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";

const Palette = lazy(() => import("./palette"));

/** Opens on ⌘K or Ctrl K, and by the function returned. */
export function usePalette(): { palette: ReactNode; open: () => void } {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setShown((now) => !now);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const palette = shown ? (
    <Suspense>
      <Palette onClose={() => setShown(false)} />
    </Suspense>
  ) : null;
  return { palette, open: () => setShown(true) };
}
