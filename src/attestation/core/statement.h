// The statement: what an instance of minionsd states about itself, hashed and signed as the exact bytes served
// (protocol section 3). Parsing judges only its form; appraise() judges whether a statement holds.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace minions::attestation {

inline constexpr std::size_t kStatementLimitBytes = 64 * 1024;
inline constexpr std::size_t kOverridesLimit = 16;
inline constexpr std::size_t kOverrideNameLimitBytes = 32;

enum class Suite {
  kHybrid,     // X25519 and ML-KEM-768
  kClassical,  // X25519
};
// In the order in which a client prefers them.
inline constexpr Suite kSuites[] = {Suite::kHybrid, Suite::kClassical};

// The Noise protocol name, which is also the name in statement.suites.
[[nodiscard]] std::string_view noise_name(Suite suite);
[[nodiscard]] std::optional<Suite> suite_from_name(std::string_view name);

struct ModelEntry {
  enum class Where {
    kInProcess,  // inside minionsd
    kLoopback,   // in the same confidential VM
    kRemote,     // elsewhere: the prompt leaves the VM
  };
  std::string id;
  std::string engine;
  Where where = Where::kRemote;
  std::optional<std::string> weights_sha256;  // hex of 32 bytes
  // Hex of 32 bytes, of the file that turns pictures into the model's input: weights too, which decide what the model
  // sees. The member is absent if there is none.
  std::optional<std::string> projector_sha256 = std::nullopt;
  enum class Compute { kCpu, kGpu };
  // The processor that the model computes on. The member is absent if the server does not know.
  std::optional<Compute> compute = std::nullopt;
  // The keys and values of prompts that the model server keeps, to be faster when another begins the same: whom they
  // serve.
  enum class PromptCache {
    kSession,  // only the session whose prompt it was
    kShared,   // every session: the speed of an answer may reveal what others asked. Also if unknown
    kNone,     // nothing is kept
  };
  std::optional<PromptCache> prompt_cache =
      std::nullopt;  // nothing: a server from before this member, which states nothing

  [[nodiscard]] bool operator==(const ModelEntry&) const = default;
};

[[nodiscard]] std::string_view name_of(ModelEntry::Where where);
[[nodiscard]] std::string_view name_of(ModelEntry::PromptCache cache);
[[nodiscard]] std::string_view name_of(ModelEntry::Compute compute);

struct Software {
  std::string name;
  std::string version;
  std::string build;
};

struct Statement {
  ByteArray<16> instance{};
  std::uint64_t epoch = 0;
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  ByteArray<32> noise_x25519{};
  ByteArray<32> receipt_ed25519{};
  std::vector<std::string> suites;  // at most 256, so that one byte names an index
  std::vector<Digest32> tls_spki_sha256;
  std::vector<ModelEntry> models;
  Software software;
  // Parts of the platform that the operator named instead of the machine's own: "tsm-root", "imds". For tests; the
  // member is absent if there is none.
  std::vector<std::string> overrides;

  // The bytes as served. Unknown members are ignored; a missing or ill-formed one is kMalformed with its name.
  [[nodiscard]] static Result<Statement> parse(ByteView exact);
  // For the server, once per epoch. A client never re-encodes a statement.
  [[nodiscard]] std::string to_json() const;
};

// C of the protocol: SHA-256 of the bytes as served.
[[nodiscard]] Digest32 statement_digest(ByteView exact);

}  // namespace minions::attestation
