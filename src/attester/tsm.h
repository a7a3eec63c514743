// Reports through configfs-tsm, the kernel's common interface to the platforms
// (Documentation/ABI/testing/configfs-tsm): a directory created below the root is a separate request, with files for
// the input and for the platform's answers.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "attestation/core/binding.h"
#include "attester/retry.h"

namespace minions::attester {

inline constexpr std::string_view kSnpProvider = "sev_guest";
inline constexpr std::string_view kTdxProvider = "tdx_guest";

// The file system as used here. Tests derive one that answers like the kernel. kNotFound: no such file; kBusy: EBUSY,
// EAGAIN; kTimeout: ETIMEDOUT; kIo: everything else.
class TsmFiles {
 public:
  explicit TsmFiles(std::filesystem::path root) : root_(std::move(root)) {}
  virtual ~TsmFiles() = default;

  [[nodiscard]] virtual Status make_entry(const std::string& entry);
  [[nodiscard]] virtual Status remove_entry(const std::string& entry);
  [[nodiscard]] virtual Result<Bytes> read(const std::string& entry, std::string_view attribute);
  // In one write: each write makes the kernel forget the previous one.
  [[nodiscard]] virtual Status write(const std::string& entry, std::string_view attribute, ByteView bytes);
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

struct TsmReport {
  Bytes out;  // the report or quote
  Bytes aux;  // certificates, with SEV-SNP; empty if the platform gives none
};

class TsmReports {
 public:
  explicit TsmReports(std::unique_ptr<TsmFiles> files, RetryPolicy patience = {})
      : files_(std::move(files)), patience_(std::move(patience)) {}

  // The provider: kSnpProvider, kTdxProvider or another. Creates an entry for it and removes it.
  [[nodiscard]] Result<std::string> provider();
  // From a fresh entry, which is removed whatever happens. Returns only a report that no other process's write can have
  // touched: only our writes changed the entry's generation. Tried three times, then kBusy.
  [[nodiscard]] Result<TsmReport> report(std::string_view provider, const attestation::ReportData64& data);
  [[nodiscard]] const std::filesystem::path& root() const { return files_->root(); }

 private:
  class Entry;
  // Nothing: another process wrote to the entry meanwhile.
  [[nodiscard]] Result<std::optional<TsmReport>> report_once(std::string_view provider,
                                                             const attestation::ReportData64& data);

  std::unique_ptr<TsmFiles> files_;
  RetryPolicy patience_;
};

}  // namespace minions::attester
