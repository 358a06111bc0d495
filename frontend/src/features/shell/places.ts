/** Where one can go. */
import { Bell, Bot, FileDown, FlaskConical, LayoutDashboard, Plus, Settings, Wallet, Webhook, type LucideIcon } from "lucide-react";

export type Place = {
  href: string;
  name: "overview" | "bots" | "newBot" | "backtests" | "webhooks" | "accounts" | "exports" | "notifications" | "settings";
  /** After "g", the letter that leads there. */
  key: string;
  icon: LucideIcon;
  /** A phone's bar has no room for it; settings lead there. */
  deskOnly?: boolean;
};

export const PLACES: readonly Place[] = [
  { href: "/", name: "overview", key: "o", icon: LayoutDashboard },
  { href: "/bots/", name: "bots", key: "b", icon: Bot },
  { href: "/bots/new/", name: "newBot", key: "n", icon: Plus },
  { href: "/backtests/", name: "backtests", key: "t", icon: FlaskConical },
  { href: "/webhooks/", name: "webhooks", key: "w", icon: Webhook },
  { href: "/accounts/", name: "accounts", key: "a", icon: Wallet },
  { href: "/notifications/", name: "notifications", key: "m", icon: Bell, deskOnly: true },
  { href: "/exports/", name: "exports", key: "e", icon: FileDown, deskOnly: true },
  { href: "/settings/", name: "settings", key: "s", icon: Settings },
];
