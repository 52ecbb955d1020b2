"""For the coordinator's morning: a story that everybody reads, one to be read, and a structure of which nothing was heard."""

from __future__ import annotations

from datetime import datetime, timedelta

from ateliers.agenda.poster import Format, make_poster
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.database import transaction
from ateliers.documents.files import Upload
from ateliers.experiences.experience import NewExperience, Scope, find_experience
from ateliers.experiences.papers import NewDocument
from ateliers.experiences.sharing import review_experience, write_experience
from ateliers.experiences.untold import list_untold
from ateliers.network.charter import sign_charter
from ateliers.network.people import Person, RoleName, add_person, add_role, get_person, list_members
from ateliers.network.structure import StructureKind, StructureState
from ateliers.network.structures import NewStructure, add_structure, list_structures

STORIES = (
    NewExperience(
        title="Le café des ordonnances, à la bibliothèque",
        aim="Que dix personnes du quartier ouvrent leur espace et y retrouvent une ordonnance, sans dépendre de leurs enfants.",
        audience="Surtout des retraités. La bibliothèque a glissé une carte dans chaque livre prêté pendant deux semaines.",
        course="Un café d’abord, pour faire connaissance.\n\n"
        "Puis chacun son téléphone, à deux autour d’une table : l’un lit les consignes, l’autre touche l’écran. "
        "Une ambassadrice pour cinq personnes.\n\nÀ la fin, chacun note sur une fiche ce qu’il sait refaire seul.",
        worked="Les binômes : on s’entraide et l’ambassadrice n’est appelée que pour les vrais blocages.",
        difficulties="Le réseau du sous-sol. Nous avons demandé la salle du premier étage dès la deuxième fois.",
        advice="Demandez à chacun de charger son téléphone et d’apporter sa carte Vitale : écrivez-le sur l’affiche.",
    ),
    NewExperience(
        title="Un stand au marché, sans ordinateur",
        aim="Faire connaître Mon espace santé à des gens qui ne viendraient pas à un atelier.",
        audience="Les clients du marché du samedi, de tous les âges.",
        course="Une table, deux chaises, une affiche. Nous montrions l’application sur un seul téléphone de démonstration.",
        worked="Poser une question simple : « Où est votre dernière ordonnance ? »",
        advice="Venez à deux, et placez-vous près de l’entrée.",
    ),
)
ABOUT = ("ordonnances", "marché")  # a word in the title of the event that each is told of


SILENT = NewStructure(
    name="Foyer rural de Decize",
    kind=StructureKind.ASSOCIATION,
    address="4 rue de la République",
    postcode="58300",
    commune_code="58095",
    commune_name="Decize",
    departement="58",
    region="27",
    latitude=46.8278,
    longitude=3.4625,
    zone="Europe/Paris",
    email="contact@foyer-decize.example",
    phone="0386001122",
    external_key="demo:foyer rural de decize",
)


async def _show_a_silent_structure(*, now: datetime) -> None:
    """It signed the charter half a year ago, and nothing was heard of it since."""
    since = now - timedelta(days=180)
    async with transaction():
        made = await add_structure(SILENT, state=StructureState.ADMITTED, now=since)
        if made is None:
            return
        await sign_charter(made.id, name="Jeanne Roux", role="Présidente", now=since)
        person = await add_person("Jeanne Roux", "jeanne.roux@foyer-decize.example", now=since)
        await add_role(person, RoleName.MANAGER, structure_id=made.id, now=since)


async def show_the_stories(coordinator: Person, *, now: datetime) -> None:
    """Two structures tell; the coordinator has read one of the two."""
    structures = await list_structures(by=coordinator, state=StructureState.ADMITTED)
    managers = {
        structure.id: member.person_id
        for structure in structures
        for member in await list_members(structure.id)
        if member.role is RoleName.MANAGER
    }
    untold = await list_untold(list(managers), now=now, limit=100)
    written = now - timedelta(days=2)
    for number, (story, word) in enumerate(zip(STORIES, ABOUT, strict=True)):
        about = next((one for one in untold if word in one.title and one.structure_id in managers), None)
        if about is None:
            continue
        untold = [one for one in untold if one.structure_id != about.structure_id]
        is_shared = number == 0
        paper = None
        if is_shared:
            session = (await list_sessions_of_event(about.event_id))[0]
            poster = Upload(name="affiche.pdf", content=await make_poster(session, Format.POSTER, now=written))
            paper = NewDocument(title="Notre affiche", upload=poster)
        agreed = list(Scope) if is_shared else ()
        by = await get_person(managers[about.structure_id])
        await write_experience(about.event_id, story, by=by, now=written, send=True, agreed=agreed, document=paper)
        found = await find_experience(about.event_id)
        if found is not None and is_shared:
            await review_experience(found.id, by=coordinator, now=now - timedelta(days=1))
    await _show_a_silent_structure(now=now)
