// Writes what the Hub knows of model cards, from the npm package @huggingface/tasks: `make hub-metadata`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const manifest = createRequire(`${resolve(process.argv[2])}/`).resolve("@huggingface/tasks/package.json");
const { name, version } = JSON.parse(readFileSync(manifest, "utf8"));
const tasks = await import(pathToFileURL(join(dirname(manifest), "dist", "esm", "index.js")));

// The forms of `widget` examples exist as TypeScript interfaces alone.
const source = readFileSync(join(dirname(manifest), "dist", "esm", "widget-example.d.ts"), "utf8");
const plain = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/parameters\?: \{[\s\S]*?\};/, "parameters?: object;");
const forms = { WidgetExampleBase: { parents: [], fields: {} } };
for (const [, form, parents, body] of plain.matchAll(/interface (WidgetExample\w*)<[^>]*>(?: extends ([\w<>, ]+))? \{([^}]*)\}/g)) {
  const fields = [...body.matchAll(/^\s*(\w+\??): (.+);$/gm)].map(([, field, type]) => [field, type]);
  forms[form] = { parents: (parents ?? "").match(/WidgetExample\w+/g) ?? [], fields: Object.fromEntries(fields) };
}
for (const [, form, union] of plain.matchAll(/type (WidgetExampleAsset\w+)<[^>]*> = (WidgetExample[\w<>& ]+);/g)) {
  forms[form] = { parents: union.match(/WidgetExample\w+/g), fields: {} };
}
const content = {
  package: name,
  version,
  pipeline_tags: Object.fromEntries(Object.entries(tasks.PIPELINE_DATA).map(([tag, task]) => [tag, task.modality])),
  libraries: tasks.ALL_MODEL_LIBRARY_KEYS,
  task_libraries: tasks.TASKS_MODEL_LIBRARIES,
  widget_forms: forms,
};
console.log(JSON.stringify(content, null, 1));
