// Passes what the reader enters to Python, and shows what Python says. It computes no date.
const $ = (id) => document.getElementById(id);
const page = $("try-it-page");
const products = [...$("protocol").options];
let worker, watchdog, next, asked;

function question(slid) {
  const sessions = [...$("sessions").children].map((row) =>
    Object.fromEntries([...row.querySelectorAll("[name]")].map(({ name, value }) => [name, value])),
  );
  const day = slid
    ? { first: $("slider").dataset.first, offset: $("slider").value }
    : { as_of: $("as_of").value };
  return { protocol: $("protocol").value, sessions, ...day };
}

// Only the newest question waits while another is answered.
function ask(slid = false) {
  next = { slid, text: JSON.stringify(question(slid)) };
  if (!asked) send();
}

function send() {
  if (!worker) start();
  [asked, next] = [next, undefined];
  page.dataset.state = "asking";
  worker.postMessage(asked.text);
  watch();
}

function start() {
  worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => (data.answer ? receive(JSON.parse(data.answer)) : hear(data));
  worker.onerror = fail;
  $("notice").textContent = "Loading Python and the library, once, about 9 MB …";
}

function hear(data) {
  if (data.failed) fail(data.failed);
  else watch();
}

// A missing file can leave the loader waiting for ever.
function watch() {
  clearTimeout(watchdog);
  watchdog = setTimeout(fail, page.dataset.patience * 1000, "no sign of life");
}

function fail(why) {
  clearTimeout(watchdog);
  worker?.terminate();
  worker = asked = next = undefined;
  console.warn("Try it:", why);
  page.dataset.state = "failed";
  $("notice").textContent =
    "There is no answer: Python could not be loaded or has stopped. Check the connection and " +
    "change something again, or reload the page. Python needs a browser of 2024 or later and " +
    "about 350 MB of memory. The tutorial shows how to install the library.";
}

function receive(answer) {
  clearTimeout(watchdog);
  const { slid } = asked;
  asked = undefined;
  if (next) return send();
  $("notice").textContent = answer.problem ? `There is no answer: ${answer.problem}.` : "";
  page.dataset.state = answer.problem ? "problem" : "answered";
  if (!answer.problem) show(answer, slid);
}

function show({ parts, as_of, first, days, offset }, slid) {
  for (const [id, html] of Object.entries(parts)) $(id).innerHTML = html;
  $("as_of").value = as_of;
  $("slider").setAttribute("aria-valuetext", as_of);
  if (slid) return; // the range must not move under the hand
  $("slider").dataset.first = first;
  $("slider").max = days;
  $("slider").value = offset;
}

function offerProducts() {
  const chosen = $("indication").value;
  $("protocol").replaceChildren(...products.filter((each) => each.dataset.indication === chosen));
}

$("question").addEventListener("submit", (event) => event.preventDefault());
$("question").addEventListener("change", ({ target }) => {
  if (target.id === "slider") return;
  if (target.id === "indication") offerProducts();
  ask();
});
$("slider").addEventListener("input", () => ask(true));
$("add").addEventListener("click", () => {
  $("sessions").append($("session").content.cloneNode(true));
  $("sessions").lastElementChild.querySelector("input").focus();
});
$("sessions").addEventListener("click", ({ target }) => {
  if (target.tagName !== "BUTTON") return;
  target.closest("li").remove();
  $("add").focus();
  ask();
});
$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("python").textContent);
  $("copy").textContent = "Copied";
  setTimeout(() => ($("copy").textContent = "Copy"), 2000);
});
offerProducts();
