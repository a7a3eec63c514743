#include "grounding/tokens.h"

#include <array>

namespace minions::grounding {
namespace {

struct Letter {
  char32_t code;
  std::size_t size;  // in bytes
};

Letter letter_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const auto follows = [&](std::size_t i) { return at + i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if ((lead & 0xE0U) == 0xC0U && follows(1)) return {char32_t(lead & 0x1FU) << 6U | (byte(1) & 0x3FU), 2};
  if ((lead & 0xF0U) == 0xE0U && follows(1) && follows(2))
    return {char32_t(lead & 0x0FU) << 12U | char32_t(byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU), 3};
  if ((lead & 0xF8U) == 0xF0U && follows(1) && follows(2) && follows(3))
    return {char32_t(lead & 0x07U) << 18U | char32_t(byte(1) & 0x3FU) << 12U | char32_t(byte(2) & 0x3FU) << 6U |
                (byte(3) & 0x3FU),
            4};
  return {0xFFFD, 1};
}

void append_utf8(std::string& to, char32_t code) {
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xC0U | code >> 6U);
    to += static_cast<char>(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    to += static_cast<char>(0xE0U | code >> 12U);
    to += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
    to += static_cast<char>(0x80U | (code & 0x3FU));
  } else {
    to += static_cast<char>(0xF0U | code >> 18U);
    to += static_cast<char>(0x80U | (code >> 12U & 0x3FU));
    to += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
    to += static_cast<char>(0x80U | (code & 0x3FU));
  }
}

// U+00C0 to U+017F without their accents, in lower case; '*' for a sign, two letters by the caller.
constexpr std::string_view kLatin =
    "aaaaaa*ceeeeiiiidnooooo*ouuuuyp*aaaaaa*ceeeeiiiidnooooo*ouuuuypy"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii**jjkkklllllll"
    "lllnnnnnnnnnoooooo**rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

// Folded; nothing is added for what is left out.
void append_folded(std::string& to, char32_t code) {
  if (code >= 0xFF01 && code <= 0xFF5E) code -= 0xFEE0;  // full-width forms
  if (code >= 'A' && code <= 'Z') code += 32;
  switch (code) {
    case 0x00DF: to += "ss"; return;
    case 0x00C6:
    case 0x00E6: to += "ae"; return;
    case 0x0152:
    case 0x0153: to += "oe"; return;
    case 0x00AD:
    case 0x200B:
    case 0x200C:
    case 0x200D:
    case 0x2060:
    case 0xFEFF: return;
    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x2032:
    case '`':
    case 0x00B4: to += '\''; return;
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x00AB:
    case 0x00BB:
    case 0x2033:
    case 0x300C:
    case 0x300D:
    case 0x300E:
    case 0x300F: to += '"'; return;
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2212: to += '-'; return;
    case 0x3002: to += '.'; return;
    case 0x3001: to += ','; return;
    case 0x00D7: to += 'x'; return;
    case 0x00B5: append_utf8(to, 0x03BC); return;
    default: break;
  }
  if (code >= 0xC0 && code < 0xC0 + kLatin.size() && kLatin[code - 0xC0] != '*') {
    to += kLatin[code - 0xC0];
    return;
  }
  if (code >= 0x0391 && code <= 0x03A9) code += 32;  // Greek
  if (code >= 0x0410 && code <= 0x042F) code += 32;  // Cyrillic
  append_utf8(to, code);
}

bool is_space(char32_t code) {
  return code == ' ' || (code >= 0x09 && code <= 0x0D) || code == 0 || code == 0xA0 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x202F || code == 0x3000 || code == 0x2028 || code == 0x2029;
}

bool is_left_out(char32_t code) {
  return code == 0xAD || (code >= 0x200B && code <= 0x200D) || code == 0x2060 || code == 0xFEFF;
}

bool is_han(char32_t code) {
  return (code >= 0x3400 && code <= 0x9FFF) || (code >= 0x3040 && code <= 0x30FF) ||
         (code >= 0xAC00 && code <= 0xD7AF) || (code >= 0x20000 && code <= 0x2FFFF) || code == 0x3007;
}

bool is_digit(char32_t code) { return (code >= '0' && code <= '9') || (code >= 0xFF10 && code <= 0xFF19); }

bool is_letter(char32_t code) {
  if (code < 0x80) return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
  if (code >= 0xFF21 && code <= 0xFF5A) return code <= 0xFF3A || code >= 0xFF41;
  if (code == 0xB5 || code == 0xAA || code == 0xBA) return false;
  if (code < 0xC0) return false;
  return code != 0xD7 && code != 0xF7 && code < 0x2000 && code < 0x3000;
}

bool is_capital_letter(char32_t code) {
  if (code >= 0xFF21 && code <= 0xFF3A) return true;
  if (code < 0x80) return code >= 'A' && code <= 'Z';
  if (code < 0x100) return code >= 0xC0 && code <= 0xDE && code != 0xD7;
  if (code < 0x180) return (code < 0x138 || (code >= 0x14A && code < 0x178)) ? code % 2 == 0 : code % 2 == 1;
  return (code >= 0x391 && code <= 0x3A9) || (code >= 0x400 && code <= 0x42F);
}

}  // namespace

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  tokens.reserve(text.size() / 5);
  bool space = true;
  bool line = true;
  for (std::size_t at = 0; at < text.size();) {
    const Letter first = letter_at(text, at);
    if (is_space(first.code)) {
      space = true;
      line = line || first.code == '\n';
      at += first.size;
      continue;
    }
    if (is_left_out(first.code)) {
      at += first.size;
      continue;
    }
    Token token{Token::Kind::kSign, {}, at, at, space, line};
    space = line = false;
    const auto run = [&](Token::Kind kind, bool (*belongs)(char32_t)) {
      token.kind = kind;
      std::size_t letters = 0;
      std::size_t capitals = 0;
      while (at < text.size()) {
        const Letter letter = letter_at(text, at);
        if (!belongs(letter.code) && !is_left_out(letter.code)) break;
        ++letters;
        if (is_capital_letter(letter.code)) {
          ++capitals;
          if (letters == 1) token.is_capital = true;
        }
        append_folded(token.text, letter.code);
        at += letter.size;
      }
      token.is_capitals = letters > 1 && capitals == letters;
    };
    if (is_digit(first.code)) {
      run(Token::Kind::kDigits, is_digit);
    } else if (is_han(first.code)) {
      token.kind = Token::Kind::kHan;
      append_utf8(token.text, first.code);
      at += first.size;
    } else if (is_letter(first.code)) {
      run(Token::Kind::kWord, is_letter);
    } else {
      append_folded(token.text, first.code);
      at += first.size;
    }
    token.end = at;
    tokens.push_back(std::move(token));
  }
  return tokens;
}

std::string folded_text(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  bool space = false;
  for (std::size_t at = 0; at < text.size();) {
    const Letter letter = letter_at(text, at);
    at += letter.size;
    if (is_space(letter.code)) {
      space = true;
      continue;
    }
    if (space && !folded.empty()) folded += ' ';
    space = false;
    append_folded(folded, letter.code);
  }
  return folded;
}

}  // namespace minions::grounding
