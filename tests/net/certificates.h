// Throw-away certificates for the tests, made when they run.
#pragma once

#include <filesystem>
#include <string>

#include "base/bytes.h"

namespace minions::net {

// A self-signed certificate for `name` (DNS) and 127.0.0.1, with its P-256 key, as files that go with the object.
class TestCertificate {
 public:
  explicit TestCertificate(const std::string& name);
  ~TestCertificate();
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  struct Making {
    long valid_from_s = -3600;  // from now
    long valid_until_s = 3600;
    const char* curve = "P-256";
    const char* purpose = nullptr;  // extended key usage
  };
  // A new key and certificate into the same files.
  void renew(const Making& making);
  void renew() { renew(Making()); }
  [[nodiscard]] std::string certificate_file() const { return directory_ / "certificate.pem"; }
  [[nodiscard]] std::string key_file() const { return directory_ / "key.pem"; }
  [[nodiscard]] const Digest32& spki_sha256() const { return spki_sha256_; }

 private:
  std::string name_;
  std::filesystem::path directory_;
  Digest32 spki_sha256_{};
};

}  // namespace minions::net
