import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

/** A titled box: every screen is made of these. */
export function Panel({
  title,
  actions,
  children,
  className,
  flush,
}: {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
  flush?: boolean;
}) {
  return (
    <section className={cx("flex min-w-0 flex-col rounded-lg border border-line bg-panel", className)}>
      {title || actions ? (
        <header className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1.5">
          <h2 className="text-[13px] font-semibold">{title}</h2>
          <div className="ml-auto flex items-center gap-1.5">{actions}</div>
        </header>
      ) : null}
      <div className={cx("min-w-0 flex-1", !flush && "p-3")}>{children}</div>
    </section>
  );
}

export function PageHead({ title, hint, children }: { title: ReactNode; hint?: ReactNode; children?: ReactNode }) {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0">
        <h1 className="text-lg leading-tight font-semibold">{title}</h1>
        {hint ? <p className="mt-0.5 text-xs text-muted">{hint}</p> : null}
      </div>
      <div className="ml-auto flex flex-wrap items-center gap-2">{children}</div>
    </div>
  );
}
