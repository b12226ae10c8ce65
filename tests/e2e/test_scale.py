"""As many streams as the descriptor limit allows, up to 19,000."""

import unittest

from crowd import Crowd, raise_descriptor_limit
from rivulet import RivuletTest


class ScaleTest(RivuletTest):
    def test_ten_broadcasts_reach_19000_streams_in_order(self):
        count = min(19_000, raise_descriptor_limit() - 200)
        server = self.serve()
        with Crowd(server, [f"stream-{n}" for n in range(count)]) as crowd:
            self.assertEqual(len(server.clients()), count)
            for n in range(10):
                crowd.expect(f"broadcast {n}")
                server.publish(f"broadcast {n}")
            crowd.wait()
            self.assertEqual(crowd.deliveries, 10 * count)
        server.wait_for_clients([])
        server.wait_for_descriptors_at_start()


if __name__ == "__main__":
    unittest.main()
