import unittest

from spelling import distance, nearest


class Spelling(unittest.TestCase):
    def test_distance_of_known_pairs(self):
        for a, b, expected in [
            ("kitten", "sitting", 3),
            ("", "abc", 3),
            ("abc", "", 3),
            ("same", "same", 0),
            ("ab", "ba", 2),
        ]:
            self.assertEqual(distance(a, b), expected)

    def test_distance_is_symmetric(self):
        self.assertEqual(distance("flaw", "lawn"), distance("lawn", "flaw"))

    def test_nearest_words_come_first_and_ties_alphabetically(self):
        words = ["bat", "cat", "car", "dog", "cart"]
        self.assertEqual(nearest("cab", words), ["car", "cat", "bat"])
        self.assertEqual(nearest("cart", words, 1), ["cart"])

    def test_nearest_breaks_ties_between_words_of_different_lengths_too(self):
        self.assertEqual(nearest("ab", ["ac", "a"], 1), ["a"])

    def test_nearest_gives_all_there_are_when_asked_for_more(self):
        self.assertEqual(nearest("x", ["yy", "z"], 5), ["z", "yy"])

    def test_nearest_of_nothing_is_nothing(self):
        self.assertEqual(nearest("x", []), [])


if __name__ == "__main__":
    unittest.main()
