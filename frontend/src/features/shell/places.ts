/** Where one can go. */
import { Bell, Bot, FileDown, FlaskConical, LayoutDashboard, Plus, Settings, Wallet, Webhook, type LucideIcon } from "lucide-react";

export type Place = {
  href: string;
  name: "overview" | "bots" | "newBot" | "backtests" | "webhooks" | "accounts" | "exports" | "notifications" | "settings";
  icon: LucideIcon;
  /** A phone's bar has no room for it; settings lead there. */
  deskOnly?: boolean;
};

export const PLACES: readonly Place[] = [
  { href: "/", name: "overview", icon: LayoutDashboard },
  { href: "/bots/", name: "bots", icon: Bot },
  { href: "/bots/new/", name: "newBot", icon: Plus },
  { href: "/backtests/", name: "backtests", icon: FlaskConical },
  { href: "/webhooks/", name: "webhooks", icon: Webhook },
  { href: "/accounts/", name: "accounts", icon: Wallet },
  { href: "/notifications/", name: "notifications", icon: Bell, deskOnly: true },
  { href: "/exports/", name: "exports", icon: FileDown, deskOnly: true },
  { href: "/settings/", name: "settings", icon: Settings },
];
