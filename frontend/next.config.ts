import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  trailingSlash: true,
  images: { unoptimized: true },
  reactStrictMode: true,
  // Messages are compiled at build time (scripts/compile-messages.mjs), so the formatter alone is enough.
  turbopack: { resolveAlias: { "use-intl/format-message": "use-intl/format-message/format-only" } },
  experimental: { optimizePackageImports: ["radix-ui", "lucide-react"] },
};

export default config;
