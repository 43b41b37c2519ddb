// A click on the head of a column sorts the table: up, down, as it was.

// The number that a cell begins with, as in "−0.012 (−0.034 to +0.007)"; NaN where it begins with none.
function number(text) {
  const found = text.trim().replace(/−/g, "-").match(/^[+-]?(\d[\d,]*)?(\.\d+)?(e[+-]?\d+)?/);
  return found && found[0].match(/\d/) ? Number(found[0].replace(/,/g, "")) : NaN;
}

function sort(table, column, direction) {
  const body = table.tBodies[0];
  const text = (row) => (row.cells[column]?.textContent ?? "").trim();
  const empty = (row) => ["", "–", "-"].includes(text(row));
  const numbers = table.rowsAtFirst.filter((row) => !empty(row)).every((row) => !Number.isNaN(number(text(row))));
  const order = numbers
    ? (a, b) => number(text(a)) - number(text(b))
    : (a, b) => text(a).localeCompare(text(b), "en", { numeric: true });
  const rows = [...table.rowsAtFirst];
  // What has no value comes last in both directions.
  if (direction) rows.sort((a, b) => empty(a) - empty(b) || direction * order(a, b));
  body.append(...rows);
}

for (const table of document.querySelectorAll("main table, article table")) {
  const heads = [...(table.tHead?.rows[table.tHead.rows.length - 1]?.cells ?? [])];
  const plain = [...table.querySelectorAll("td, th")].every((cell) => cell.colSpan === 1 && cell.rowSpan === 1);
  if (!heads.length || !plain || (table.tBodies[0]?.rows.length ?? 0) < 2) continue;
  table.rowsAtFirst = [...table.tBodies[0].rows];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.className = "sort";
    button.title = "Sort by this column";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const next = { none: "ascending", ascending: "descending", descending: "none" };
      const state = next[head.getAttribute("aria-sort") ?? "none"];
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (state !== "none") head.setAttribute("aria-sort", state);
      sort(table, column, { ascending: 1, descending: -1, none: 0 }[state]);
    });
  });
}
