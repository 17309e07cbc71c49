"""What an import would do and why it would not, in sentences: for the page and the command line."""

from __future__ import annotations

from services.errors import EncryptionError, PortalError
from services.i18n import N_, Translator
from services.tokens.importing.errors import ImportRefused
from services.tokens.importing.owners import Owner
from services.tokens.importing.plan import Line
from services.tokens.importing.shapes import GOOGLE

VERDICTS = {
    "import": N_("Import"),
    "mend": N_("Import, in place of a broken connection"),
    "replace": N_("Import, in place of a connection that works"),
    "new_person": N_("Import, with its owner as a new person"),
    "park": N_("Keep until its owner is known"),
    "keep": N_("Leave: the owner's connection works"),
    "known": N_("Nothing: imported before"),
    "double": N_("Nothing: another one here is the same owner's"),
    "refused": N_("Refused"),
}
HOW = {
    "id": N_("{name} (by the id)"),
    "slack": N_("{name} (by the Slack account)"),
    "mailbox": N_("{name} (by the mailbox)"),
    "name": N_("{name} (by the name)"),
}
NOTES = {
    "missing_scope": N_("{missing} is missing, which briefings need: the owner has to connect again."),
    "modify_sends": N_(
        "It has gmail.modify without gmail.send. The old documentation says that it cannot send; Google "
        "accepts it for sending."
    ),
    "no_refresh_token": N_(
        "There is no refresh token: it ends within the hour, then the owner has to connect again."
    ),
    "no_client_secret": N_(
        "It belongs to another OAuth client, whose secret is not in it: Google will not renew it."
    ),
    "own_client": N_("It belongs to another OAuth client; that client's id and secret stay with it."),
    "no_client": N_("It names no OAuth client; it is taken to be this portal's own."),
}
REFUSALS = {
    "too_large": N_("It is larger than any token file (64 kB)."),
    "too_deep": N_("It is nested deeper than any token file."),
    "not_json": N_("It is no JSON, or damaged."),
    "not_a_token": N_("There is no access token and no refresh token in it."),
    "not_googles": N_(
        "What is called a token in it is none of Google's: there is no refresh token, and neither a client, "
        "nor permissions, nor an account with it."
    ),
    "odd_characters": N_("There are characters in it that no text has: it is damaged."),
    "not_text": N_("Its {about} is no text."),
    "damaged": N_("Its {about} is damaged: there are blanks, line breaks or letters in it that none has."),
    "too_short": N_("Its {about} is too short to be one: a part of it has been cut off."),
    "too_long": N_("Its {about} is longer than any."),
    "encrypted": N_("The token in it is encrypted by this portal already."),
    "service_account": N_("This is the key of a service account, not a person's token."),
    "client_file": N_("This is the file of an OAuth client, not a person's token."),
    "foreign_token_uri": N_(
        "It would be renewed at {about}, which is not the token endpoint in the settings (GOOGLE_TOKEN_URI)."
    ),
    "unreadable": N_("The file cannot be read."),
    "nothing_there": N_("There is nothing to import: {about}."),
    "database_address": N_("The address is none of a PostgreSQL database."),
    "database_unreachable": N_("The old database cannot be reached, or does not let in."),
    "database_refuses": N_("The old database does not let the tables be read."),
    "own_database": N_("This is a database of the portal itself, not of the system before it."),
    "known": N_("It has been imported meanwhile."),
    "working_connection": N_("The owner has a connection that works; it was left as it is."),
    "owner_left": N_("Its owner has left meanwhile."),
    "not_waiting": N_("Somebody has settled this one meanwhile."),
    "no_old_id": N_("The document does not say what its owner was called; choose a person."),
    "id_taken": N_("Somebody has this id already; choose that person."),
    "slack_taken": N_("Somebody here has this Slack account already; choose that person."),
    "undecryptable": N_(
        "The stored token cannot be decrypted: its key is missing in TOKEN_ENCRYPTION_KEYS. Put the key "
        "back, or throw this one away and import its document again."
    ),
}


def verdict_in_words(line: Line, t: Translator) -> str:
    """What would be done with a document."""
    return t.gettext(VERDICTS[line.verdict])


def owner_in_words(owner: Owner | None, t: Translator) -> str:
    """Whose it is and how that is known; "" where nobody is."""
    return t.gettext(HOW[owner.how], name=owner.name) if owner is not None else ""


def notes_in_words(line: Line, t: Translator) -> str:
    """What is wrong with a document, or worth knowing of it."""
    if line.found.refused is not None:
        return refusal_in_words(line.found.refused, t)
    missing = ", ".join(scope_names(line.missing))
    return " ".join(t.gettext(NOTES[note], missing=missing) for note in line.notes)


def scope_names(scopes: tuple[str, ...]) -> list[str]:
    """`gmail.readonly` of each of Google's long names."""
    return [scope.removeprefix(GOOGLE) for scope in scopes]


def problem_in_words(exc: PortalError, t: Translator) -> str:
    """What went wrong on the way."""
    if isinstance(exc, ImportRefused):
        return refusal_in_words(exc, t)
    known = REFUSALS.get("undecryptable" if isinstance(exc, EncryptionError) else exc.code)
    return t.gettext(known) if known else t.gettext("That did not work: {code}.", code=exc.code)


def refusal_in_words(exc: ImportRefused, t: Translator) -> str:
    """Why something is not imported."""
    return t.gettext(REFUSALS[exc.code], about=exc.about)
