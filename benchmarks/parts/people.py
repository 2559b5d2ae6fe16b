"""People by the hundred thousand for the search bench: names as a telephone book has them, the same at every run.

First names follow their usual skew (one in forty is called Marie, one in thousands Maëlys); family names are a few
hundred that everybody knows and some twenty thousand that are put together from the parts of French ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words(
    "Marie Jean Pierre Michel André Philippe Nathalie Isabelle Sylvie Catherine Françoise Martine Christine "
    "Monique Valérie Sandrine Véronique Nicolas Stéphanie Christophe Frédéric Sébastien Laurent Julien Céline "
    "Éric Hélène Aurélie Jérôme Émilie Mélanie Léa Chloé Inès Zoé Théo Raphaël Noé Gaël Maël Anaïs Loïc Joël "
    "Noëlle Cédric Benoît Clément François Grégory Jérémy Rémi Rémy Désirée Amélie Agnès Thérèse Geneviève Élodie "
    "Élise Éléonore Maëlys Solène Héloïse Océane Camille Dominique Claude Alix Sofia Mehdi Karim Fatima Aïcha "
    "Mohamed Youssef Leïla Nadia Samira Rachid Ahmed Ibrahim Aminata Mamadou Fatou Ousmane Nguyen Linh João "
    "António José María Lucía Giuseppe Wojciech Agnieszka Łukasz Björn Søren Jürgen Müge Zeynep Olga Dmitri "
    "Anne-Sophie Jean-Baptiste Marie-Thérèse Jean-François Anne-Laure Pierre-Yves Charles-Édouard "
)
LAST = _words(
    "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux "
    "David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Müller Lefèvre Faure "
    "André Mercier Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément "
    "Morin Nicolas Henry Roussel Mathieu Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer "
    "Dufour Meunier Brun Blanchard Giraud Joly Rivière Lucas Brunet Gaillard Barbier Arnaud Martínez Gérard Roche "
    "Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier "
    "Philippe Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Leclercq Guillaume Lecomte López Jean Dupuy "
    "Guillot Hubert Berger Carpentier Sánchez Dupuis Moulin Louis Deschamps Huet Vasseur Pérez Boucher Fleury "
    "Royer Klein Jacquet Adam Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard Maillard "
    "Baron Bertin Bailly Hervé Schneider Fernández Le-Gall Collet Léger Bouvier Julien Prévost Millet Perrot "
    "Daniel Cousin Germain Breton Besson Langlois Rémy Nguyen Le-Goff Pelletier Lévêque Perrier Leblanc Barré "
    "Lebrun Marchal Weber Mallet Hamon Boulanger Jacob Monnier Michaud Rodríguez Guichard Gillet Étienne Grondin "
    "Poulain Tessier Chevallier Collin Chauvin Da-Silva Bouchet Gay Lemaître Bénard Maréchal Humbert Reynaud "
    "Antoine Hoarau Perret Barthélemy Cordier Pichon Lejeune Gilbert Lamy Delaunay Pasquier Carlier Laporte "
    "O’Connor D’Angelo Kowalski Traoré Diallo Diarra Benali Haddad "
)
STEMS = _words(
    "Bar Bel Ber Blan Bon Bour Bri Cal Car Cas Chap Char Chat Cla Cor Cour Dal Del Des Dor Du Fau Fer Flo Fon For "
    "Fra Gal Gar Gau Ger Gil Gou Gra Gui Hau Jac Jar Jou Lac Lam Lan Lau Laval Lou Mal Mar Mau Mer Mon Mou Nor "
    "Par Pas Pel Per Pin Pla Pon Por Pré Rai Ram Ran Rou Sal Sau Ser Sou Tar Tau Ten Thé Tou Val Var Ver Vau Vil "
)
MIDDLES = ("", "ba", "be", "ché", "de", "do", "fe", "ga", "gne", "la", "lé", "li", "lo", "ma", "mi", "na", "né", "ra",
           "ri", "ro", "sé", "ta", "te", "ti", "va", "vi")  # fmt: skip
ENDS = ("ault", "ard", "aud", "eau", "el", "elle", "er", "et", "ette", "ier", "ière", "in", "oux", "on", "ot", "our")


class People:
    """`rows(start, count)` yields (member, membership, card) rows; sample(n) the n-th person again."""

    def __init__(self, *, population: int, program: int, stores: list[int], banner: int, tag: str) -> None:
        self._ids = (population, program, stores, banner)
        self._tag = tag
        self._weights = [1 / (place + 3) for place in range(len(FIRST))]
        self._last_weights = [1 / (place + 8) for place in range(len(LAST))]

    def person(self, number: int) -> dict[str, Any]:
        """The same person at every call: names, e-mail, phone, card."""
        dice = random.Random(number * 7919 + 13)
        first = dice.choices(FIRST, self._weights)[0]
        if dice.random() < 0.45:
            last = dice.choices(LAST, self._last_weights)[0]
        else:
            last = dice.choice(STEMS) + dice.choice(MIDDLES) + dice.choice(ENDS)
        return {
            "first": first, "last": last.replace("-", " "), "email": f"{self._tag}.{number}@example.com",
            "phone": f"+336{number:08d}", "card": f"29{(number * 2_654_435_761) % 10**12:012d}{number % 100:02d}",
            "born": date(1940, 1, 1) + timedelta(days=dice.randrange(25_000)),
        }  # fmt: skip

    def rows(self, start: int, count: int, first_id: int) -> Iterator[tuple[Any, Any, Any]]:
        population, program, stores, banner = self._ids
        at = datetime(2026, 1, 1, tzinfo=UTC)
        for number in range(start, start + count):
            one, key = self.person(number), first_id + number - start
            name = f"{self._tag}{number:x}"[:16]
            store = stores[number % len(stores)]
            yield (
                (key, name, population, one["first"], one["last"], one["email"], at, one["phone"], one["born"], "fr",
                 at),
                (key, name, key, program, f"7{number:011d}", "active", "store", store, banner, "FR", at),
                (key, program, key, one["card"], "physical", "active", at, ""),
            )  # fmt: skip
