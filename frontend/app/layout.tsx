import "@fontsource-variable/inter";
import "./globals.css";
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { App } from "./app";

export const metadata: Metadata = {
  title: { default: "Tickwise", template: "%s · Tickwise" },
  description: "Trading bots you can follow to the last digit.",
};

export const viewport: Viewport = { width: "device-width", initialScale: 1, themeColor: "#0a0e15" };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" data-theme="dark" suppressHydrationWarning>
      <head>
        {/* Runs before the first paint, so neither async nor deferred. */}
        <script src="/theme.js" />
        {/* What the sign-in asks for first is on its way before its code is there. */}
        <link rel="preload" href="/config.json" as="fetch" crossOrigin="anonymous" />
      </head>
      <body>
        <App>{children}</App>
      </body>
    </html>
  );
}
