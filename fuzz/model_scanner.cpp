// A request's body as anybody who is authorised may send it: the model that is found, however the body is cut, is the
// one that a parser takes, and there is none that some parser takes and another does not.
#include "gateway/model_scanner.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

using Json = nlohmann::json;
using gateway::ModelScanner;
using Finding = ModelScanner::Finding;

struct Found {
  Finding finding;
  std::string id;
  bool operator==(const Found&) const = default;
};

Found scan(ByteView body, Cuts cuts) {
  ModelScanner scanner;
  while (!body.empty()) {
    const std::size_t count = cuts.next(body.size());
    static_cast<void>(scanner.take(body.first(count)));
    body = body.subspan(count);
  }
  const Finding finding = scanner.finish();
  return {finding, finding == Finding::kNamed ? scanner.id() : std::string()};
}

// The values of the outermost members called so, first to last: a document keeps one of those that come twice.
class Models : public nlohmann::json_sax<Json> {
 public:
  struct Member {
    std::string name;
    std::optional<std::string> text;
    bool is_null = false;
  };
  bool is_object = false;
  std::vector<Member> members;

  bool null() override { return value({}, true); }
  bool boolean(bool) override { return value({}); }
  bool number_integer(number_integer_t) override { return value({}); }
  bool number_unsigned(number_unsigned_t) override { return value({}); }
  bool number_float(number_float_t, const string_t&) override { return value({}); }
  bool string(string_t& text) override { return value(text); }
  bool binary(binary_t&) override { return value({}); }
  bool start_object(std::size_t) override {
    if (depth_ == 0) is_object = true;
    return open();
  }
  bool key(string_t& name) override {
    if (depth_ == 1) name_ = name;
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool value(std::optional<std::string> text, bool is_null = false) {
    if (depth_ == 1 && is_object) keep(std::move(text), is_null);
    return true;
  }
  bool open() {
    if (depth_++ == 1 && is_object) keep({}, false);
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }
  void keep(std::optional<std::string> text, bool is_null) {
    std::string folded = name_.substr(0, name_.find('\0'));
    for (char& c : folded) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (folded == "model") members.push_back({name_, std::move(text), is_null});
  }

  std::size_t depth_ = 0;
  std::string name_;
};

// The longest name that is written out; a longer one is unclear.
constexpr std::size_t kLongest = 4096 / 6;

void check(const Found& found, const Models& models) {
  const auto& members = models.members;
  const bool none = members.empty() || (members.size() == 1 && members[0].name == "model" && members[0].is_null);
  const bool one = members.size() == 1 && members[0].name == "model" && members[0].text;
  if (none) return require(found.finding == Finding::kNone, "where a parser finds none, there is none");
  if (!one) return require(found.finding == Finding::kUnclear, "what parsers read differently is unclear");
  if (found.finding == Finding::kNamed) return require(found.id == *members[0].text, "the name is what a parser reads");
  require(found.finding == Finding::kUnclear && members[0].text->size() > kLongest, "a name is found");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  ByteView body(data, size);
  const fuzz::Cuts cuts(fuzz::take_byte(body));
  const fuzz::Found found = fuzz::scan(body, fuzz::Cuts::none());
  fuzz::require(found == fuzz::scan(body, cuts), "a finding does not depend on the cuts");
  fuzz::require(found == fuzz::scan(body, fuzz::Cuts(0)), "nor when each byte comes alone");
  // A byte order mark, which the parser skips, is refused before.
  const std::size_t start = as_text(body).find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || as_text(body)[start] == '\xef') return 0;
  fuzz::Models models;
  if (nlohmann::json::sax_parse(as_text(body), &models)) fuzz::check(found, models);
  return 0;
}
