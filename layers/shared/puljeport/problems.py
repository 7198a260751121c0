"""Problems: what is wrong with a file or a value, where, and what to write instead.

Every problem that Puljeport can find is a row of `CATALOGUE`, so that the codes can be documented and the texts
reviewed in one place. `{…}` in a text is filled from the finding's own facts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from puljeport.texts import Text


class Severity(StrEnum):
    """ERROR: must be corrected before the application counts. WARNING: it counts, but somebody should look."""

    ERROR = "error"
    WARNING = "warning"


class Kind(NamedTuple):
    """One row of the catalogue: severity and the text in both languages, with `{…}` for the facts."""

    severity: Severity
    text: Text


class Note(NamedTuple):
    """A finding that does not know its field yet: a code of the catalogue and the facts for its text."""

    code: str
    facts: dict[str, object] = {}  # noqa: RUF012  # never written to


class Problem(BaseModel):
    """One finding. `field` is a field id, `table[2].column` for a cell (rows from 1), or None for the whole file."""

    model_config = ConfigDict(frozen=True)

    code: str
    severity: Severity
    message: Text
    field: str | None = None
    label: Text | None = None
    place: Text | None = None


def _error(da: str, en: str) -> Kind:
    return Kind(Severity.ERROR, Text(da=da, en=en))


def _warning(da: str, en: str) -> Kind:
    return Kind(Severity.WARNING, Text(da=da, en=en))


CATALOGUE: dict[str, Kind] = {
    # -- the file: what the readers refuse --
    "too_large": _error(
        "Filen fylder {size_mb} MB; den må højst fylde {limit_mb} MB. Fjern billeder fra skemaet, eller send bilag "
        "for sig.",
        "The file is {size_mb} MB; the limit is {limit_mb} MB. Remove pictures from the form, or send attachments "
        "separately.",
    ),
    "empty_file": _error(
        "Filen er tom. Åbn dit udfyldte skema, gem det igen, og send den nye fil.",
        "The file is empty. Open your filled-in form, save it again and send the new file.",
    ),
    "unknown_format": _error(
        "Vi kan ikke læse denne slags fil. Hent puljens skema, udfyld det, og send det i det format, det blev hentet "
        "i.",
        "We cannot read this kind of file. Download the call's form, fill it in and send it in the format it came in.",
    ),
    "not_utf8": _error(
        "Teksten i filen er gemt med et tegnsæt, vi ikke kan læse. Gem filen igen som UTF-8, og send den.",
        "The text in the file is stored in an encoding we cannot read. Save the file again as UTF-8 and send it.",
    ),
    "bad_json": _error(
        "Filen ligner JSON, men kan ikke læses: {why}. Ret filen, eller lav den forfra, og send den igen.",
        "The file looks like JSON but cannot be read: {why}. Correct it, or export it anew, and send it again.",
    ),
    "bad_docx": _error(
        "Word-filen er beskadiget eller ufuldstændig. Åbn den i Word, gem den som en ny .docx-fil, og send den.",
        "The Word file is damaged or incomplete. Open it in Word, save it as a new .docx file and send that.",
    ),
    "bad_odt": _error(
        "Dokumentet er beskadiget eller ufuldstændigt. Åbn det i LibreOffice, gem det som en ny .odt-fil, og send den.",
        "The document is damaged or incomplete. Open it in LibreOffice, save it as a new .odt file and send that.",
    ),
    "bad_sheet": _error(
        "Regnearket er beskadiget eller ufuldstændigt. Åbn det i Excel eller LibreOffice, gem det som en ny .xlsx-fil, "
        "og send den.",
        "The spreadsheet is damaged or incomplete. Open it in Excel or LibreOffice, save it as a new .xlsx file and "
        "send that.",
    ),
    "bad_csv": _error(
        "CSV-filen kan ikke læses; fejlen er i eller før linje {line}. Se efter, om et anførselstegn ikke er lukket, "
        "eller gem skemaet som .csv igen fra regnearket, og send den nye fil.",
        "The CSV file cannot be read; the fault is in or before line {line}. Check for a quotation mark that is not "
        "closed, or save the form as .csv again from the spreadsheet, and send the new file.",
    ),
    "bad_pdf": _error(
        "PDF-filen er beskadiget eller pakket på en måde, vi ikke tager imod. Åbn den i Adobe Acrobat Reader eller en "
        "browser, gem en ny kopi, og send den.",
        "The PDF file is damaged, or packed in a way we do not accept. Open it in Adobe Acrobat Reader or a browser, "
        "save a new copy and send that.",
    ),
    "pdf_no_fields": _error(
        "PDF-filen har ingen felter, vi kan læse: den er nok udskrevet til en ny PDF eller scannet. Åbn den fil, du "
        "skrev svarene i, vælg »Gem«, og send den.",
        "The PDF file has no fields that we can read: it was probably printed to a new PDF, or scanned. Open the file "
        "you wrote your answers in, choose “Save” and send that.",
    ),
    "pdf_printed": _warning(
        "Skemaet er udskrevet til en ny PDF, så vi har læst svarene af siderne. Se efter, at de er, som du skrev dem. "
        "Næste gang: åbn skemaet, vælg »Gem« i stedet for »Udskriv«, og send den fil.",
        "The form was printed to a new PDF, so we read the answers off its pages. Please check that they are what you "
        "wrote. Next time, open the form, choose “Save” instead of “Print” and send that file.",
    ),
    "printed_cut": _warning(
        "Svaret går helt ud til kanten af feltet, så noget af det kan være skåret fra, da skemaet blev udskrevet. Se "
        "efter, om det hele er med.",
        "The answer goes right up to the edge of the field, so part of it may have been cut off when the form was "
        "printed. Please check that all of it is there.",
    ),
    "printed_unread": _warning(
        "Der står noget i feltet, som vi ikke kan læse som tekst, fordi skemaet er udskrevet. Skriv svaret i skemaet, "
        "vælg »Gem«, og send det igen.",
        "There is something in the field that we cannot read as text, because the form was printed. Write the answer "
        "in the form, choose “Save” and send it again.",
    ),
    "printed_unsure": _warning(
        "Vi er ikke sikre på, at vi har læst svaret rigtigt, fordi skemaet er udskrevet. Se efter, om det er, som du "
        "skrev det.",
        "We are not sure that we read the answer correctly, because the form was printed. Please check that it is what "
        "you wrote.",
    ),
    "printed_page_missing": _error(
        "Skemaet er udskrevet til en ny PDF, og vi kan ikke finde side {page} i det. Åbn den fil, du skrev svarene i, "
        "vælg »Gem«, og send den.",
        "The form was printed to a new PDF, and we cannot find page {page} of it. Open the file you wrote your answers "
        "in, choose “Save” and send that.",
    ),
    "printed_not_our_form": _error(
        "PDF-filen har ingen felter, og vi kan ikke finde skemaet til »{call}« på dens sider. Har du udskrevet skemaet "
        "til en ny PDF, så åbn den fil, du skrev i, vælg »Gem«, og send den. Ellers hent skemaet på puljens side.",
        "The PDF file has no fields, and we cannot find the form for “{call}” on its pages. If you printed the form to "
        "a new PDF, open the file you wrote in, choose “Save” and send that. Otherwise download the form from the "
        "call's page.",
    ),
    "pdf_xfa": _error(
        "PDF-filen er lavet som en XFA-formular, og den slags kan vi ikke læse. Hent skemaet på puljens side, skriv "
        "svarene i det, og send det.",
        "The PDF file is an XFA form, which we cannot read. Download the form from the call's page, write your answers "
        "in it and send that.",
    ),
    "guide_returned": _error(
        "Du har sendt puljens vejledning. Find ansøgningsskemaet med dine svar, og send det i stedet.",
        "You have sent the call's guide. Find the application form with your answers and send that instead.",
    ),
    "encrypted": _error(
        "Filen er beskyttet med en adgangskode, så vi kan ikke åbne den. Gem den uden adgangskode, og send den igen.",
        "The file is protected by a password, so we cannot open it. Save it without a password and send it again.",
    ),
    "old_office": _error(
        "Filen er i et gammelt Office-format eller låst med en adgangskode. Vælg »Gem som« og .docx eller .xlsx uden "
        "adgangskode, og send den nye fil.",
        "The file is in an old Office format or locked by a password. Choose “Save as” and .docx or .xlsx without a "
        "password, and send the new file.",
    ),
    "macros": _error(
        "Filen indeholder makroer, og dem tager vi af sikkerhedsgrunde ikke imod. Gem den som en almindelig .docx "
        "eller .xlsx, og send den nye fil.",
        "The file contains macros, which we do not accept for safety. Save it as an ordinary .docx or .xlsx and send "
        "the new file.",
    ),
    "zip_bomb": _error(
        "Filen fylder alt for meget, når den pakkes ud. Fjern billeder og indsat materiale, gem skemaet, og send det "
        "igen.",
        "The file becomes far too big when unpacked. Remove pictures and embedded material, save the form and send "
        "it again.",
    ),
    "too_many_parts": _error(
        "Filen består af alt for mange dele. Kopiér dine svar over i et nyt skema fra puljens side, og send det.",
        "The file has far too many parts. Copy your answers into a new form from the call's page and send that.",
    ),
    "dtd_refused": _error(
        "Filen indeholder en dokumenttype-erklæring (DTD), og den slags tager vi ikke imod. Gem skemaet igen i Word "
        "eller LibreOffice, og send den nye fil.",
        "The file contains a document type declaration (DTD), which we do not accept. Save the form again in Word or "
        "LibreOffice and send the new file.",
    ),
    "too_deep": _error(
        "Filens indhold er pakket ind i for mange lag. Kopiér dine svar over i et nyt skema fra puljens side, og "
        "send det.",
        "The file's content is nested too deeply. Copy your answers into a new form from the call's page and send "
        "that.",
    ),
    "duplicate_parts": _error(
        "To dele af filen har samme navn, så vi ved ikke, hvilken der gælder. Gem skemaet som en ny fil, og send den.",
        "Two parts of the file have the same name, so we cannot tell which counts. Save a new file and send that.",
    ),
    "too_much_text": _error(
        "Der er mere tekst i skemaet, end vi kan tage imod ({limit_kb} kB i alt). Kort svarene ned, og send skemaet "
        "igen.",
        "The form holds more text than we can take ({limit_kb} kB in all). Shorten the answers and send the form "
        "again.",
    ),
    # -- the file: what became of it --
    "reader_died": _error(
        "Filen fik vores læsning til at gå i stå. Du behøver ikke gøre noget nu: en medarbejder ser på den og "
        "skriver til dig.",
        "The file stopped our reading. There is nothing you need to do now: a member of staff looks at it and writes "
        "to you.",
    ),
    "check_failed": _error(
        "Filen fik vores læsning til at gå i stå. Gem den igen i det program, du skrev i, og prøv den nye fil. Hjælper "
        "det ikke, så indsend den: så ser en medarbejder på den.",
        "The file stopped our reading. Save it again in the program you wrote it in and try the new file. If that does "
        "not help, send it in: then a member of staff looks at it.",
    ),
    "object_missing": _error(
        "Filen var væk, da vi kom for at læse den. Send den igen.",
        "The file was gone when we came to read it. Please send it again.",
    ),
    "unknown_call": _error(
        "Vi har ingen pulje, der hedder »{call}«. Hent skemaet på puljens side, og send det derfra.",
        "We have no call named “{call}”. Download the form from the call's page and send it from there.",
    ),
    "not_open_yet": _error(
        "Puljen »{call}« åbner først {opens}. Send skemaet igen, når den er åben.",
        "The call “{call}” does not open until {opens}. Send the form again once it is open.",
    ),
    "late": _warning(
        "Fristen var {deadline}, og vi modtog filen {received}. Vi beholder den, og en medarbejder afgør, om den kan "
        "komme med.",
        "The deadline was {deadline} and we received the file {received}. We keep it, and a member of staff decides "
        "whether it can count.",
    ),
    "unconsidered": _warning(
        "Filen kom i tide, men vi fik den først læst, da puljen var fordelt. Det er vores fejl. Vi beholder den, og en "
        "medarbejder afgør, hvad der skal ske.",
        "The file arrived in time, but we read it only after the pool had been distributed. The mistake is ours. We "
        "keep it, and a member of staff decides what is to happen.",
    ),
    # -- the form as a whole --
    "other_call": _error(
        "Skemaet hører til en anden pulje ({found}). Hent skemaet til »{call}«, udfyld det, og send det i stedet.",
        "The form belongs to another call ({found}). Download the form for “{call}”, fill it in and send that instead.",
    ),
    "unknown_version": _warning(
        "Skemaet siger, at det er version {version}, men den findes ikke. Vi har læst det som version {current}.",
        "The form says that it is version {version}, which does not exist. We read it as version {current}.",
    ),
    "older_version": _warning(
        "Skemaet er version {version}, og den gældende er version {current}. Vi har ført svarene over. Se de felter "
        "efter, som er ændret.",
        "The form is version {version}, and the one in force is version {current}. We carried the answers over. Please "
        "check the fields that have changed.",
    ),
    "field_changed": _warning(
        "Spørgsmålet er ændret, siden I hentede skemaet. Se efter, om svaret stadig passer. Det nye skema ligger på "
        "puljens side.",
        "The question has changed since you downloaded the form. Please check that the answer still fits. The new form "
        "is on the call's page.",
    ),
    "field_new": _error(
        "Spørgsmålet er kommet til, siden I hentede skemaet, og det skal besvares. Hent det nye skema på puljens side, "
        "og svar der.",
        "The question was added after you downloaded the form, and it must be answered. Download the new form from the "
        "call's page and answer there.",
    ),
    "field_removed": _warning(
        "Spørgsmålet »{name}« er ikke længere med i skemaet. Svaret indgår ikke i ansøgningen.",
        "The question “{name}” is no longer part of the form. The answer is not part of the application.",
    ),
    "not_our_form": _error(
        "Vi kan ikke genkende et eneste felt i filen. Hent skemaet til »{call}«, skriv svarene i det, og send det.",
        "We do not recognise a single field in the file. Download the form for “{call}”, write your answers in it "
        "and send it.",
    ),
    "empty_form": _error(
        "Skemaet er ikke udfyldt. Har du sendt den tomme udgave? Find den, du har skrevet i, og send den.",
        "The form is not filled in. Did you send the empty copy? Find the one you wrote in and send that.",
    ),
    "unknown_field": _warning(
        "Der står tekst ved »{name}«, men det er ikke et felt i skemaet, så den er ikke kommet med. Flyt den til det "
        "rigtige felt, hvis den hører til ansøgningen.",
        "There is text at “{name}”, which is not a field of the form, so it was left out. Move it to the right field "
        "if it belongs to the application.",
    ),
    "found_twice": _error(
        "Feltet findes to gange med hver sin tekst (også her: {other}). Behold den tekst, der gælder, slet den "
        "anden, og send skemaet igen.",
        "The field occurs twice with different texts (also here: {other}). Keep the one that counts, delete the "
        "other and send the form again.",
    ),
    "found_elsewhere": _warning(
        "Der står en anden tekst under samme navn et andet sted i filen. Vi har brugt den, der står her: {used}.",
        "A different text stands under the same name elsewhere in the file. We used the one here: {used}.",
    ),
    # -- any field --
    "missing": _error(
        "Feltet er ikke udfyldt, og vi skal bruge svaret. Udfyld det, og send skemaet igen.",
        "The field is not filled in, and we need the answer. Fill it in and send the form again.",
    ),
    "too_long": _error(
        "Teksten er på {length} tegn; der er plads til {max_length}. Kort den ned: vi tager ikke en afkortet tekst "
        "med.",
        "The text has {length} characters; there is room for {max_length}. Shorten it: we do not keep a text cut "
        "short.",
    ),
    "hidden_characters": _warning(
        "Der stod {count} usynlige styretegn i feltet; dem har vi fjernet. Se efter, at teksten er, som den skal være.",
        "There were {count} invisible control characters in the field; we removed them. Check that the text is as it "
        "should be.",
    ),
    "sheet_error": _error(
        "Der står fejlen {text} i cellen, fordi en formel ikke kan regnes ud. Skriv svaret i stedet for formlen.",
        "The cell shows the error {text} because a formula cannot be calculated. Write the answer instead of it.",
    ),
    # -- numbers and amounts --
    "integer_format": _error(
        "Skriv et helt tal med cifre, fx 120.",
        "Write a whole number in figures, for example 120.",
    ),
    "integer_read_as": _warning(
        "Vi har læst »{text}« som {reading}; er det forkert, så skriv kun cifrene, fx 120.",
        "We read “{text}” as {reading}; if that is wrong, write the figures only, for example 120.",
    ),
    "amount_format": _error(
        "Skriv beløbet i kroner med cifre og højst to decimaler, fx 125.000,00 kr.",
        "Write the amount in Danish kroner in figures with at most two decimals, for example 125.000,00 kr.",
    ),
    "amount_read_as": _warning(
        "Vi har læst »{text}« som {reading}; er det forkert, så skriv beløbet med to decimaler, fx 125.000,00 kr.",
        "We read “{text}” as {reading}; if that is wrong, write the amount with two decimals, for example 125.000,00 "
        "kr.",
    ),
    "amount_currency": _error(
        "Skriv beløbet i danske kroner, fx 125.000,00 kr.",
        "Write the amount in Danish kroner, for example 125.000,00 kr.",
    ),
    "number_two_readings": _error(
        "»{text}« kan både betyde {large} og et tal med tre decimaler. Skriv tallet uden tegn mellem tusinderne, fx "
        "1234.",
        "“{text}” can mean both {large} and a number with three decimals. Write the number with nothing between the "
        "thousands, for example 1234.",
    ),
    "number_too_large": _error(
        "Tallet er større, end vi kan tage imod. Se efter, om der er kommet nuller for meget på, fx 125.000,00.",
        "The number is larger than we can take. Check for noughts too many; write for example 125.000,00.",
    ),
    "too_small": _error(
        "Tallet skal være mindst {minimum}; ret det, og send skemaet igen.",
        "The number must be at least {minimum}; correct it and send the form again.",
    ),
    "too_big": _error(
        "Tallet må højst være {maximum}; ret det, og send skemaet igen.",
        "The number can be at most {maximum}; correct it and send the form again.",
    ),
    # -- dates --
    "date_format": _error(
        "Skriv datoen med dag, måned og år, fx 9. april 2018 eller 09-04-2018.",
        "Write the date with day, month and year, for example 9 April 2018 or 09-04-2018.",
    ),
    "date_no_such_day": _error(
        "»{text}« findes ikke i kalenderen. Skriv dag, måned og år, fx 9. april 2018.",
        "“{text}” is not in the calendar. Write day, month and year, for example 9 April 2018.",
    ),
    "date_year": _error(
        "Året {year} kan ikke passe. Skriv året med fire cifre, fx 9. april 2018.",
        "The year {year} cannot be right. Write the year with four figures, for example 9 April 2018.",
    ),
    "date_read_as": _warning(
        "Vi har læst »{text}« som {reading}; er det forkert, så skriv måneden med bogstaver og hele året, fx 9. "
        "april 2018.",
        "We read “{text}” as {reading}; if that is wrong, write the month as a word and the whole year, for example "
        "9 April 2018.",
    ),
    "date_weekday": _warning(
        "{reading} er en {actual}, men der står {written}. Vi har brugt datoen; ret den, hvis det er ugedagen, der "
        "passer.",
        "{reading} is a {actual}, but the form says {written}. We used the date; correct it if the weekday is right.",
    ),
    "date_too_early": _error(
        "Datoen skal være {earliest} eller senere. Ret den, og send skemaet igen.",
        "The date must be {earliest} or later. Correct it and send the form again.",
    ),
    "date_too_late": _error(
        "Datoen må højst være {latest}. Ret den, og send skemaet igen.",
        "The date must be {latest} or earlier. Correct it and send the form again.",
    ),
    # -- choices, yes and no --
    "choice_unknown": _error(
        "Svaret er ikke en af mulighederne. Vælg mellem: {choices}.",
        "The answer is not one of the options. Choose from: {choices}.",
    ),
    "choice_read_as": _warning(
        "Vi har læst »{text}« som »{reading}«. Er det forkert, så skriv hele svarets navn, som det står i skemaet.",
        "We read “{text}” as “{reading}”. If that is wrong, write the whole name of the option as it stands in the "
        "form.",
    ),
    "choice_one_only": _error(
        "Der er valgt {count} svar, men der kan kun vælges ét. Behold det, der gælder.",
        "{count} options are chosen, but only one can be. Keep the one that counts.",
    ),
    "choices_too_many": _error(
        "Der er valgt {count} svar; der kan højst vælges {maximum}. Behold de vigtigste.",
        "{count} options are chosen; at most {maximum} can be. Keep the most important.",
    ),
    "yes_no_format": _error(
        "Skriv ja eller nej, eller sæt kryds.",
        "Write yes or no, or tick the box.",
    ),
    "yes_no_read_as": _warning(
        "Vi har læst »{text}« som ja. Er det forkert, så skriv nej.",
        "We read “{text}” as yes. If that is wrong, write no.",
    ),
    "declaration_missing": _error(
        "Erklæringen er ikke bekræftet, og uden den kan vi ikke behandle ansøgningen. Læs den, og sæt kryds eller "
        "skriv ja.",
        "The declaration is not confirmed, and without it we cannot consider the application. Read it, then tick the "
        "box or write yes.",
    ),
    # -- addresses and numbers of record --
    "email_format": _error(
        "Skriv én e-mailadresse og intet andet, fx navn@example.dk.",
        "Write one e-mail address and nothing else, for example name@example.dk.",
    ),
    "email_letters": _error(
        "Vi kan ikke sende til adresser med æ, ø, å eller lignende før @. Skriv en anden adresse, fx navn@example.dk.",
        "We cannot send to addresses with letters like æ, ø or å before the @. Write another one, for example "
        "name@example.dk.",
    ),
    "phone_format": _error(
        "Skriv ét telefonnummer med cifre: otte for et dansk, landekode foran et udenlandsk, fx 12 34 56 78 eller "
        "+46 8 123 456 78.",
        "Write one telephone number in figures: eight for a Danish one, the country code before a foreign one, for "
        "example 12 34 56 78 or +46 8 123 456 78.",
    ),
    "cvr_format": _error(
        "Skriv CVR-nummeret med otte cifre, fx 12 34 56 74. Brug ikke P-nummer eller CPR-nummer.",
        "Write the CVR number with eight figures, for example 12 34 56 74. Do not use a P number or a CPR number.",
    ),
    "cvr_check": _error(
        "Et af cifrene i CVR-nummeret er forkert. Slå nummeret op på virk.dk, og skriv de otte cifre, fx 12 34 56 74.",
        "One of the figures in the CVR number is wrong. Look it up on virk.dk and write the eight figures, for "
        "example 12 34 56 74.",
    ),
    "municipality_unknown": _error(
        "Vi kender ikke en kommune med det navn. Skriv kommunens navn eller dens kode på tre cifre, fx Aarhus eller "
        "751.",
        "We know of no municipality by that name. Write its name or its three-figure code, for example Aarhus or 751.",
    ),
    "municipality_suggest": _error(
        "Vi kender ikke en kommune med det navn. Mente du {suggestions}? Skriv kommunens navn eller kode, fx Aarhus "
        "eller 751.",
        "We know of no municipality by that name. Did you mean {suggestions}? Write its name or code, for example "
        "Aarhus or 751.",
    ),
    "url_format": _error(
        "Skriv én webadresse, der begynder med https:// eller http://, fx https://www.example.dk/om-os.",
        "Write one web address that begins with https:// or http://, for example https://www.example.dk/about.",
    ),
    "attachment_name": _error(
        "Skriv kun bilagets filnavn uden mapper, fx budget.xlsx.",
        "Write only the attachment's file name without folders, for example budget.xlsx.",
    ),
    "attachment_too_large": _error(
        "Bilaget fylder mere end {limit_mb} MB, som er det højeste. Gør billeder i det mindre, og send det igen.",
        "The attachment is larger than {limit_mb} MB, which is the most. Make its pictures smaller and send it again.",
    ),
    "attachment_empty": _error(
        "Bilaget er tomt. Åbn det, gem det igen, og send den nye fil.",
        "The attachment is empty. Open it, save it again and send the new file.",
    ),
    "attachment_kind": _error(
        "Denne slags fil tager vi ikke imod som bilag. Gem bilaget som PDF, og send det igen.",
        "We do not accept this kind of file as an attachment. Save it as a PDF and send it again.",
    ),
    # -- tables --
    "table_format": _error(
        "Her skal svarene stå i skemaets tabel med én række for hver. Skriv dem i tabellen, og send skemaet igen.",
        "These answers belong in the form's table, one row for each. Write them in the table and send the form again.",
    ),
    "too_few_rows": _error(
        "Tabellen har {count} udfyldte rækker; der skal være mindst {minimum}.",
        "The table has {count} rows filled in; there must be at least {minimum}.",
    ),
    "too_many_rows": _error(
        "Tabellen har {count} udfyldte rækker; der må højst være {maximum}. Slå rækker sammen, eller slet de mindst "
        "vigtige.",
        "The table has {count} rows filled in; there can be at most {maximum}. Merge rows, or delete the least "
        "important.",
    ),
    # -- rules across fields: the call's own words --
    "rule_required_if": _error("{message}", "{message}"),
    "rule_distinct": _error("{message}", "{message}"),
    "rule_before": _error("{message}", "{message}"),
    "rule_sum_equals": _error("{message}", "{message}"),
    "rule_at_most": _error("{message}", "{message}"),
    "rule_word_limit": _error("{message}", "{message}"),
}


def problem(
    code: str,
    *,
    field: str | None = None,
    label: Text | None = None,
    place: Text | None = None,
    **facts: object,
) -> Problem:
    """The problem `code` of the catalogue with its texts filled in.

    `facts` fill the `{…}` of both texts; a fact that is a `Text` is given in the language of each.
    Raises KeyError for a code or a fact that the catalogue does not know: that is our own mistake, never the input's.
    """
    kind = CATALOGUE[code]
    message = Text(
        da=kind.text.da.format_map({k: v.da if isinstance(v, Text) else v for k, v in facts.items()}),
        en=kind.text.get("en").format_map({k: v.get("en") if isinstance(v, Text) else v for k, v in facts.items()}),
    )
    return Problem(code=code, severity=kind.severity, message=message, field=field, label=label, place=place)
