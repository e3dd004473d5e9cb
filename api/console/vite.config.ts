import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const entry = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  base: "/",
  plugins: [svelte()],
  build: {
    target: "es2022",
    // The policy of the server allows no data: scripts or fonts; keep assets as files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    rollupOptions: { input: { index: entry("index.html"), patrol: entry("patrol.html") } },
  },
  test: { include: ["src/**/*.test.ts"] },
});
