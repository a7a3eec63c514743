#include "extractive/answer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "extractive/context.h"
#include "extractive/schema.h"
#include "extractive/supervisor.h"

namespace minions::extractive {
namespace {

using nlohmann::json;

constexpr std::size_t kQuotes = 3;
constexpr std::size_t kQuotesForSchema = 100;
constexpr double kWorthQuoting = 0.5;  // of the best quote's score

std::string text_answer(const Context& context, const std::function<bool()>& go_on) {
  std::string answer(kExtractiveBanner);
  const std::vector<Quote> quotes = best_quotes(context, context.question, kQuotes, go_on);
  if (quotes.empty())
    return fmt::format("{}\n{}", answer, context.sentences.empty() ? kNothingToQuote : kNothingMatches);
  for (const Quote& quote : quotes) {
    if (quote.score < kWorthQuoting * quotes.front().score) break;
    const std::string place = citation(quote.place);
    answer += fmt::format("\n\"{}\"{}{}", quote.text, place.empty() ? "" : " ", place);
  }
  return answer;
}

const json& shape_of_json_object() {
  static const json shape =
      json::parse(R"({"type":"object","required":["answer","citation","explanation"],"properties":{
    "answer":{"type":["string","null"]},"citation":{"type":["string","null"]},"explanation":{"type":"string"}}})");
  return shape;
}

std::string json_answer(const ExtractiveRequest& request, const json& asked, const Context& context,
                        const std::function<bool()>& go_on) {
  if (const auto turn = supervisor_turn(request, asked))
    return turn->dump(-1, ' ', false, json::error_handler_t::replace);
  const json& schema = asked.is_null() ? shape_of_json_object() : asked;
  // The schema's own words are added to the question's when the text is searched.
  std::string question(context.question);
  const std::vector<Quote> for_question = best_quotes(context, question, kQuotesForSchema, go_on);
  std::vector<Quote> quotes = for_question;
  if (!asked.is_null() && !for_question.empty())
    quotes = best_quotes(context, question + " " + schema_words(schema), kQuotesForSchema, go_on);
  return fill_schema(schema, question, quotes, go_on).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string extractive_answer(const ExtractiveRequest& request, const std::function<bool()>& go_on) {
  const Context context = read_context(request.turns);
  switch (request.format) {
    case openai::ResponseFormat::kText:
      if (const auto turn = supervisor_turn(request, json()))
        return turn->dump(-1, ' ', false, json::error_handler_t::replace);
      return text_answer(context, go_on);
    case openai::ResponseFormat::kJsonObject: return json_answer(request, json(), context, go_on);
    case openai::ResponseFormat::kJsonSchema:
      return json_answer(request, json::parse(request.schema, nullptr, false), context, go_on);
  }
  return {};
}

}  // namespace minions::extractive
