// minionsd: the server's side, in the confidential VM.
#include <fmt/format.h>

#include <cstdlib>

#include "attester/tpm.h"
#include "base/terminal_text.h"
#include "crypto/process.h"
#include "doctor.h"
#include "gateway/api_keys.h"
#include "net/io_thread.h"
#include "options.h"
#include "serve.h"

namespace {

using namespace minions;

int report(const Error& error) {
  fmt::print(stderr, "minionsd: error: {}\n", line_for_terminal(error.detail));
  return error.code == ErrorCode::kUsage ? 2 : 1;
}

int make_key(const minionsd::KeyOptions& options) {
  crypto::SystemRandom random;
  const auto key = gateway::ApiKeys::add(options.file, options.name, random);
  if (!key) return report(key.error());
  fmt::print("{}\n", key->reveal());
  return 0;
}

int protect_process() {
  if (const Status forbidden = crypto::forbid_dumps(); !forbidden) return report(forbidden.error());
  const auto arena = crypto::reserve_locked_arena(minionsd::kKeyArenaBytes);
  if (!arena) return report(arena.error());
  if (*arena == crypto::ArenaState::kNotLocked) {
    fmt::print(
        stderr,
        "minionsd: error: {} bytes for keys cannot be locked in memory\nminionsd: hint: raise the limit: ulimit -l, or "
        "LimitMEMLOCK= of the systemd unit\n",
        minionsd::kKeyArenaBytes);
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  net::ignore_sigpipe();
  attester::quiet_tpm_library();
  const auto options = minionsd::parse_options(argc, argv);
  if (!options) return options.error();
  // The doctor's findings are in its report.
  log::configure(options->doctor ? log::Level::kError : options->log_level, options->log_format);
  if (options->new_key) return make_key(*options->new_key);
  if (options->doctor) return minionsd::doctor(*options->doctor);
  if (const int failed = protect_process(); failed != 0) return failed;
  if (const Status served = minionsd::serve(*options->serve); !served) return report(served.error());
  return 0;
}
