"""Trees that scripts/check_layers must refuse, and libraries that scripts/check_exports must."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


class CheckLayers(unittest.TestCase):
    """Each test puts one file into a tree that is in order."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = pathlib.Path(self.directory.name)
        write(self.root / "src/layers.toml", (ROOT / "src/layers.toml").read_text(encoding="utf-8"))
        self.put("src/base/bytes.h", "#include <fmt/format.h>\n#include <vector>\n")
        self.put("src/crypto/hash.cpp", '#include <openssl/evp.h>\n#include "base/bytes.h"\n')
        self.put("src/crypto/CMakeLists.txt", "minions_library(crypto\n  SOURCES hash.cpp\n  USES base\n  LIBRARIES OpenSSL::Crypto)\n")
        self.put("apps/minions/main.cpp", '#include <CLI/CLI.hpp>\n#include "crypto/hash.h"\n#include "ask.h"\n')

    def put(self, path, text):
        write(self.root / path, text)

    def check(self):
        return subprocess.run([sys.executable, ROOT / "scripts/check_layers", "--root", self.root],
                              capture_output=True, text=True, check=False)

    def refuses(self, *words):
        result = self.check()
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for word in words:
            self.assertIn(word, result.stdout)

    def test_takes_a_tree_in_order(self):
        result = self.check()
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def test_refuses_a_folder_above(self):
        self.put("src/base/url.cpp", '\n#include "net/url.h"\n')
        self.refuses("src/base/url.cpp:2: includes net/url.h")

    def test_refuses_openssl_outside_crypto_and_net(self):
        self.put("src/session/record.cpp", "#include <openssl/evp.h>\n")
        self.refuses("src/session/record.cpp:1: includes openssl/evp.h")

    def test_refuses_the_ssl_library_in_crypto(self):
        self.put("src/crypto/tls.cpp", "#include <openssl/ssl.h>\n")
        self.refuses("src/crypto/tls.cpp:1: includes openssl/ssl.h", "src/net/")

    def test_refuses_toml_outside_the_policy_parser(self):
        self.put("src/attestation/core/statement.cpp", "#include <toml++/toml.h>\n")
        self.refuses("src/attestation/core/statement.cpp:1", "src/attestation/policy/")

    def test_takes_toml_in_the_policy_parser(self):
        self.put("src/attestation/policy/keys.cpp", "#include <toml++/toml.h>\n")
        self.assertEqual(self.check().returncode, 0)

    def test_refuses_the_clock_where_trust_is_decided(self):
        self.put("src/session/record.cpp", '#include "base/clock.h"\n')
        self.refuses("src/session/record.cpp:1: includes base/clock.h", "session has no threads, files or clock")

    def test_refuses_sockets_threads_and_files_where_trust_is_decided(self):
        for header in ("sys/socket.h", "thread", "fstream", "unistd.h"):
            with self.subTest(header):
                self.put("src/session/noise.cpp", f"#include <{header}>\n")
                self.refuses(f"includes {header}")

    def test_refuses_more_than_the_header_that_is_lent(self):
        self.put("src/chat/message.cpp", '#include "crypto/secret.h"\n')
        self.assertEqual(self.check().returncode, 0)
        self.put("src/chat/message.cpp", '#include "crypto/aead.h"\n')
        self.refuses("includes crypto/aead.h")

    def test_refuses_an_unknown_folder_and_an_unknown_library(self):
        self.put("src/util/strings.h", "\n")
        self.put("src/base/text.h", "#include <absl/strings/str_cat.h>\n")
        self.refuses("src/util has no row", "includes absl/strings/str_cat.h")

    def test_refuses_a_path_without_folder(self):
        self.put("src/crypto/aead.cpp", '#include "secret.h"\n')
        self.refuses("want the path from src/")

    def test_refuses_a_link_that_the_table_does_not_allow(self):
        self.put("src/crypto/CMakeLists.txt", "minions_library(crypto SOURCES hash.cpp USES base net)\n")
        self.refuses("USES net: crypto may use base")

    def test_refuses_an_include_that_nothing_links(self):
        self.put("src/crypto/CMakeLists.txt", "minions_library(crypto SOURCES hash.cpp)\n")
        self.refuses("lists no USES that brings base")

    def test_refuses_a_table_with_a_cycle(self):
        table = (self.root / "src/layers.toml").read_text(encoding="utf-8")
        write(self.root / "src/layers.toml", table.replace("[folders.base]\nuses = []", '[folders.base]\nuses = ["crypto"]'))
        result = self.check()
        self.assertEqual(result.returncode, 1)
        self.assertIn("cycle", result.stderr)

    def test_warns_at_400_lines_and_refuses_601(self):
        self.put("src/base/long.cpp", "\n" * 401)
        result = self.check()
        self.assertEqual(result.returncode, 0)
        self.assertIn("src/base/long.cpp:401", result.stdout)
        self.put("src/base/long.cpp", "\n" * 601)
        self.refuses("601 lines")


@unittest.skipUnless(shutil.which("cc") and shutil.which("nm"), "needs a C compiler and nm")
class CheckExports(unittest.TestCase):
    def check(self, source):
        with tempfile.TemporaryDirectory() as directory:
            library = pathlib.Path(directory) / "library.so"
            subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library], input=source, text=True, check=True)
            return subprocess.run([sys.executable, ROOT / "scripts/check_exports", library],
                                  capture_output=True, text=True, check=False)

    def test_takes_names_of_our_own(self):
        result = self.check("int minions_version(void) { return 1; }")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_refuses_public_and_internal_names_of_openssl(self):
        for name in ("EVP_DigestInit_ex", "SSL_new", "ossl_rand_ctx_new", "OPENSSL_cleanse", "d2i_X509", "SHA256"):
            with self.subTest(name):
                result = self.check(f"int {name}(void) {{ return 1; }}")
                self.assertEqual(result.returncode, 1)
                self.assertIn(name, result.stdout)

    def test_takes_a_hidden_name(self):
        result = self.check('__attribute__((visibility("hidden"))) int EVP_DigestInit_ex(void) { return 1; }')
        self.assertEqual(result.returncode, 0, result.stdout)


if __name__ == "__main__":
    unittest.main()
