// The policies that the attackers meet.
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "attestation/attackers.h"
#include "attestation/policy/draft.h"
#include "support/paths.h"

namespace minions::attestation::attackers {
namespace {

std::string operators_pem() { return Machine(evidence_type::kSevSnp).operators_key.public_key().to_pem(); }

// The draft without its [attestor] table: nothing but the code is trusted.
std::string without_key(std::string draft) {
  const std::size_t begin = draft.find("[attestor]\n");
  const std::size_t end = draft.find("\n\n", begin);
  draft.erase(begin, end == std::string::npos ? end : end + 2 - begin);
  return draft;
}

Column flags(std::string name, const PolicyFlags& given) {
  return {std::move(name), AppraisalPolicy::built_in().with(given).value()};
}

std::filesystem::path project_folder() { return test::vectors_folder().parent_path().parent_path(); }

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// Values by table and key, as the genuine servers have them: what "96 hex digits" in an example stands for.
std::map<std::string, std::string> genuine_values() {
  std::map<std::string, std::string> values;
  static const std::regex header(R"(\[([a-z.]+)\])");
  static const std::regex line(R"(([a-z0-9_]+) = (".*"|\[".*"\]))");
  for (const std::string_view kind :
       {evidence_type::kAzureSnpVtpm, evidence_type::kAzureTdxVtpm, evidence_type::kSevSnp, evidence_type::kTdx}) {
    std::istringstream draft(draft_of(Machine(kind), Covers::kRoot));
    std::string table;
    for (std::string text; std::getline(draft, text);) {
      std::smatch found;
      if (std::regex_match(text, found, header)) table = found[1];
      if (std::regex_match(text, found, line)) values[table + "." + found[1].str()] = found[2];
    }
  }
  return values;
}

// "5d41..." becomes the genuine servers' value of that key.
std::string filled_in(const std::string& example) {
  static const std::map<std::string, std::string> values = genuine_values();
  static const std::regex header(R"(\s*\[([a-z.]+)\].*)");
  static const std::regex line(R"re(\s*([a-z0-9_]+)\s*=\s*(\[?"[0-9a-f]*\.\.\."\]?).*)re");
  std::istringstream lines(example);
  std::string out, table;
  for (std::string text; std::getline(lines, text);) {
    std::smatch found;
    if (std::regex_match(text, found, header)) table = found[1];
    if (std::regex_match(text, found, line)) {
      const auto value = values.find(table + "." + found[1].str());
      EXPECT_NE(value, values.end()) << "no genuine server has a value for " << text;
      if (value != values.end()) text = found[1].str() + " = " + value->second;
    }
    out += text + "\n";
  }
  return out;
}

// Whether a block is a policy, and not the settings of a program.
bool is_policy(const std::string& block) {
  static const std::regex header(R"(\[([a-z_]+)[\].])");
  std::smatch found;
  if (!std::regex_search(block, found, header)) return false;
  if (found[1] == "waive") return true;
  const auto rules = describe(AppraisalPolicy::built_in().rules());
  return std::any_of(rules.begin(), rules.end(),
                     [&](const RuleText& rule) { return rule.name.starts_with("[" + found[1].str() + "]"); });
}

void add_examples(const std::filesystem::path& file, std::vector<Column>& columns) {
  const std::string text = read(file);
  std::size_t number = 0;
  for (std::size_t at = text.find("```toml\n"); at != std::string::npos; at = text.find("```toml\n", at + 1)) {
    const std::size_t begin = text.find('\n', at) + 1;
    const std::string block = text.substr(begin, text.find("```", begin) - begin);
    ++number;
    if (!is_policy(block)) continue;
    const std::string name = fmt::format("{}, example {}", file.filename().string(), number);
    const std::string filled = filled_in(block);
    auto policy = AppraisalPolicy::parse(filled, name);
    EXPECT_TRUE(policy) << policy.error().detail << "\n" << filled;
    if (policy) columns.push_back({name, *std::move(policy)});
  }
}

}  // namespace

AppraisalPolicy parsed(const std::string& toml) {
  auto policy = AppraisalPolicy::parse(toml, "p.toml");
  EXPECT_TRUE(policy) << policy.error().detail << "\n" << toml;
  return policy ? *std::move(policy) : AppraisalPolicy::built_in();
}

std::string draft_of(const Machine& machine, std::optional<Covers> covers, const AppraisalPolicy& base) {
  const synthetic::Offer offer = machine.offer();
  const AttestationResult result = offer.judged(base);
  auto text = draft_policy({*offer.document, result, base.rules(), "https://server.example", synthetic::kNow, covers});
  EXPECT_TRUE(text) << text.error().detail;
  return text.value_or("");
}

std::vector<Column> machine_columns(const Machine& genuine) {
  const std::string pem = operators_pem();
  const std::string measurement = to_hex(genuine.launch_measurement());
  Machine stock = genuine;
  stock.software.fixes_root = false;
  const std::string root = draft_of(genuine, Covers::kRoot);
  std::vector<Column> columns = {
      {"no flag", AppraisalPolicy::built_in()},
      flags("key flag", {.trusted_attestation_pem = pem}),
      flags("measurement flag", {.vm_launch_measurement = measurement}),
      flags("both flags", {.trusted_attestation_pem = pem, .vm_launch_measurement = measurement}),
      {"init", parsed(draft_of(genuine, std::nullopt))},
      {"init of a stock image, covers kernel", parsed(draft_of(stock, Covers::kKernel))},
      {"init, covers root", parsed(root)},
      {"the same, no key pinned", parsed(without_key(root))}};
  if (!genuine.is_azure())
    columns.push_back({"covers config, no key pinned", parsed(without_key(draft_of(genuine, Covers::kConfig)))});
  else  // whose PCR 11 is that of every machine without a unified kernel image
    columns.push_back(
        {"a stock image, said to cover root, no key pinned", parsed(without_key(draft_of(stock, Covers::kRoot)))});
  return columns;
}

std::vector<Column> token_columns(const Machine& genuine) {
  const std::string measurement = to_hex(genuine.launch_measurement());
  const AppraisalPolicy base = parsed("[jwt]\nmaa_issuer = \"" + synthetic::kMaaIssuer + "\"\n");
  const std::string root = draft_of(genuine, Covers::kRoot, base);
  const std::string required = std::regex_replace(root, std::regex("\\[jwt\\]\n"), "[jwt]\nmaa = \"require\"\n");
  return {flags("both flags", {.trusted_attestation_pem = operators_pem(), .vm_launch_measurement = measurement}),
          {"init that names the instance, covers root", parsed(root)},
          {"the same, no key pinned", parsed(without_key(root))},
          {"the same, token required", parsed(without_key(required))}};
}

Machine gpu_machine() {
  Machine machine(evidence_type::kSevSnp);
  machine.gpus.resize(2);
  machine.gpus[1].device = 1;
  machine.statement.models[0].compute = ModelEntry::Compute::kGpu;
  return machine;
}

std::vector<Column> gpu_columns() {
  const Machine genuine = gpu_machine();
  Machine bare = genuine;
  bare.has_rims = false;
  const std::string pem = operators_pem();
  const std::string measurement = to_hex(genuine.launch_measurement());
  const std::string root = draft_of(genuine, Covers::kRoot);
  return {flags("key flag", {.trusted_attestation_pem = pem}),
          flags("both flags", {.trusted_attestation_pem = pem, .vm_launch_measurement = measurement}),
          {"init", parsed(draft_of(genuine, std::nullopt))},
          {"init, covers root", parsed(root)},
          {"the same, no key pinned", parsed(without_key(root))},
          {"init without reference values", parsed(draft_of(bare, Covers::kRoot))},
          {"covers root, count waived", parsed(without_key(root) + "[waive]\n\"gpu.count\" = \"for a test\"\n")},
          {"covers root, NRAS required",
           parsed(std::regex_replace(root, std::regex("\\[gpu\\]\n"), "[gpu]\nnras = \"require\"\n"))}};
}

std::vector<Column> simulated_columns() {
  const std::string pem = operators_pem();
  return {{"no flag", AppraisalPolicy::built_in()},
          flags("key flag", {.trusted_attestation_pem = pem}),
          flags("--allow-simulated", {.simulated = PolicyFlags::Simulated::kAllow}),
          flags("--allow-simulated and key flag",
                {.simulated = PolicyFlags::Simulated::kAllow, .trusted_attestation_pem = pem}),
          {"init", parsed(draft_of(Machine(evidence_type::kSimulated), std::nullopt))}};
}

std::vector<Column> example_columns() {
  std::vector<std::filesystem::path> files = {project_folder() / "README.md"};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(project_folder() / "docs"))
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  std::sort(files.begin() + 1, files.end());
  std::vector<Column> columns;
  for (const auto& file : files) add_examples(file, columns);
  return columns;
}

}  // namespace minions::attestation::attackers
