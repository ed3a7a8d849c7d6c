"""Walks a document and its JSON schema together: which rule of the schema is about which part of the document."""
import jsonschema


class Walk:
    """Knows of a schema what its rules for mappings are, and finds them in documents."""

    def __init__(self, schema: dict):
        self._schema = schema

    def rule(self, pointer: str) -> dict:
        """#/$defs/minor and what it says."""
        found = self._schema
        for part in pointer.split("/")[1:]:
            found = found[part]
        return found

    def mappings(self, document, pointer="#", path=()):
        """(pointer of the rule, path in the document) of every mapping that a rule with `properties` is about."""
        rule = self.rule(pointer)
        if "$ref" in rule:
            yield from self.mappings(document, rule["$ref"], path)
            return
        if "if" in rule:
            branch = "then" if self._holds(rule["if"], document) else "else"
            # What a branch only adds to the rule (more that is required) has no keys of its own.
            if branch in rule and "properties" not in rule:
                yield from self.mappings(document, f"{pointer}/{branch}", path)
        if isinstance(document, dict):
            known = rule.get("properties", {})
            if known:
                yield pointer, path
            for key, value in document.items():
                if key in known:
                    yield from self.mappings(value, f"{pointer}/properties/{key}", (*path, key))
                elif isinstance(rule.get("additionalProperties"), dict):
                    yield from self.mappings(value, f"{pointer}/additionalProperties", (*path, key))
        if isinstance(document, list) and "items" in rule:
            for number, value in enumerate(document):
                yield from self.mappings(value, f"{pointer}/items", (*path, number))

    def all_rules(self, pointer="#"):
        """Pointers of every rule with `properties` that names its keys."""
        rule = self.rule(pointer)
        if not isinstance(rule, dict):
            return
        if "properties" in rule and rule.get("additionalProperties") is False:
            yield pointer
        for key in ("properties", "$defs"):
            for name in rule.get(key, {}):
                yield from self.all_rules(f"{pointer}/{key}/{name}")

    def _holds(self, rule: dict, document) -> bool:
        whole = {**rule, "$defs": self._schema.get("$defs", {})}
        return jsonschema.Draft202012Validator(whole).is_valid(document)


def at(document, path):
    for part in path:
        document = document[part]
    return document
