"""Examples of whole bodies, made of the glossary's examples of their fields."""

from typing import Any

from api.glossary import FIELDS


def explain_fields(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """What each field means; and a time of the day has no zone (NL API Design Rules, date-time/format)."""
    for schema in result["components"]["schemas"].values():
        if "properties" in schema:
            # What is generated is the docstring of our own class.
            schema.pop("description", None)
        _explain(schema)
    return result


def _explain(schema: dict[str, Any]) -> None:
    for name, field in schema.get("properties", {}).items():
        # A label for a form is not for programs.
        field.pop("title", None)
        word = FIELDS.get(name)
        if word and ("description" not in field or field["description"].startswith("* ")):
            field["description"] = str(word.meaning)
        if field.get("format") == "time":
            field["format"] = "time-local"
        if field.get("items", {}).get("format") == "date":
            field["format"] = "date"  # the rules' own linter looks here, also in a list
        _explain(field.get("items", {}))


def example_of(schema: dict[str, Any], schemas: dict[str, Any], name: str = "") -> Any:
    if reference := schema.get("$ref"):
        return example_of(schemas[reference.rsplit("/", 1)[1]], schemas, name)
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return example_of(schema[several][0], schemas, name)
    if "properties" in schema:
        return {key: example_of(field, schemas, key) for key, field in schema["properties"].items()}
    if schema.get("type") == "array":
        known = FIELDS[name].example if name in FIELDS else None
        return known or [example_of(schema["items"], schemas)]
    if "enum" in schema:
        known = FIELDS[name].example if name in FIELDS else None
        return known if known in schema["enum"] else schema["enum"][0]
    if name in FIELDS:
        return FIELDS[name].example
    return {} if schema.get("type") == "object" else None
