// A JSON schema that an answer is to have, as anybody who is authorised may send it: what is let through to llama.cpp
// is small, has no end that is missing, and makes a grammar.
#include <nlohmann/json.hpp>

#include "fuzz/fuzz.h"
#include "llama/schema_ambiguity.h"
#include "llama/schema_bounds.h"

#ifdef MINIONS_FUZZ_LLAMA
#include <json-schema-to-grammar.h>
#endif

namespace minions::fuzz {
namespace {

constexpr std::size_t kGrammarBytes = 4 * 1024 * 1024;

void make_grammar(const nlohmann::ordered_json& schema) {
#ifdef MINIONS_FUZZ_LLAMA
  const std::string grammar = json_schema_to_grammar(common_json::parse(schema.dump()));
  require(!grammar.empty() && grammar.size() < kGrammarBytes, "a grammar is bounded");
#else
  static_cast<void>(schema);
#endif
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  const auto bounded = llama::bounded_schema(as_text({data, size}));
  if (!bounded) {
    fuzz::require(!bounded.error().detail.empty(), "a refusal says what is wrong");
    return 0;
  }
  const auto again = llama::bounded_schema(bounded->dump());
  fuzz::require(again.has_value(), "what was written anew is within the bounds");
  if (llama::check_ambiguity(*bounded)) fuzz::make_grammar(*bounded);
  return 0;
}
