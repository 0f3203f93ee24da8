// Reads {"port": of a Chromium's DevTools, "categories": […], "pages": ["http://…"]} from its input. Writes for each page
// what Lighthouse gives on its mobile settings, of 100, and which audits miss: {"page": {"scores": {}, "misses": []}}.
import { readFileSync } from "node:fs";
import lighthouse from "lighthouse";

const { port, categories, pages } = JSON.parse(readFileSync(0, "utf8"));
// Where nothing is timed the line need not be slow, nor a picture taken.
const untimed = { throttlingMethod: "provided", disableFullPageScreenshot: true };
const flags = categories.includes("performance") ? {} : untimed;
const found = {};
for (const page of pages) {
  const { lhr } = await lighthouse(page, { port, onlyCategories: categories, logLevel: "silent", ...flags });
  const scores = Object.fromEntries(categories.map((name) => [name, Math.round(lhr.categories[name].score * 100)]));
  const weighing = categories.flatMap((name) => lhr.categories[name].auditRefs.filter(({ weight }) => weight > 0));
  const misses = weighing.map(({ id }) => lhr.audits[id]).filter(({ score }) => score !== null && score < 0.9);
  const times = Object.fromEntries(
    ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "speed-index", "cumulative-layout-shift"]
      .filter((id) => lhr.audits[id]).map((id) => [id, lhr.audits[id].numericValue]),
  );
  found[page] = { scores, misses: misses.map(({ id, title }) => `${id}: ${title}`), times };
}
process.stdout.write(JSON.stringify(found));
