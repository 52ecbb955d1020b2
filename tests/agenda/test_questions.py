"""The extra questions of an event: what is asked, what may not be, and under which id answers are kept (C16)."""

from __future__ import annotations

import msgspec
import pytest

from ateliers.agenda.questions import Answer, Question, is_about_health, taken, wrong_questions

PHONE = Question(text="Avez-vous un téléphone ?", answer=Answer.YES_NO)
TRANSPORT = Question(text="Comment venez-vous ?", answer=Answer.CHOICE, choices=["À pied", "En bus"])


@pytest.mark.parametrize(
    "text",
    [
        "Avez-vous une maladie ?",
        "Suivez-vous un traitement ?",
        "Quels MÉDICAMENTS prenez-vous ?",
        "Êtes-vous en situation de handicap ?",
        "Comment va votre santé ?",
        "Êtes-vous vacciné ?",
        "Votre numéro de sécurité sociale",
        "Date de naissance",
        "Do you have any illness?",
        "Êtes-vous allergique ?",
        "Êtes-vous diabétique ?",
    ],
)
def test_a_question_about_health_is_refused(text):
    assert is_about_health(text)
    assert list(wrong_questions([Question(text=text)])) == ["questions.0.text"]


@pytest.mark.parametrize(
    "text",
    [
        "Avez-vous activé Mon espace santé ?",
        "Êtes-vous professionnelle de santé ?",
        "Utilisez-vous un traitement de texte ?",
        "Avez-vous déjà écrit à votre médecin par la messagerie ?",
        "Venez-vous avec un ordinateur ?",
        "Que faire si vous ne le savez pas ?",
        "Have you opened your health space?",
        "Comment avez-vous connu cet atelier ?",
    ],
)
def test_a_question_about_the_workshop_is_taken(text):
    assert not is_about_health(text)
    assert wrong_questions([Question(text=text)]) == {}


def test_an_answer_offered_may_not_be_about_health_either():
    asked = Question(text="Pourquoi venez-vous ?", answer=Answer.CHOICE, choices=["Par curiosité", "Je suis malade"])

    assert list(wrong_questions([PHONE, asked])) == ["questions.1.text"]


def test_what_is_wrong_is_told_beside_its_question():
    wrong = wrong_questions(
        [
            PHONE,
            msgspec.structs.replace(PHONE, text="avez vous un telephone"),
            msgspec.structs.replace(TRANSPORT, choices=["À pied", "À pied"]),
            msgspec.structs.replace(PHONE, text="Une chose ?", choices=["Oui"]),
            Question(choices=["Rien"], answer=Answer.CHOICE),
        ]
    )

    assert wrong == {
        "questions.1.text": "This question is asked twice.",
        "questions.2.choices": "Write at least two different answers, one a line.",
        "questions.3.choices": "Answers to choose from belong to a question with one answer among several.",
        "questions.4.text": "Write the question, or empty its answers.",
        "questions.4.choices": "Write at least two different answers, one a line.",
    }


def test_a_question_keeps_its_answers_and_never_takes_those_of_another():
    first, second = taken([PHONE, TRANSPORT], [], ["a1", "b2"])
    assert (first.id, second.id) == ("a1", "b2")

    reworded = msgspec.structs.replace(second, text="Par quel moyen venez-vous ?")
    other = msgspec.structs.replace(first, answer=Answer.TEXT)
    stranger = msgspec.structs.replace(PHONE, id="zz", text="Et un chargeur ?")
    twice = msgspec.structs.replace(second, text="Et au retour ?")

    kept = taken([reworded, other, stranger, twice], [first, second], ["c3", "d4", "e5", "f6"])

    assert [question.id for question in kept] == ["b2", "c3", "d4", "e5"]


def test_choices_are_kept_once():
    [kept] = taken([msgspec.structs.replace(TRANSPORT, choices=["Bus", "", "Pied", "Bus"])], [], ["a1"])

    assert kept.choices == ["Bus", "Pied"]
