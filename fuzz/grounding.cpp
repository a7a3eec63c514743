// What models write about documents, as it is looked up in them: answer, document and question, with a zero byte
// between.
#include "fuzz/fuzz.h"
#include "grounding/answer_check.h"

namespace minions::fuzz {
namespace {

constexpr std::size_t kLimitBytes = 32 * 1024;  // past it only more of the same

std::string_view next(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\0'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

void check(std::string_view answer, std::string_view document, std::string_view question) {
  const grounding::FactIndex index(std::span(&document, 1));
  const grounding::FactIndex* const indexes[] = {&index};
  const grounding::AnswerFindings found = grounding::check_answer(answer, question, indexes);
  require(found.not_in_documents.size() <= answer.size() && found.computed.size() <= answer.size(),
          "what is listed is of the answer");
  for (const std::string& text : found.not_in_documents) require(!text.empty(), "what is listed has text");
  const grounding::AnswerFindings again = grounding::check_answer(answer, question, indexes);
  require(found.not_in_documents == again.not_in_documents && found.computed == again.computed &&
              found.is_unsupported == again.is_unsupported,
          "the same answer is judged alike");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > minions::fuzz::kLimitBytes) return 0;
  std::string_view rest = minions::as_text({data, size});
  const std::string_view answer = minions::fuzz::next(rest);
  const std::string_view document = minions::fuzz::next(rest);
  minions::fuzz::check(answer, document, rest);
  return 0;
}
