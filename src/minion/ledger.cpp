#include "minion/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace minions::minion {
namespace {

// A polynomial hash over the last kPassageBytes bytes, rolled from one place to the next.
class RollingHash {
 public:
  RollingHash() {
    for (std::size_t i = 0; i + 1 < kPassageBytes; ++i) leaving_ *= kBase;
  }
  void push(char in) { value_ = value_ * kBase + byte(in); }
  void roll(char out, char in) { value_ = (value_ - leaving_ * byte(out)) * kBase + byte(in); }
  [[nodiscard]] std::uint64_t value() const { return value_ * 0x9E3779B97F4A7C15U; }

 private:
  static constexpr std::uint64_t kBase = 1'099'511'628'211U;
  static std::uint64_t byte(char c) { return static_cast<unsigned char>(c) + 1U; }
  std::uint64_t value_ = 0;
  std::uint64_t leaving_ = 1;
};

template <class Visit>  // visit(place, hash) for each run of kPassageBytes; returns where to continue
void for_each_window(std::string_view text, Visit visit) {
  for (std::size_t at = 0; at + kPassageBytes <= text.size();) {
    RollingHash hash;
    for (std::size_t i = 0; i < kPassageBytes; ++i) hash.push(text[at + i]);
    for (;;) {
      const std::size_t next = visit(at, hash.value());
      if (next != at + 1) {
        at = next;
        break;
      }
      if (at + kPassageBytes >= text.size()) return;
      hash.roll(text[at], text[at + kPassageBytes]);
      ++at;
    }
  }
}

// The first place of each window of the message, behind a filter that rejects most of the documents at once.
class MessageIndex {
 public:
  explicit MessageIndex(std::string_view message) {
    for_each_window(message, [&](std::size_t at, std::uint64_t hash) {
      places_.try_emplace(hash, at);
      filter_[hash >> 47U >> 6U] |= std::uint64_t{1} << (hash >> 47U & 63U);
      return at + 1;
    });
  }
  [[nodiscard]] const std::size_t* find(std::uint64_t hash) const {
    if ((filter_[hash >> 47U >> 6U] >> (hash >> 47U & 63U) & 1U) == 0) return nullptr;
    const auto found = places_.find(hash);
    return found == places_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] bool empty() const { return places_.empty(); }

 private:
  std::array<std::uint64_t, (1U << 17U) / 64> filter_{};
  std::unordered_map<std::uint64_t, std::size_t> places_;
};

}  // namespace

std::string_view name_of(Disclosure what) {
  switch (what) {
    case Disclosure::kTask: return "task";
    case Disclosure::kAnswer: return "worker_answer";
    case Disclosure::kRepair: return "repair";
    case Disclosure::kNote: return "note";
  }
  return "task";
}

std::vector<DisclosureLedger::Run> DisclosureLedger::common_runs(std::string_view message) const {
  std::vector<Run> runs;
  const MessageIndex index(message);
  const std::string_view text = documents_.text();
  if (index.empty()) return runs;
  for_each_window(text, [&](std::size_t at, std::uint64_t hash) {
    const std::size_t* place = index.find(hash);
    if (place == nullptr) return at + 1;
    std::size_t size = 0;
    while (at + size < text.size() && *place + size < message.size() && text[at + size] == message[*place + size] &&
           text[at + size] != '\0')
      ++size;
    if (size < kPassageBytes) return at + 1;
    runs.push_back({*place, at, size, false});
    return at + size;  // a run within this one is not longer
  });
  // The longest first; what lies inside one that was taken adds nothing.
  std::vector<Run*> by_size;
  for (Run& run : runs) by_size.push_back(&run);
  std::stable_sort(by_size.begin(), by_size.end(), [](const Run* a, const Run* b) { return a->size > b->size; });
  std::vector<bool> taken(message.size());
  for (Run* run : by_size) {
    const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(run->in_message);
    const auto end = begin + static_cast<std::ptrdiff_t>(run->size);
    run->longest = std::find(begin, end, false) != end;
    std::fill(begin, end, true);
  }
  return runs;
}

void DisclosureLedger::cover(std::size_t begin, std::size_t end) {
  for (std::size_t at = begin; at < end; ++at) {
    if (covered_[at]) continue;
    covered_[at] = true;
    ++covered_bytes_;
    last_covered_.push_back(at);
  }
}

void DisclosureLedger::begin(unsigned round, Disclosure what, chat::Text text) {
  last_covered_.clear();
  LedgerEntry entry;
  entry.round = round;
  entry.what = what;
  entry.text = std::move(text);
  std::vector<Run> runs = common_runs(evened_out(entry.text.reveal()));
  for (const Run& run : runs) cover(run.in_documents, run.in_documents + run.size);
  std::erase_if(runs, [](const Run& run) { return !run.longest; });
  std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.in_message < b.in_message; });
  for (const Run& run : runs) {
    const PagePlace place = documents_.place_of(run.in_documents);
    entry.passages.push_back({documents_.name_of(place.document), place.page,
                              chat::Text(std::string(documents_.text().substr(run.in_documents, run.size)))});
  }
  if (documents_.size_bytes() > 0)
    entry.share_disclosed = static_cast<double>(covered_bytes_) / static_cast<double>(documents_.size_bytes());
  entries_.push_back(std::move(entry));
}

std::string DisclosureLedger::without_quotes(std::string_view text) const {
  const std::string even = evened_out(text);
  std::vector<bool> quoted(even.size());
  // Finds one place of a passage at a time and blanks it, until none is left: no run crosses a NUL.
  std::string rest = even;
  for (auto runs = common_runs(rest); !runs.empty(); runs = common_runs(rest)) {
    for (const Run& run : runs) {
      const auto begin = static_cast<std::ptrdiff_t>(run.in_message);
      std::fill_n(quoted.begin() + begin, run.size, true);
      std::fill_n(rest.begin() + begin, run.size, '\0');
    }
  }
  std::string kept;
  for (std::size_t at = 0; at < even.size();) {
    std::size_t end = at;
    while (end < even.size() && quoted[end] == quoted[at]) ++end;
    if (quoted[at]) {
      kept += fmt::format("({} bytes of a document)", end - at);
    } else {
      kept.append(even, at, end - at);
    }
    at = end;
  }
  return kept;
}

void DisclosureLedger::withdraw() {
  entries_.pop_back();
  for (const std::size_t at : last_covered_) covered_[at] = false;
  covered_bytes_ -= last_covered_.size();
}

nlohmann::json to_json(std::span<const LedgerEntry> entries) {
  nlohmann::json list = nlohmann::json::array();
  for (const LedgerEntry& entry : entries) {
    nlohmann::json passages = nlohmann::json::array();
    for (const QuotedPassage& passage : entry.passages)
      passages.push_back({{"document", passage.document},
                          {"page", passage.page},
                          {"bytes", passage.text.size()},
                          {"text", passage.text.reveal()}});
    list.push_back({{"round", entry.round},
                    {"what", name_of(entry.what)},
                    {"text", entry.text.reveal()},
                    {"text_bytes", entry.text.size()},
                    {"wire_bytes", entry.wire_bytes},
                    {"passages", std::move(passages)},
                    {"share_disclosed", entry.share_disclosed}});
  }
  return list;
}

}  // namespace minions::minion
