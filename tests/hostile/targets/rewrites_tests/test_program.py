import unittest

from program import double


class Doubles(unittest.TestCase):
    def test_double_of_two_is_four(self):
        self.assertEqual(double(2), 4)

    def test_double_of_three_is_six(self):
        self.assertEqual(double(3), 6)
