// What the Minion protocol costs besides the models: CPU of rounds with models that answer at once, over documents of
// given sizes. One JSON object on standard output; scripts/bench reads it.
#include <fmt/format.h>

#include <array>

#include "measuring.h"
#include "runs/run.h"

namespace {

using namespace minions;

constexpr unsigned kRounds = 20;

chat::Completion completion_of(std::string text) {
  chat::Completion completion;
  completion.text = chat::Text(std::move(text));
  completion.finish_reason = chat::FinishReason::kStop;
  completion.usage = chat::Usage{.prompt_tokens = 1'000'000, .completion_tokens = 100};
  return completion;
}

class InstantSupervisor final : public runs::Supervisor {
 public:
  net::Task<runs::SupervisorExchange> ask(const chat::ChatRequest& request, chat::TokenSink&,
                                          std::stop_token) override {
    runs::SupervisorExchange exchange;
    exchange.wire_bytes = chat::to_json(request).size();
    const unsigned turn = turn_++;
    const std::string question = fmt::format("What does page {} say of the turbine and its output?", turn);
    exchange.completion = completion_of(
        turn == 0         ? fmt::format(R"({{"message":"{}"}})", question)
        : turn == kRounds ? R"({"decision":"provide_final_answer","answer":"412"})"
                          : fmt::format(R"({{"decision":"request_additional_info","message":"{}"}})", question));
    co_return exchange;
  }

 private:
  unsigned turn_ = 0;
};

class InstantWorker final : public runs::ModelClient {
 public:
  explicit InstantWorker(std::string answer) : answer_(std::move(answer)) {}
  net::Task<Result<chat::Completion>> complete(const chat::ChatRequest&, chat::TokenSink&, std::stop_token) override {
    co_return completion_of(answer_);
  }

 private:
  std::string answer_;
};

std::vector<documents::Document> made_documents(unsigned pages) {
  std::vector<documents::Document> documents;
  constexpr std::array<std::string_view, 16> kWords = {
      "committee", "procedure", "winter",  "harbour", "ledger",  "railway", "meeting", "garden",
      "report",    "village",   "machine", "letter",  "council", "harvest", "window",  "season"};
  std::uint64_t chance = 7;
  documents.push_back({"annals.pdf", documents::DocumentKind::kPdf, {}, {}});
  for (std::uint32_t page = 1; page <= pages; ++page) {
    std::string text;
    while (text.size() < 3000) {
      chance = chance * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX
      text += kWords[chance >> 60U];
      text += (chance >> 40U) % 12 == 0 ? ". " : " ";
    }
    documents[0].pages.push_back({page, chat::Text(std::move(text))});
  }
  return documents;
}

double seconds_a_round(const std::vector<documents::Document>& documents, minion::Privacy privacy,
                       std::uint64_t context_tokens) {
  std::string answer;
  for (std::uint32_t page = 1; page <= 5; ++page)
    answer +=
        fmt::format("\"{}\" [annals.pdf, page {}]\n", documents[0].pages[page].text.reveal().substr(0, 600), page + 1);
  if (privacy == minion::Privacy::kOn) answer += R"({"names":[]})";
  std::vector<double> rounds;
  for (int i = 0; i < 7; ++i) {
    InstantSupervisor supervisor;
    InstantWorker worker(answer);
    runs::RunObserver observer;
    runs::RunInput input;
    input.task = {"What output did the turbine reach?"};
    input.documents = documents;
    input.options.max_rounds = kRounds;
    input.options.privacy = privacy;
    const double start = bench::thread_cpu_seconds();
    const runs::RunParts parts{supervisor, {worker, "instant", context_tokens, 512}, observer, [] {
                                 return std::chrono::steady_clock::now();
                               }};
    net::asio::io_context context{1};
    const runs::RunReport report = net::run_until_done(context, runs::run(input, parts, {}));
    if (!report.result.answered) return -1;
    rounds.push_back((bench::thread_cpu_seconds() - start) / kRounds);
  }
  return bench::median(rounds);
}

}  // namespace

int main() {
  constexpr std::uint64_t kAll = 1U << 30U;
  const auto hundred = made_documents(100);
  const auto thousand = made_documents(1000);
  fmt::print(
      R"({{"round_100_pages_ms":{:.3f},"round_100_pages_privacy_ms":{:.3f},"round_100_pages_retrieved_ms":{:.3f},"round_1000_pages_ms":{:.3f}}})"
      "\n",
      seconds_a_round(hundred, minion::Privacy::kOff, kAll) * 1e3,
      seconds_a_round(hundred, minion::Privacy::kOn, kAll) * 1e3,
      seconds_a_round(hundred, minion::Privacy::kOff, 16'384) * 1e3,
      seconds_a_round(thousand, minion::Privacy::kOff, kAll) * 1e3);
  return 0;
}
