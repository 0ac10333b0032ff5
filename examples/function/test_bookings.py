"""What must hold of `in_use`, whatever strop makes of it."""

from bookings import hours, in_use


def test_bookings_that_overlap_or_meet_are_one_span():
    assert in_use([[5, 9], [1, 3], [3, 4], [8, 12]]) == [[1, 4], [5, 12]]


def test_nothing_booked_is_nothing_in_use():
    assert in_use([]) == [] and hours([]) == 0


def test_bookings_themselves_are_left_as_they_are():
    bookings = [[2, 3], [1, 2]]
    in_use(bookings)
    assert bookings == [[2, 3], [1, 2]]
