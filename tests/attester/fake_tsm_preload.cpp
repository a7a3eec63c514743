// With LD_PRELOAD, entries below $FAKE_TSM_ROOT behave as those of the kernel's configfs-tsm on an SEV-SNP guest whose
// keys are the tests' own: attributes appear with mkdir, reading outblob makes a report, rmdir takes all away.
// FAKE_TSM_DEBUG makes it a guest that the host may debug. Everything else is passed on. $FAKE_TSM_ROOT/../pins.json
// says what a policy may pin.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdarg>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "attestation/synthetic_snp.h"
#include "attester/cert_table_bytes.h"
#include "attester/temporary_directory.h"
#include "base/encoding.h"

namespace {

using namespace minions;
namespace fs = std::filesystem;
namespace snp = attestation::synthetic_snp;

class Guest {
 public:
  explicit Guest(fs::path root) : root_(std::move(root)) {
    const auto now =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
    for (auto* certificate : {&platform_.ark, &platform_.ask, &platform_.leaf}) {
      certificate->not_before = now - snp::kDay;
      certificate->not_after = now + snp::kDay;
    }
    if (std::getenv("FAKE_TSM_DEBUG") != nullptr) platform_.put(0x08, Bytes{0, 0, 0x0b, 0, 0, 0, 0, 0});  // DEBUG
    const auto certificates = platform_.certificates();
    const auto der = [&](std::size_t index) { return std::string(as_text(certificates[index].der())); };
    table_ = attester::cert_table(
        {{attester::kVcekGuid, der(0)}, {attester::turned(attester::kAskGuid), der(1)}, {attester::kArkGuid, der(2)}});
    const nlohmann::json pins = {{"amd", to_hex(certificates.back().sha256())},
                                 {"measurement", to_hex(ByteView(platform_.report).subspan(0x90, 48))}};
    attester::write_file(root_.parent_path() / "pins.json", pins.dump());
  }

  [[nodiscard]] bool has(const fs::path& entry) const { return entry.parent_path() == root_; }

  void make(const fs::path& entry) {
    generation_ = 0;
    for (const char* empty : {"inblob", "outblob", "auxblob", "privlevel"}) attester::write_file(entry / empty, "");
    attester::write_file(entry / "provider", "sev_guest\n");
    attester::write_file(entry / "privlevel_floor", "0\n");
    attester::write_file(entry / "generation", "0\n");
  }
  static void clear(const fs::path& entry) {
    for (const auto& file : fs::directory_iterator(entry)) fs::remove(file);
  }
  void opened_for_writing(const fs::path& attribute) {
    attester::write_file(attribute.parent_path() / "generation", std::to_string(++generation_) + "\n");
  }
  void opened_for_reading(const fs::path& attribute) {
    if (attribute.filename() != "outblob") return;
    const std::string input = attester::content(attribute.parent_path() / "inblob");
    platform_.put(0x50, as_bytes(input));
    attester::write_file(attribute, std::string(as_text(platform_.signed_report())));
    attester::write_file(attribute.parent_path() / "auxblob", std::string(as_text(table_)));
  }

 private:
  fs::path root_;
  snp::Platform platform_;
  Bytes table_;
  int generation_ = 0;
};

// Null while it is made, and where no root is named: its own files are opened meanwhile.
Guest* guest() {
  static const char* root = std::getenv("FAKE_TSM_ROOT");
  static bool making = false;
  if (root == nullptr || making) return nullptr;
  making = true;
  static Guest it{fs::path(root)};
  making = false;
  return &it;
}

bool may_concern(const char* path) {
  const char* root = std::getenv("FAKE_TSM_ROOT");
  return root != nullptr && std::string_view(path).starts_with(root);
}

int open_as_told(const char* path, int flags, mode_t mode) {
  static bool inside = false;  // the guest's own files; one thread at a time collects
  if (!inside && may_concern(path)) {
    inside = true;
    if (Guest* it = guest(); it != nullptr && it->has(fs::path(path).parent_path())) {
      if ((flags & O_ACCMODE) == O_WRONLY) it->opened_for_writing(path);
      if ((flags & O_ACCMODE) == O_RDONLY) it->opened_for_reading(path);
    }
    inside = false;
  }
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return open_as_told(path, flags, mode);
}
// As the fortified headers name it.
__attribute__((visibility("default"))) int __open_2(const char* path, int flags) {
  return open_as_told(path, flags, 0);
}

__attribute__((visibility("default"))) int mkdir(const char* path, mode_t mode) {
  const int made = static_cast<int>(::syscall(SYS_mkdir, path, mode));
  if (made == 0 && may_concern(path)) {
    if (Guest* it = guest(); it != nullptr && it->has(path)) it->make(path);
  }
  return made;
}

__attribute__((visibility("default"))) int rmdir(const char* path) {
  if (may_concern(path)) {
    if (Guest* it = guest(); it != nullptr && it->has(path)) Guest::clear(path);
  }
  return static_cast<int>(::syscall(SYS_rmdir, path));
}
}
