"""`minions chat` as somebody uses it: on a terminal (a real pseudo-terminal), and with a script on standard input."""

import pty
import re
import select
import termios

from programs import *

CTRL_C = "\x03"
CTRL_D = "\x04"
UP = "\x1b[A"


class Terminal:
    """minions chat on a pseudo-terminal."""

    def __init__(self, test, *arguments):
        self.process_id, self._master = pty.fork()
        if self.process_id == 0:
            os.chdir(test.directory)
            os.execve(BIN / "minions", [str(BIN / "minions"), "chat", *map(str, arguments)],
                      {**test.environment, "TERM": "xterm"})
        self._code = None
        self.shown = ""
        self._read_to = 0
        test.addCleanup(self.end)

    def _read(self, patience_s):
        if not select.select([self._master], [], [], patience_s)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            data = b""
        # Without the sequences by which the line editor moves about.
        self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", data.decode(errors="replace"))
        return bool(data)

    def wait_for(self, text):
        """Until the text is on the screen behind what was waited for before."""
        end = time.monotonic() + PATIENCE_S
        while text not in self.shown[self._read_to:]:
            if time.monotonic() > end or not self._read(1) and self.ended():
                raise AssertionError(f"{text!r} not shown, but:\n{self.shown[self._read_to:]}")
        self._read_to = self.shown.index(text, self._read_to) + len(text)

    def type(self, keys):
        os.write(self._master, keys.encode())

    def line(self, text, prompt="> "):
        """Typed at the prompt: before it, the terminal is not the line editor's."""
        self.wait_for(prompt)
        self.type(text + "\n")

    def ended(self):
        if self._code is None:
            process_id, status = os.waitpid(self.process_id, os.WNOHANG)
            if process_id != 0:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code is not None

    def leave(self):
        """Ctrl-D at the prompt: before it, the terminal itself would take it."""
        self.wait_for("> ")
        self.type(CTRL_D)

    def exit_code(self):
        end = time.monotonic() + PATIENCE_S
        while self._read(0.2) or not self.ended():
            if time.monotonic() > end:
                raise AssertionError(f"still running, showing:\n{self.shown}")
        return self._code

    def end(self):
        if not self.ended():
            os.kill(self.process_id, signal.SIGKILL)
            os.waitpid(self.process_id, 0)
        os.close(self._master)


def asked(model, place=-1):
    """The messages of a request that the model server got."""
    return json.loads(model.bodies[place])["messages"]


class OnATerminal(ProgramsTest):
    def chat(self, *arguments, model=None):
        server = Minionsd(self, **({"model": model.model()} if model else {}))
        terminal = Terminal(self, *server.trust(), *arguments)
        terminal.wait_for("SIMULATED, NOT CONFIDENTIAL")
        terminal.wait_for("/help lists commands")
        return terminal

    def test_a_conversation_goes_on_and_is_cleared(self):
        model = ModelServer(self)
        terminal = self.chat("--system_prompt", "be brief", model=model)
        terminal.line("first question")
        terminal.wait_for("one two three")
        terminal.line("second question")
        terminal.wait_for("one two three")
        self.assertEqual([m["role"] for m in asked(model)], ["system", "user", "assistant", "user"])
        terminal.line("clear")
        terminal.wait_for("conversation cleared")
        terminal.line("third question")
        terminal.wait_for("one two three")
        self.assertEqual([(m["role"], m["content"]) for m in asked(model)],
                         [("system", "be brief"), ("user", "third question")])
        terminal.line("/usage")
        terminal.wait_for("prompt 15, completion 9, total 24 tokens")
        terminal.line("/system other rules")
        terminal.wait_for("system prompt set")
        terminal.line("fourth")
        terminal.wait_for("one two three")
        self.assertEqual(asked(model)[0]["content"], "other rules")
        terminal.line("exit")
        self.assertEqual(terminal.exit_code(), 0)

    def test_ctrl_c_stops_the_answer_and_not_the_program(self):
        model = ModelServer(self, hold_after=1)
        terminal = self.chat(model=model)
        terminal.line("a long one")
        terminal.wait_for("one ")
        terminal.type(CTRL_C)
        terminal.wait_for("stopped; the answer is incomplete and not kept")
        wait_until(model.broken_off.is_set, "the model server's noticing it", 5)
        model.go_on.set()
        terminal.line("/retry")
        terminal.wait_for("one two three")
        self.assertEqual([m["content"] for m in asked(model)], ["a long one"])
        # At the prompt it gives up the line that is typed.
        terminal.wait_for("> ")
        terminal.type("half a line" + CTRL_C)
        terminal.wait_for("Ctrl-D leaves")
        terminal.leave()
        self.assertEqual(terminal.exit_code(), 0)
        self.assertEqual(len(model.bodies), 2)

    def test_lines_can_be_joined_and_blocks_typed(self):
        model = ModelServer(self)
        terminal = self.chat(model=model)
        terminal.line("one line \\")
        terminal.line("and its end", prompt="  ")
        terminal.wait_for("one two three")
        self.assertEqual(asked(model)[-1]["content"], "one line \nand its end")
        terminal.line('"""')
        terminal.line("/help is text here", prompt="  ")
        terminal.line('last"""', prompt="  ")
        terminal.wait_for("one two three")
        self.assertEqual(asked(model)[-1]["content"], "/help is text here\nlast")

    def test_documents_go_with_one_question(self):
        model = ModelServer(self)
        terminal = self.chat(*self.sandbox(), model=model)
        self.write("notes.txt", "the pump is in hall four")
        terminal.line("/attach notes.txt")
        terminal.wait_for("notes.txt goes with the next question")
        terminal.line(f"/attach {HANDBOOK}")
        terminal.wait_for("handbook.pdf goes with the next question")
        terminal.line("/detach handbook.pdf")
        terminal.wait_for("1 left out")
        terminal.line("where is the pump?")
        terminal.wait_for("one two three")
        content = json.dumps(asked(model)[-1]["content"])
        self.assertIn("hall four", content)
        self.assertNotIn("Wren", content)
        terminal.line("/attach absent.txt")
        terminal.wait_for("absent.txt")
        terminal.line("and now?")
        terminal.wait_for("one two three")
        self.assertEqual(asked(model)[-1]["content"], "and now?")

    def test_verify_shows_checks_and_the_session(self):
        terminal = self.chat(model=ModelServer(self))
        terminal.line("question")
        terminal.wait_for("one two three")
        terminal.line("/verify")
        terminal.wait_for("accepted: SIMULATED, NOT CONFIDENTIAL")
        terminal.wait_for("attestor.signature")
        terminal.wait_for("session ")
        terminal.wait_for("its receipt good")

    def test_saving_writes_a_private_file_and_overwrites_none(self):
        terminal = self.chat(model=ModelServer(self))
        terminal.line("question")
        terminal.wait_for("one two three")
        terminal.line("/save talk.md")
        terminal.wait_for("saved to talk.md")
        terminal.line("/save talk.json")
        terminal.wait_for("saved to talk.json")
        saved = self.directory / "talk.md"
        self.assertEqual(saved.stat().st_mode & 0o777, 0o600)
        self.assertIn("one two three", saved.read_text())
        messages = json.loads((self.directory / "talk.json").read_text())["messages"]
        self.assertEqual([m["role"] for m in messages], ["user", "assistant"])
        before = saved.read_text()
        terminal.line("another")
        terminal.wait_for("one two three")
        terminal.line("/save talk.md")
        terminal.wait_for("error")
        self.assertEqual(saved.read_text(), before)

    def test_history_is_kept_where_the_user_asks_for_it(self):
        history = self.directory / "history"
        terminal = self.chat("--history", history, model=ModelServer(self))
        terminal.line("a question to find again")
        terminal.wait_for("one two three")
        terminal.line("exit")
        self.assertEqual(terminal.exit_code(), 0)
        self.assertEqual(history.stat().st_mode & 0o777, 0o600)
        model = ModelServer(self)
        terminal = self.chat("--history", history, model=model)
        terminal.wait_for("> ")
        terminal.type(UP)
        terminal.wait_for("exit")
        terminal.type(UP)
        terminal.wait_for("a question to find again")
        terminal.type("\n")
        terminal.wait_for("one two three")
        self.assertEqual(asked(model)[-1]["content"], "a question to find again")

    def test_without_being_asked_nothing_is_written(self):
        terminal = self.chat(model=ModelServer(self))
        terminal.line("a secret question")
        terminal.wait_for("one two three")
        terminal.leave()
        self.assertEqual(terminal.exit_code(), 0)
        for path in self.directory.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"a secret question", path.read_bytes(), path)

    def test_help_and_mistakes(self):
        terminal = self.chat()
        terminal.line("/help")
        for command in ("/attach", "/detach", "/retry", "/system", "/clear", "/verify", "/usage", "/save", "/exit"):
            terminal.wait_for(command)
        terminal.line("/frobnicate")
        terminal.wait_for("no command /frobnicate; /help lists them")
        terminal.line("/attach")
        terminal.wait_for("/attach needs a file")
        terminal.line("/exit")
        self.assertEqual(terminal.exit_code(), 0)

    def test_control_sequences_of_a_model_do_not_reach_the_terminal(self):
        terminal = self.chat(model=ModelServer(self, pieces=("before \x1b]0;title\x07 after",)))
        terminal.line("question")
        terminal.wait_for("before ")
        terminal.wait_for(" after")
        self.assertNotIn("\x1b]0;", terminal.shown)


class FromAPipe(ProgramsTest):
    def test_each_line_is_a_question_and_stdout_has_the_answers_alone(self):
        model = ModelServer(self)
        server = Minionsd(self, model=model.model())
        run = self.minions("chat", *server.trust(), stdin="first\nsecond\nexit\nnever asked\n")
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout, "one two three\n" * 2)
        self.assertEqual([m["content"] for m in asked(model) if m["role"] == "user"], ["first", "second"])

    def test_a_script_stops_at_the_first_failure(self):
        server = Minionsd(self)
        run = self.minions("chat", *server.trust(), stdin="/attach absent.txt\nquestion\n")
        self.assert_exit(run, 7)
        self.assertEqual(run.stdout, "")

    def test_what_cannot_be_saved_is_no_error_of_the_command_line(self):
        server = Minionsd(self, model=ModelServer(self).model())
        (self.directory / "talk.md").write_text("mine")
        run = self.minions("chat", *server.trust(), stdin="question\n/save talk.md\n")
        self.assert_exit(run, 1)
        self.assertIn("talk.md exists; a saved conversation is never overwritten", run.stderr)
        self.assertEqual((self.directory / "talk.md").read_text(), "mine")


class Profiles(ProgramsTest):
    def settings(self, text):
        folder = self.directory / ".config/minions"
        folder.mkdir(parents=True)
        (folder / "settings.toml").write_text(text)

    def test_a_profile_stands_in_for_flags(self):
        server = Minionsd(self, model=ModelServer(self).model())
        self.settings(f'[profiles.work]\nserver = "{server.url}"\n'
                      f'trusted_attestation_pem = "{server.attestation_pem}"\n')
        run = self.minions("ask", "q", "--profile", "work", "--allow-simulated")
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout, "one two three\n")
        self.assert_exit(self.minions("ask", "q", "--profile", "other", "--allow-simulated"), 2)

    def test_a_wrong_setting_is_named_with_its_line(self):
        self.settings('[profiles.default]\nserver = "http://127.0.0.1:1"\nservre = "x"\n')
        run = self.minions("ask", "q", "--allow-simulated")
        self.assert_exit(run, 2)
        self.assertIn("settings.toml line 3: unknown key servre", run.stderr)


if __name__ == "__main__":
    main()
