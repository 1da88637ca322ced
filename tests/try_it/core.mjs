// Runs the core's tests under Node on the Python of the page, which is CPython 3.14:
//   node tests/try_it/core.mjs FOLDER WHEELS [PYTEST-ARGUMENT...]
// FOLDER is the page's folder; WHEELS holds those of pytest and hypothesis for that Python.
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [folder, extra] = process.argv.slice(2, 4).map((path) => resolve(path));
const root = fileURLToPath(new URL("../..", import.meta.url));
// What starts no process and no thread, which this Python cannot, and needs the core alone.
const TOPICS =
  "adherence catalogue cases content cycles days fields findings forecast history holds intervals laws " +
  "limit_figures limits names observed oracle outcomes planning projection protocol_files reasons rules timeline";
const tests = TOPICS.split(" ").map((topic) => `tests/test_${topic}.py`);

const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide", "pyodide.mjs")));
const python = await loadPyodide({ indexURL: join(folder, "pyodide") });
const own = JSON.parse(readFileSync(join(folder, "wheels.json"), "utf8"));
const wheels = own.map((wheel) => join(folder, wheel));
for (const name of readdirSync(extra)) {
  const isKnown = own.some((wheel) => wheel.endsWith(name));
  if (name.endsWith(".whl") && !isKnown) wheels.push(join(extra, name));
}
await python.loadPackage(wheels, { messageCallback() {} });
python.FS.mkdirTree("/project");
python.FS.mount(python.FS.filesystems.NODEFS, { root }, "/project");
const options = ["-q", "-p", "no:cacheprovider", "--hypothesis-profile=ci", ...process.argv.slice(4)];
python.globals.set("arguments", python.toPy([...options, ...tests]));
const code = await python.runPythonAsync(`
import os, sys
os.chdir("/project")
sys.dont_write_bytecode = True
print(sys.version)
import pytest
int(pytest.main(arguments))
`);
process.exit(code);
