import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  trailingSlash: true,
  images: { unoptimized: true },
  reactStrictMode: true,
  experimental: { optimizePackageImports: ["radix-ui", "lucide-react"] },
};

export default config;
