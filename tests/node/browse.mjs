// Opens a page in headless Chromium; reads { page, browser, sort } as JSON from standard input, and
// writes what is shown, what a visitor can do, and what axe-core finds.
import axe from "axe-core";
import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";

const asked = JSON.parse(readFileSync(0, "utf8"));
const browser = await chromium.launch({
  executablePath: asked.browser,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  const page = await browser.newPage();
  const consoleErrors = [];
  const requests = [];
  page.on("console", (message) => message.type() === "error" && consoleErrors.push(message.text()));
  page.on("pageerror", (error) => consoleErrors.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(`file://${asked.page}`);

  const pages = {};
  for (const format of ["A4", "Letter"]) {
    const pdf = await page.pdf({ format, preferCSSPageSize: false, printBackground: true });
    pages[format] = (pdf.toString("latin1").match(/\/Type\s*\/Page[^s]/g) ?? []).length;
  }
  await page.keyboard.press("Tab");
  const focus = await page.evaluate(() => document.activeElement.textContent.trim());
  const links = await page.$$eval("a", (found) =>
    found.map((a) => ({ text: a.textContent, download: a.download, href: a.href })),
  );
  const column = (n) =>
    page.$$eval("#worklist tbody tr", (rows, i) => rows.map((r) => r.cells[i].textContent), n);
  const sorted = [];
  for (const name of asked.sort ?? []) {
    await page.getByRole("button", { name, exact: true }).click();
    const heads = await page.$$eval("#worklist th", (all) =>
      all.map((th) => [th.textContent, th.getAttribute("aria-sort")]),
    );
    const at = heads.findIndex(([text]) => text === name);
    sorted.push({ aria: heads[at][1], values: await column(at) });
  }
  // Chromium lets a page's policy refuse scripts; axe is put in past it, for the check alone.
  const free = await browser.newContext({ bypassCSP: true });
  const twin = await free.newPage();
  await twin.goto(`file://${asked.page}`);
  await twin.evaluate(axe.source);
  const found = await twin.evaluate(() => globalThis.axe.run());
  console.log(
    JSON.stringify({
      title: await page.title(),
      language: await page.evaluate(() => document.documentElement.lang),
      text: await page.evaluate(() => document.body.innerText),
      images: await page.$$eval("svg[role=img]", (all) => all.length),
      consoleErrors,
      requests,
      pages,
      focus,
      links,
      sorted,
      violations: found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`),
      passes: found.passes.length,
    }),
  );
} finally {
  await browser.close();
}
