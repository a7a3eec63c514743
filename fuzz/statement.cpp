// Statements: parsed, and through their encoding back to the same statement.
#include "attestation/core/statement.h"

#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

using attestation::Statement;

bool same(const Statement& a, const Statement& b) {
  return a.instance == b.instance && a.epoch == b.epoch && a.not_before == b.not_before && a.not_after == b.not_after &&
         a.noise_x25519 == b.noise_x25519 && a.receipt_ed25519 == b.receipt_ed25519 && a.suites == b.suites &&
         a.tls_spki_sha256 == b.tls_spki_sha256 && a.models == b.models && a.software.name == b.software.name &&
         a.software.version == b.software.version && a.software.build == b.software.build;
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  using attestation::Statement;
  const ByteView input(data, size);
  const auto statement = Statement::parse(input);
  if (!statement) return 0;
  fuzz::require(size <= attestation::kStatementLimitBytes, "no statement is over its limit");
  fuzz::require(statement->suites.size() <= 256, "one byte names a suite");
  fuzz::require(statement->not_before >= 0 && statement->not_after >= 0, "times are not negative");
  const std::string text = statement->to_json();
  if (text.size() > attestation::kStatementLimitBytes) return 0;  // a writer's escapes can be longer
  const auto again = Statement::parse(as_bytes(text));
  fuzz::require(again && fuzz::same(*again, *statement), "a statement comes back from its encoding");
  fuzz::require(again->to_json() == text, "a statement has one encoding");
  return 0;
}
