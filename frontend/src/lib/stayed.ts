"use client";
import { useEffect, useState } from "react";

/** Whether this has been on screen for so long. */
export function useStayed(ms: number): boolean {
  const [stayed, setStayed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setStayed(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return stayed;
}
