// The disclosure ledger: what left the machine with each message to the supervisor, and which passages of the documents
// it quotes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "chat/text.h"
#include "minion/document_text.h"

namespace minions::minion {

// Shorter runs are the words of any text.
inline constexpr std::size_t kPassageBytes = 24;

struct QuotedPassage {
  std::string document;
  std::uint32_t page = 0;
  chat::Text text;  // as in the document, white space normalised
};

enum class Disclosure {
  kTask,
  kAnswer,  // of the worker
  kRepair,  // why the supervisor's reply cannot be used, and the schema of one that can
  kNote,    // fixed text: a question was asked before
};
[[nodiscard]] std::string_view name_of(Disclosure what);

struct LedgerEntry {
  unsigned round = 0;
  Disclosure what = Disclosure::kTask;
  chat::Text text;               // new in this message, exactly as sent
  std::uint64_t wire_bytes = 0;  // data bytes of the sealed request, history and shape included; all attempts
  std::vector<QuotedPassage> passages;
  double share_disclosed = 0;  // of the documents' text, by this and the messages before
};

// Finds the longest common runs of messages and documents. Time per message is linear in the documents' size.
class DisclosureLedger {
 public:
  // The text outlives the ledger.
  explicit DisclosureLedger(const DocumentText& documents) : documents_(documents), covered_(documents.text().size()) {}

  // A message that is about to be sent. Its bytes on the wire are reported later.
  void begin(unsigned round, Disclosure what, chat::Text text);
  void sent(std::uint64_t wire_bytes) { entries_.back().wire_bytes += wire_bytes; }
  // It was not sent after all: nothing of it left.
  void withdraw();

  // White space normalised, and each passage of the documents replaced by its size in bytes: for error texts that a
  // model's server wrote.
  [[nodiscard]] std::string without_quotes(std::string_view text) const;

  [[nodiscard]] std::span<const LedgerEntry> entries() const { return entries_; }
  [[nodiscard]] std::vector<LedgerEntry> take() && { return std::move(entries_); }

 private:
  struct Run {
    std::size_t in_message;
    std::size_t in_documents;
    std::size_t size;
    bool longest;  // adds something that is in no longer run of the message
  };
  // In the order of the documents.
  [[nodiscard]] std::vector<Run> common_runs(std::string_view message) const;
  void cover(std::size_t begin, std::size_t end);

  const DocumentText& documents_;
  std::vector<LedgerEntry> entries_;
  std::vector<bool> covered_;  // of the documents, byte by byte
  std::size_t covered_bytes_ = 0;
  std::vector<std::size_t> last_covered_;  // by the last message
};

[[nodiscard]] nlohmann::json to_json(std::span<const LedgerEntry> entries);

}  // namespace minions::minion
