"""What the demonstration's two applicants write, as people write it. All of it is invented."""

from __future__ import annotations

from puljeport_cli.fill import Answers

GOOD: Answers = {
    "municipality": "Århus Kommune",
    "cvr": "55 13 30 18",
    "department": "Sociale Forhold og Beskæftigelse",
    "contact_name": "Prøve Ansøgersen",
    "contact_title": "Udviklingskonsulent",
    "contact_email": "samvaer@example.dk",
    "contact_phone": "+45 12 34 56 78",
    "model": "model-2",
    "model_reason": "Vi har mange foreninger, som gerne vil samarbejde, men mangler en fælles måde at gøre det på.",
    "second_model": "model-1",
    "second_model_reason": "Den passer også, fordi boligforeningerne i to områder allerede mødes hver måned.",
    "background": "I de seneste år er flere unge faldet ud af foreningslivet. Vi søger, fordi vi vil nå dem igen.",
    "target_group": "Unge mellem 15 og 25 år i to boligområder og de voksne, som de møder i hverdagen.",
    "target_group_size": "120",
    "settings": ["associations", "housing", "education"],
    "experience": "Vi har haft et netværk af frivillige mentorer siden 2021.",
    "earlier_advice": "Ja",
    "earlier_advice_text": "Et kort kursus om samtaler med unge.",
    "expected_outcome": "Mindst ti foreninger og kommunen kender hinanden og ved, hvem de ringer til.",
    "signs_of_success": "Foreningerne kommer selv med forslag, og flere unge er med.",
    "continuation": "Netværket mødes fire gange om året med kommunen som vært.",
    "partners": [
        {
            "name": "Idrætsforeningen Æblehaven",
            "kind": "association",
            "contact": "Formand Prøve Prøvesen",
            "email": "formand@example.dk",
            "role": "Åbner hallen om aftenen og tager imod nye",
        },
        {
            "name": "Natteravnene i Østbyen",
            "kind": "volunteers",
            "contact": "Koordinator Test Testesen",
            "role": "Taler med de unge på gaden",
        },
    ],
    "partners_agreed": "ja",
    "own_hours": "350",
    "management_support": "Direktøren er formand for styregruppen, som mødes hver anden måned.",
    "political_decision": "Ja",
    "political_decision_date": "12. oktober 2026",
    "start": "01-02-2027",
    "end": "31. december 2027",
    "no_money": "ja",
    "consent": "ja",
    "signature_name": "Prøve Underskriversen",
    "signature_title": "Kommunaldirektør",
    "signature_date": "2/11-2026",
}

FAULTY: Answers = GOOD | {
    "municipality": "Ærø",
    "cvr": "12345678",
    "contact_email": "kontakt(at)example.dk",
    "second_model": "model-2",
    "target_group_size": "en del",
    "partners": [
        {
            "name": "Havnens Venner",
            "kind": "association",
            "contact": "Prøve Skippersen",
            "email": "havnen@",
            "role": "",
        }
    ],
    "start": "31. juni 2027",
    "consent": "",
}
