// A report directory that behaves as the kernel's configfs-tsm does, on a real file system: what TsmFiles reads and
// writes are real files, which appear with an entry, answer writes, and go with it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>

#include "attester/temporary_directory.h"
#include "attester/tsm.h"

namespace minions::attester {

// Shared by the files and the test, which keeps it.
struct FakeTsm {
  std::string provider = "sev_guest";
  std::function<Bytes(ByteView inblob)> answer;  // outblob
  Bytes aux;
  bool has_aux = true;
  std::optional<int> privlevel_floor = 0;

  // What happens beside the kernel's own behaviour.
  std::function<void(FakeTsm&)> after_inblob;            // others write, for instance
  std::map<std::string, std::deque<ErrorCode>> failing;  // by attribute: the next accesses fail so

  // What was seen.
  std::uint64_t generation = 0;
  std::vector<std::string> writes;  // "privlevel 1\n", "inblob"
  int made = 0;
  std::set<std::string> entries;

  TemporaryDirectory directory;
};

class FakeTsmFiles final : public TsmFiles {
 public:
  explicit FakeTsmFiles(FakeTsm& tsm) : TsmFiles(tsm.directory.path()), tsm_(tsm) {}

  [[nodiscard]] Status make_entry(const std::string& entry) override;
  [[nodiscard]] Status remove_entry(const std::string& entry) override;
  [[nodiscard]] Result<Bytes> read(const std::string& entry, std::string_view attribute) override;
  [[nodiscard]] Status write(const std::string& entry, std::string_view attribute, ByteView bytes) override;

 private:
  [[nodiscard]] Status failure_of(std::string_view attribute);
  FakeTsm& tsm_;
};

}  // namespace minions::attester
