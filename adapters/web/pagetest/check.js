// What Check asks of a page. It is told to the browser and is no part of any page.
var pagetest = {
  name(e) {
    const text = (e.getAttribute("aria-label") || e.textContent || e.value || "").trim().slice(0, 40);
    return "<" + e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (text ? " “" + text + "”" : "") + ">";
  },

  async axe() {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap((v) => v.nodes.map((n) => "axe: " + v.id + ": " + n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " ")));
  },

  // Wider than the window may be what scrolls by itself, with a focus.
  wide() {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    const out = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > room + 1);
    return ["the page is " + document.documentElement.scrollWidth + " pixels wide in a window of " + room + ": " + out.slice(0, 5).map(this.name).join(", ")];
  },

  // Of radio buttons with one name Tab reaches one.
  controls() {
    const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, iframe, [tabindex], [contenteditable=true], audio[controls], video[controls]");
    const groups = new Set();
    return [...all].filter((e) => {
      if (e.disabled || e.tabIndex < 0 || e.closest("[inert]") || !e.checkVisibility({ visibilityProperty: true })) return false;
      if (e.type !== "radio" || !e.name) return true;
      const group = (e.form ? e.form.id : "") + "/" + e.name;
      const one = [...all].find((o) => o.type === "radio" && o.name === e.name && o.form === e.form && o.checked);
      return one ? one === e : !groups.has(group) && groups.add(group);
    });
  },

  begin() {
    document.activeElement?.blur();
    getSelection().removeAllRanges();
    const top = document.createElement("span");
    top.tabIndex = -1; // where Tab sets out from
    document.body.prepend(top);
    top.focus();
    top.remove();
    this.left = new Set(this.controls());
    this.unseen = [];
    return this.left.size + 20; // what can be scrolled may come beside
  },

  reached() {
    const e = document.activeElement;
    if (this.left.delete(e)) {
      const s = getComputedStyle(e);
      if ((s.outlineStyle === "none" || parseFloat(s.outlineWidth) === 0) && s.boxShadow === "none" && e.tagName !== "IFRAME") this.unseen.push(e);
    }
    return this.left.size === 0;
  },

  end() {
    const faults = [...this.left].map((e) => "Tab does not reach " + this.name(e));
    return faults.concat(this.unseen.map((e) => "the focus of " + this.name(e) + " cannot be seen"));
  },
};
