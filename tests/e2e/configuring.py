"""A server with a configuration file that its test writes."""

from rivulet import RivuletTest, temporary_folder


class ConfigTest(RivuletTest):
    def setUp(self):
        self.folder = temporary_folder(self)

    def write(self, text, name="rivulet.conf"):
        """The path of a file with this text."""
        path = self.folder / name
        path.write_text(text)
        return str(path)
