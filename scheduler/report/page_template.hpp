// The page of page.cpp, with marks where texts go: @@title@@, @@text@@ (both escaped), @@report@@, @@picture@@ (JSON without "<").
// The script puts text into the page with textContent alone, never as HTML.
#pragma once

#include <string_view>

namespace interleave {

inline constexpr std::string_view page_template = R"page(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>@@title@@ - Interleave</title>
<link rel="icon" href="data:,">
<style>
:root { --bg: #fff; --fg: #1b1f24; --dim: #616a75; --line: #d5dae0; --soft: #f4f6f8; --pick: #fff1c2; --bad: #b3261e; --good: #1b7f3b;
  --wait: #8a93a0; --wakes: #b3261e; --hands: #2166ac; --read: #7b3294; --bar0: #2166ac; --bar1: #c25b00; --bar2: #1b7837; --bar3: #7b3294; --bar4: #a6611a; --bar5: #00727a; }
@media (prefers-color-scheme: dark) { :root { --bg: #14171b; --fg: #e4e8ec; --dim: #9aa4b0; --line: #343b44; --soft: #1d2228; --pick: #4a3d10; --bad: #ff8a80; --good: #7ddc98;
  --wait: #78828e; --wakes: #ff8a80; --hands: #8ab8f0; --read: #d3a4e8; --bar0: #6aa5e8; --bar1: #f0a35a; --bar2: #78c68a; --bar3: #c795dd; --bar4: #d9b07a; --bar5: #5cc4cc; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--bg); color: var(--fg); font: 14px/1.45 system-ui, sans-serif; }
code, pre, .step, .mono { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 12px; }
header, main, footer { padding: 0 16px; max-width: 1800px; margin: 0 auto; }
header { padding-top: 12px; }
h1 { font-size: 18px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 12px; margin: 14px 0 4px; color: var(--dim); text-transform: uppercase; letter-spacing: .05em; }
.verdict { font-weight: 700; } .verdict.fail { color: var(--bad); } .verdict.pass { color: var(--good); }
.message { margin: 4px 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.dim { color: var(--dim); }
.command { display: flex; gap: 8px; align-items: flex-start; margin: 4px 0; }
.command code { background: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: 4px 6px; overflow-wrap: anywhere; flex: 1; max-height: 6em; overflow: auto; }
button { font: inherit; padding: 3px 10px; border: 1px solid var(--line); border-radius: 4px; background: var(--soft); color: var(--fg); cursor: pointer; }
button:focus-visible, .step:focus-visible { outline: 2px solid var(--hands); }
.columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 16px; align-items: start; }
#lanes { border: 1px solid var(--line); border-radius: 4px; overflow: auto; position: relative; max-height: 78vh; }
#heads { position: sticky; top: 0; z-index: 3; background: var(--soft); border-bottom: 1px solid var(--line); height: 28px; }
#heads span { position: absolute; top: 4px; font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
#canvas { position: relative; }
#canvas svg { position: absolute; left: 0; top: 0; pointer-events: none; z-index: 2; }
.step { position: absolute; height: 20px; line-height: 20px; padding: 0 4px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; border-radius: 3px; cursor: pointer; }
.step:hover { background: var(--soft); } .step.failed { text-decoration: underline dotted; }
.step.near { background: var(--soft); }
.step.now { background: var(--pick); outline: 1px solid var(--fg); z-index: 1; }
.number { position: absolute; width: 46px; text-align: right; color: var(--dim); font: 11px/20px ui-monospace, monospace; }
.rail { position: sticky; left: 0; z-index: 2; width: 50px; height: 100%; background: var(--bg); }
.row-now { position: absolute; left: 0; height: 20px; background: var(--pick); opacity: .45; }
.gap { position: absolute; left: 0; color: var(--dim); font-style: italic; padding-left: 54px; white-space: nowrap; }
.bar { position: absolute; width: 6px; border-radius: 3px; opacity: .85; }
.life { position: absolute; width: 0; border-left: 1px solid var(--line); }
.wait { position: absolute; width: 0; border-left: 2px dotted var(--wait); }
.bars { display: grid; grid-template-columns: minmax(60px, auto) minmax(40px, 1fr) auto; gap: 2px 8px; align-items: center; }
.bars i { display: block; height: 10px; background: var(--hands); border-radius: 2px; min-width: 1px; }
.bars span { overflow-wrap: anywhere; }
.source { border: 1px solid var(--line); border-radius: 4px; overflow-x: auto; }
.source div { white-space: pre; padding: 0 8px 0 0; min-width: max-content; } .source div.here { background: var(--pick); }
.source b { display: inline-block; width: 44px; text-align: right; margin-right: 10px; color: var(--dim); font-weight: 400; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: 2px 8px 2px 0; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { white-space: nowrap; font-weight: 600; color: var(--dim); font-size: 12px; } tr.here { background: var(--pick); }
.pane { max-height: 78vh; overflow: auto; }
.stack { margin: 0; padding-left: 20px; overflow-wrap: anywhere; } .stack li { cursor: pointer; }
.stack li.here { background: var(--pick); }
.legend span { display: inline-block; margin-right: 12px; white-space: nowrap; } .legend i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 4px; }
pre { overflow-x: auto; background: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: 8px; }
details { margin: 16px 0; } summary { cursor: pointer; }
nav { display: flex; gap: 8px; align-items: center; margin: 8px 0; flex-wrap: wrap; }
@media (max-width: 800px) {
  header, main, footer { padding: 0 8px; } .columns { grid-template-columns: minmax(0, 1fr); gap: 4px; }
  #lanes { max-height: 55vh; } .pane { max-height: none; } .keys { display: none; }
}
</style>
</head>
<body>
<header>
<h1><span class="verdict" id="verdict"></span> <span>@@title@@</span> <span class="mono" id="kind"></span></h1>
<p class="message" id="message"></p>
<p class="dim" id="summary"></p>
<div class="command" id="replay" hidden><code></code><button type="button">Copy</button></div>
<div class="command" id="token" hidden><code></code><button type="button">Copy token</button></div>
</header>
<main>
<noscript><pre>@@text@@</pre></noscript>
<section id="outcomes" hidden><h2>Outcomes</h2><div class="bars"></div></section>
<section id="rests" hidden><h2>What this rests on</h2><ul class="stack"></ul></section>
<section id="picture-section" hidden>
<nav><button type="button" id="first" title="Home">First</button><button type="button" id="back" title="k or left">&#8592; Back</button><button type="button" id="next" title="j or right">Next &#8594;</button><button type="button" id="last" title="End">Last</button>
<span id="where" class="mono"></span><span class="dim keys">keys: j and k, or the arrows; Home, End</span></nav>
<p class="dim" id="left-out" hidden></p>
<div class="columns">
<div><div class="legend dim" id="legend"></div><div id="lanes" tabindex="0" aria-label="threads and their steps"><div id="heads"></div><div id="canvas"></div></div></div>
<div class="pane">
<h2>Step</h2><div id="step"></div>
<h2>Stack</h2><ol class="stack mono" id="stack"></ol>
<h2>Source</h2><div id="source-name" class="dim mono"></div><div id="source" class="source mono"></div>
<h2>Threads at this step</h2><table><thead><tr><th>thread</th><th>its last step</th><th>holds</th></tr></thead><tbody id="threads"></tbody></table>
<h2>Objects at this step</h2><table><thead><tr><th>object</th><th>last operation</th><th>by</th></tr></thead><tbody id="objects"></tbody></table>
</div>
</div>
</section>
<details><summary>The report as text</summary><pre>@@text@@</pre></details>
</main>
<footer class="dim"><p id="foot"></p></footer>
<script type="application/json" id="report">@@report@@</script>
<script type="application/json" id="picture">@@picture@@</script>
<script>
"use strict";
(() => {
const byId = id => document.getElementById(id);
const report = JSON.parse(byId("report").textContent), picture = JSON.parse(byId("picture").textContent);
const failure = report.failure, trace = failure ? failure.trace : [];
const make = (parent, tag, text, className) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (className) e.className = className; parent.appendChild(e); return e; };
const counted = (n, noun) => n.toLocaleString("en") + " " + noun + (n === 1 ? "" : "s");
const words = {pass: "PASSED", fail: "FAILED", incomplete: "INCOMPLETE"};

// ---- the head
byId("verdict").textContent = words[report.verdict] || report.verdict;
byId("verdict").classList.add(report.verdict);
byId("kind").textContent = failure ? failure.kind + (failure.step ? " after " + counted(failure.step, "step") : "") : "";
byId("message").textContent = failure ? failure.message : report.covered || report.incomplete_reason || (report.complete ? "Every schedule was executed, and none fails." : "");
byId("summary").textContent = [counted(report.executions, "execution"), report.failing ? report.failing.toLocaleString("en") + " failing" : "",
  report.cut ? report.cut.toLocaleString("en") + " cut" : "", "strategy " + ((failure && failure.strategy) || report.strategy || "?"), picture.seed ? "seed " + picture.seed : "",
  counted(report.threads_most, "thread"), "longest " + counted(report.steps_longest, "step"), report.seconds.toFixed(2) + " s"].filter(x => x).join(" · ");
const copyable = (id, text) => {
  if (!text) return;
  const place = byId(id), code = place.querySelector("code"), button = place.querySelector("button"), label = button.textContent;
  place.hidden = false; code.textContent = text;
  button.onclick = () => {
    const done = () => { button.textContent = "Copied"; setTimeout(() => { button.textContent = label; }, 1500); };
    const select = () => { const range = document.createRange(); range.selectNodeContents(code); const s = getSelection(); s.removeAllRanges(); s.addRange(range); document.execCommand("copy"); done(); };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, select); else select();
  };
};
copyable("replay", picture.replay);
copyable("token", failure && failure.schedule);
const outcomes = Object.entries(report.outcomes).sort((a, b) => b[1] - a[1]);
if (outcomes.length) {
  byId("outcomes").hidden = false;
  const place = byId("outcomes").querySelector(".bars"), most = outcomes[0][1];
  for (const [value, count] of outcomes.slice(0, 40)) {
    make(place, "span", value, "mono");
    make(place, "i").style.width = Math.max(1, 100 * count / most) + "%";
    make(place, "span", count.toLocaleString("en") + " (" + (100 * count / outcomes.reduce((a, b) => a + b[1], 0)).toFixed(1) + " %)", "dim");
  }
  if (outcomes.length > 40) make(byId("outcomes"), "p", "and " + counted(outcomes.length - 40, "more outcome"), "dim");
}
const rests = [...report.assumed.map(x => "assumes " + x), ...report.unseen.map(x => "not seen: " + x), ...report.trusted.map(x => "trusted: " + x),
  ...report.suppressions.filter(x => x.count).map(x => "suppressed by " + x.pattern + ": " + x.count)];
if (rests.length && !failure) { byId("rests").hidden = false; for (const each of rests) make(byId("rests").querySelector("ul"), "li", each); }
byId("foot").textContent = "Interleave " + report.version;
if (!trace.length) return;

// ---- the lanes
byId("picture-section").hidden = false;
if (picture.left_out) { byId("left-out").hidden = false; byId("left-out").textContent = picture.left_out; }
const rowHeight = 22, numberWidth = 54, slotWidth = 8, lanes = picture.threads.length;
const gapRow = picture.gap >= 0 ? picture.gap : trace.length + 1;
const row = i => i < gapRow ? i : i + 1, top_ = i => row(i) * rowHeight + 4;
const height = (row(trace.length) + 1) * rowHeight + 8;
const slots = [];                       // per lane: which bars run side by side
for (const bar of picture.bars) {
  const mine = slots[bar.lane] || (slots[bar.lane] = []), end = bar.to < 0 ? Infinity : bar.to;
  let slot = mine.findIndex(until => until <= bar.from);
  if (slot < 0) slot = mine.length;
  mine[slot] = end; bar.slot = slot;
}
const slotsMost = Math.max(1, ...picture.threads.map((name, lane) => (slots[lane] || []).length));
const area = byId("lanes").clientWidth - numberWidth - 4;
const laneWidth = Math.max(slotsMost * slotWidth + (innerWidth < 800 ? 118 : 150), Math.floor(area / lanes));
const width = numberWidth + laneWidth * lanes;
const left = lane => numberWidth + lane * laneWidth;
const colors = new Map(), colorOf = object => { if (!colors.has(object)) colors.set(object, "var(--bar" + colors.size % 6 + ")"); return colors.get(object); };
const canvas = byId("canvas"), heads = byId("heads");
canvas.style.height = height + "px"; canvas.style.width = heads.style.width = width + "px";
const at = (element, x, y, w, h) => { element.style.left = x + "px"; element.style.top = y + "px"; if (w !== undefined) element.style.width = w + "px"; if (h !== undefined) element.style.height = h + "px"; return element; };
picture.threads.forEach((name, lane) => { const head = make(heads, "span", name); head.title = name; head.style.left = left(lane) + 4 + "px"; head.style.width = laneWidth - 8 + "px"; });
const rowNow = at(make(canvas, "div", undefined, "row-now"), 0, 0, width);
const axis = lane => left(lane) + slotsMost * slotWidth + 3;
picture.threads.forEach((name, lane) => at(make(canvas, "div", undefined, "life"), axis(lane), 0, undefined, height));
for (const wait of picture.waits) {
  const from = wait.from < 0 ? 0 : top_(wait.from) + 20, to = wait.to < 0 ? height : top_(wait.to);
  at(make(canvas, "div", undefined, "wait"), axis(wait.lane) - 1, from, undefined, Math.max(2, to - from)).title = "waits" + (wait.object ? " for " + wait.object : "");
}
for (const bar of picture.bars) {
  const to = bar.to < 0 ? height : top_(bar.to) + 10, e = make(canvas, "div", undefined, "bar");
  at(e, left(bar.lane) + bar.slot * slotWidth + 1, top_(bar.from) + 10, undefined, Math.max(6, to - top_(bar.from) - 10));
  e.style.background = colorOf(bar.object);
  e.title = "holds " + bar.object + (bar.hold === "exclusive" ? "" : " (" + bar.hold + ")");
}
const named = new Map(picture.bars.map(bar => [bar.object, colorOf(bar.object)]));
for (const [object, color] of [...named].slice(0, 12)) { const item = make(byId("legend"), "span"); make(item, "i").style.background = color; item.append("holds " + object); }
if (picture.waits.length) { const item = make(byId("legend"), "span"); item.append("⋮ waits"); }
const text = event => event.operation + (event.object ? " " + event.object : "");
const brief = event => event.object.startsWith(event.operation.split(" ")[0] + " ") ? text(event).slice(event.operation.indexOf(" ") + 1) : text(event);  // "lock mutex 1"
const rail = make(canvas, "div", undefined, "rail");
const cells = trace.map((event, i) => {
  const lane = picture.lanes[i];
  at(make(rail, "div", event.does === "note" ? "" : event.step, "number"), 0, top_(i));
  const cell = at(make(canvas, "div", brief(event), "step" + (event.succeeded ? "" : " failed")), axis(lane) + 5, top_(i), laneWidth - slotsMost * slotWidth - 14);
  cell.title = text(event) + "\n" + event.thread + (event.call ? ", in " + event.call : "") + "\n" + event.location;
  cell.onclick = () => show(i);
  return cell;
});
if (picture.gap >= 0) at(make(canvas, "div", picture.left_out, "gap"), 0, picture.gap * rowHeight + 4);

// ---- arrows: those of waking are always there, the others of the step that is looked at
const svgName = "http://www.w3.org/2000/svg", svg = document.createElementNS(svgName, "svg");
svg.setAttribute("width", width); svg.setAttribute("height", height); canvas.appendChild(svg);
const inks = {"wakes": "--wakes", "hands over": "--hands", "is read by": "--read", "starts": "--dim", "is joined by": "--dim"};
const arrow = (edge, strong) => {
  const x1 = axis(picture.lanes[edge.from]), y1 = top_(edge.from) + 10, x2 = axis(picture.lanes[edge.to]), y2 = top_(edge.to) + 10;
  const ink = "var(" + inks[edge.kind] + ")", group = document.createElementNS(svgName, "g"), path = document.createElementNS(svgName, "path"), head = document.createElementNS(svgName, "path");
  const bend = Math.min(60, Math.abs(y2 - y1) / 2 + 10), way = x2 > x1 ? 1 : -1;
  path.setAttribute("d", `M${x1} ${y1} C${x1 + way * bend} ${y1} ${x2 - way * bend} ${y2} ${x2 - way * 2} ${y2}`);
  path.setAttribute("fill", "none"); path.style.stroke = ink; path.setAttribute("stroke-width", strong ? 2 : 1.2);
  if (!strong) path.setAttribute("stroke-opacity", .7);
  head.setAttribute("d", `M${x2} ${y2} l${-way * 8} -4 v8 z`); head.style.fill = ink;
  const title = document.createElementNS(svgName, "title"); title.textContent = edge.kind; group.append(title, path, head); svg.appendChild(group);
  return group;
};
const always = picture.edges.filter(e => e.kind === "wakes" || e.kind === "starts" || e.kind === "is joined by");
always.slice(-2000).forEach(e => arrow(e, false));

// ---- the step that is looked at
let now = -1, drawn = [], marked = [];
const tidy = path => { for (let before = ""; before !== path;) { before = path; path = path.replace(/\/(?!\.\.\/)[^/]+\/\.\.\//, "/"); } return path; };
const base = path => path.slice(path.lastIndexOf("/") + 1);
const showSource = (frame, item) => {
  for (const e of byId("stack").children) e.classList.toggle("here", e === item);
  const name = byId("source-name"), place = byId("source");
  place.replaceChildren();
  place.hidden = true;
  if (!frame || !frame.file) { name.textContent = "The place of this step is not known: compile the program with -g."; return; }
  name.textContent = tidy(frame.file) + ":" + frame.line;
  const lines = picture.sources[frame.file];
  if (!lines) { name.textContent += lines === null ? " - this file could not be read when the report was written." : " - left out, because the stacks name too many files."; return; }
  place.hidden = false;
  for (let n = Math.max(1, frame.line - 6); n <= frame.line + 6; ++n) {
    if (lines[n] === undefined) continue;
    const line = make(place, "div", undefined, n === frame.line ? "here" : "");
    make(line, "b", n); line.append(lines[n]);
  }
};
const show = wanted => {
  const i = Math.max(0, Math.min(trace.length - 1, wanted));
  if (i === now) return;
  now = i;
  const event = trace[i], lane = picture.lanes[i];
  marked.forEach(e => e.classList.remove("now", "near")); marked = [cells[i]]; cells[i].classList.add("now");
  rowNow.style.top = top_(i) + "px";
  drawn.forEach(e => e.remove());
  const mine = picture.edges.filter(e => e.from === i || e.to === i);
  drawn = mine.map(e => arrow(e, true));
  for (const e of mine) { const other = cells[e.from === i ? e.to : e.from]; other.classList.add("near"); marked.push(other); }
  byId("where").textContent = "step " + event.step + " of " + trace[trace.length - 1].step + ", " + event.thread;
  const box = byId("step"); box.replaceChildren();
  make(box, "div", text(event), "mono").style.fontWeight = "600";
  make(box, "div", [event.thread, event.call && "in " + event.call, event.location, event.succeeded ? "" : "did not succeed"].filter(x => x).join(" · "), "dim");
  for (const e of mine) {
    const other = trace[e.from === i ? e.to : e.from];
    make(box, "div", (e.from === i ? e.kind : {"wakes": "is woken by", "hands over": "has it from", "is read by": "reads what was written by", "starts": "is started by", "is joined by": "joins after"}[e.kind]) +
      " step " + other.step + " of " + other.thread + ": " + text(other));
  }
  const known = failure.objects.find(o => o.name === event.object);
  if (known) make(box, "div", known.name + ": " + known.description, "dim");
  const stack = byId("stack"); stack.replaceChildren();
  const frames = event.stack ? failure.stacks[event.stack - 1] : [];
  const items = frames.map(frame => { const item = make(stack, "li", (frame.function || "?") + (frame.file ? " at " + base(frame.file) + ":" + frame.line : "")); item.onclick = () => showSource(frame, item); return item; });
  if (!frames.length) make(stack, "li", "not known");
  showSource(frames[0], items[0]);
  const rows = byId("threads"); rows.replaceChildren();
  picture.threads.forEach((name, l) => {
    let latest = -1;
    for (let k = i; k >= 0 && latest < 0; --k) if (picture.lanes[k] === l) latest = k;
    const holds = picture.bars.filter(b => b.lane === l && b.from <= i && (b.to < 0 || b.to > i)).map(b => b.object);
    const end = i === trace.length - 1 && failure.threads.find(t => t.name === name);
    const line = make(rows, "tr", undefined, l === lane ? "here" : "");
    make(line, "td", name);
    make(line, "td", (latest < 0 ? "no step yet" : trace[latest].step + ": " + text(trace[latest])) +
      (end && end.state !== "finished" ? " - then " + [end.state, end.operation, end.object, end.holder ? "held by " + end.holder : ""].filter(x => x).join(" ") : end ? " - finished" : ""), "mono");
    make(line, "td", holds.join(", "), "mono");
  });
  const state = new Map();
  for (let k = i; k >= 0 && state.size < 60; --k) if (trace[k].object && !state.has(trace[k].object)) state.set(trace[k].object, trace[k]);
  const objects = byId("objects"); objects.replaceChildren();
  for (const [object, last] of [...state].sort((a, b) => a[0] < b[0] ? -1 : 1)) {
    const line = make(objects, "tr", undefined, object === event.object ? "here" : "");
    make(line, "td", object, "mono"); make(line, "td", last.step + ": " + last.operation, "mono"); make(line, "td", last.thread);
  }
  const pane = byId("lanes"), y = top_(i) + 28;
  if (y < pane.scrollTop + 34 || y > pane.scrollTop + pane.clientHeight - 44) pane.scrollTop = y - pane.clientHeight / 2;
  if (left(lane) < pane.scrollLeft || left(lane) + laneWidth > pane.scrollLeft + pane.clientWidth) pane.scrollLeft = left(lane) - numberWidth;
};
byId("first").onclick = () => show(0); byId("back").onclick = () => show(now - 1); byId("next").onclick = () => show(now + 1); byId("last").onclick = () => show(trace.length - 1);
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const to = {ArrowRight: now + 1, ArrowDown: now + 1, j: now + 1, ArrowLeft: now - 1, ArrowUp: now - 1, k: now - 1, Home: 0, End: trace.length - 1}[event.key];
  if (to === undefined) return;
  event.preventDefault(); show(to);
});
show(trace.length - 1);
})();
</script>
</body>
</html>
)page";

}  // namespace interleave
