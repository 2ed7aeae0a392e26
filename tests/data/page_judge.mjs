// A page in a real browser: what it says of its errors, requests, roles, keyboard and contrast, as JSON.
// Arguments: directory of npm packages, browser, page, "thorough" or "quick" (a large page takes axe a minute), and a
// directory for pictures (optional).
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, executablePath, page_file, care, pictures] = process.argv.slice(2);
const thorough = care === "thorough";
const require = createRequire(join(packages, "node_modules", "x.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const said = { console: [], requests: [], views: [] };
try {
  for (const view of [
    { name: "light", colorScheme: "light", width: 1280 },
    { name: "dark", colorScheme: "dark", width: 1280 },
    { name: "narrow", colorScheme: "light", width: 400 },
    { name: "script-less", colorScheme: "light", width: 1280, javaScriptEnabled: false },
  ]) {
    said.views.push(await look(view));
  }
  said.keyboard = await keyboard();
} finally {
  await browser.close();
}
console.log(JSON.stringify(said));

async function open({ width, ...options }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const address = pathToFileURL(page_file).href;
  page.on("console", (message) => said.console.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.console.push(`error: ${error}`));
  page.on("request", (request) => {
    if (request.url() !== address && !request.url().startsWith("data:")) said.requests.push(request.url());
  });
  await page.goto(address, { waitUntil: "load" });
  return { context, page };
}

async function look(view) {
  const { name, ...options } = view;
  const { context, page } = await open(options);
  const found = { name, title: await page.title() };
  if (options.javaScriptEnabled !== false) {
    found.sideways = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    found.background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  }
  if (thorough && options.javaScriptEnabled !== false) {
    found.aria = await page.locator("body").ariaSnapshot();
    found.unnamed = await unnamed(page, context);
    // Evaluated by the browser's debugger, not by the page, so that the page's policy stays as it is.
    await page.evaluate(axe);
    const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    found.violations = result.violations.map(({ id, impact, help, nodes }) =>
      ({ id, impact, help, count: nodes.length, first: nodes[0].html, why: nodes[0].failureSummary }));
  }
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  const cell = page.locator(".matrix td > button").first();
  if (await cell.count()) {
    await cell.click();
    found.clicked = await page.locator("[popover]:popover-open").count();
    if (pictures) await page.screenshot({ path: join(pictures, `${name}-cell.png`) });
  }
  await context.close();
  return found;
}

// Controls, tables, pictures and headings without a name in the accessibility tree.
async function unnamed(page, context) {
  const protocol = await context.newCDPSession(page);
  const { nodes } = await protocol.send("Accessibility.getFullAXTree");
  const roles = ["button", "link", "table", "region", "heading", "img", "image", "dialog", "rowheader", "columnheader",
    "DisclosureTriangle"];
  return nodes
    .filter((node) => !node.ignored && roles.includes(node.role?.value) && !node.name?.value)
    .map((node) => node.role.value);
}

// By Tab to a cell, by Enter into its detail, by Escape back to the cell; and past the matrix by its link.
async function keyboard() {
  const { context, page } = await open({ width: 1280, colorScheme: "light" });
  const focus = () => page.evaluate(() => {
    const element = document.activeElement;
    return { id: element.id, name: element.getAttribute("aria-label") ?? element.textContent.trim(),
      inCell: element.matches(".matrix td > button"), outline: getComputedStyle(element).outlineStyle };
  });
  const found = { stops: [] };
  for (let press = 0; press < 200; press++) {
    await page.keyboard.press("Tab");
    const stop = await focus();
    found.stops.push(stop.name);
    if (stop.inCell) {
      found.cell = stop;
      break;
    }
  }
  await page.keyboard.press("Enter");
  found.opened = await page.evaluate(() => document.querySelector("[popover]:popover-open")?.innerText ?? null);
  found.inside = (await focus()).name;
  await page.keyboard.press("Escape");
  found.left = await page.evaluate(() => document.querySelectorAll("[popover]:popover-open").length);
  found.back = (await focus()).id;
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  found.closed = await page.evaluate(() => document.querySelectorAll("[popover]:popover-open").length);
  await page.locator("a.over").first().focus();
  await page.keyboard.press("Enter");
  found.skipped = (await focus()).id;
  await context.close();
  return found;
}
