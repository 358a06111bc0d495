"use client";
/**
 * Code that arrives after its place on the screen. The framework's own way (lazy, Suspense) holds what has arrived back until 300 ms after
 * the last place that filled; here each place is filled as soon as its code is there.
 */
import { createElement, useSyncExternalStore, type ComponentType, type ReactNode } from "react";

type Loaded<P> = () => Promise<{ default: ComponentType<P> }>;

/** `waiting` holds the place; `soon` asks for the code as soon as this file runs, not with the first place. */
export function late<P extends object>(load: Loaded<P>, waiting: (props: P) => ReactNode = () => null, soon = false): (props: P) => ReactNode {
  let state: { component: ComponentType<P> } | { failure: unknown } | null = null;
  let asked: Promise<void> | null = null;

  function ask(): Promise<void> {
    asked ??= load().then(
      (made) => void (state = { component: made.default }),
      (failure: unknown) => void (state = { failure }),
    );
    return asked;
  }
  function subscribe(tell: () => void): () => void {
    let listening = true;
    void ask().then(() => (listening ? tell() : undefined));
    return () => void (listening = false);
  }
  if (soon && typeof window !== "undefined") void ask();

  return function Late(props: P): ReactNode {
    const now = useSyncExternalStore(subscribe, () => state, () => null);
    if (now === null) return waiting(props);
    if ("failure" in now) throw now.failure;
    return createElement(now.component, props);
  };
}
