"""What the demo tells: the events on offer and the people who come. French, as on screen."""

from __future__ import annotations

import msgspec

from ateliers.agenda.kinds import Kind
from ateliers.places.place import Accessibility


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
    accessibility: tuple[Accessibility, ...] = ()


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
        accessibility=(Accessibility.PLAIN_LANGUAGE,),
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
        accessibility=(Accessibility.SUBTITLES,),
    ),
    "soir": Offer(
        kind=Kind.WEBINAR,
        title="Questions du soir : qui voit mes documents de santé ?",
        description="Un rendez-vous court, après le travail, avec une personne de l’Assurance maladie.",
        capacity=100,
        minutes=45,
        accessibility=(Accessibility.SUBTITLES, Accessibility.PLAIN_LANGUAGE),
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
        accessibility=(Accessibility.STEP_FREE, Accessibility.DEVICE_LENT),
    ),
    "reunion": Offer(
        kind=Kind.MEETING,
        title="À quoi sert Mon espace santé ? Rencontre et discussion",
        description="Une présentation sans ordinateur, pour comprendre avant de se lancer, et décider librement.",
        programme="Présentation\nTémoignage d’une habitante\nDiscussion autour d’un goûter",
        capacity=40,
        minutes=90,
        accessibility=(Accessibility.PLAIN_LANGUAGE,),
    ),
    "signes": Offer(
        kind=Kind.MEETING,
        title="Mon espace santé en langue des signes",
        description="Présentation en langue des signes française, avec une interprète, pour les personnes sourdes et leurs proches.",
        capacity=25,
        minutes=120,
        accessibility=(Accessibility.SIGN_LANGUAGE, Accessibility.SUBTITLES),
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
