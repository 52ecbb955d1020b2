"""Where the demo takes place: invented structures in real communes, their venues, who runs them. French, as on screen."""

from __future__ import annotations

import msgspec

from ateliers.network.structure import StructureKind
from ateliers.places.communes import Commune, find_commune
from ateliers.places.place import Accessibility


class Hall(msgspec.Struct, frozen=True):
    """A venue of a structure."""

    name: str
    address: str
    access_note: str = ""
    accessibility: tuple[Accessibility, ...] = ()


class House(msgspec.Struct, frozen=True, kw_only=True):
    """A structure of the demo, its venues, who runs it and who helps."""

    name: str
    kind: StructureKind
    commune: str  # INSEE code
    address: str
    email: str
    phone: str = ""
    halls: tuple[Hall, ...] = ()
    manager: str
    ambassadors: tuple[str, ...] = ()
    presentation: str = ""
    offers: tuple[str, ...] = ()  # keys of OFFERS
    signed_days_ago: int

    @property
    def found_commune(self) -> Commune:
        """Where it is. Raises LookupError."""
        commune = find_commune(self.commune)
        if commune is None:
            raise LookupError(self.commune)
        return commune

    @property
    def signed_as(self) -> str:
        """What the person who signed the charter is called there."""
        return "Membre du bureau" if self.kind is StructureKind.ASSOCIATION else "Responsable"


STEP, TRAM, LOOP = Accessibility.STEP_FREE, Accessibility.PUBLIC_TRANSPORT, Accessibility.INDUCTION_LOOP

HOUSES: tuple[House, ...] = (
    House(
        name="CCAS de Nevers",
        kind=StructureKind.CCAS,
        commune="58194",
        address="4 rue des Faïenciers",
        email="sante@ccas-nevers.example",
        phone="03 86 00 10 20",
        halls=(
            Hall(
                "Maison des Trois Ponts",
                "12 quai des Mariniers",
                "Bus 1 et 3, arrêt Mariniers. Parking gratuit.",
                (STEP, TRAM),
            ),
            Hall("Bibliothèque de la Butte", "3 place de la Butte", "Ascenseur au fond du hall.", (STEP, LOOP)),
        ),
        manager="Samir Haddad",
        ambassadors=("Nadia Ferrand", "Lucien Bordat"),
        presentation="Nous accueillons sans rendez-vous, et nous nous déplaçons dans les quartiers.",
        offers=("activer", "ordonnances", "aidants", "webinaire", "marche", "reunion"),
        signed_days_ago=320,
    ),
    House(
        name="Association Clic et Compagnie",
        kind=StructureKind.ASSOCIATION,
        commune="58086",
        address="7 rue du Port-aux-Grumes",
        email="bonjour@clic-et-compagnie.example",
        phone="03 86 00 30 40",
        halls=(Hall("L’Atelier du canal", "9 rue du Port-aux-Grumes", "Entrée par la cour.", (STEP,)),),
        manager="Hélène Morvan",
        ambassadors=("Yanis Brun",),
        presentation="Des bénévoles de tous âges, une camionnette, et du café.",
        offers=("activer", "famille", "marche"),
        signed_days_ago=210,
    ),
    House(
        name="Centre social des Tanneries",
        kind=StructureKind.ASSOCIATION,
        commune="21231",
        address="18 rue des Tanneurs",
        email="accueil@tanneries-dijon.example",
        phone="03 80 00 11 22",
        halls=(
            Hall("Salle Gaston-Gérard", "20 rue des Tanneurs", "Tram T2, arrêt Tanneries.", (STEP, TRAM, LOOP)),
            Hall("Salle du Parc", "2 allée du Parc", "", (STEP,)),
        ),
        manager="Aïcha Belkacem",
        ambassadors=("Thomas Vautrin",),
        presentation="Un lieu ouvert à tous, du matin au soir.",
        offers=("activer", "messagerie", "signes", "soir"),
        signed_days_ago=280,
    ),
    House(
        name="France services du Morvan",
        kind=StructureKind.FRANCE_SERVICES,
        commune="71014",
        address="1 place du Terreau",
        email="contact@fs-morvan.example",
        phone="03 85 00 22 33",
        halls=(
            Hall(
                "Maison des services",
                "1 place du Terreau",
                "À 300 m de la gare routière.",
                (STEP, Accessibility.DEVICE_LENT),
            ),
        ),
        manager="Bernard Lacour",
        ambassadors=(),
        presentation="Nous vous aidons dans toutes vos démarches, sur place ou en itinérance dans les villages.",
        offers=("activer", "ordonnances", "reunion"),
        signed_days_ago=150,
    ),
    House(
        name="Centre hospitalier du Doubs",
        kind=StructureKind.HOSPITAL,
        commune="25056",
        address="40 chemin des Vergers",
        email="usagers@ch-doubs.example",
        phone="03 81 00 44 55",
        halls=(Hall("Hall d’accueil", "40 chemin des Vergers", "Ligne 3, arrêt Hôpital.", (STEP, TRAM, LOOP)),),
        manager="Camille Roussel",
        ambassadors=("Inès Pahud",),
        presentation="La maison des usagers vous reçoit dans le hall, chaque semaine.",
        offers=("hall", "webinaire", "messagerie"),
        signed_days_ago=95,
    ),
    House(
        name="Médiathèque de l’Yonne",
        kind=StructureKind.COMMUNE,
        commune="89024",
        address="5 quai de la Batellerie",
        email="mediatheque@yonne-lecture.example",
        phone="03 86 00 66 77",
        halls=(
            Hall(
                "Espace numérique",
                "5 quai de la Batellerie",
                "Bus A, arrêt Batellerie.",
                (STEP, TRAM, Accessibility.DEVICE_LENT),
            ),
        ),
        manager="Jeanne Ollivier",
        ambassadors=("Mehdi Karam",),
        presentation="Des ordinateurs, des tablettes et des médiateurs patients.",
        offers=("activer", "famille", "ordonnances"),
        signed_days_ago=60,
    ),
    House(
        name="Maison de santé de l’Épeule",
        kind=StructureKind.OTHER,
        commune="59512",
        address="110 rue des Filatures",
        email="contact@msp-epeule.example",
        phone="03 20 00 12 34",
        halls=(Hall("Salle commune", "110 rue des Filatures", "Métro ligne 2.", (STEP, TRAM)),),
        manager="Karim Delannoy",
        ambassadors=("Sophie Vermeulen",),
        presentation="Médecins, infirmières et médiatrice vous accueillent dans le quartier.",
        offers=("activer", "famille", "reunion"),
        signed_days_ago=180,
    ),
    House(
        name="CPAM des deux fleuves",
        kind=StructureKind.CPAM,
        commune="69266",
        address="25 avenue des Canuts",
        email="ateliers@cpam-deux-fleuves.example",
        phone="04 78 00 45 67",
        halls=(Hall("Agence des Canuts", "25 avenue des Canuts", "Métro A.", (STEP, TRAM, LOOP)),),
        manager="Delphine Arnaud",
        ambassadors=("Rachid Ziani", "Monique Perrin"),
        presentation="Nos conseillères animent des ateliers dans tout le département.",
        offers=("webinaire", "soir", "activer", "formation"),
        signed_days_ago=365,
    ),
    House(
        name="Pharmacie du Steïr",
        kind=StructureKind.PHARMACY,
        commune="29232",
        address="14 rue du Moulin-Vert",
        email="equipe@pharmacie-steir.example",
        phone="02 98 00 78 90",
        halls=(Hall("Espace conseil de la pharmacie", "14 rue du Moulin-Vert", "", (STEP,)),),
        manager="Gwenaëlle Le Goff",
        ambassadors=(),
        presentation="Un quart d’heure avec votre pharmacienne pour ouvrir votre espace.",
        offers=("ordonnances", "marche"),
        signed_days_ago=45,
    ),
    House(
        name="Foyer rural de la Creuse",
        kind=StructureKind.ASSOCIATION,
        commune="23096",
        address="2 rue de la Laine",
        email="foyer@rural-creuse.example",
        phone="05 55 00 23 45",
        halls=(Hall("Salle des fêtes", "8 place du Champ-de-Foire", "Covoiturage possible : appelez-nous.", (STEP,)),),
        manager="Odette Chassagne",
        ambassadors=("Pierre Aubert",),
        presentation="Ici, on vient vous chercher si besoin.",
        offers=("activer", "aidants", "reunion"),
        signed_days_ago=120,
    ),
    House(
        name="Kaz Santé Réunion",
        kind=StructureKind.ASSOCIATION,
        commune="97411",
        address="31 rue des Letchis",
        email="bonzour@kaz-sante.example",
        phone="02 62 00 34 56",
        halls=(Hall("Kaz Moringa", "31 rue des Letchis", "Car jaune, arrêt Letchis.", (STEP, TRAM)),),
        manager="Marie-Annick Hoarau",
        ambassadors=("Jean-Yves Payet",),
        presentation="Des ateliers en français et en créole, du nord au sud de l’île.",
        offers=("activer", "famille", "webinaire"),
        signed_days_ago=200,
    ),
    House(
        name="Mairie annexe de Terre-Sainte",
        kind=StructureKind.COMMUNE,
        commune="97416",
        address="6 rue des Pêcheurs",
        email="annexe@terre-sainte.example",
        phone="02 62 00 56 78",
        halls=(Hall("Case du port", "1 quai des Barques", "", (STEP,)),),
        manager="Ludovic Grondin",
        ambassadors=(),
        presentation="Le numérique expliqué simplement, face au port.",
        offers=("activer", "marche", "reunion"),
        signed_days_ago=75,
    ),
)

APPLICANTS = (
    (
        "Les Voisins connectés",
        StructureKind.ASSOCIATION,
        "58079",
        "3 rue des Sabotiers",
        "salut@voisins-connectes.example",
    ),
    ("Résidence Les Glycines", StructureKind.OTHER, "21054", "11 rue des Vignes", "direction@glycines-beaune.example"),
)
