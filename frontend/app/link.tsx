"use client";
/**
 * A link inside the app: a plain click goes through the router, everything else (new tab, download, middle button) is the browser's.
 * The framework's own link also prefetches and guesses, which is 3 KB of code before the first screen that nothing here uses.
 */
import { useRouter } from "next/navigation";
import type { MouseEvent } from "react";
import type { LinkProps } from "@/lib/nav";

export function AppLink({ href, onClick, children, ...rest }: LinkProps) {
  const router = useRouter();
  function follow(event: MouseEvent<HTMLAnchorElement>): void {
    onClick?.();
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.push(href);
  }
  return (
    <a href={href} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
