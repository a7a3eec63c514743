#include "formats/multi_byte.h"

#include <array>
#include <memory>

#include "formats/converter.h"

namespace minions::formats {
namespace {

enum class Table : std::uint8_t { kGb18030, kBig5, kHongKong, kShiftJis, kJisX0212, kUhc };
constexpr std::size_t kTables = 6;

std::unique_ptr<Converter> open(Table table) {
  using Names = std::initializer_list<std::string_view>;
  const auto first_of = [](Names names) { return std::make_unique<Converter>(names); };
  switch (table) {
    case Table::kGb18030: return first_of({"GB18030", "GBK", "GB2312"});
    case Table::kBig5: return first_of({"CP950", "BIG5"});
    case Table::kHongKong: return first_of({"BIG5-HKSCS", "BIG5HKSCS", "CP950", "BIG5"});
    case Table::kShiftJis: return first_of({"CP932", "WINDOWS-31J", "SHIFT_JIS", "SJIS"});
    case Table::kJisX0212: return first_of({"EUC-JP-MS", "EUCJP-WIN", "EUC-JP"});
    case Table::kUhc: return first_of({"CP949", "UHC", "EUC-KR"});
  }
  return first_of({});
}

// The code of one character for its table, or a character that needs none, or U+FFFD for bytes that are none.
struct Piece {
  std::size_t bytes = 1;  // of the text
  char32_t character = 0;
  Table table = Table::kGb18030;
  std::array<char, 4> code = {};
  std::uint8_t code_bytes = 0;
};

bool is_within(std::uint8_t byte, int first, int last) { return byte >= first && byte <= last; }

Piece literal(std::size_t bytes, char32_t character) { return {.bytes = bytes, .character = character}; }
// A byte of ASCII after a lead byte that it does not go with stands for itself.
Piece invalid(ByteView at) { return literal(at.size() > 1 && at[1] >= 0x80 ? 2 : 1, kReplacementCharacter); }
Piece invalid_byte() { return literal(1, kReplacementCharacter); }
Piece katakana(std::size_t bytes, std::uint8_t byte) { return literal(bytes, 0xFF61 + char32_t{byte} - 0xA1); }

Piece coded(Table table, ByteView code) {
  Piece piece{.bytes = code.size(), .table = table, .code_bytes = static_cast<std::uint8_t>(code.size())};
  for (std::size_t i = 0; i < code.size(); ++i) piece.code[i] = static_cast<char>(code[i]);
  return piece;
}

// Row and cell from 0 to 93, of JIS X 0208 with the rows that NEC and IBM added: as Shift_JIS has them.
Piece jis(std::size_t bytes, int row, int cell) {
  const int lead = row / 2 + (row / 2 < 0x1F ? 0x81 : 0xC1);
  const int trail = row % 2 == 1 ? cell + 0x9F : cell + (cell < 0x3F ? 0x40 : 0x41);
  const std::array<std::uint8_t, 2> code = {static_cast<std::uint8_t>(lead), static_cast<std::uint8_t>(trail)};
  Piece piece = coded(Table::kShiftJis, code);
  piece.bytes = bytes;
  return piece;
}

Piece gb18030_piece(ByteView at) {
  if (at[0] == 0x80) return literal(1, 0x20AC);
  if (at[0] == 0xFF) return invalid_byte();
  if (at.size() < 2) return invalid_byte();
  if (is_within(at[1], '0', '9')) {
    const bool whole = at.size() >= 4 && is_within(at[2], 0x81, 0xFE) && is_within(at[3], '0', '9');
    return whole ? coded(Table::kGb18030, at.first(4)) : invalid_byte();
  }
  if (at[0] == 0xA3 && at[1] == 0xA0) return literal(2, 0x3000);
  const bool sound = is_within(at[1], 0x40, 0xFE) && at[1] != 0x7F;
  return sound ? coded(Table::kGb18030, at.first(2)) : invalid(at);
}

Piece big5_piece(ByteView at) {
  if (!is_within(at[0], 0x81, 0xFE)) return invalid_byte();
  const bool sound = at.size() > 1 && (is_within(at[1], 0x40, 0x7E) || is_within(at[1], 0xA1, 0xFE));
  if (!sound) return invalid(at);
  // Symbols are those of Windows, which Hong Kong's table has otherwise.
  return coded(is_within(at[0], 0xA1, 0xA3) ? Table::kBig5 : Table::kHongKong, at.first(2));
}

Piece euc_kr_piece(ByteView at) {
  if (!is_within(at[0], 0x81, 0xFE)) return invalid_byte();
  return at.size() > 1 && is_within(at[1], 0x41, 0xFE) ? coded(Table::kUhc, at.first(2)) : invalid(at);
}

Piece shift_jis_piece(ByteView at) {
  if (at[0] == 0x80) return literal(1, 0x80);
  if (is_within(at[0], 0xA1, 0xDF)) return katakana(1, at[0]);
  if (at[0] == 0xA0 || at[0] > 0xFC) return invalid_byte();
  const bool sound = at.size() > 1 && is_within(at[1], 0x40, 0xFC) && at[1] != 0x7F;
  return sound ? coded(Table::kShiftJis, at.first(2)) : invalid(at);
}

Piece euc_jp_piece(ByteView at) {
  const auto in_plane = [&](std::size_t i) { return i < at.size() && is_within(at[i], 0xA1, 0xFE); };
  if (at[0] == 0x8E && at.size() > 1 && is_within(at[1], 0xA1, 0xDF)) return katakana(2, at[1]);
  if (at[0] == 0x8F && in_plane(1)) {
    if (in_plane(2)) return coded(Table::kJisX0212, at.first(3));
    return literal(at.size() > 2 && at[2] >= 0x80 ? 3 : 2, kReplacementCharacter);
  }
  if (at[0] != 0x8E && at[0] != 0x8F && !in_plane(0)) return invalid_byte();
  return in_plane(0) && in_plane(1) ? jis(2, at[0] - 0xA1, at[1] - 0xA1) : invalid(at);
}

// The sets that escape sequences of ISO-2022-JP choose.
class Iso2022Jp {
 public:
  Piece piece(ByteView at) {
    if (at[0] == 0x1B) return escape(as_text(at));
    if (at[0] >= 0x80 || at[0] == 0x0E || at[0] == 0x0F) return invalid_byte();
    if (set_ == Set::kRoman && at[0] == '\\') return literal(1, 0xA5);
    if (set_ == Set::kRoman && at[0] == '~') return literal(1, 0x203E);
    if (set_ == Set::kKatakana && is_within(at[0], 0x21, 0x5F)) return katakana(1, at[0] | 0x80);
    const bool two_bytes = set_ == Set::kJisX0208 || set_ == Set::kJisX0212;
    if (!two_bytes || at[0] <= ' ' || at[0] == 0x7F) return literal(1, at[0]);
    if (at.size() < 2 || !is_within(at[1], 0x21, 0x7E)) return invalid_byte();
    if (set_ == Set::kJisX0208) return jis(2, at[0] - 0x21, at[1] - 0x21);
    const std::array<std::uint8_t, 3> code = {0x8F, static_cast<std::uint8_t>(at[0] | 0x80),
                                              static_cast<std::uint8_t>(at[1] | 0x80)};
    Piece piece = coded(Table::kJisX0212, code);
    piece.bytes = 2;
    return piece;
  }

 private:
  enum class Set { kAscii, kRoman, kKatakana, kJisX0208, kJisX0212 };

  Piece escape(std::string_view at) {
    constexpr std::pair<std::string_view, Set> kChoices[] = {
        {"(B", Set::kAscii},    {"(J", Set::kRoman},     {"(I", Set::kKatakana}, {"$@", Set::kJisX0208},
        {"$B", Set::kJisX0208}, {"$(B", Set::kJisX0208}, {"$(D", Set::kJisX0212}};
    for (const auto& [code, set] : kChoices) {
      if (!at.substr(1).starts_with(code)) continue;
      set_ = set;
      return literal(1 + code.size(), 0);
    }
    return invalid_byte();
  }

  Set set_ = Set::kAscii;
};

class Decoding {
 public:
  explicit Decoding(Encoding encoding) : encoding_(encoding) {}

  std::optional<Decoded> run(ByteView bytes) {
    decoded_.text.reserve(bytes.size() + bytes.size() / 4);
    const bool escapes = encoding_ == Encoding::kIso2022Jp;
    for (std::size_t at = 0; at < bytes.size() && has_tables_;) {
      std::size_t plain = at;
      while (!escapes && plain < bytes.size() && bytes[plain] < 0x80) ++plain;
      if (plain > at) {
        flush();
        decoded_.text.append(as_text(bytes.subspan(at, plain - at)));
        at = plain;
        continue;
      }
      const Piece piece = piece_at(bytes.subspan(at));
      take(piece);
      at += piece.bytes;
    }
    flush();
    if (!has_tables_) return std::nullopt;
    return std::move(decoded_);
  }

 private:
  static constexpr std::size_t kRunBytes = 64 * 1024;

  Piece piece_at(ByteView at) {
    if (encoding_ == Encoding::kGb18030) return gb18030_piece(at);
    if (encoding_ == Encoding::kBig5) return big5_piece(at);
    if (encoding_ == Encoding::kEucKr) return euc_kr_piece(at);
    if (encoding_ == Encoding::kShiftJis) return shift_jis_piece(at);
    return encoding_ == Encoding::kEucJp ? euc_jp_piece(at) : iso_2022_jp_.piece(at);
  }

  void take(const Piece& piece) {
    if (piece.code_bytes == 0) {
      flush();
      if (piece.character == kReplacementCharacter) ++decoded_.replaced;
      if (piece.character != 0) append_utf8(decoded_.text, piece.character);
      return;
    }
    if (piece.table != table_ || run_.size() > kRunBytes) flush();
    table_ = piece.table;
    run_.append(piece.code.data(), piece.code_bytes);
  }

  // Codes are whole: what the table does not have is one of them.
  void flush() {
    if (run_.empty()) return;
    Converter& table = converter(table_);
    has_tables_ = table.is_open();
    for (std::string_view rest = run_; !rest.empty() && has_tables_;) {
      const std::size_t taken = table.append(decoded_.text, rest).bytes;
      rest.remove_prefix(taken);
      if (rest.empty()) break;
      const std::size_t code = code_bytes(rest);
      table.finish(decoded_.text);
      take_unknown(rest.substr(0, code));
      rest.remove_prefix(code);
    }
    if (has_tables_) table.finish(decoded_.text);
    run_.clear();
  }

  [[nodiscard]] std::size_t code_bytes(std::string_view rest) const {
    const bool digit = rest.size() > 1 && is_within(static_cast<std::uint8_t>(rest[1]), '0', '9');
    const std::size_t bytes = table_ == Table::kJisX0212 ? 3 : table_ == Table::kGb18030 && digit ? 4 : 2;
    return std::min(bytes, rest.size());
  }

  void take_unknown(std::string_view code) {
    if (table_ == Table::kHongKong || table_ == Table::kBig5) {
      Converter& other = converter(table_ == Table::kBig5 ? Table::kHongKong : Table::kBig5);
      if (other.is_open() && other.append(decoded_.text, code).bytes == code.size()) return;
    }
    append_utf8(decoded_.text, kReplacementCharacter);
    ++decoded_.replaced;
    const bool is_own = encoding_ != Encoding::kEucJp && encoding_ != Encoding::kIso2022Jp;
    if (is_own && code.size() == 2 && static_cast<std::uint8_t>(code[1]) < 0x80) decoded_.text += code[1];
  }

  Converter& converter(Table table) {
    std::unique_ptr<Converter>& slot = converters_[static_cast<std::size_t>(table)];
    if (!slot) slot = open(table);
    return *slot;
  }

  Encoding encoding_;
  Iso2022Jp iso_2022_jp_;
  std::array<std::unique_ptr<Converter>, kTables> converters_;
  Decoded decoded_;
  Table table_ = Table::kGb18030;
  std::string run_;  // codes for that table
  bool has_tables_ = true;
};

}  // namespace

std::optional<Decoded> from_multi_byte(Encoding encoding, ByteView bytes) { return Decoding(encoding).run(bytes); }

}  // namespace minions::formats
