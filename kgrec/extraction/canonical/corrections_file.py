"""The file that a person writes corrections into, entry by entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kgrec.errors import CorrectionsError

__all__ = ["ACTIONS", "Correction", "entries_of"]

Action = Literal["accept", "reject", "rename", "merge"]
ACTIONS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "accept": (frozenset({"relation", "value"}), frozenset({"product"})),
    "reject": (frozenset({"relation", "value"}), frozenset({"product"})),
    "rename": (frozenset({"relation", "value", "to"}), frozenset({"product"})),
    "merge": (frozenset({"relation", "values", "to"}), frozenset()),
}
"""Action → the keys it must have, and those it may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One entry.

    Attributes:
        action: what to do with the facts it names.
        relation: of the facts.
        values: their value, or the values that become one.
        to: the value that takes their place, of ``"rename"`` and ``"merge"``.
        product: the id of the one product it is about; empty for all.
        line: where it stands in the file, from 1; 0 where it is from no file.
    """

    action: Action
    relation: str
    values: tuple[str, ...]
    to: str = ""
    product: str = ""
    line: int = 0

    def __str__(self) -> str:
        """Return it in a few words."""
        whose = f" of {self.product!r}" if self.product else ""
        to = f" to {self.to!r}" if self.to else ""
        return f"{self.action} {self.relation} {', '.join(map(repr, self.values))}{whose}{to}"


def entries_of(text: str, source: str) -> list[Correction]:
    """Read the entries of a YAML text.

    Args:
        text: a list of entries, each one action with its fields.
        source: the file's name, for messages.

    Raises:
        CorrectionsError: it is something else; the message says where.
    """
    import yaml

    try:
        tokens = yaml.scan(text, Loader=yaml.SafeLoader)
        for token in tokens:
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
                line = token.start_mark.line + 1
                raise CorrectionsError(f"{source}:{line}: anchors, aliases and tags have no place in corrections")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CorrectionsError(f"{source}:{line}: this is no YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise CorrectionsError(f"{source}: this is no YAML: {error}") from error
    if root is None:
        return []
    if not isinstance(root, yaml.SequenceNode):
        raise CorrectionsError(f"{source}:1: expected a list of entries such as - reject: {{relation: …, value: …}}")
    return [_entry(node, f"{source}:{node.start_mark.line + 1}") for node in root.value]


def _entry(node: Any, where: str) -> Correction:
    """Read one node of the list."""
    action, body = _only_pair(node, where)
    if action not in ACTIONS:
        raise CorrectionsError(f"{where}: there is no action {action!r}; known are {', '.join(ACTIONS)}")
    required, optional = ACTIONS[action]
    fields = _fields(body, action, where)
    missing, unknown = sorted(required - fields.keys()), sorted(fields.keys() - required - optional)
    if missing or unknown:
        said = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown)}"
        takes = ", ".join(sorted(required)) + "".join(f" and perhaps {name}" for name in sorted(optional))
        raise CorrectionsError(f"{where}: this {action} {said}; it takes {takes}")
    values = fields.get("values") or fields["value"]
    return Correction(
        action=action,  # type: ignore[arg-type]  # a key of ACTIONS
        relation=fields["relation"][0],
        values=values,
        to=fields.get("to", ("",))[0],
        product=fields.get("product", ("",))[0],
        line=int(where.rpartition(":")[2]),
    )


def _only_pair(node: Any, where: str) -> tuple[str, Any]:
    import yaml

    if not isinstance(node, yaml.MappingNode) or len(node.value) != 1 or not hasattr(node.value[0][0], "value"):
        raise CorrectionsError(
            f"{where}: expected one action with its fields, such as reject: {{relation: …, value: …}}"
        )
    (key, body) = node.value[0]
    if not isinstance(body, yaml.MappingNode):
        raise CorrectionsError(f"{where}: expected fields in braces or indented below {key.value!r}")
    return str(key.value), body


def _fields(body: Any, action: str, where: str) -> dict[str, tuple[str, ...]]:
    """Return field → its texts; ``values`` is a list of them, any other field one."""
    import yaml

    fields: dict[str, tuple[str, ...]] = {}
    for key, value in body.value:
        several = isinstance(value, yaml.SequenceNode)
        nodes = value.value if several else [value]
        name = str(key.value)
        if several != (name == "values") or not all(isinstance(one, yaml.ScalarNode) for one in nodes):
            wanted = "a list of texts" if name == "values" else "one text"
            raise CorrectionsError(f"{where}: {name} of {action} must be {wanted}")
        texts = tuple(" ".join(one.value.split()) for one in nodes)
        if name in fields or not texts or not all(texts):
            raise CorrectionsError(f"{where}: {name} of {action} is blank or given twice")
        fields[name] = texts
    return fields
