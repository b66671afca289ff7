"use strict";

const contract = new URLSearchParams(location.search).get("of") ?? "";
const known = ["7azzani", "secably", "issafesite", "scanner"];
const prefix = known.includes(contract) ? "/" + contract : "";

for (const link of document.querySelectorAll("nav a")) {
  if (link.getAttribute("href") === (prefix ? "/docs?of=" + contract : "/docs")) {
    link.setAttribute("aria-current", "page");
  }
}

SwaggerUIBundle({
  dom_id: "#api",
  url: prefix + "/openapi.yaml",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  presets: [SwaggerUIBundle.presets.apis],
});
