"""What linting has to say, in sentences of both languages."""

from dataclasses import dataclass
from typing import Any, Literal

from rules_engine.core.rules import Rule

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """`path` like `rules[2].when.all[0].eq`; `kind` names what was found, the same in every language."""

    path: str
    rule: str | None
    severity: Severity
    text_en: str
    text_fr: str
    kind: str = ""

    def text(self, language: str) -> str:
        return self.text_fr if language == "fr" else self.text_en


# nbsp before the colon and inside the quotes, as French is written
_TEXTS: dict[str, tuple[str, str]] = {
    "never": (
        "This can never be true: the rule never gives anything.",
        "Ceci ne peut jamais être vrai\u00a0: la règle ne donne jamais rien.",
    ),
    "contradicts": (
        "This contradicts condition {part}: the rule never gives anything.",
        "Ceci contredit la condition {part}\u00a0: la règle ne donne jamais rien.",
    ),
    "never_valid": (
        "The days and hours of the rule and its condition never meet: it never gives anything.",
        "Les jours et heures de la règle et sa condition ne se rencontrent jamais\u00a0: elle ne donne jamais rien.",
    ),
    "times_one": (
        "Multiplying by 1 changes nothing: the rule never gives anything.",
        "Multiplier par 1 ne change rien\u00a0: la règle ne donne jamais rien.",
    ),
    "no_base": (
        "No base rule of the same currency and trigger: there is nothing to multiply.",
        "Aucune règle de base de la même monnaie et du même déclencheur\u00a0: il n’y a rien à multiplier.",
    ),
    "excluded": (
        "The exclusion “{other}” takes out every article this rule is about: it never gives anything.",
        "L’exclusion «\u00a0{other}\u00a0» retire tous les articles de cette règle\u00a0: elle ne donne jamais rien.",
    ),
    "always_when": (
        "This is always true: the condition can be left out.",
        "Ceci est toujours vrai\u00a0: la condition est inutile.",
    ),
    "always_fixed": (
        "Every activity gets these points, without condition or limit.",
        "Toute activité reçoit ces points, sans condition ni plafond.",
    ),
    "no_cap": (
        "No limit on the points this multiplier gives.",
        "Aucun plafond aux points que donne ce multiplicateur.",
    ),
    "language": (
        "The name has no text in {languages}.",
        "Le nom n’a pas de texte en {languages}.",
    ),
    "unreachable": (
        "The rule “{other}” comes first and stops wherever this one could give: it is reached only where that gives 0.",
        (
            "La règle «\u00a0{other}\u00a0» passe avant et arrête tout là où celle-ci donnerait\u00a0: elle n’est "
            "atteinte que si l’autre donne 0."
        ),
    ),
    "adds_up": (
        "It can count the same purchase as “{other}”: both are given and add up.",
        "Elle peut compter le même achat que «\u00a0{other}\u00a0»\u00a0: les deux s’additionnent.",
    ),
    "multipliers_best": (
        "It can meet “{other}” on the same article: the larger factor counts.",
        "Elle peut rencontrer «\u00a0{other}\u00a0» sur un même article\u00a0: le plus grand facteur compte.",
    ),
    "multipliers_sum": (
        "It can meet “{other}” on the same article: what both add is given together.",
        "Elle peut rencontrer «\u00a0{other}\u00a0» sur un même article\u00a0: leurs suppléments s’ajoutent.",
    ),
    "multipliers_product": (
        "It can meet “{other}” on the same article: the factors multiply each other.",
        "Elle peut rencontrer «\u00a0{other}\u00a0» sur un même article\u00a0: les facteurs se multiplient.",
    ),
    "unknown_value": (
        "No {label} is called “{value}”.",
        "Aucune valeur de «\u00a0{label}\u00a0» ne s’appelle «\u00a0{value}\u00a0».",
    ),
    "unknown_part": (
        "No {label} has “{value}” in its name.",
        "Aucune valeur de «\u00a0{label}\u00a0» ne contient «\u00a0{value}\u00a0».",
    ),
    "unknown_event": (
        "No event is called “{value}”.",
        "Aucun événement ne s’appelle «\u00a0{value}\u00a0».",
    ),
    "unknown_attribute": (
        "“{value}” is no declared attribute of this event: it is never known.",
        "«\u00a0{value}\u00a0» n’est pas un attribut déclaré de cet événement\u00a0: il n’est jamais connu.",
    ),
    "unknown_line_attribute": (
        "No article is known to have an attribute “{value}”.",
        "Aucun article connu n’a d’attribut «\u00a0{value}\u00a0».",
    ),
    "wrong_type": (
        "“{value}” is declared as {type}: it never meets this.",
        "«\u00a0{value}\u00a0» est déclaré comme {type}\u00a0: il ne remplit jamais ceci.",
    ),
    "never_known": (
        "“{value}” is never known for this trigger: no comparison with it holds.",
        "«\u00a0{value}\u00a0» n’est jamais connu pour ce déclencheur\u00a0: aucune comparaison n’est vraie.",
    ),
}


def found(path: str, rule: Rule | None, severity: Severity, kind: str, **values: Any) -> Finding:
    english, french = _TEXTS[kind]
    said = {name: value if isinstance(value, tuple) else (value, value) for name, value in values.items()}
    return Finding(
        path, rule.code if rule is not None else None, severity,
        english.format(**{name: pair[0] for name, pair in said.items()}),
        french.format(**{name: pair[1] for name, pair in said.items()}),
        kind,
    )  # fmt: skip
