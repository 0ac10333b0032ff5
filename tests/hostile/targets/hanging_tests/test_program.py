import unittest

import program


class Values(unittest.TestCase):
    def test_the_value_is_one(self):
        self.assertEqual(program.VALUE, 1)
