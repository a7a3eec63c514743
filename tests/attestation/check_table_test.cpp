// The table of checks: it has each check that any row of the attackers' tables makes, and the lists in docs/ are it.
#include "attestation/core/check_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/paths.h"

namespace minions::attestation {
namespace {

// What stands in a file between `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
std::string between_marks(const std::filesystem::path& file, const std::string& name) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::string begin = fmt::format("<!-- {}: begin -->\n", name);
  const std::size_t from = text.find(begin);
  const std::size_t to = text.find(fmt::format("<!-- {}: end -->", name));
  return from == std::string::npos || to == std::string::npos
             ? std::string()
             : text.substr(from + begin.size(), to - from - begin.size());
}

TEST(CheckTable, IsTheListInTheDocs) {
  std::string list = "| check | a failure says | the operator |\n|---|---|---|\n";
  for (const CheckRow& row : check_table())
    list +=
        fmt::format("| {} | {} | {} |\n", row.name, row.failure, row.operators_fix.empty() ? "-" : row.operators_fix);
  EXPECT_EQ(between_marks(test::vectors_folder() / "../../docs/attestation.md", "checks"), list);
}

TEST(CheckTable, ItsWaiversAreTheListInTheDocs) {
  std::string list = "| waiver | covers |\n|---|---|\n";
  for (const Waiver& waiver : waiver_table()) list += fmt::format("| `{}` | {} |\n", waiver.name, waiver.text);
  EXPECT_EQ(between_marks(test::vectors_folder() / "../../docs/policy.md", "waivers"), list);
}

TEST(CheckTable, HasARowForWhatAWaiverCovers) {
  for (const Waiver& waiver : waiver_table()) {
    std::istringstream covers{std::string(waiver.covers)};
    for (std::string id; covers >> id;) EXPECT_NE(row_of(id), nullptr) << waiver.name;
  }
}

TEST(CheckTable, PrefersTheRowWithMoreComponentsThenTheOneThatNamesTheType) {
  EXPECT_EQ(row_of("evidence.tdx.tcb.not_revoked")->name, "tdx tcb not revoked");
  EXPECT_EQ(row_of("evidence.tdx.tcb.module")->name, "tdx tcb, tcb module, tcb quoting enclave");
  EXPECT_FALSE(row_of("evidence.nvidia-gpu.policy.ocsp.driver_rim.not_revoked")->in_policy);
  EXPECT_TRUE(row_of("evidence.nvidia-gpu.policy.ocsp.driver_rim")->in_policy);
  EXPECT_EQ(row_of("evidence.azure-maa.binding.nonce")->types, "*");
  EXPECT_EQ(row_of("no.such.check"), nullptr);
  EXPECT_EQ(row_of("evidence.tdx.no_such_group"), nullptr);
  EXPECT_EQ(row_of("policyx"), nullptr);
}

TEST(CheckTable, LetsNoPolicyAndNoWaiverPassOverAWithdrawal) {
  for (const std::string_view id :
       {"evidence.nvidia-gpu.policy.ocsp.not_revoked", "evidence.nvidia-gpu.policy.ocsp.driver_rim.not_revoked",
        "evidence.nvidia-gpu.policy.ocsp.vbios_rim.not_revoked", "evidence.nvidia-nras.policy.ocsp.not_revoked",
        "evidence.azure-maa.policy.not_revoked", "evidence.tdx.tcb.not_revoked",
        "evidence.azure-tdx-vtpm.tcb.not_revoked"}) {
    EXPECT_TRUE(is_withdrawal(id)) << id;
    ASSERT_NE(row_of(id), nullptr) << id;
    EXPECT_FALSE(row_of(id)->in_policy) << id;
    for (const Waiver& waiver : waiver_table()) EXPECT_FALSE(waiver_covers(waiver.name, id)) << waiver.name << id;
  }
}

}  // namespace
}  // namespace minions::attestation
