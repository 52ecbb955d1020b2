"""Régions and départements of France by their INSEE codes, and the clock of each (source: Code officiel géographique)."""

from __future__ import annotations

from collections.abc import Iterator

from ateliers.words import PARIS

_TERRITORIES = """
01 Guadeloupe: 971 Guadeloupe
02 Martinique: 972 Martinique
03 Guyane: 973 Guyane
04 La Réunion: 974 La Réunion
06 Mayotte: 976 Mayotte
11 Île-de-France: 75 Paris, 77 Seine-et-Marne, 78 Yvelines, 91 Essonne, 92 Hauts-de-Seine, 93 Seine-Saint-Denis, 94 Val-de-Marne, 95 Val-d’Oise
24 Centre-Val de Loire: 18 Cher, 28 Eure-et-Loir, 36 Indre, 37 Indre-et-Loire, 41 Loir-et-Cher, 45 Loiret
27 Bourgogne-Franche-Comté: 21 Côte-d’Or, 25 Doubs, 39 Jura, 58 Nièvre, 70 Haute-Saône, 71 Saône-et-Loire, 89 Yonne, 90 Territoire de Belfort
28 Normandie: 14 Calvados, 27 Eure, 50 Manche, 61 Orne, 76 Seine-Maritime
32 Hauts-de-France: 02 Aisne, 59 Nord, 60 Oise, 62 Pas-de-Calais, 80 Somme
44 Grand Est: 08 Ardennes, 10 Aube, 51 Marne, 52 Haute-Marne, 54 Meurthe-et-Moselle, 55 Meuse, 57 Moselle, 67 Bas-Rhin, 68 Haut-Rhin, 88 Vosges
52 Pays de la Loire: 44 Loire-Atlantique, 49 Maine-et-Loire, 53 Mayenne, 72 Sarthe, 85 Vendée
53 Bretagne: 22 Côtes-d’Armor, 29 Finistère, 35 Ille-et-Vilaine, 56 Morbihan
75 Nouvelle-Aquitaine: 16 Charente, 17 Charente-Maritime, 19 Corrèze, 23 Creuse, 24 Dordogne, 33 Gironde, 40 Landes, 47 Lot-et-Garonne, 64 Pyrénées-Atlantiques, 79 Deux-Sèvres, 86 Vienne, 87 Haute-Vienne
76 Occitanie: 09 Ariège, 11 Aude, 12 Aveyron, 30 Gard, 31 Haute-Garonne, 32 Gers, 34 Hérault, 46 Lot, 48 Lozère, 65 Hautes-Pyrénées, 66 Pyrénées-Orientales, 81 Tarn, 82 Tarn-et-Garonne
84 Auvergne-Rhône-Alpes: 01 Ain, 03 Allier, 07 Ardèche, 15 Cantal, 26 Drôme, 38 Isère, 42 Loire, 43 Haute-Loire, 63 Puy-de-Dôme, 69 Rhône, 73 Savoie, 74 Haute-Savoie
93 Provence-Alpes-Côte d’Azur: 04 Alpes-de-Haute-Provence, 05 Hautes-Alpes, 06 Alpes-Maritimes, 13 Bouches-du-Rhône, 83 Var, 84 Vaucluse
94 Corse: 2A Corse-du-Sud, 2B Haute-Corse
975 Saint-Pierre-et-Miquelon: 975 Saint-Pierre-et-Miquelon
977 Saint-Barthélemy: 977 Saint-Barthélemy
978 Saint-Martin: 978 Saint-Martin
984 Terres australes et antarctiques françaises: 984 Terres australes et antarctiques françaises
986 Wallis-et-Futuna: 986 Wallis-et-Futuna
987 Polynésie française: 987 Polynésie française
988 Nouvelle-Calédonie: 988 Nouvelle-Calédonie
989 Île de Clipperton: 989 Île de Clipperton
"""

# What people say who think of no commune: régions until 2015, and short names of present ones.
_SPOKEN = """
Alsace: 67 68
Aquitaine: 24 33 40 47 64
Auvergne: 03 15 43 63
Basse-Normandie: 14 50 61
Bourgogne: 21 58 71 89
Centre: 18 28 36 37 41 45
Champagne-Ardenne: 08 10 51 52
Franche-Comté: 25 39 70 90
Haute-Normandie: 27 76
Île de la Réunion: 974
Languedoc-Roussillon: 11 30 34 48 66
Limousin: 19 23 87
Lorraine: 54 55 57 88
Midi-Pyrénées: 09 12 31 32 46 65 81 82
Nord-Pas-de-Calais: 59 62
PACA: 04 05 06 13 83 84
Picardie: 02 60 80
Poitou-Charentes: 16 17 79 86
Polynésie: 987
Rhône-Alpes: 01 07 26 38 42 69 73 74
"""

# Collectivities overseas belong to no région: each stands as its own, under its own code.
REGIONS: dict[str, str] = {}
DEPARTEMENTS: dict[str, str] = {}
_REGION_OF: dict[str, str] = {}

for _line in _TERRITORIES.strip().splitlines():
    _head, _, _members = _line.partition(": ")
    _code, _, _name = _head.partition(" ")
    REGIONS[_code] = _name
    for _member in _members.split(", "):
        _departement, _, _its_name = _member.partition(" ")
        DEPARTEMENTS[_departement] = _its_name
        _REGION_OF[_departement] = _code
# In the order in which people look for them: by code, Corsica after 19.
DEPARTEMENTS = dict(sorted(DEPARTEMENTS.items(), key=lambda one: one[0].replace("2A", "20A").replace("2B", "20B")))

ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "984": "Indian/Kerguelen",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
    "989": "Etc/GMT+8",
}


def region_of(departement: str) -> str:
    """INSEE code of the région of a département. Raises KeyError for a code that is none."""
    return _REGION_OF[departement]


def departements_of(region: str) -> list[str]:
    """Codes of the départements of a région, in order."""
    return sorted(code for code, its_region in _REGION_OF.items() if its_region == region)


def names_of_territories() -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a territory is called, and the codes of its départements: départements, régions, and régions of the past."""
    for line in _SPOKEN.strip().splitlines():
        name, _, codes = line.partition(": ")
        yield name, tuple(codes.split())
    for code, name in REGIONS.items():
        yield name, tuple(departements_of(code))
    for code, name in DEPARTEMENTS.items():
        yield name, (code,)


def zone_of(departement: str) -> str:
    """IANA time zone of a département."""
    return ZONES.get(departement, PARIS)
