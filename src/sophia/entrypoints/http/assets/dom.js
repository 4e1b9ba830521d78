/** The document, written by nodes alone: text from outside never becomes markup. */

export const byId = (id) => document.getElementById(id);

/**
 * An element. Attributes: a function listens (`onclick`), `true` stands alone, null and false are left out.
 * Children are nodes and texts; null and false are left out.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value != null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** A list of names with their values; those without a value are left out. */
export function pairs(entries) {
  const told = entries.filter(([, value]) => value != null && value !== "");
  return h("dl", {}, told.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/** Have a screen reader say something, once it has finished what it says now. */
export function announce(text) {
  byId("announcer").textContent = text;
}
