#include "base/terminal_text.h"

#include <gtest/gtest.h>

namespace minions {
namespace {

std::string utf8(std::uint32_t code_point) {
  std::string out;
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    add(code_point);
  } else if (code_point < 0x800) {
    add(0xC0 | code_point >> 6), add(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    add(0xE0 | code_point >> 12), add(0x80 | (code_point >> 6 & 0x3F)), add(0x80 | (code_point & 0x3F));
  } else {
    add(0xF0 | code_point >> 18), add(0x80 | (code_point >> 12 & 0x3F)), add(0x80 | (code_point >> 6 & 0x3F)),
        add(0x80 | (code_point & 0x3F));
  }
  return out;
}

TEST(ForTerminal, LeavesTextAsItIs) {
  for (const std::string_view text : {"plain\n\ttext ~", "Grüße", "日本語", "שלום", "مرحبا", "नमस्ते", "می\u200cخواهم",
                                      "👩\u200d👩\u200d👧", "\U0001F3F3\uFE0F"}) {
    EXPECT_EQ(for_terminal(text), text);
  }
  EXPECT_EQ(for_terminal(""), "");
}

TEST(ForTerminal, ReplacesEveryControlCharacter) {
  for (std::uint32_t c = 0; c < 0xA0; ++c) {
    if (c >= 0x20 && c < 0x7F) continue;
    const std::string want = c == '\n' || c == '\t' ? std::string(1, static_cast<char>(c)) : "?";
    EXPECT_EQ(for_terminal("a" + utf8(c) + "z"), "a" + want + "z") << c;
  }
  EXPECT_EQ(for_terminal("\x1b]0;title\x07\x1b[2J"), "?]0;title??[2J");
}

TEST(ForTerminal, ReplacesFormatCharactersThatDeceive) {
  for (const std::uint32_t c :
       {0x202AU, 0x202BU, 0x202CU, 0x202DU, 0x202EU, 0x2066U, 0x2067U, 0x2068U, 0x2069U, 0x200EU, 0x200FU, 0x61CU,
        0x200BU, 0x2028U, 0x2029U, 0x2060U, 0xFEFFU, 0xADU, 0xE0041U}) {
    EXPECT_EQ(for_terminal("a" + utf8(c) + "z"), "a?z") << std::hex << c;
  }
}

// Where a terminal does not speak UTF-8, 0x9B alone begins an escape sequence.
TEST(ForTerminal, ReplacesWhatIsNoUtf8) {
  for (int byte = 0x80; byte < 0x100; ++byte) {
    EXPECT_EQ(for_terminal(std::string("a") + static_cast<char>(byte) + "z"), "a?z") << byte;
    EXPECT_EQ(for_terminal(std::string("a") + static_cast<char>(byte)), "a?") << byte;
  }
  EXPECT_EQ(for_terminal("\xC0\x9B"
                         "31m"),
            "??31m")
      << "a control in more bytes than it needs";
  EXPECT_EQ(for_terminal("\xED\xA0\x80"), "???") << "half of a pair";
}

// An answer comes in pieces, each shown as it comes: no cut lets a character through.
TEST(ForTerminal, LetsNoControlThroughInTwoPieces) {
  for (const std::uint32_t c : {0x1BU, 0x9BU, 0x202EU, 0xE0041U}) {
    const std::string whole = utf8(c);
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
      const std::string shown = for_terminal(whole.substr(0, cut)) + for_terminal(whole.substr(cut));
      EXPECT_EQ(shown.find_first_not_of('?'), shown.npos) << std::hex << c << " at " << cut;
    }
  }
}

TEST(LineForTerminal, IsOneLineOfBoundedLength) {
  EXPECT_EQ(line_for_terminal("a\nminions: hint: run\tthis\r"), "a minions: hint: run this?");
  EXPECT_EQ(line_for_terminal(std::string(4096, 'x')), std::string(4096, 'x'));
  EXPECT_EQ(line_for_terminal(std::string(4097, 'x')), std::string(4096, 'x') + "...");
  std::string wide = "x";
  while (wide.size() < 9000) wide += "€";
  const std::string shown = line_for_terminal(wide);
  EXPECT_EQ(shown.find('?'), shown.npos) << "cut between two characters";
  EXPECT_LE(shown.size(), 4099U);
}

}  // namespace
}  // namespace minions
