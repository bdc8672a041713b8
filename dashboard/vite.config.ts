import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

// Plain files that any static host serves: relative URLs, no inline script or style, stable names.
export default defineConfig({
  base: "./",
  plugins: [preact({ prefreshEnabled: false, devToolsEnabled: false })],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: true,
  },
});
