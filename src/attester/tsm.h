// Reports by configfs-tsm, the kernel's one interface to the platforms' own (Documentation/ABI/testing/configfs-tsm):
// a directory made below the root is a request of its own, with files for the input and for what the platform answers.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "attestation/core/binding.h"
#include "attester/retry.h"

namespace minions::attester {

inline constexpr std::string_view kSnpProvider = "sev_guest";
inline constexpr std::string_view kTdxProvider = "tdx_guest";

// The file system as it is used here. Tests derive one that answers as the kernel would.
// kNotFound: no such file; kBusy: EBUSY, EAGAIN; kTimeout: ETIMEDOUT; kIo: everything else.
class TsmFiles {
 public:
  explicit TsmFiles(std::filesystem::path root) : root_(std::move(root)) {}
  virtual ~TsmFiles() = default;

  [[nodiscard]] virtual Status make_entry(const std::string& entry);
  [[nodiscard]] virtual Status remove_entry(const std::string& entry);
  [[nodiscard]] virtual Result<Bytes> read(const std::string& entry, std::string_view attribute);
  // In one write: each one makes the kernel forget what an earlier one said.
  [[nodiscard]] virtual Status write(const std::string& entry, std::string_view attribute, ByteView bytes);
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

struct TsmReport {
  Bytes out;  // the report or quote
  Bytes aux;  // certificates, with SEV-SNP; empty where the platform gives none
};

class TsmReports {
 public:
  explicit TsmReports(std::unique_ptr<TsmFiles> files, RetryPolicy patience = {})
      : files_(std::move(files)), patience_(std::move(patience)) {}

  // Who answers: kSnpProvider, kTdxProvider or another. Makes an entry for it and removes it.
  [[nodiscard]] Result<std::string> provider();
  // From a fresh entry, which is removed whatever happens. Only a report that nobody else's write can have touched is
  // given: the entry's generation has moved by our writes alone. Tried three times, then kBusy.
  [[nodiscard]] Result<TsmReport> report(std::string_view provider, const attestation::ReportData64& data);
  [[nodiscard]] const std::filesystem::path& root() const { return files_->root(); }

 private:
  class Entry;
  // Nothing: somebody else wrote to the entry meanwhile.
  [[nodiscard]] Result<std::optional<TsmReport>> report_once(std::string_view provider,
                                                             const attestation::ReportData64& data);

  std::unique_ptr<TsmFiles> files_;
  RetryPolicy patience_;
};

}  // namespace minions::attester
