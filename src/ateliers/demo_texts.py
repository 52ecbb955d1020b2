"""What the demo tells: invented structures in real communes, the events they offer, the people who come. French, as on screen."""

from __future__ import annotations

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.network.structure import StructureKind
from ateliers.places.place import Accessibility as A


class Hall(msgspec.Struct, frozen=True):
    """A venue of a structure."""

    name: str
    address: str
    access_note: str = ""
    accessibility: tuple[A, ...] = ()


class House(msgspec.Struct, frozen=True, kw_only=True):
    """A structure of the demo, its venues, who runs it and who helps."""

    name: str
    kind: StructureKind
    commune: str  # INSEE code
    address: str
    email: str
    phone: str
    halls: tuple[Hall, ...]
    manager: str
    ambassadors: tuple[str, ...]
    presentation: str
    offers: tuple[str, ...]  # keys of OFFERS
    signed_days_ago: int


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An event that several structures offer in their own way."""

    kind: Kind
    title: str
    description: str
    programme: str = ""
    to_bring: str = ""
    level: str = ""
    capacity: int | None = None
    minutes: int = 120
    accessibility: tuple[A, ...] = ()


PHONE_CARD = (
    "Votre téléphone, chargé\nVotre carte Vitale\nVotre adresse e-mail et son mot de passe, si vous les connaissez"
)

OFFERS: dict[str, Offer] = {
    "activer": Offer(
        kind=Kind.WORKSHOP,
        title="Activer Mon espace santé avec votre téléphone",
        description="Nous ouvrons votre espace santé ensemble, pas à pas. Chacun avance à son rythme, "
        "personne n’est laissé de côté. Un café vous attend.",
        programme="Se présenter et dire ce que l’on attend\nOuvrir son espace avec la carte Vitale\n"
        "Choisir qui peut voir ses documents\nPoser ses questions",
        to_bring=PHONE_CARD,
        level="Aucune habitude du numérique nécessaire",
        capacity=8,
    ),
    "ordonnances": Offer(
        kind=Kind.WORKSHOP,
        title="Retrouver ses ordonnances et ses résultats d’analyses",
        description="Fini les papiers perdus : on range ensemble ses documents, on les retrouve, on les montre à son médecin.",
        programme="Où sont mes documents ?\nAjouter une photo d’ordonnance\nPartager avec un médecin, ou cesser de partager",
        to_bring=PHONE_CARD + "\nUne ordonnance à ranger",
        level="Avoir déjà ouvert son espace santé",
        capacity=6,
        minutes=90,
    ),
    "famille": Offer(
        kind=Kind.WORKSHOP,
        title="Le carnet de vaccination de toute la famille",
        description="Pour les parents : le carnet de santé des enfants, les rappels de vaccins, les rendez-vous. "
        "Les enfants sont les bienvenus, un coin jeux les attend.",
        to_bring="Votre téléphone\nLes carnets de santé des enfants",
        capacity=10,
    ),
    "aidants": Offer(
        kind=Kind.WORKSHOP,
        title="Aider un proche avec ses démarches de santé",
        description="Vous aidez un parent, un voisin ? Comment le faire avec son accord, sans connaître ses mots de passe, "
        "et où trouver de l’aide pour vous.",
        level="Pour les aidants, débutants ou non",
        capacity=12,
        accessibility=(A.PLAIN_LANGUAGE,),
    ),
    "messagerie": Offer(
        kind=Kind.WORKSHOP,
        title="Écrire à son médecin par la messagerie de santé",
        description="Une messagerie sûre, gratuite, où votre médecin peut vous répondre. On écrit ensemble un premier message.",
        to_bring=PHONE_CARD,
        capacity=8,
        minutes=90,
    ),
    "webinaire": Offer(
        kind=Kind.WEBINAR,
        title="Mon espace santé en une heure, depuis chez vous",
        description="Une présentation en direct, puis vos questions par écrit ou de vive voix. Sous-titres en direct.",
        programme="Ce que c’est, ce que ce n’est pas\nDémonstration\nVos questions",
        level="Savoir ouvrir un lien dans un e-mail",
        capacity=60,
        minutes=60,
        accessibility=(A.SUBTITLES,),
    ),
    "soir": Offer(
        kind=Kind.WEBINAR,
        title="Questions du soir : qui voit mes documents de santé ?",
        description="Un rendez-vous court, après le travail, avec une personne de l’Assurance maladie.",
        capacity=100,
        minutes=45,
        accessibility=(A.SUBTITLES, A.PLAIN_LANGUAGE),
    ),
    "marche": Offer(
        kind=Kind.STAND,
        title="Sur le marché : toutes vos questions sur Mon espace santé",
        description="Nous tenons un stand entre le fromager et les fleurs. Venez comme vous êtes, deux minutes ou vingt.",
        minutes=180,
    ),
    "hall": Offer(
        kind=Kind.STAND,
        title="Stand dans le hall : activez votre espace en attendant",
        description="Un rendez-vous à l’hôpital, un quart d’heure d’avance ? Nous vous aidons à activer votre espace santé.",
        minutes=150,
        accessibility=(A.STEP_FREE, A.DEVICE_LENT),
    ),
    "reunion": Offer(
        kind=Kind.MEETING,
        title="À quoi sert Mon espace santé ? Rencontre et discussion",
        description="Une présentation sans ordinateur, pour comprendre avant de se lancer, et décider librement.",
        programme="Présentation\nTémoignage d’une habitante\nDiscussion autour d’un goûter",
        capacity=40,
        minutes=90,
        accessibility=(A.PLAIN_LANGUAGE,),
    ),
    "signes": Offer(
        kind=Kind.MEETING,
        title="Mon espace santé en langue des signes",
        description="Présentation en langue des signes française, avec une interprète, pour les personnes sourdes et leurs proches.",
        capacity=25,
        minutes=120,
        accessibility=(A.SIGN_LANGUAGE, A.SUBTITLES),
    ),
    "formation": Offer(
        kind=Kind.TRAINING,
        title="Devenir ambassadeur ou ambassadrice Mon espace santé",
        description="Une demi-journée pour apprendre à animer un atelier, répondre aux questions fréquentes et protéger les données.",
        programme="Les mots justes\nAnimer à deux\nLes questions qui fâchent\nMise en situation",
        capacity=12,
        minutes=210,
    ),
}

STEP, TRAM, LOOP = A.STEP_FREE, A.PUBLIC_TRANSPORT, A.INDUCTION_LOOP

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
            Hall("Maison des services", "1 place du Terreau", "À 300 m de la gare routière.", (STEP, A.DEVICE_LENT)),
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
                "Espace numérique", "5 quai de la Batellerie", "Bus A, arrêt Batellerie.", (STEP, TRAM, A.DEVICE_LENT)
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

FIRST_NAMES = [
    "Odile",
    "Jacques",
    "Mireille",
    "André",
    "Fatima",
    "Gérard",
    "Colette",
    "Ahmed",
    "Suzanne",
    "Michel",
    "Denise",
    "Roger",
    "Leïla",
    "Paul",
    "Jeannine",
    "Marcel",
    "Aline",
    "Henri",
    "Rose",
    "Omar",
    "Simone",
    "Guy",
    "Thérèse",
    "Luc",
    "Arlette",
    "Ibrahim",
    "Ginette",
    "Alain",
    "Brigitte",
    "René",
    "Noëlle",
    "Félix",
    "Yvonne",
    "Samuel",
    "Paulette",
    "Daniel",
    "Josiane",
    "Moussa",
    "Éliane",
    "Raymond",
]
LAST_NAMES = [
    "Marchand",
    "Petitjean",
    "Lambert",
    "Benali",
    "Rousseau",
    "Girard",
    "Moreau",
    "Diallo",
    "Chevalier",
    "Garnier",
    "Fontaine",
    "Roy",
    "Lefort",
    "Mercier",
    "Nguyen",
    "Barbier",
    "Perrot",
    "Colin",
    "Masson",
    "Hoarau",
    "Payet",
    "Gauthier",
    "Bailly",
    "Renaud",
    "Cordier",
    "Tessier",
    "Collet",
    "Prévost",
    "Maillard",
    "Baron",
    "Klein",
    "Ferreira",
    "Guyot",
    "Poirier",
    "Jacquet",
    "Besson",
    "Lacroix",
    "Carpentier",
    "Millet",
    "Vasseur",
]
WALK_INS = ("Une voisine", "Monsieur Pons", "La sœur d’Odile", "", "Un habitant du quartier", "")
NEEDS = ("Je marche avec une canne.", "Je lis mieux en gros caractères.", "Pouvez-vous me prêter une tablette ?")
