// Runs the library: each message is a question, and each reply is Python's answer to it.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const here = (path) => new URL(path, import.meta.url).href;

async function read(path) {
  const response = await fetch(here(path));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.text();
}

async function load() {
  const wheels = JSON.parse(await read("wheels.json"));
  const source = await read("answer.py");
  const python = await loadPyodide({ indexURL: here("pyodide/") });
  postMessage({ alive: true });
  await python.loadPackage(wheels.map(here), { messageCallback() {} });
  postMessage({ alive: true });
  python.FS.writeFile("answer.py", source);
  return python.pyimport("answer").answer;
}

const loading = load();
onmessage = async ({ data }) => {
  try {
    const answer = await loading;
    postMessage({ answer: answer(data) });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
};
