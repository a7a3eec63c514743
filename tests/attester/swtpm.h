// A software TPM of a test's own: the real swtpm on two loopback ports, with new state, gone with the test.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "attester/temporary_directory.h"

namespace minions::attester {

class Swtpm {
 public:
  [[nodiscard]] static bool is_installed();

  // It serves once this returns. Throws where it does not start.
  Swtpm();
  Swtpm(const Swtpm&) = delete;
  Swtpm& operator=(const Swtpm&) = delete;
  ~Swtpm();

  [[nodiscard]] std::string tcti() const;
  // As when the machine loses its TPM.
  void stop();

 private:
  [[nodiscard]] bool start(std::uint16_t port);

  TemporaryDirectory state_;
  std::uint16_t port_ = 0;
  std::optional<pid_t> process_;
};

}  // namespace minions::attester
