import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The pages. Each lies where the server shows it: index.html at /, admin/index.html at /admin/. */
const PAGES = { chat: here("./index.html"), admin: here("./admin/index.html") };

const SERVER = process.env["HUBBUB_SERVER"] ?? "http://127.0.0.1:8000";

/** Ask the browser to run our own files only. Built pages carry it; the dev server needs inline scripts. */
const POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "require-trusted-types-for 'script'",
].join("; ");

const contentSecurityPolicy = (): Plugin => ({
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: { "http-equiv": "Content-Security-Policy", content: POLICY },
      injectTo: "head-prepend",
    },
  ],
});

export default defineConfig({
  root: here("."),
  base: "./",
  plugins: [contentSecurityPolicy()],
  build: {
    outDir: here("../src/hubbub/web/static"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    rolldownOptions: { input: PAGES },
  },
  server: {
    host: "127.0.0.1",
    // The Host header stays, so that the server sees its own page's origin.
    proxy: {
      "/connection": { target: SERVER, ws: true },
      "^/admin/(api/|session$)": { target: SERVER },
    },
  },
  test: { include: ["{admin,chat}/**/*.test.ts"], environment: "node" },
});
