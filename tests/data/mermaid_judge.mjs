// Draws a Mermaid diagram from stdin in a real browser: its labels and how many arrows it has, as JSON.
// Arguments: directory of npm packages, browser.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [packages, executablePath] = process.argv.slice(2);
const require = createRequire(join(packages, "node_modules", "x.js"));
const { chromium } = require("playwright-core");
const text = readFileSync(0, "utf8");

const browser = await chromium.launch({
  executablePath,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage();
  await page.setContent("<!doctype html><div id=place></div>");
  await page.addScriptTag({ path: join(packages, "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js") });
  const found = await page.evaluate(async (text) => {
    window.mermaid.initialize({ startOnLoad: false, securityLevel: "strict", maxEdges: 5000 });
    const { svg } = await window.mermaid.render("drawing", text);
    document.querySelector("#place").innerHTML = svg;
    const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent.trim());
    return {
      nodes: texts("#place .node .nodeLabel"),
      clusters: texts("#place .cluster .nodeLabel"),
      arrows: document.querySelectorAll("#place .edgePaths path").length,
    };
  }, text);
  console.log(JSON.stringify(found));
} finally {
  await browser.close();
}
