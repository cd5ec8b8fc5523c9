"""openapi.yaml as the measure of answers: is this status, with this error and this body, documented for this route?"""
import os
import re

import yaml

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../openapi.yaml"), encoding="utf-8") as file:
    ROOT = yaml.safe_load(file)

METHODS = ("get", "post", "put", "delete", "patch")
# What its introduction says of every path.
ANYWHERE = {"MALFORMED", "NOT_FOUND", "METHOD_NOT_ALLOWED", "TOO_LARGE", "INTERNAL", "UNAVAILABLE"}
# What is no route may be answered; INVALID_VALUE is for an id that is no number.
NO_ROUTE = ("NOT_FOUND", "METHOD_NOT_ALLOWED", "UNAUTHORIZED", "MALFORMED", "INVALID_VALUE")
seen = set()  # (method, template, status) that were answered


def resolve(node):
    while "$ref" in node:
        target = ROOT
        for part in node["$ref"].lstrip("#/").split("/"):
            target = target[part]
        node = target
    return node


def routes():
    """(method, template) -> operation"""
    return {(method.upper(), path): item[method] for path, item in ROOT["paths"].items() for method in METHODS if method in item}


def template_of(path):
    """The path's template; one without variables goes first. An {id} is a number: the gateway takes nothing else for one."""
    found = None
    for template in ROOT["paths"]:
        if template == path:
            return template
        if re.fullmatch(template.replace("{id}", "[0-9]+").replace("{holdId}", "[^/]+"), path):
            found = template
    return found


def auth_of(operation):
    schemes = [name for row in operation.get("security", ROOT["security"]) for name in row]
    return {"token": "member", "service": "service"}[schemes[0]] if schemes else "public"


def faults(method, path, status, error, body):
    """What an answer says that the document does not. A list of sentences."""
    template = template_of(path)
    operation = routes().get((("GET" if method == "HEAD" else method), template))
    if template is None or operation is None:
        return [] if error in NO_ROUTE else ["no such route"]
    seen.add((method, template, status))
    response = operation["responses"].get(str(status))
    if response is None:
        return [] if error in ANYWHERE else ["%s %s does not say %s %s" % (method, template, status, error)]
    response = resolve(response)
    if error and error not in ANYWHERE:
        named = set(re.findall("[A-Z][A-Z_]{3,}[A-Z]", response["description"]))
        if named and error not in named:
            return ["%s %s says %s is %s, not %s" % (method, template, status, " ".join(sorted(named)), error)]
    media = response.get("content", {}).get("application/json")
    return mismatches(body, media["schema"], "body") if media else ["%s %s has no body at %s" % (method, template, status)]


# ---- as much of JSON Schema as the document uses ----------------------------------------------------------------

def merged(schema):
    schema = resolve(schema)
    if "allOf" not in schema:
        return schema
    out = {"properties": {}, "required": []}
    for part in [*schema["allOf"], {name: value for name, value in schema.items() if name != "allOf"}]:
        part = merged(part)
        for name, value in part.items():
            if name == "properties":
                out["properties"].update(value)
            elif name == "required":
                out["required"] = out["required"] + value
            else:
                out[name] = value
    return out


TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
}
FORMATS = {"date": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"}


def mismatches(value, schema, where):
    schema = merged(schema)
    if not schema.keys() - {"description"}:
        return []
    if value is None and schema.get("nullable"):
        return []
    if "oneOf" in schema:
        tries = [mismatches(value, one, where) for one in schema["oneOf"]]
        return [] if [] in tries else tries[0]
    kind = schema.get("type", "object" if "properties" in schema else None)
    if kind and not TYPES[kind](value):
        return ["%s is %r, no %s" % (where, value, kind)]
    if kind == "object":
        return of_object(value, schema, where)
    if kind == "array":
        return of_array(value, schema, where)
    return of_scalar(value, schema, where)


def of_object(value, schema, where):
    out = ["%s lacks '%s'" % (where, name) for name in schema.get("required", []) if name not in value]
    known = schema.get("properties")
    for name, member in value.items():
        if known is not None and name not in known:
            out.append("%s has '%s', which is not documented" % (where, name))
        elif known is not None:
            out += mismatches(member, known[name], "%s.%s" % (where, name))
    return out


def of_array(value, schema, where):
    out = []
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        out.append("%s has %d items" % (where, len(value)))
    for number, item in enumerate(value):
        out += mismatches(item, schema.get("items", {}), "%s[%d]" % (where, number))
    return out


def of_scalar(value, schema, where):
    out = []
    if "enum" in schema and value not in schema["enum"]:
        out.append("%s is %r, not one of %s" % (where, value, schema["enum"]))
    if isinstance(value, str):
        pattern = schema.get("pattern") or FORMATS.get(schema.get("format"))
        if pattern and not re.fullmatch(pattern, value):
            out.append("%s is %r, not like %s" % (where, value, pattern))
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            out.append("%s is %d characters long" % (where, len(value)))
    elif isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        out.append("%s is %d, out of range" % (where, value))
    return out
