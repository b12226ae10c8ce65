"""Where Redis is and how one gets in: URLs, databases, prefixes, logins, what is
refused at the start, and that a password is told to nobody."""

import unittest
from pathlib import Path

from cluster import ClusterTest, publish
from rivulet import Server, request_bytes, run_to_exit

PASSWORD = "p@ss/w:rd%25of-a-test"


class AddressTest(ClusterTest):
    def check_apart(self, one, *others):
        """What is published at one is not heard at the others."""
        streams = [server.stream("ana").wait_for_greeting() for server in others]
        publish(one, "elsewhere")
        for server, stream in zip(others, streams):
            self.assertEqual(server.clients(), ["ana"])
            self.assert_events(stream, ("here", publish(server, "here")))
            stream.close()

    def check_together(self, a, b):
        ana = b.stream("ana").wait_for_greeting()
        a.wait_for_clients(["ana"])
        self.assert_events(ana, ("x", publish(a, "x", "/publish/ana")))
        ana.close()

    def keys(self, database):
        self.redis("SELECT", database)
        return self.redis("KEYS", "*")

    def test_a_port_and_a_unix_socket_lead_to_the_same(self):
        a = self.instance()
        for url in (self.redis.unix_url(), f"unix://{self.redis.socket}",
                    f"redis://localhost:{self.redis.port}", self.redis.url(database=0)):
            with self.subTest(url):
                self.check_together(a, self.instance(url=url))

    def test_databases_are_apart(self):
        none = self.instance()
        third = self.instance(url=self.redis.url(database=3))
        by_socket = self.instance(url=self.redis.unix_url(database=3))
        fifth = self.instance(url=self.redis.unix_url(database=5))
        self.check_together(third, by_socket)
        self.check_apart(none, third, fifth)
        self.assertIn("rivulet:events", self.keys(3))
        self.assertEqual(self.keys(1), [])

    def test_prefixes_are_apart(self):
        plain = self.instance()
        shop, again = self.instances(2, "--redis-prefix", "shop:a b")
        other = self.instance("--redis-prefix", "other")
        self.check_together(shop, again)
        self.check_apart(plain, shop, other)
        prefixes = ("rivulet:", "shop:a b:", "other:")
        for key in self.redis("KEYS", "*"):
            self.assertTrue(key.startswith(prefixes), key)
        self.assertEqual(self.redis("EXISTS", *(p + "events" for p in prefixes)), 3)

    def test_the_length_of_the_stream_is_bounded(self):
        (server,) = self.instances(1, "--redis-events", "500")
        for n in range(3000):
            if n % 100 == 0:
                connection = server.connect()
            publish(connection, str(n))
        self.assertIn(self.redis("XLEN", "rivulet:events"), range(500, 1000))


class LoginTest(ClusterTest):
    """The password is watched by secrecy.py, wherever the server says something."""

    def setUp(self):
        pass  # each test has a Redis of its own kind

    def check_serves(self, *urls):
        for url in urls:
            with self.subTest(url):
                server = self.instance(url=url)
                ana = server.stream("ana").wait_for_greeting()
                self.assert_events(ana, ("x", publish(server, "x")))
                self.assertIn(PASSWORD, server.secrets)
                command_line = Path(f"/proc/{server.pid}/cmdline").read_bytes()
                server.secrets.check(command_line, "ps")
                self.assertIn(b"redis-connected", server.log.raw)

    def test_a_password(self):
        self.redis = self.redis_server(password=PASSWORD)
        self.check_serves(self.redis.url(), self.redis.url(database=2),
                          self.redis.unix_url(), self.redis.unix_url(database=2))

    def test_a_user_with_a_password(self):
        self.redis = self.redis_server(user="ana", password=PASSWORD)
        self.check_serves(self.redis.url(), self.redis.unix_url(database=1))

    def test_a_user_that_may_touch_its_keys_only(self):
        self.redis = self.redis_server()
        self.redis("ACL", "SETUSER", "shop", "on", f">{PASSWORD}", "~shop:*", "-@all",
                   "+@read", "+@write", "+@connection", "+@transaction", "+@scripting")
        self.redis.user, self.redis.password = "shop", PASSWORD
        server = self.instance("--redis-prefix", "shop")
        self.assertIsNotNone(publish(server, "x"))

    def test_a_url_in_the_environment_and_in_a_file(self):
        self.redis = self.redis_server(password="of-a-test/0815")
        url = self.redis.url()
        config = self.redis.folder / "conf"
        config.write_text(f"redis = {url}\n")
        config.chmod(0o600)
        for arguments, environment in (
            ([], {"RIVULET_REDIS": url}), (["--config", str(config)], {}),
        ):
            server = self.instance(*arguments, url="", environment=environment)
            self.assertIn("of-a-test/0815", server.secrets)
            publish(server, "x")

    def test_a_wrong_password_is_tried_again_and_said(self):
        self.redis = self.redis_server(password=PASSWORD)
        self.redis.password = "another-of-a-test"
        server = self.instance(ready=False)
        line = server.log.wait_for(msg="redis-away")
        self.assertRegex(line["reason"], "(?i)WRONGPASS|password")
        answer = server.request("/readyz")
        self.assert_away(answer)
        self.assertIn("redis is away", answer.text)
        self.redis("CONFIG", "SET", "requirepass", "another-of-a-test")
        server.wait_until_ready()
        publish(server, "x")

    def test_no_password_where_one_is_needed(self):
        self.redis = self.redis_server(password="of-a-test")
        server = self.instance(
            url=f"redis://127.0.0.1:{self.redis.port}", ready=False)
        line = server.log.wait_for(msg="redis-away")
        self.assertRegex(line["reason"], "(?i)NOAUTH|authentication")
        self.assertEqual(server.request("/readyz").status, 503)
        self.redis("CONFIG", "SET", "requirepass", "")
        server.wait_until_ready()

    def test_a_database_that_is_none(self):
        self.redis = self.redis_server("--databases", "4")
        server = self.instance(url=self.redis.url(database=4), ready=False)
        line = server.log.wait_for(msg="redis-away")
        self.assertRegex(line["reason"], "(?i)DB index|database")
        self.assertEqual(server.request("/readyz").status, 503)


class RefusedTest(unittest.TestCase):
    def refuse(self, url):
        """As a flag, and in the environment: what it says."""
        flag = run_to_exit("--listen", "127.0.0.1:0", "--redis", url)
        self.assertEqual(flag.returncode, 64, flag.stderr)
        variable = run_to_exit("--listen", "127.0.0.1:0",
                               environment={"RIVULET_REDIS": url})
        self.assertEqual(variable.returncode, 78, variable.stderr)
        self.assertIn("--redis", flag.stderr)
        self.assertIn("RIVULET_REDIS", variable.stderr)
        self.assertNotIn("of-a-test", flag.stderr + variable.stderr)
        return variable.stderr

    def test_tls_is_refused_with_a_way_out(self):
        said = self.refuse("rediss://:of-a-test@127.0.0.1:6379")
        self.assertRegex(said, "TLS.*(stunnel|unix)")

    def test_what_is_no_url_of_redis_is_refused(self):
        for url in ("127.0.0.1:6379", "http://127.0.0.1:6379", "redis://",
                    "redis://:of-a-test@127.0.0.1:0", "redis://127.0.0.1:65536",
                    "redis://127.0.0.1/x", "redis://127.0.0.1/-1", "redis+unix://",
                    "redis+unix:///tmp/socket?db=x", "redis://a b@127.0.0.1",
                    "redis://:of-a-test%zz@127.0.0.1"):
            with self.subTest(url):
                self.refuse(url)

    def test_without_redis_there_is_nothing_of_it(self):
        server = Server()
        self.addCleanup(server.stop)
        self.assertNotIn("rivulet_redis", server.request("/metrics").text)
        with server.connect() as connection:
            connection.send(request_bytes("/publish/status/x"))
            self.assertEqual(connection.read_response().body, b"Ok")


if __name__ == "__main__":
    unittest.main()
