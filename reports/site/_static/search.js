// The search of the site: looks through search-data.js, so that it works from the file system, too.

// What readers write, and what stands on the pages.
const SYNONYMS = {
  nbfs: ["nfbs"], dsc: ["dice"], f1: ["dice"], sorensen: ["dice"], jaccard: ["iou"], hd95: ["hausdorff"], hd: ["hausdorff"],
  asd: ["surface"], nsd: ["surface"], ce: ["entropy"], bce: ["entropy"], xent: ["entropy"], gdl: ["generalised"],
  generalized: ["generalised"], recall: ["sensitivity"], sensitivity: ["recall"], tumor: ["tumour"], center: ["centre"],
  color: ["colour"], ham10000: ["isic"], skin: ["isic"], kidney: ["kits19"], heart: ["acdc"], brain: ["nfbs", "brats"],
  kits: ["kits19"], isic18: ["isic"], cohen: ["kappa"], ohem: ["topk"], unbalanced: ["imbalanced"], ci: ["interval"],
};

function plain(text) {
  return text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
}

function words(text) {
  return plain(text).match(/[\p{L}\p{N}]+/gu) || [];
}

// How many letters to add, drop, replace or exchange with their neighbour; Infinity beyond the limit.
function distance(a, b, limit) {
  if (Math.abs(a.length - b.length) > limit) return Infinity;
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      let best = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] !== b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, rows[i - 2][j - 2] + 1);
      rows[i].push(best);
    }
  }
  return rows[a.length][b.length] <= limit ? rows[a.length][b.length] : Infinity;
}

// The words to look for in place of a word: itself, its synonyms, and where no page has it, its nearest neighbours.
function alternatives(word, vocabulary) {
  const found = [word, ...(Object.hasOwn(SYNONYMS, word) ? SYNONYMS[word] : [])];
  if (found.length > 1 || word.length < 4 || vocabulary.some((known) => known.startsWith(word))) return found;
  const limit = word.length < 6 ? 1 : 2;
  const near = vocabulary.map((known) => [distance(word, known, limit), known]).filter(([steps]) => steps < Infinity);
  const least = Math.min(...near.map(([steps]) => steps));
  return [...found, ...near.filter(([steps]) => steps === least).map(([, known]) => known)];
}

const sections = SEARCH_PAGES.flatMap(([page, title, parts]) =>
  parts.map(([anchor, heading, text], place) => ({
    page, title, anchor, heading, text, place, in_title: words(title), in_heading: words(heading), in_text: words(text),
  })),
);
const vocabulary = [...new Set(sections.flatMap((s) => [...s.in_heading, ...s.in_text]))];

// A section must have every word of the query, or an alternative of it; headings count more than text.
function search(query) {
  const wanted = words(query).map((word) => alternatives(word, vocabulary));
  const count = (list, word) => list.reduce((sum, has) => sum + (has === word ? 2 : has.startsWith(word) ? 1 : 0), 0);
  const score = (section, word) =>
    (section.place === 0 ? 20 * count(section.in_title, word) : 0) +
    10 * count(section.in_heading, word) + Math.min(count(section.in_text, word), 9);
  const hits = sections.map((section) => {
    const scores = wanted.map((list) => Math.max(...list.map((word) => score(section, word))));
    return { section, score: scores.some((s) => s === 0) ? 0 : scores.reduce((a, b) => a + b, 0) };
  });
  const found = hits.filter((hit) => hit.score > 0).sort((a, b) => b.score - a.score);
  return { found, wanted: wanted.flat(), others: wanted.flatMap((list) => list.slice(1)) };
}

// Part of the text around the first word found, as nodes: no text of a page becomes markup.
function excerpt(text, wanted) {
  const marks = new RegExp(`(${wanted.join("|")})`, "iu");
  const first = Math.max(plain(text).search(marks), 0);
  const start = first > 80 ? text.indexOf(" ", first - 80) : 0;
  const part = (start > 0 ? "…" : "") + text.slice(start, start + 220) + (text.length > start + 220 ? "…" : "");
  return part.split(new RegExp(marks.source, "giu")).map((piece, odd) => {
    if (odd % 2 === 0) return document.createTextNode(piece);
    const mark = document.createElement("mark");
    mark.textContent = piece;
    return mark;
  });
}

function element(tag, content, parent) {
  const made = document.createElement(tag);
  made.append(...[content].flat());
  parent.append(made);
  return made;
}

function show(query) {
  const list = document.getElementById("search-results");
  const status = document.getElementById("search-status");
  list.replaceChildren();
  if (!words(query).length) {
    status.textContent = "Type a word: a loss, a data set, a metric.";
    return;
  }
  const { found, wanted, others } = search(query);
  const also = others.length ? ` Looked for ${[...new Set(others)].join(", ")}, too.` : "";
  status.textContent = (found.length ? `${found.length} places.` : "Nothing was found.") + also;
  for (const { section } of found.slice(0, 40)) {
    const item = element("li", [], list);
    const link = element("a", section.heading || section.title, element("p", [], item));
    link.href = section.page + (section.place && section.anchor ? `#${section.anchor}` : "");
    if (section.place) element("small", ` ${section.title}`, link.parentElement);
    element("p", excerpt(section.text, wanted), item);
  }
}

const field = document.getElementById("search-field");
field.value = new URLSearchParams(location.search).get("q") || "";
field.addEventListener("input", () => show(field.value));
show(field.value);
