import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link } from "@/lib/nav";
import { cx } from "@/lib/cx";

export type Look = "primary" | "plain" | "quiet" | "danger";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent-solid text-on-accent hover:bg-accent-hover",
  plain: "border border-line-strong bg-panel text-text hover:bg-hover",
  quiet: "text-muted hover:bg-hover hover:text-text",
  danger: "bg-negative-solid text-on-accent hover:brightness-110",
};

const SHAPE = "inline-flex items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-50";

function shape(look: Look, small?: boolean): string {
  return cx(SHAPE, LOOKS[look], small ? "h-7 px-2.5 text-xs" : "h-9 px-3.5 text-sm");
}

type Props = ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look; small?: boolean; busy?: boolean };

export function Button({ look = "plain", small, busy, className, children, disabled, type = "button", ...rest }: Props) {
  return (
    <button type={type} className={cx(shape(look, small), className)} disabled={disabled || busy} aria-busy={busy || undefined} {...rest}>
      {busy ? <Spinner /> : null}
      {children}
    </button>
  );
}

export function ButtonLink({ href, look = "plain", small, children }: { href: string; look?: Look; small?: boolean; children: ReactNode }) {
  return (
    <Link href={href} className={shape(look, small)}>
      {children}
    </Link>
  );
}

export function IconButton({ label, className, children, type = "button", ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { label: string }) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={cx("inline-grid size-9 place-items-center rounded-md text-muted transition-colors hover:bg-hover hover:text-text", className)}
      {...rest}
    >
      {children}
    </button>
  );
}

export function Spinner() {
  return <span aria-hidden="true" className="size-3.5 animate-spin rounded-full border-2 border-current border-r-transparent" />;
}
