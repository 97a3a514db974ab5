# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the officers' page says: what each alarm means and what to do, and why a statement waits."""

from typing import Final

from townhall_central.vote.delivery import Alarm
from townhall_voting.eligibility.judgement import Doubtful

ALARMS: Final = {
    Alarm.ENVELOPE_DOUBTFUL: "Not signed by an enrolled kiosk. Look at the device and at the line.",
    Alarm.DOES_NOT_OPEN: "Sealed to somebody else, or damaged. Look at the device.",
    Alarm.OTHER_KIND: "Not what this board takes. Look at the device.",
    Alarm.BATCH_MALFORMED: "No batch of this program. Look at the device.",
    Alarm.OTHER_ELECTION: "A test in the official election, or the other way round. Take the device out of service.",
    Alarm.OTHER_DEVICE: "A device speaks for another, or delivers what another made. Take it out of service.",
    Alarm.LOOKING_KILLS: "A batch ended this program three times. Keep it and report it.",
    Alarm.HOURS_CHANGED: "The device contradicts what it said of its opening or closing. Seal it.",
    Alarm.COUNT_WENT_BACK: "The device counts on after its end. Seal it.",
    Alarm.STATEMENTS_MISSING: "Fewer statements came than the device made. Fetch its stick.",
    Alarm.SHARED_BALLOT: "Statements of several people name one ballot. Look at the journals of the devices.",
    Alarm.BALLOT_REFUSED: "A ballot that no honest device makes. Seal the device.",
    Alarm.SAME_HASH: "Two ballots under one hash. Seal the device.",
    Alarm.SAME_KEY: "Two ballots of one voting key. Seal the device.",
    Alarm.CHECKED_AND_CAST: "A ballot was opened and cast: it is void. Ask what happened at that booth.",
    Alarm.OPENING_FALSE: "The booth encrypts other choices than people make. Close it at once and keep it sealed.",
    Alarm.AFTER_CLOSING: "It came after the close. It is kept as evidence and not counted.",
    Alarm.NEVER_CAME: "A card cast this ballot and it is not in the box. Seal the device: it has a second copy.",
}

DOUBTS: Final = {
    Doubtful.REVOKED.value: "The card's certificate is revoked.",
    Doubtful.EXPIRED.value: "The card's certificate had expired when it signed.",
    Doubtful.UNCHECKED.value: "No revocation list speaks for the card.",
    Doubtful.OUTSIDE_HOURS.value: "By the device's clock it was signed outside of the opening hours.",
}
