import { ask, at, onSubmit, say, send, start } from "/dashboard/client.js";

// The fields of a type's form, as the server tells them.
let form = null;
const idOf = (field) => "field-" + field.name;

const input = (field) => {
  const one = document.createElement(field.type === "textarea" || field.type === "select" ? field.type : "input");
  if (one.tagName === "INPUT") one.type = field.type === "datetime-local" ? "text" : field.type;
  if (field.type === "number") one.step = "any";
  if (field.type === "password") one.autocomplete = "off";
  for (const option of field.options) one.append(new Option(option, option));
  if (field.type !== "select" && field.type !== "checkbox") {
    one.maxLength = field.max_length;
    one.placeholder = field.example;
  }
  one.id = idOf(field);
  one.name = field.name;
  one.required = field.required;
  return one;
};

const fieldOf = (field) => {
  const line = document.createElement("div");
  const label = document.createElement("label");
  const one = input(field);
  label.htmlFor = one.id;
  label.textContent = field.label + (field.required ? "" : " (optional)");
  if (field.type === "checkbox") {
    line.className = "tick";
    label.textContent = field.label;
    line.append(one, label);
  } else {
    line.append(label, one);
  }
  if (field.help) {
    const help = document.createElement("p");
    help.className = "count";
    help.id = one.id + "-help";
    help.textContent = field.help;
    one.setAttribute("aria-describedby", help.id);
    line.append(help);
  }
  return line;
};

const showForm = async () => {
  const type = at("type").value;
  const next = await ask("GET", "/qr/api/content-form/" + type + "/");
  if (at("type").value !== type) return; // another one was chosen meanwhile
  form = next;
  at("fields").replaceChildren(...form.fields.map(fieldOf));
  at("dynamic-line").hidden = type !== "url";
  if (type !== "url") at("dynamic").checked = false;
  later();
};

const content = () => Object.fromEntries(form.fields.map((field) => {
  const one = at(idOf(field));
  return [field.name, field.type === "checkbox" ? one.checked : one.value];
}));

// logo is a file as a data URI; "" for none.
const logo = () => new Promise((done, failed) => {
  const file = at("logo").files[0];
  if (!file) return done("");
  if (file.size > 256 * 1024) return failed(new Error("The logo is larger than 256 KiB."));
  const reader = new FileReader();
  reader.onload = () => done(reader.result);
  reader.onerror = () => failed(new Error("The logo cannot be read."));
  reader.readAsDataURL(file);
});

const number = (id) => at(id).value === "" ? null : Number(at(id).value);

const style = async () => {
  const look = {
    color: at("color").value, background: at("transparent").checked ? "transparent" : at("background").value,
    quiet_zone: number("quiet"), size: number("size"), shape: at("shape").value, logo: await logo(),
  };
  if (at("correction").value) look.error_correction = at("correction").value;
  if (look.logo) look.logo_size = (number("logo-size") || 20) / 100;
  return look;
};

const wanted = async () => ({ qr_type: at("type").value, content: content(), style: await style() });

// The preview follows what is typed, a moment after, and one at a time.
let waiting = 0;
let busy = false;
const later = () => {
  clearTimeout(waiting);
  waiting = setTimeout(preview, 400);
};

const filled = () => form && form.fields.every((field) => !field.required || at(idOf(field)).value !== "") &&
  form.fields.some((field) => field.type !== "select" && field.type !== "checkbox" && at(idOf(field)).value !== "");

const preview = async () => {
  if (busy || at("inside").hidden) return later();
  if (!filled()) {
    at("picture").hidden = true;
    at("hint").textContent = "Fill in the fields: the code appears here.";
    return;
  }
  busy = true;
  try {
    const drawn = await ask("POST", "/qr/api/preview/", await wanted());
    at("picture").src = drawn.qr_code_base64;
    at("picture").alt = "QR code of the type " + drawn.qr_type;
    at("picture").hidden = false;
    at("hint").textContent = drawn.modules + " × " + drawn.modules + " modules, error correction " + drawn.style.error_correction + ". It was read back." +
      (at("dynamic").checked ? " This preview holds the address itself: the code that you download holds a short link in its place, and looks different." : "");
    at("hint").classList.remove("bad");
  } catch (refused) {
    at("picture").hidden = true;
    at("hint").textContent = refused.message;
    at("hint").classList.add("bad");
    if (refused.status === 429) later();
  } finally {
    busy = false;
  }
};

const save = async (answer) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = (answer.headers.get("Content-Disposition") || "").replace(/^.*filename="([^"]*)".*$/, "$1");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
};

const forget = () => {
  clearTimeout(waiting);
  form = null;
  at("fields").replaceChildren();
  at("picture").removeAttribute("src");
  at("picture").hidden = true;
  at("hint").textContent = "";
};

start(showForm, forget);

onSubmit("make", async () => {
  const code = { ...await wanted(), format: at("format").value, name: at("name").value, dynamic: at("dynamic").checked };
  const answer = await send("POST", "/qr/api/generate/", code);
  await save(answer);
  const short = answer.headers.get("X-Short-URL");
  say(short ? "The code is saved. It leads to " + short + ", whose target you can change." : "The code is saved.");
});
onSubmit("many", async (fields) => {
  await save(await send("POST", "/qr/api/batch/", { csv: fields.csv, style: await style(), format: at("format").value }));
  say("The codes are saved.");
});
at("type").addEventListener("change", () => showForm().catch((refused) => say(refused.message, true)));
at("make").addEventListener("input", later);
