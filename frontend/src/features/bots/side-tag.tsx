"use client";
import { useTranslations } from "use-intl";
import { cx } from "@/lib/cx";

/** Colour is only the second sign: the arrow and the word come first. */
export function SideTag({ side }: { side: "buy" | "sell" }) {
  const t = useTranslations("side");
  return (
    <span className={cx("inline-flex items-center gap-1 font-medium whitespace-nowrap", side === "buy" ? "text-positive" : "text-negative")}>
      <span aria-hidden="true">{side === "buy" ? "▲" : "▼"}</span>
      {t(side)}
    </span>
  );
}
