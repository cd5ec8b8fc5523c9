"""Every route of every service: who may call it, what its other methods answer, and that openapi.yaml has exactly these."""
import os
import re

from call import GATEWAY, SERVICE, call, end, problem, same
from document import ROOT, auth_of, routes
from stack import ROUTES, bad_tokens, mint, new_id

OPERATION = {"/healthz", "/readyz", "/metrics", "/openapi.yaml"}
UNAUTHORIZED = {"code": 401, "description": "로그인이 필요합니다.", "error": "UNAUTHORIZED"}
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def example(template):
    return template.replace("{id}", "9007199254740991").replace("{holdId}", "1-0123456789abcdef01234567-0123456789abcdef")


def drift():
    documented = {(method, path): auth_of(operation) for (method, path), operation in routes().items()}
    served = {(method, path): auth for _, method, path, auth in ROUTES}
    for route in sorted(set(documented) | set(served)):
        if route not in served:
            problem("%s %s is in openapi.yaml, but no service has it" % route)
        elif route not in documented:
            problem("%s %s is served, but not in openapi.yaml" % route)
        else:
            same("auth of %s %s" % route, documented[route], served[route])
    for (method, path), operation in routes().items():
        given = {parameter["name"] for holder in (operation, ROOT["paths"][path]) for parameter in holder.get("parameters", [])
                 if parameter.get("in") == "path"}
        given |= {ROOT["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[1]]["name"] for holder in (operation, ROOT["paths"][path])
                  for parameter in holder.get("parameters", []) if "$ref" in parameter and "{" in path}
        missing = set(re.findall(r"\{(\w+)\}", path)) - given
        if missing:
            problem("openapi.yaml: %s %s does not declare %s" % (method, path, missing))
        if auth_of(operation) == "member" and "401" not in operation["responses"]:
            problem("openapi.yaml: %s %s does not say 401" % (method, path))
    names = [operation["operationId"] for operation in routes().values()]
    same("operationIds that are not unique", sorted({name for name in names if names.count(name) > 1}), [])


def closed():
    """Exactly 401, never 403 or anything else, for all that is no valid token: at the gateway and at the service itself."""
    tokens = bad_tokens(new_id(), os.environ["WORK"])
    for service, method, path, auth in ROUTES:
        if auth != "member":
            continue
        for label, token in tokens:
            for at in (GATEWAY, SERVICE[service]):
                body = {} if method == "POST" else None
                more = {"body": body} if body is not None else {}
                answer = call(method, example(path), token=token, at=at, **more)
                same("%s with a token that is %s" % (answer, label), (answer.status, answer.json), (401, UNAUTHORIZED))
    member = new_id()
    for at in (GATEWAY, SERVICE["member"]):  # a good signature over a member that never was
        same("no such member", call("GET", "/member/info", token=mint(member), at=at).json, UNAUTHORIZED)


def identities():
    """Nobody says who he is."""
    for header in ("x-istio-jwt-sub", "X-Istio-Jwt-Sub", "x-istio-jwt-role", "X-Ticketaka-Member"):
        for service, path in (("member", "/member/info"), ("reservation", "/reservation/lists"), ("performance", "/performance/rsv/hold/1-0-0")):
            for at in (GATEWAY, SERVICE[service]):
                call("GET", path, headers=((header, "1"),), at=at).failed("UNAUTHORIZED")


def services_only():
    """Not there through the gateway, credential or not; without it not at the service either."""
    with open(os.environ["TICKETAKA_SERVICE_TOKEN_FILE"], encoding="ascii") as file:
        credential = (("X-Ticketaka-Service", file.read().strip()),)
    for service, method, path, auth in ROUTES:
        if auth != "service":
            continue
        for token in (None, mint(1, scope="member box manager admin")):
            for headers in ((), credential):
                call(method, example(path), token=token, headers=headers).failed("NOT_FOUND")
            for headers in ((), (("X-Ticketaka-Service", "guess"),), (("X-Ticketaka-Service", ""),)):
                call(method, example(path), token=token, headers=headers, at=SERVICE[service]).failed("NOT_FOUND")
    for path in ("/metrics", "/readyz"):
        call("GET", path, headers=credential).failed("NOT_FOUND")


def methods():
    """405 with an Allow that names exactly what the path has."""
    token = mint(new_id())
    for path in sorted({path for _, _, path, auth in ROUTES if auth != "service"} - OPERATION):
        service = next(service for service, _, one, _ in ROUTES if one == path)
        have = {method for _, method, one, _ in ROUTES if one == path}
        for method in METHODS:
            if method in have:
                continue
            for at in (GATEWAY, SERVICE[service]):
                answer = call(method, example(path), token=token, at=at, **({"body": {}} if method != "GET" else {}))
                answer.failed("METHOD_NOT_ALLOWED")
                allowed = {name.strip() for name in answer.headers.get("Allow", "").split(",")}
                same("%s: Allow" % answer, allowed - {"HEAD", "OPTIONS"}, have)


def operation():
    call("GET", "/healthz").ok()
    document = call("GET", "/openapi.yaml").raw
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../openapi.yaml"), "rb") as file:
        same("/openapi.yaml is the file", document == file.read(), True)
    for service, at in SERVICE.items():
        same("/openapi.yaml of %s" % service, call("GET", "/openapi.yaml", at=at).raw == document, True)
        ready = call("GET", "/readyz", at=at).done().data["dependencies"]
        same("dependencies of %s" % service, set(ready.values()), {"up"})
        figures = call("GET", "/metrics", at=at)
        same("metrics of %s" % service, (figures.status, figures.headers.get("Content-Type", "").split(";")[0]), (200, "text/plain"))


for test in (drift, closed, identities, services_only, methods, operation):
    test()
end()
