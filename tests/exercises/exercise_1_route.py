"""GET /topics: which topics have subscribers, and how many."""

from rivulet import RivuletTest


class Exercise(RivuletTest):
    RED = "404 != 200"

    def topics(self, server):
        answer = server.request("/topics", address=server.admin)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.get("Content-Type"), "application/json")
        return answer.text

    def subscribe(self, server, *topics):
        query = "&".join(f"topic={topic}" for topic in topics)
        stream = server.connect().open_stream(f"/stream?{query}")
        return stream.wait_for_greeting()

    def test_it_counts_the_streams_of_each_topic_in_the_order_of_names(self):
        server = self.serve()
        self.assertEqual(self.topics(server), "{}")
        self.subscribe(server, "weather", "news")
        ana = self.subscribe(server, "news")
        self.assertEqual(self.topics(server), '{"news":2,"weather":1}')
        ana.close()
        server.log.wait_for(msg="stream-end")
        self.assertEqual(self.topics(server), '{"news":1,"weather":1}')

    def test_a_name_stays_inside_its_quotes(self):
        server = self.serve()
        self.subscribe(server, "%22:1%7D", "ol%C3%A1")
        self.assertEqual(self.topics(server), '{"\\":1}":1,"olá":1}')

    def test_a_topic_that_only_the_history_remembers_is_not_there(self):
        server = self.serve()
        server.request("/publish?topic=old", "POST", headers={"Content-Length": 1},
                       body=b"x")
        self.assertEqual(self.topics(server), "{}")

    def test_it_takes_what_its_kin_take(self):
        server = self.serve()
        self.topics(server)
        head = server.request("/topics", "HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        wrong = server.request("/topics", "POST")
        self.assert_error(wrong, 405)
        self.assertEqual(wrong.get("Allow"), "GET, HEAD, OPTIONS")

    def test_it_is_for_operators_where_they_have_an_address(self):
        server = self.serve("--admin-listen", "127.0.0.1:0", listeners=2)
        self.assertEqual(self.topics(server), "{}")
        self.assert_error(server.request("/topics"), 404)
