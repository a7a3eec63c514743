// A question over 10,000 chunks of 3,000 bytes: from the index that a run keeps, and in a pass over the text without
// one. One JSON object on standard output; scripts/bench reads it.
#include <fmt/format.h>

#include <cmath>

#include "measuring.h"
#include "retrieval/chunk_index.h"
#include "retrieval/passage_ranker.h"
#include "retrieval/words.h"

namespace {

using namespace minions;

constexpr std::size_t kChunks = 10'000;
constexpr std::size_t kVocabulary = 20'000;
constexpr std::size_t kQuestions = 200;

// Words as often as those of a language are: the one of rank r about 1/r as often as the first.
class Words {
 public:
  explicit Words(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::string next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX
    const double place = static_cast<double>(state_ >> 11U) / 9007199254740992.0;
    return named(static_cast<std::size_t>(std::pow(static_cast<double>(kVocabulary), place)));
  }
  [[nodiscard]] static std::string named(std::size_t rank) {
    constexpr std::string_view kSyllables[] = {"ba", "de", "fi", "go", "lu", "ma", "ne", "pi", "ro", "tu"};
    std::string word;
    for (std::size_t rest = rank * 7 + 11; rest > 0; rest /= 10) word += kSyllables[rest % 10];
    return word;
  }

 private:
  std::uint64_t state_;
};

std::vector<documents::Document> made_documents() {
  Words words(7);
  std::vector<documents::Document> documents;
  documents.push_back({"annals.pdf", documents::DocumentKind::kPdf, {}, {}});
  for (std::uint32_t page = 1; page <= kChunks; ++page) {
    std::string text;
    while (text.size() < 2950) text.append(words.next()).append(" ");
    documents[0].pages.push_back({page, crypto::SecretText(std::move(text))});
  }
  return documents;
}

// Of six words each: two that half of the chunks have, four that a few have.
std::vector<std::string> made_questions() {
  std::vector<std::string> questions;
  for (std::size_t i = 0; i < kQuestions; ++i) {
    std::string question = fmt::format("{} {}", Words::named(1 + i % 50), Words::named(51 + i % 150));
    for (std::size_t word = 0; word < 4; ++word) question += " " + Words::named(300 + (i * 97 + word * 4001) % 19'000);
    questions.push_back(std::move(question));
  }
  return questions;
}

int run() {
  const std::vector<documents::Document> documents = made_documents();
  const std::vector<std::string> questions = made_questions();
  const double start = bench::thread_cpu_seconds();
  auto index = retrieval::ChunkIndex::build(retrieval::chunk(documents, {.by = retrieval::ChunkBy::kPage}));
  const double build_s = bench::thread_cpu_seconds() - start;
  if (!index) return 1;

  std::vector<double> indexed;
  std::size_t hits = 0;
  for (const std::string& question : questions) {
    indexed.push_back(bench::cpu_seconds_of([&] { hits += index->search(question, 64).value().size(); }));
  }
  std::vector<std::string_view> passages;
  for (const retrieval::Chunk& chunk : index->chunks()) passages.push_back(chunk.text.reveal());
  std::vector<double> scanned;
  for (std::size_t i = 0; i < questions.size(); i += 20) {
    std::vector<retrieval::QueryWord> query;
    for (std::string& word : retrieval::search_words(questions[i])) query.push_back({std::move(word), 1});
    scanned.push_back(bench::cpu_seconds_of([&] { hits += retrieval::bm25_scores(passages, query).size(); }));
  }
  fmt::print(
      R"({{"chunks":{},"build_s":{:.3f},"indexed_ms":{:.3f},"indexed_worst_ms":{:.3f},"scanned_ms":{:.3f},"hits":{}}})"
      "\n",
      passages.size(), build_s, bench::median(indexed) * 1e3, *std::max_element(indexed.begin(), indexed.end()) * 1e3,
      bench::median(scanned) * 1e3, hits);
  return 0;
}

}  // namespace

int main() { return run(); }
