// Check digits of cards, accounts and national ids: what distinguishes such a number from any other of its length.
// Arguments are digits and upper-case letters without separators.
#pragma once

#include <string_view>

namespace minions::minion {

// ISO/IEC 7812: cards.
[[nodiscard]] bool luhn(std::string_view digits);
// ISO 13616, with the length for its country.
[[nodiscard]] bool iban(std::string_view text);

// National ids, by the name of the country or of the number.
[[nodiscard]] bool us_ssn(std::string_view digits);         // no check digit: ranges that are never issued
[[nodiscard]] bool uk_nino(std::string_view text);          // no check digit: prefixes that are never issued
[[nodiscard]] bool uk_nhs(std::string_view digits);         // weights 10 to 2, modulo 11
[[nodiscard]] bool german_tax_id(std::string_view digits);  // ISO/IEC 7064, MOD 11,10
[[nodiscard]] bool spanish_dni(std::string_view text);      // DNI and NIE: letter by modulo 23
[[nodiscard]] bool italian_tax_code(std::string_view text);
[[nodiscard]] bool french_nir(std::string_view text);  // 97 minus modulo 97; 2A and 2B of Corsica
[[nodiscard]] bool polish_pesel(std::string_view digits);
[[nodiscard]] bool swedish_number(std::string_view digits);  // ten digits, Luhn
[[nodiscard]] bool dutch_bsn(std::string_view digits);
[[nodiscard]] bool belgian_number(std::string_view digits);
[[nodiscard]] bool swiss_ahv(std::string_view digits);  // EAN-13 that begins with 756
[[nodiscard]] bool brazilian_cpf(std::string_view digits);
[[nodiscard]] bool indian_aadhaar(std::string_view digits);  // Verhoeff
[[nodiscard]] bool chinese_id(std::string_view text);        // ISO/IEC 7064, MOD 11-2

}  // namespace minions::minion
