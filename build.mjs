// npm packages and attendance/door/*.js -> var/build/door/, attendance/pass_page/*.js -> var/build/pass/, config/style/*.css
// -> var/build/site.css, and the typeface of what is printed -> var/fonts/.
// Hashed names, compression and headers are Django's (collectstatic, WhiteNoise).
import { build } from "esbuild";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(dirname(fileURLToPath(import.meta.url)));
const source = "attendance/door/";
const out = "var/build/door/";
const passSource = "attendance/pass_page/";
const passOut = "var/build/pass/";

for (const folder of [out, passOut]) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}
const options = {
  outdir: out,
  bundle: true,
  minify: true,
  // The oldest phones that can run it: module workers, IndexedDB, Web Locks, wake lock.
  target: ["chrome100", "safari16.4", "firefox115"],
  legalComments: "linked",
  logLevel: "warning",
};
await build({ ...options, entryPoints: [source + "door.js", source + "decoder.js"], format: "esm" });
// A service worker is no module everywhere.
await build({ ...options, entryPoints: [source + "sw.js"], format: "iife" });
await build({ ...options, outdir: passOut, entryPoints: [passSource + "page.js", passSource + "sw.js"], format: "iife" });
// One sheet on a page, several in the source.
await build({ ...options, entryPoints: [source + "door.css"] });
await build({ ...options, outdir: "var/build", entryPoints: ["config/style/site.css"] });
await copyFile("node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", out + "zxing_reader.wasm");

// The bundles hold these packages, and their licences must travel along.
const licences = [];
for (const name of ["idb", "lean-qr", "zxing-wasm"]) {
  licences.push(`${name}\n\n${await readFile(`node_modules/${name}/LICENSE`, "utf8")}`);
}
for (const folder of [out, passOut]) await writeFile(folder + "licences.txt", licences.join("\n\n"));

const typeface = "node_modules/@expo-google-fonts/noto-sans/";
await mkdir("var/fonts", { recursive: true });
for (const weight of ["400Regular", "700Bold"]) {
  await copyFile(`${typeface}${weight}/NotoSans_${weight}.ttf`, `var/fonts/NotoSans_${weight}.ttf`);
}
