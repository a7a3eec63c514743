"""What the tests of minions run share: documents with a planted fact, scripted models, the run's log."""

import random

from minion_peers import *
from programs import *

FACT = "The turbine at Falkenau reached an output of 412 megawatts in the spring of 1987."
TASK = "What output did the turbine at Falkenau reach?"
FACT_PAGE = 63
PERSONAL = ["ada.lovelace@example.org", "Ada Lovelace", "Lovelace", "+49 30 90182011", "4111 1111 1111 1111",
            "DE89 3704 0044 0532 0130 00", "219-09-9999", "192.168.17.4", "12 March 1970", "Linus Pauling", "Pauling"]


def filler(page):
    words = ["committee", "procedure", "winter", "harbour", "ledger", "railway", "meeting", "garden", "report", "village",
             "machine", "letter", "council", "harvest", "window", "season"]
    chance = random.Random(page)
    return [" ".join(["The", *chance.choices(words, k=11)]) + "." for _ in range(30)]


def make_pdf(path, pages):
    """One line of text after the other in a standard font: what any PDF reader takes."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>",
               f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{4 + 2 * i} 0 R' for i in range(len(pages)))}] >>",
               "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    for i, lines in enumerate(pages):
        text = "BT /F1 10 Tf 12 TL 50 780 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * i} 0 R "
                       "/Resources << /Font << /F1 3 0 R >> >> >>")
        objects.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
    body, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{place:010} 00000 n \n" for place in places)
    path.write_text(body + table + f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n")
    return path


class Minion(ProgramsTest):
    def logs(self):
        return sorted((self.directory / "secure_minion_logs").glob("*"))

    def log(self):
        self.assertEqual(len(self.logs()), 1)
        return json.loads(self.logs()[0].read_text(encoding="utf-8"))

    def judged(self, server, log, *options):
        return self.minions("verify", log, "--allow-simulated", "--trusted-attestation-pem", server.attestation_pem, *options)

    def assert_incomplete(self, run, server):
        """The run's log is named, private, and verifies as one of a run that failed. The log."""
        path = self.logs()[-1]
        self.assertIn(f"log secure_minion_logs/{path.name}", run.stderr)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        verified = self.judged(server, path)
        self.assert_exit(verified, 0)
        self.assertIn("the log of an incomplete run holds", verified.stdout)
        log = json.loads(path.read_text(encoding="utf-8"))
        self.assertIs(log["answered"], False)
        return log

    def with_models(self, supervisor, worker, **more):
        """minionsd before a scripted supervisor, and the options for it and the worker."""
        self.upstream = ScriptedSupervisor(self, supervisor)
        self.server = Minionsd(self, "--padding", "off", model=self.upstream.model())
        self.ollama = Ollama(self, worker, **more)
        return [*self.server.trust(), "--worker", self.ollama.worker]
