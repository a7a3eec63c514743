"""Pictures beside a question, and addresses that no server shall fetch."""

import zlib

from png import red_png
from programs import *

GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"


class Images(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.upstream = ModelServer(self)
        self.server = Minionsd(self, "--padding", "off", model=self.upstream.model())
        # The name says nothing: the content does.
        self.png = self.directory / "photo.jpg"
        self.png.write_bytes(red_png())
        self.gif = self.directory / "drawing"
        self.gif.write_bytes(GIF)

    def last_content(self):
        return json.loads(self.upstream.bodies[-1])["messages"][-1]["content"]

    def expected(self, text):
        return [{"type": "text", "text": text}] + [
            {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64," + base64.b64encode(data).decode()}}
            for kind, data in (("png", red_png()), ("gif", GIF))]

    def test_ask_sends_them_with_their_true_types(self):
        note = self.write("note.txt", "a text\n")
        run = self.minions("ask", "what is this?", "-f", self.png, "-f", note, "-f", self.gif, *self.server.trust())
        self.assert_exit(run, 0)
        content = self.last_content()
        self.assertIn("a text", content[0]["text"])
        self.assertTrue(content[0]["text"].endswith("Query:what is this?"))
        self.assertEqual(content[1:], self.expected("")[1:])

    def test_chat_attaches_them_to_one_question_and_keeps_them_in_the_conversation(self):
        run = self.minions("chat", "-f", self.png, *self.server.trust(),
                           stdin=f"/attach {self.gif}\nwhat is this?\nsure?\n")
        self.assert_exit(run, 0)
        self.assertEqual(json.loads(self.upstream.bodies[0])["messages"][0]["content"], self.expected("what is this?"))
        second = json.loads(self.upstream.bodies[1])["messages"]
        self.assertEqual(second[0]["content"], self.expected("what is this?"))
        self.assertEqual(second[2]["content"], "sure?")

    def test_detach_leaves_one_out(self):
        run = self.minions("chat", *self.server.trust(),
                           stdin=f"/attach {self.png}\n/attach {self.gif}\n/detach photo.jpg\nwhat?\n")
        self.assert_exit(run, 0)
        self.assertEqual([part["type"] for part in self.last_content()], ["text", "image_url"])
        self.assertIn("image/gif", self.last_content()[1]["image_url"]["url"])

    def test_one_that_is_too_large_is_7_and_sends_nothing(self):
        large = self.directory / "large.png"
        with open(large, "wb") as file:
            file.write(red_png())
            file.truncate(20 * 1024 * 1024 + 1)
        run = self.minions("ask", "what is this?", "-f", large, *self.server.trust())
        self.assert_exit(run, 7)
        self.assertIn("large.png", run.stderr)
        self.assertEqual(self.upstream.bodies, [])

    def sent_png(self):
        """The size of the PNG in the last request, and its bytes."""
        url = self.last_content()[1]["image_url"]["url"]
        self.assertTrue(url.startswith("data:image/png;base64,"), url[:40])
        data = base64.b64decode(url.split(",")[1])
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"), data

    def test_larger_ones_are_reduced_on_request(self):
        large = self.directory / "large.png"
        large.write_bytes(red_png(400))
        run = self.minions("ask", "what is this?", "-f", large, "-f", self.png, "--max-image-pixels", "10000",
                           *self.server.trust())
        self.assert_exit(run, 0)
        self.assertIn("large.png: reduced from 400 x 400 to 100 x 100 pixels", run.stderr)
        self.assertNotIn("photo.jpg", run.stderr)
        width, height, data = self.sent_png()
        self.assertEqual((width, height), (100, 100))
        self.assertEqual(zlib.decompress(data[data.index(b"IDAT") + 4:])[1:4], b"\xff\0\0")
        self.assertEqual(self.last_content()[2], self.expected("")[1])

    def test_chat_reduces_what_is_attached(self):
        large = self.directory / "large.png"
        large.write_bytes(red_png(400))
        run = self.minions("chat", "--max-image-pixels", "10000", *self.server.trust(),
                           stdin=f"/attach {large}\nwhat is this?\n")
        self.assert_exit(run, 0)
        self.assertIn("reduced from 400 x 400 to 100 x 100 pixels", run.stderr)
        self.assertEqual(self.sent_png()[:2], (100, 100))

    def test_one_that_cannot_be_reduced_is_not_sent(self):
        cut = self.directory / "cut.png"
        cut.write_bytes(red_png(400)[:-20])
        run = self.minions("ask", "what is this?", "-f", cut, "--max-image-pixels", "10000", *self.server.trust())
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("cut.png: is damaged", run.stderr)
        self.assertEqual(self.upstream.bodies, [])


if __name__ == "__main__":
    main()
