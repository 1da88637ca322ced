// The answers of the library in Pyodide are those of CPython: node --test, with FOLDER and EXPECTED.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";

const folder = resolve(process.env.FOLDER);
const pairs = JSON.parse(readFileSync(process.env.EXPECTED, "utf8"));

test("Python in the browser answers as CPython does", async () => {
  const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide", "pyodide.mjs")));
  const python = await loadPyodide({ indexURL: join(folder, "pyodide") });
  const wheels = JSON.parse(readFileSync(join(folder, "wheels.json"), "utf8"));
  await python.loadPackage(wheels.map((wheel) => join(folder, wheel)), { messageCallback() {} });
  python.FS.writeFile("answer.py", readFileSync(join(folder, "answer.py")));
  const { answer } = python.pyimport("answer");
  const times = [];
  for (const [question, expected] of pairs) {
    const start = performance.now();
    assert.equal(answer(question), expected, question);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.floor((times.length - 1) * share)].toFixed(0);
  console.log(`${pairs.length} answers equal; median ${at(0.5)} ms, most ${at(1)} ms`);
  assert.ok(pairs.length > 200);
});
