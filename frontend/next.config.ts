import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  trailingSlash: true,
  images: { unoptimized: true },
  reactStrictMode: true,
  turbopack: {
    resolveAlias: {
      // Messages are compiled at build time (scripts/compile-messages.mjs), so the formatter alone is enough.
      "use-intl/format-message": "use-intl/format-message/format-only",
      // The live feed's client asks for Node's Buffer: two polyfills, 12 KB compressed, for binary messages nobody sends here.
      buffer: "./src/api/buffer.ts",
      "next/dist/compiled/buffer": "./src/api/buffer.ts",
      // Its log goes nowhere in a browser, so neither does the code that would write it.
      "@azure/logger": "./src/api/no-log.ts",
      events: "./src/api/emitter.ts",
      "next/dist/compiled/events": "./src/api/emitter.ts",
    },
  },
  experimental: { optimizePackageImports: ["radix-ui", "lucide-react"] },
};

export default config;
