// What the sandbox of minions-extract denies, tried inside it; and, so that each attempt is known to work, outside it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <sstream>

#include "documents/extractor.h"
#include "formats/extract_protocol.h"

namespace minions::documents {
namespace {

using formats::ExtractExit;

constexpr const char* kSelfTest = MINIONS_EXTRACT " self-test ";

struct Outcome {
  std::map<std::string, std::string> attempts;
  int exit_status;
};

Outcome self_test(const std::string& options) {
  Outcome outcome;
  FILE* const pipe = popen((kSelfTest + options).c_str(), "re");
  if (pipe == nullptr) return {{}, -1};
  std::string name;
  char word[128];
  while (fscanf(pipe, "%127s", word) == 1) {
    const std::string text = word;
    if (text == "denied" || text == "allowed") {
      outcome.attempts[name] = text;
    } else {
      name = text;
    }
  }
  outcome.exit_status = WEXITSTATUS(pclose(pipe));
  return outcome;
}

bool machine_has_sandbox() { return check_extractor({.helper = MINIONS_EXTRACT}).has_value(); }

// Each mode is confined on its own: programs that are started read libraries, what is parsed here reads nothing, or the
// character sets among them.
TEST(Sandbox, DeniesEachModeEverythingButItsOwnFiles) {
  const std::pair<const char*, const char*> modes[] = {
      {"pdf", "allowed"},   {"pdf-info", "allowed"}, {"pdf-image", "allowed"}, {"ocr", "allowed"},
      {"office", "denied"}, {"html", "allowed"},     {"mail", "allowed"},      {"image", "denied"},
      {"pixels", "denied"}, {"reduce", "denied"}};
  for (const auto& [mode, libraries] : modes) {
    const Outcome outcome = self_test(std::string("--as=") + mode);
    if (!machine_has_sandbox()) {
      EXPECT_TRUE(outcome.exit_status == static_cast<int>(ExtractExit::kNoLandlock) ||
                  outcome.exit_status == static_cast<int>(ExtractExit::kNoSeccomp));
      EXPECT_TRUE(outcome.attempts.empty());
      continue;
    }
    EXPECT_EQ(outcome.exit_status, 0);
    EXPECT_GE(outcome.attempts.size(), 68U);
    for (const auto& [name, result] : outcome.attempts) {
      EXPECT_EQ(result, name == "read-library" ? libraries : "denied") << mode << " " << name;
    }
  }
}

TEST(Sandbox, AttemptsSucceedWhereNothingIsDenied) {
  for (const char* name :
       {"read-file", "read-folder", "read-process", "write-file", "make-folder", "memory-file", "socket-inet",
        "socket-unix", "signal-parent", "exec-shell", "exec-reader", "open-by-path", "read-library",
        // What reaches other processes, or files that others have open.
        "file-owner", "file-owner-ex", "file-owner-wide", "file-signal", "file-async", "file-lock", "file-lease",
        "file-seal", "file-notify", "pipe-size", "ioctl-async", "ioctl-owner", "ioctl-socket-owner", "ioctl-count",
        "terminal-input", "terminal-group", "signal-thread", "signal-any-thread", "signal-queue", "signal-queue-thread",
        "signal-timer", "process-file", "process-file-signal", "process-group", "process-memory",
        "process-memory-write", "process-priority", "process-io-priority", "process-scheduler", "process-processors",
        "process-limits", "process-clock", "process-locks", "futex-priority", "barrier", "poison-page", "tracer",
        "death-signal"}) {
    EXPECT_EQ(self_test(std::string("--unsafe-no-sandbox --attempt=") + name).attempts[name], "allowed") << name;
  }
}

TEST(Sandbox, LimitsOfMemoryHoldWithoutIt) {
  EXPECT_EQ(self_test("--unsafe-no-sandbox --attempt=allocate").attempts["allocate"], "denied");
}

TEST(Sandbox, PassesNoOpenFileOn) {
  const int secret = open("/etc/passwd", O_RDONLY);  // inherited by children, as a careless library's would be
  ASSERT_GE(secret, 3);
  EXPECT_EQ(self_test("--unsafe-no-sandbox --attempt=inherited-file").attempts["inherited-file"], "denied");
  close(secret);
}

TEST(Sandbox, RefusesArgumentsItDoesNotKnow) {
  const int usage = static_cast<int>(ExtractExit::kUsage);
  for (const char* options : {"--attempt=unknown", "--attempt=", "--no-sandbox", "--memory-bytes=0",
                              "--memory-bytes=1x", "extra", "--as=unknown", "--pages=1", "--pages=2-1", "--pages=0-1",
                              "'--pages=1-2;x'", "--language=../x", "--language="}) {
    EXPECT_EQ(self_test(std::string(options) + " 2>/dev/null").exit_status, usage) << options;
  }
}

}  // namespace
}  // namespace minions::documents
