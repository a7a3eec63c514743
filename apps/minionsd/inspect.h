// What `minionsd doctor` finds out about each part of the machine.
#pragma once

#include "attester/platform.h"
#include "model_source.h"
#include "net/task.h"

namespace minions::minionsd {

struct DoctorOptions {
  enum class Format { kText, kJson };
  Format format = Format::kText;
  attester::AttesterOptions attester;
  std::optional<std::string> tls_cert;  // with tls_key
  std::optional<std::string> tls_key;
  std::optional<std::string> attestation_key_path;
  std::optional<net::tcp::endpoint> listen;  // where it is named
  std::optional<std::string> api_keys_file;
  std::optional<std::string> model_file;
  ModelSourceOptions models;  // looked at where there is an upstream
};

struct Finding {
  enum class State {
    kGood,
    kAbsent,  // a part that this machine may lack
    kNote,    // prevents nothing, but worth knowing
    kBad,     // minionsd would not attest, or not start
  };
  std::string part;
  State state = State::kGood;
  std::string found;
  std::string fix;  // what to do; empty if nothing needs doing
};

// All of them, in order of dependency.
[[nodiscard]] std::vector<Finding> inspect(const DoctorOptions& options);

// Space for the keys of 10,000 sessions and of the epochs.
inline constexpr std::size_t kKeyArenaBytes = 4 * 1024 * 1024;

}  // namespace minions::minionsd
