#!/usr/bin/env python3
"""Whether a JSON document is what a schema of docs/schema says: check_schema.py SCHEMA DOCUMENT, prints 'valid' or what is wrong.

Knows the part of JSON Schema that these schemas use, and refuses a schema with any other keyword, so that nothing is skipped
silently. Standard Python only: the tests of the command line run everywhere.
"""
import json
import re
import sys

KNOWN = {"$schema", "title", "$defs", "$ref", "type", "properties", "required", "additionalProperties", "items", "minItems",
         "maxItems", "enum", "const", "pattern", "minimum", "maximum"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool}


def is_type(value, name):
    if isinstance(name, list):
        return any(is_type(value, one) for one in name)
    if name == "null":
        return value is None
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def errors(value, schema, root, where="$"):
    unknown = set(schema) - KNOWN
    if unknown:
        raise SystemExit(f"{where}: the schema uses {sorted(unknown)}, which this check does not know")
    if "$ref" in schema:
        yield from errors(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, where)
        return
    if "type" in schema and not is_type(value, schema["type"]):
        yield f"{where}: expected {schema['type']}, found {json.dumps(value)[:40]}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{where}: expected {schema['const']!r}, found {value!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: expected one of {schema['enum']}, found {value!r}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: expected {schema['pattern']}, found {value!r}"
    if value is not None and not isinstance(value, (str, bool, list, dict)):
        if value < schema.get("minimum", value) or value > schema.get("maximum", value):
            yield f"{where}: {value} lies outside {schema.get('minimum')}..{schema.get('maximum')}"
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{where}: {len(value)} items"
        for i, item in enumerate(value):
            yield from errors(item, schema.get("items", {}), root, f"{where}[{i}]")
    if isinstance(value, dict):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        for key in schema.get("required", []):
            if key not in value:
                yield f"{where}: '{key}' is missing"
        for key, item in value.items():
            if key in properties:
                yield from errors(item, properties[key], root, f"{where}.{key}")
            elif more is False:
                yield f"{where}: '{key}' is not in the schema"
            elif isinstance(more, dict):
                yield from errors(item, more, root, f"{where}.{key}")


def main(schema_file, document_file):
    schema = json.load(open(schema_file, encoding="utf-8"))
    wrong = list(errors(json.load(open(document_file, encoding="utf-8")), schema, schema))
    print("\n".join(wrong) if wrong else "valid")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
