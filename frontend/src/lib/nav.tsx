"use client";
/** Where we are and how to go elsewhere, without knowing the framework: app/ provides it. */
import { createContext, useContext, type ComponentType, type ReactNode } from "react";

export type LinkProps = {
  href: string;
  className?: string;
  children: ReactNode;
  title?: string;
  "aria-label"?: string;
  "aria-current"?: "page";
  onClick?: () => void;
};

export type Nav = {
  path: string;
  param: (name: string) => string | null;
  go: (href: string) => void;
  replace: (href: string) => void;
  Link: ComponentType<LinkProps>;
};

export const NavContext = createContext<Nav | null>(null);

export function useNav(): Nav {
  const nav = useContext(NavContext);
  if (!nav) throw new Error("no navigation around this component");
  return nav;
}

export function Link(props: LinkProps) {
  const { Link: Anchor } = useNav();
  return <Anchor {...props} />;
}
