// Reads {"name": "<!doctype html>…"} from its input and writes {"name": ["line:column rule: what is wrong"]}.
import { HtmlValidate } from "html-validate";
import { readFileSync } from "node:fs";

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Lines of a template that are left empty; packed they weigh nothing.
    "no-trailing-whitespace": "off",
    // HTML knows both, and everything else here is written small.
    "doctype-style": ["error", { style: "lowercase" }],
    // A button in a form sends it: that is what those without a type are for.
    "no-implicit-button-type": "off",
    // Django writes both for a list of choices, and old screen readers want it so.
    "no-redundant-for": "off",
    // Several boxes of one name are a list.
    "form-dup-name": ["error", { shared: ["button", "checkbox", "radio", "reset", "submit"] }],
    // At the door and for a passkey a script gives these their words, or sends the form; axe looks at them as shown.
    "text-content": "off",
    "empty-heading": "off",
    "wcag/h32": "off",
    // What the camera sees has a name; axe agrees.
    "aria-label-misuse": ["error", { allowAnyNamable: true }],
    // A PIN is not a password that a browser should keep.
    "autocomplete-password": "off",
  },
});

const found = {};
for (const [name, html] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const report = await validator.validateString(html, name);
  const messages = report.results.flatMap((one) => one.messages);
  found[name] = messages.map(({ line, column, ruleId, message }) => `${line}:${column} ${ruleId}: ${message}`);
}
process.stdout.write(JSON.stringify(found));
