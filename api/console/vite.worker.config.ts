import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** The service worker: one plain script, since not every phone's browser takes a module there. */
export default defineConfig({
  publicDir: false,
  build: {
    target: "es2022",
    emptyOutDir: false,
    lib: {
      entry: fileURLToPath(new URL("src/worker/push-worker.ts", import.meta.url)),
      formats: ["iife"],
      name: "qalqanPush",
      fileName: () => "push-worker.js",
    },
  },
});
