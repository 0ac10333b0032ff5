import random
import unittest

from trackpack import pack, unpack


class RoundTrips(unittest.TestCase):
    def check(self, points):
        self.assertEqual([tuple(point) for point in unpack(pack(points))], points)

    def test_no_points(self):
        self.check([])

    def test_one_point(self):
        self.check([(1_700_000_000, -5, 12, 3)])

    def test_a_vehicle_that_stands(self):
        self.check([(second, 100, 200, 0) for second in range(0, 600, 10)])

    def test_jumps_in_all_values(self):
        self.check([(0, 0, 0, 0), (1, -(10**9), 10**9, 3), (10**10, 10**12, -(10**12), 1)])

    def test_random_points(self):
        draw = random.Random(0)
        for _ in range(20):
            seconds = sorted(draw.randrange(10**6) for _ in range(draw.randrange(60)))
            self.check([(second, *(draw.randrange(-(2**20), 2**20) for _ in "xy"), draw.randrange(4)) for second in seconds])

    def test_equal_seconds(self):
        self.check([(5, 1, 1, 1), (5, 1, 1, 1), (5, 2, 1, 1)])

    def test_result_is_bytes(self):
        self.assertIsInstance(pack([(1, 2, 3, 0)]), bytes)


if __name__ == "__main__":
    unittest.main()
