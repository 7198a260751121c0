// Builds functions/portal/assets from portal.scss and the design system: `make assets`.
//
// Every file carries a hash of its content in its name, so that browsers may keep it for ever, and lies there compressed
// as well (.br, .gz), so that no request has to wait for that. manifest.json says which name is which file.
// An asset that no longer is made is removed.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { compile } from "sass";

const HERE = dirname(fileURLToPath(import.meta.url));
const SYSTEM = join(HERE, "node_modules", "dkfds");
const TARGET = process.argv[2] ?? join(HERE, "..", "functions", "portal", "assets");

// The icons of the pages, all in one file that they refer to as `icons.svg#name`.
const ICONS = [
  "calendar-month", "chevron-left", "document", "error", "file-excel", "file-pdf", "file-word", "info", "language",
  "notifications", "success", "warning",
];
const LICENCES = { "LICENSE-dkfds.md": "LICENSE.md", "LICENSE-IBM-Plex.txt": "dist/fonts/IBMPlexSans/split/woff2/license.txt" };

const FOLDERS = { ".woff2": "dist/fonts/IBMPlexSans/split/woff2", ".svg": "dist/img/svg-icons" };
const WORTH_COMPRESSING = 1000;

const manifest = {};

function keep(name, content) {
  const data = Buffer.from(content);
  const ending = extname(name);
  const hash = createHash("sha256").update(data).digest("hex").slice(0, 16);
  const kept = `${basename(name, ending)}-${hash}${ending}`;
  writeFileSync(join(TARGET, kept), data);
  if (ending !== ".woff2" && data.length > WORTH_COMPRESSING) {
    const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } };
    writeFileSync(join(TARGET, `${kept}.br`), brotliCompressSync(data, best));
    writeFileSync(join(TARGET, `${kept}.gz`), gzipSync(data, { level: 9 }));
  }
  manifest[name] = kept;
  return kept;
}

function read(path) {
  return readFileSync(join(SYSTEM, path), "utf8");
}

function symbol(name) {
  const drawing = read(`dist/img/svg-icons/${name}.svg`);
  const [, box, inner] = drawing.match(/viewBox="([^"]+)"[^>]*>([\s\S]*)<\/svg>/);
  return `<symbol id="${name}" viewBox="${box}">${inner.trim()}</symbol>`;
}

rmSync(TARGET, { recursive: true, force: true });
mkdirSync(TARGET, { recursive: true });

keep("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${ICONS.map(symbol).join("")}</svg>\n`);
keep("favicon.svg", readFileSync(join(HERE, "favicon.svg")));
const compiled = compile(join(HERE, "portal.scss"), {
  loadPaths: [join(SYSTEM, "src", "stylesheets")], style: "compressed", quietDeps: true,
});
const css = compiled.css.replace(/url\("?([^")]+)"?\)/g, (_, path) => {
  const name = basename(path);
  if (name.endsWith(".png")) return "none"; // placeholders for a logo, which no page of ours shows
  return `url(${manifest[name] ?? keep(name, readFileSync(join(SYSTEM, FOLDERS[extname(name)], name)))})`;
});
keep("portal.css", css);
keep("form.js", readFileSync(join(HERE, "form.js")));
// Modules name each other as they lie here; what is served names the hashed one.
keep("send.js", readFileSync(join(HERE, "send.js")));
keep("status.js", readFileSync(join(HERE, "status.js"), "utf8").replace("./send.js", `./${manifest["send.js"]}`));

for (const [name, path] of Object.entries(LICENCES)) writeFileSync(join(TARGET, name), read(path));
const { version, license } = JSON.parse(read("package.json"));
const about = { "made from": `dkfds ${version} (${license})`, files: manifest };
writeFileSync(join(TARGET, "manifest.json"), `${JSON.stringify(about, null, 2)}\n`);
console.log(Object.values(manifest).join("\n"));
