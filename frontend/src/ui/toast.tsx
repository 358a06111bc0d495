"use client";
/** Short words after an action, also read out; their code arrives after the first screen. */
import { lazy, Suspense, useEffect, useState } from "react";
import { resolvedTheme, useSettings } from "@/lib/settings";

const load = () => import("sonner");
const Toaster = lazy(() => load().then((sonner) => ({ default: sonner.Toaster })));

export const toast = {
  success: (text: string) => void load().then((sonner) => sonner.toast.success(text)),
  error: (text: string) => void load().then((sonner) => sonner.toast.error(text)),
};

export function Toasts() {
  const { theme } = useSettings();
  const [ready, setReady] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setReady(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return ready ? (
    <Suspense>
      <Toaster theme={resolvedTheme(theme)} position="top-right" />
    </Suspense>
  ) : null;
}
