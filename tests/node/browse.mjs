// Opens a page in headless Chromium; reads { page, browser, sort, filter } as JSON from standard
// input, and writes what is shown, what a visitor can do, what axe-core finds in light and dark, and
// how far the page is too wide for screens of several widths.
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
    page.$$eval("#worklist tbody tr", (rows, i) => rows.map((r) => r.cells[i].textContent.trim()), n);
  const sorted = [];
  for (const name of asked.sort ?? []) {
    await page.getByRole("button", { name, exact: true }).click();
    const heads = await page.$$eval("#worklist th", (all) =>
      all.map((th) => [th.textContent, th.getAttribute("aria-sort")]),
    );
    const at = heads.findIndex(([text]) => text === name);
    sorted.push({ aria: heads[at][1], values: await column(at) });
  }
  let filtered = null;
  if (asked.filter) {
    await page.getByRole("button", { name: asked.filter }).first().click();
    filtered = await page.evaluate(() => ({
      shown: [...document.querySelectorAll("#worklist tbody tr")].filter((r) => !r.hidden).length,
      text: document.getElementById("shown").textContent,
      pressed: document.querySelectorAll("button[aria-pressed=true]").length,
    }));
  }
  // Chromium lets a page's policy refuse scripts; axe is put in past it, for the check alone.
  const violations = [];
  for (const colorScheme of ["light", "dark"]) {
    const free = await browser.newContext({ bypassCSP: true, colorScheme });
    const twin = await free.newPage();
    await twin.goto(`file://${asked.page}`);
    await twin.evaluate(axe.source);
    const found = await twin.evaluate(() => globalThis.axe.run());
    violations.push(...found.violations);
  }
  const overflow = {};
  for (const width of [360, 390, 860, 1240]) {
    await page.setViewportSize({ width, height: 800 });
    overflow[width] = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  }
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
      filtered,
      overflow,
      violations: violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`),
    }),
  );
} finally {
  await browser.close();
}
