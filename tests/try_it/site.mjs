// Serves built documentation as a web host does, compressed, and counts what it sends.
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".html": "text/html",
  ".css": "text/css",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".py": "text/plain",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};
const POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; " +
  "style-src 'self' 'unsafe-inline'; img-src 'self' data:";

export async function serve(root) {
  const site = { sent: new Map(), silent: new Set(), absent: new Set(), missing: [] };
  const packed = new Map();
  for (const name of readdirSync(join(root, "try-it"), { recursive: true })) {
    const type = TYPES[extname(name)];
    if (type) packed.set(`/try-it/${name}`, gzipSync(readFileSync(join(root, "try-it", name))));
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
    if ([...site.silent].some((name) => path.endsWith(name))) return; // never answers
    if (path === "/favicon.ico") return response.writeHead(204).end(); // browsers ask of themselves
    const type = TYPES[extname(path)];
    let body = packed.get(path);
    try {
      if ([...site.absent].some((name) => path.includes(name))) throw new Error("absent");
      body ??= readFileSync(join(root, normalize(path)));
    } catch {
      site.missing.push(path);
      response.writeHead(404).end();
      return;
    }
    if (type && !packed.has(path)) body = gzipSync(body);
    packed.set(path, body);
    site.sent.set(path, (site.sent.get(path) ?? 0) + body.length);
    response.writeHead(200, {
      "content-type": type ?? "application/octet-stream",
      "content-security-policy": POLICY,
      "content-length": body.length,
      ...(type && { "content-encoding": "gzip" }),
    });
    response.end(body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  site.origin = `http://127.0.0.1:${server.address().port}`;
  site.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return site;
}
