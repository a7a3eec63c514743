#include "retrieval/chunk_index.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <unordered_map>

#include "retrieval/words.h"

namespace minions::retrieval {
namespace {

// The text itself stays in the chunks: the index holds words and positions (content=''). temp_store: spilled sorts
// would be files. secure_delete: freed pages are zeroed.
constexpr const char* kSchema =
    "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON;"
    "CREATE VIRTUAL TABLE chunk USING fts5(text, content='', tokenize='porter unicode61 remove_diacritics 2');";

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

// SQLite's message may quote the query; its code is enough.
tl::unexpected<Error> sqlite_error(int code, std::string_view what) {
  return fail(ErrorCode::kInternal, fmt::format("index: {}: {}", what, sqlite3_errstr(code)));
}

Result<Statement> prepare(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return sqlite_error(code, "prepare");
  return Statement(statement);
}

Status execute(sqlite3* database, const char* sql) {
  const int code = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(code, "execute");
  return {};
}

int bind_text(sqlite3_stmt* statement, int at, std::string_view text) {
  return sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

// An FTS5 string: everything between quotes is text, a quote is doubled. NUL would end the query.
std::string fts_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c == '\0' ? ' ' : c;
  }
  return quoted + '"';
}

bool has_word(std::string_view text) {
  bool found = false;
  for_each_word(text, [&](std::string_view) { found = true; });
  return found;
}

Status fill(sqlite3* database, std::span<const Chunk> chunks) {
  MINIONS_TRY(execute(database, kSchema));
  MINIONS_TRY(execute(database, "BEGIN"));
  MINIONS_TRY_ASSIGN(const Statement insert, prepare(database, "INSERT INTO chunk(rowid, text) VALUES(?, ?)"));
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    sqlite3_bind_int64(insert.get(), 1, static_cast<sqlite3_int64>(i));
    bind_text(insert.get(), 2, chunks[i].text.reveal());
    const int code = sqlite3_step(insert.get());
    if (code != SQLITE_DONE) return sqlite_error(code, "insert");
    sqlite3_reset(insert.get());
  }
  return execute(database, "COMMIT");
}

}  // namespace

struct ChunkIndex::Tables {
  std::vector<Chunk> chunks;
  Database database;
  Statement select;

  [[nodiscard]] Result<std::vector<Hit>> matching(const std::string& query, std::size_t k) const {
    bind_text(select.get(), 1, query);
    sqlite3_bind_int64(select.get(), 2, static_cast<sqlite3_int64>(std::min(k, chunks.size())));
    std::vector<Hit> hits;
    int code = sqlite3_step(select.get());
    for (; code == SQLITE_ROW; code = sqlite3_step(select.get())) {
      const auto row = static_cast<std::size_t>(sqlite3_column_int64(select.get(), 0));
      hits.push_back({&chunks[row], -sqlite3_column_double(select.get(), 1)});  // in SQLite smaller is better
    }
    sqlite3_reset(select.get());
    sqlite3_clear_bindings(select.get());
    if (code != SQLITE_DONE) return sqlite_error(code, "search");
    std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
      return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
    });
    return hits;
  }
};

ChunkIndex::ChunkIndex(std::unique_ptr<Tables> tables) : tables_(std::move(tables)) {}
ChunkIndex::ChunkIndex(ChunkIndex&&) noexcept = default;
ChunkIndex& ChunkIndex::operator=(ChunkIndex&&) noexcept = default;
ChunkIndex::~ChunkIndex() = default;

Result<ChunkIndex> ChunkIndex::build(std::vector<Chunk> chunks) {
  auto tables = std::make_unique<Tables>();
  tables->chunks = std::move(chunks);
  sqlite3* database = nullptr;
  const int code =
      sqlite3_open_v2(":memory:", &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  tables->database.reset(database);
  if (code != SQLITE_OK) return sqlite_error(code, "open");
  MINIONS_TRY(fill(database, tables->chunks));
  MINIONS_TRY_ASSIGN(tables->select,
                     prepare(database, "SELECT rowid, rank FROM chunk WHERE chunk MATCH ? ORDER BY rank LIMIT ?"));
  return ChunkIndex(std::move(tables));
}

Result<std::vector<Hit>> ChunkIndex::search(std::string_view question, std::size_t k) const {
  std::string query;
  for (const std::string& word : search_words(question)) {
    if (!query.empty()) query += " OR ";
    query += fts_string(word);
  }
  if (query.empty() || k == 0) return std::vector<Hit>{};
  return tables_->matching(query, k);
}

Result<std::vector<Hit>> ChunkIndex::search(std::span<const WeightedTerm> terms, std::size_t k) const {
  std::unordered_map<const Chunk*, double> scores;
  for (const WeightedTerm& term : terms) {
    if (!has_word(term.term)) continue;
    MINIONS_TRY_ASSIGN(const std::vector<Hit> hits, tables_->matching(fts_string(term.term), tables_->chunks.size()));
    for (const Hit& hit : hits) scores[hit.chunk] += hit.score * term.weight;
  }
  std::vector<Hit> hits;
  for (const auto& [found, score] : scores) hits.push_back({found, score});
  const auto better = [](const Hit& a, const Hit& b) {
    return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
  };
  const auto last = hits.begin() + static_cast<std::ptrdiff_t>(std::min(k, hits.size()));
  std::partial_sort(hits.begin(), last, hits.end(), better);
  hits.erase(last, hits.end());
  return hits;
}

std::span<const Chunk> ChunkIndex::chunks() const { return tables_->chunks; }

}  // namespace minions::retrieval
