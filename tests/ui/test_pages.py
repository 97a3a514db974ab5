# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which items stand on which page."""

from hypothesis import given
from hypothesis import strategies as st

from townhall_ui.pages import partition

HEIGHTS = st.lists(st.integers(1, 300), max_size=40)


@given(HEIGHTS, st.integers(0, 30), st.integers(1, 900), st.integers(1, 900))
def test_pages_hold_every_item_once_and_in_order(heights: list[int], gap: int, room: int, with_pager: int) -> None:
    pages = partition(heights, gap, room, with_pager)
    assert [index for page in pages for index in page] == list(range(len(heights)))
    assert all(len(page) > 0 for page in pages) or not heights


@given(HEIGHTS, st.integers(0, 30), st.integers(1, 900), st.integers(1, 900))
def test_a_page_is_no_higher_than_its_room_unless_one_item_is(
    heights: list[int], gap: int, room: int, with_pager: int
) -> None:
    pages = partition(heights, gap, room, with_pager)
    limit = room if len(pages) == 1 else with_pager
    for page in pages:
        height = sum(heights[index] for index in page) + gap * max(0, len(page) - 1)
        assert height <= limit or len(page) == 1 or len(pages) == 1


@given(HEIGHTS.filter(bool), st.integers(0, 30))
def test_what_fits_stands_on_one_page(heights: list[int], gap: int) -> None:
    room = sum(heights) + gap * (len(heights) - 1)
    assert partition(heights, gap, room, 1) == [range(len(heights))]
