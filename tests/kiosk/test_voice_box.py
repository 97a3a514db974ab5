# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who is read to: only who wears headphones, and what they hear."""

from collections.abc import Callable

import pytest

from townhall_kiosk.simulation.ports import RecordingSpeech, Said
from townhall_kiosk.speech.voice import Rate, Voice, Volume
from townhall_kiosk.visit.surroundings import Hearing, Surroundings
from townhall_kiosk.visit.voice_box import VoiceBox


@pytest.fixture
def around(make_around: Callable[[str], Surroundings]) -> Surroundings:
    return make_around("en")


def test_without_headphones_nothing_is_said(around: Surroundings) -> None:
    voice, speech = VoiceBox(around), RecordingSpeech()
    voice.speak_with(speech)
    voice.hear("Enter PIN 1", "en", is_urgent=True)
    voice.repeat()
    assert speech.record == []
    assert around.hearing is Hearing.NO_HEADPHONES


def test_headphones_without_speech_are_told_as_no_speech(around: Surroundings) -> None:
    voice = VoiceBox(around)
    voice.plug(are_plugged=True)
    voice.hear("Welcome", "en", is_urgent=True)
    assert around.hearing is Hearing.NO_SPEECH


def test_who_plugs_headphones_in_is_read_the_screen_that_stands(around: Surroundings) -> None:
    voice, speech = VoiceBox(around), RecordingSpeech()
    voice.speak_with(speech)
    voice.hear("Old screen", "en", is_urgent=True)
    voice.hear("Insert your ID card", "en", is_urgent=True)
    voice.hear("Touch to start", "fr", is_urgent=False)
    voice.plug(are_plugged=True)
    assert around.hearing is Hearing.HEARD
    assert speech.record == [
        Said("Insert your ID card", "en", is_urgent=True, voice=Voice()),
        Said("Touch to start", "fr", is_urgent=False, voice=Voice()),
    ]


def test_pulling_the_headphones_out_stops_at_once(around: Surroundings) -> None:
    voice, speech = VoiceBox(around), RecordingSpeech()
    voice.plug(are_plugged=True)
    voice.speak_with(speech)
    voice.hear("Your answers", "en", is_urgent=True)
    voice.plug(are_plugged=False)
    voice.hear("ÕISPUU", "et", is_urgent=False)
    assert speech.record[-1] is None
    assert speech.texts == ["Your answers"]


def test_what_must_be_heard_first_is_not_talked_over_by_the_next_screen(around: Surroundings) -> None:
    voice, speech = VoiceBox(around), RecordingSpeech()
    voice.plug(are_plugged=True)
    voice.speak_with(speech)
    voice.hear_first("Eesti", "et")
    voice.hear("Sisestage ID-kaart", "et", is_urgent=True)
    voice.hear("Jätka", "et", is_urgent=True)
    assert [(said.text, said.is_urgent) for said in speech.record if said] == [
        ("Eesti", True),
        ("Sisestage ID-kaart", False),
        ("Jätka", True),
    ]


def test_when_speech_is_lost_the_ways_to_use_know_and_when_it_is_back_it_goes_on(around: Surroundings) -> None:
    voice, first, second = VoiceBox(around), RecordingSpeech(), RecordingSpeech()
    around.ways = around.ways.changed("rate", "fast")
    voice.plug(are_plugged=True)
    voice.speak_with(first)
    voice.lose_speech()
    voice.hear("lost", "en", is_urgent=True)
    assert around.hearing is Hearing.NO_SPEECH
    voice.speak_with(second)
    voice.hear("found", "en", is_urgent=True)
    assert first.texts == []
    fast = Voice(Volume.MEDIUM, Rate.FAST)
    assert second.record == [
        Said("lost", "en", is_urgent=True, voice=fast),
        Said("found", "en", is_urgent=True, voice=fast),
    ]


def test_the_volume_ends_where_it_ends() -> None:
    voice = Voice()
    assert voice.turned(-9).volume is Volume.QUIET
    assert voice.turned(9).volume is Volume.LOUDEST
    assert voice.turned(1).turned(-1) == voice
