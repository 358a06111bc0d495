"use client";
/** Asks who is there again when the API wants a fresh sign-in; the request that was refused is then sent anew by itself. */
import { useEffect, useState } from "react";
import { setReauthentication } from "@/api/client";
import { late } from "@/lib/late";

const ProveDialog = late(() => import("./prove-dialog"));

type Waiting = (done: boolean) => void;

export function Reauthenticate() {
  const [waiting, setWaiting] = useState<readonly Waiting[]>([]);
  useEffect(() => setReauthentication(() => new Promise<boolean>((resolve) => setWaiting((now) => [...now, resolve]))), []);
  if (waiting.length === 0) return null;
  const answer = (done: boolean) => {
    for (const resolve of waiting) resolve(done);
    setWaiting([]);
  };
  return <ProveDialog onDone={answer} />;
}
