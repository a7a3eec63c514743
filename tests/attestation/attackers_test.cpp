// The table of attackers: what each gets against each policy, judged as a whole. docs/threat_model.md shows it.
#include "attestation/attackers.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "attestation/core/check_table.h"
#include "attestation/policy/draft.h"
#include "support/paths.h"

namespace minions::attestation::attackers {
namespace {

constexpr std::string_view kBegin = "<!-- the table of attackers: begin -->\n";
constexpr std::string_view kEnd = "<!-- the table of attackers: end -->\n";

using Cells = std::vector<std::vector<std::string>>;

const std::vector<Table>& all_tables() {
  static const std::vector<Table> all = tables();
  return all;
}

// [row][column]
std::vector<std::vector<AttestationResult>> results_of(const Table& table, bool own_key) {
  std::vector<std::vector<AttestationResult>> results;
  for (const Attacker& attacker : table.rows) {
    Machine machine = table.genuine;
    attacker.act(machine);
    if (own_key) take_own_key(machine);
    const synthetic::Offer offer = machine.offer();
    results.emplace_back();
    for (const Column& column : table.columns) results.back().push_back(offer.judged(column.policy));
  }
  return results;
}

const std::vector<std::vector<AttestationResult>>& results_of(std::size_t table) {
  static std::map<std::size_t, std::vector<std::vector<AttestationResult>>> known;
  const auto found = known.find(table);
  if (found != known.end()) return found->second;
  return known[table] = results_of(all_tables().at(table), false);
}

std::string line_of(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

std::string head_of(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) line += "---|";
  return line_of(cells) + line + "\n";
}

std::string rendered(std::size_t index) {
  const Table& table = all_tables().at(index);
  std::vector<std::string> names = {"attacker"};
  for (const Column& column : table.columns) names.push_back(column.name);
  std::string text = fmt::format("#### {}\n\n", table.title) + head_of(names);
  const auto& results = results_of(index);
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    std::vector<std::string> cells = {table.rows[row].name};
    for (const AttestationResult& result : results[row]) cells.push_back(outcome_of(result, table.genuine.kind));
    text += line_of(cells);
  }
  return text + "\n";
}

std::string rendered_keys() {
  std::string text = "#### Each key of a policy\n\n";
  text += head_of({"key", "machine", "kind", "without the key", "with the key"});
  for (const KeyRow& row : key_rows()) {
    const KeyOutcome outcome = judge(row);
    text += line_of({fmt::format("`{}`", row.key), row.machine, row.kind, outcome.without, outcome.with});
  }
  return text;
}

std::string project_file(std::string_view name) {
  const auto path = test::vectors_folder().parent_path().parent_path() / name;
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// The first line that is not the same in both.
std::string first_difference(const std::string& shown, const std::string& found) {
  std::istringstream shown_lines(shown), found_lines(found);
  for (std::string want, have; std::getline(found_lines, have);) {
    if (!std::getline(shown_lines, want)) want = "nothing";
    if (want != have) return fmt::format("it shows\n  {}\nand so it is\n  {}\n", want, have);
  }
  return "it shows more lines than there are\n";
}

// The whole section for docs/threat_model.md, printed once where it differs.
TEST(Attackers, GetWhatTheThreatModelShows) {
  std::string section = "\n";
  for (std::size_t i = 0; i < all_tables().size(); ++i) section += rendered(i);
  section += rendered_keys() + "\n";
  const std::string text = project_file("docs/threat_model.md");
  const std::size_t begin = text.find(kBegin);
  const std::size_t end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos) << "docs/threat_model.md lacks " << kBegin;
  ASSERT_NE(end, std::string::npos) << "docs/threat_model.md lacks " << kEnd;
  const std::string shown = text.substr(begin + kBegin.size(), end - begin - kBegin.size());
  EXPECT_TRUE(shown == section) << first_difference(shown, section)
                                << "between the two markers docs/threat_model.md must have:\n"
                                << kBegin << section << kEnd;
}

// Written by hand, not taken from results: what the meaning of the classes leaves for each attacker at best.
TEST(Attackers, NeverReachMoreThanTheClassesMean) {
  for (std::size_t i = 0; i < all_tables().size(); ++i) {
    const Table& table = all_tables()[i];
    const auto& results = results_of(i);
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      for (std::size_t column = 0; column < table.columns.size(); ++column) {
        const AttestationResult& result = results[row][column];
        if (!result.accepted()) continue;
        const auto& at_most = table.rows[row].at_most;
        const std::string where =
            fmt::format("{}: {}, {}", table.title, table.rows[row].name, table.columns[column].name);
        ASSERT_TRUE(result.verdict.verdict_class) << where;
        if (!at_most) {
          ADD_FAILURE() << where << " is accepted as " << name_of(*result.verdict.verdict_class);
        } else {
          EXPECT_LE(*result.verdict.verdict_class, *at_most) << where;
        }
        EXPECT_GE(*result.verdict.verdict_class, table.columns[column].policy.rules().require.value) << where;
      }
    }
  }
}

// The genuine server must not be refused by what was written for it.
// `minions policy init` from a machine with a revoked part: what it writes must not take that.
TEST(Attackers, GetNoPolicyThatTakesWhatIsRevoked) {
  std::size_t revoked = 0;
  for (const Table& table : all_tables()) {
    for (const Attacker& attacker : table.rows) {
      if (attacker.name.find("revoked") == std::string::npos || attacker.at_most) continue;
      Machine machine = table.genuine;
      attacker.act(machine);
      synthetic::Offer offer = machine.offer();
      // Whoever stands between can leave out any other answer, on the day when the policy is written.
      const std::size_t answers = offer.document->endorsements[std::string(endorsement::kOcsp)].size();
      for (std::size_t left_out = 0; left_out <= answers; ++left_out) {
        synthetic::Offer shown = offer;
        auto& stapled = shown.document->endorsements[std::string(endorsement::kOcsp)];
        if (left_out < answers) stapled.erase(stapled.begin() + static_cast<std::ptrdiff_t>(left_out));
        const AppraisalPolicy base = AppraisalPolicy::built_in();
        const AttestationResult result = shown.judged(base);
        const bool is_told = std::any_of(result.checks.begin(), result.checks.end(), [](const Check& check) {
          return check.outcome == Outcome::kFail && check.id.ends_with(".not_revoked");
        });
        if (left_out < answers && !is_told) continue;  // that was the answer
        const auto written = draft_policy(
            {*shown.document, result, base.rules(), "https://server.example", synthetic::kNow, Covers::kRoot});
        ASSERT_TRUE(written) << written.error().detail;
        EXPECT_FALSE(offer.judged(parsed(*written)).accepted()) << table.title << ": " << attacker.name << left_out;
      }
      ++revoked;
    }
  }
  EXPECT_GT(revoked, 4U);
}

TEST(Attackers, LeaveTheGenuineServerWhatItsPolicyReaches) {
  const std::map<std::string, std::string> wanted = {{"init", "operator-trusted"},
                                                     {"init, covers root", "confidential"},
                                                     {"the same, no key pinned", "confidential"},
                                                     {"covers config, no key pinned", "confidential"}};
  for (std::size_t i = 0; i < all_tables().size(); ++i) {
    const Table& table = all_tables()[i];
    if (table.genuine.kind == evidence_type::kSimulated) continue;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      const auto found = wanted.find(table.columns[column].name);
      if (found == wanted.end()) continue;
      const AttestationResult& result = results_of(i)[0][column];
      EXPECT_EQ(outcome_of(result, table.genuine.kind), found->second) << table.title << ", " << found->first << "\n"
                                                                       << result.to_text();
    }
  }
}

// Where the operator's key is pinned, nobody without it comes further; where none is, the key changes nothing.
TEST(Attackers, WithoutTheOperatorsKeyAreRefusedWhereItIsPinned) {
  for (std::size_t i = 0; i < all_tables().size(); ++i) {
    const Table& table = all_tables()[i];
    const auto& with_key = results_of(i);
    const auto own_key = results_of(table, true);
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      for (std::size_t column = 0; column < table.columns.size(); ++column) {
        const PolicyRules& rules = table.columns[column].policy.rules();
        const std::string where =
            fmt::format("{}: {}, {}", table.title, table.rows[row].name, table.columns[column].name);
        const AttestationResult& result = own_key[row][column];
        if (rules.operator_key_sha256) {
          EXPECT_FALSE(result.accepted()) << where;
        } else if (table.genuine.kind != evidence_type::kSimulated) {
          EXPECT_EQ(outcome_of(result, table.genuine.kind), outcome_of(with_key[row][column], table.genuine.kind))
              << where;
        }
      }
    }
  }
}

TEST(Attackers, MeetChecksThatTheTableOfChecksHas) {
  std::set<std::string> ids;
  for (std::size_t table = 0; table < all_tables().size(); ++table) {
    for (const auto& row : results_of(table))
      for (const AttestationResult& result : row)
        for (const Check& check : result.checks) ids.insert(check.id);
  }
  EXPECT_GT(ids.size(), 100U);
  for (const std::string& id : ids) EXPECT_NE(row_of(id), nullptr) << id;
}

TEST(Attackers, MeetEveryKeyOfAPolicy) {
  std::set<std::string> rows;
  for (const KeyRow& row : key_rows()) EXPECT_TRUE(rows.insert(row.key).second) << row.key << " stands twice";
  std::set<std::string> keys;
  for (const RuleText& rule : describe(AppraisalPolicy::built_in().rules()))
    if (!rule.name.starts_with("[waive]")) keys.insert(rule.name);
  for (const Waiver& waiver : waiver_table()) keys.insert(fmt::format("[waive] {}", waiver.name));
  for (const std::string& key : keys) EXPECT_TRUE(rows.contains(key)) << key << " has no row in attacker_keys.cpp";
  for (const std::string& row : rows) EXPECT_TRUE(keys.contains(row)) << row << " is no key of a policy";
}

// A row whose outcome does not turn on its key would not notice the rule's loss.
TEST(Attackers, TurnOnEachKey) {
  for (const KeyRow& row : key_rows()) {
    const KeyOutcome outcome = judge(row);
    EXPECT_NE(outcome.without, outcome.with) << row.key << ", " << row.machine;
  }
}

TEST(Attackers, BringEveryKindOfEvidence) {
  std::set<std::string> seen;
  for (const Table& table : all_tables()) {
    for (const Attacker& attacker : table.rows) {
      Machine machine = table.genuine;
      attacker.act(machine);
      const synthetic::Offer offer = machine.offer();
      for (const EvidenceItem& item : offer.document->evidence) seen.insert(item.type);
    }
  }
  const std::string header = project_file("src/attestation/core/evidence.h");
  static const std::regex type_of(R"re(string_view k\w+ = "([a-z-]+)";)re");
  std::set<std::string> types;
  for (std::sregex_iterator found(header.begin(), header.end(), type_of), end; found != end; ++found)
    types.insert((*found)[1]);
  EXPECT_TRUE(types.contains("simulated"));
  EXPECT_EQ(seen, types);
}

bool cites(const Check& check, const std::string& source) {
  const auto in = [&](const std::string& text) { return std::regex_search(text, std::regex(source + "([^0-9]|$)")); };
  return in(check.source) || in(check.found);
}

// A rule that is written is judged, or it is said that it is not: on every kind of machine, also on one that it is not
// of.
TEST(Attackers, MeetNoRuleThatIsSilentlyPassedOver) {
  const auto says_how_others_are_meant = [](const std::string& key) {
    return key.ends_with("] covers") || key.ends_with("] origin") || key.starts_with("[waive]");
  };
  // They let in what is not there: machines that are no hardware, and evidence without a nonce.
  const std::set<std::string> without_a_case = {"[simulated] allow", "[freshness] mode"};
  for (const KeyRow& row : key_rows()) {
    if (says_how_others_are_meant(row.key) || without_a_case.contains(row.key)) continue;
    for (const std::string& kind : kinds_with_gpus()) {
      const KeyOnKind judged = judge_on(row, kind);
      const bool is_cited = std::any_of(judged.result.checks.begin(), judged.result.checks.end(),
                                        [&](const Check& check) { return cites(check, judged.source); });
      EXPECT_TRUE(is_cited) << row.key << " = " << row.value << " on " << kind << ":\n" << judged.result.to_text();
    }
  }
}

}  // namespace
}  // namespace minions::attestation::attackers
