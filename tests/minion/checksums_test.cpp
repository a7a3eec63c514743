// Numbers here are examples that standards bodies and public documentation use; none is a person's.
#include "minion/checksums.h"

#include <gtest/gtest.h>

#include <string>

namespace minions::minion {
namespace {

// Each check takes its examples, and refuses them with any one digit changed to its neighbour.
void expect_good(bool (*check)(std::string_view), std::initializer_list<const char*> examples) {
  for (const char* example : examples) {
    EXPECT_TRUE(check(example)) << example;
    for (std::size_t i = 0; example[i] != '\0'; ++i) {
      std::string changed(example);
      if (changed[i] < '0' || changed[i] > '9') continue;
      changed[i] = changed[i] == '9' ? '0' : static_cast<char>(changed[i] + 1);
      EXPECT_FALSE(check(changed)) << changed;
    }
    EXPECT_FALSE(check(std::string(example).substr(1))) << example;
  }
}

TEST(Checksums, OfCards) {
  expect_good(luhn, {"4111111111111111", "5555555555554444", "378282246310005", "6011111111111117"});
}

TEST(Checksums, OfIbans) {
  expect_good(iban, {"DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606",
                     "NL91ABNA0417164300", "NO9386011117947"});
  EXPECT_FALSE(iban("DE8937040044053201300"));  // a digit short
  EXPECT_FALSE(iban("ZZ89370400440532013000"));
}

TEST(Checksums, OfNationalIds) {
  expect_good(uk_nhs, {"9434765919", "4010232137"});
  expect_good(german_tax_id, {"86095742719", "65929970489"});
  expect_good(polish_pesel, {"44051401359"});
  expect_good(swedish_number, {"8112189876"});
  expect_good(dutch_bsn, {"111222333"});
  expect_good(belgian_number, {"85073003328"});
  expect_good(swiss_ahv, {"7569217076985"});
  expect_good(brazilian_cpf, {"52998224725"});
  expect_good(indian_aadhaar, {"234123412346"});
  expect_good(chinese_id, {"11010519491231002X"});
  expect_good(french_nir, {"255081416802538"});
}

TEST(Checksums, OfIdsWithLetters) {
  EXPECT_TRUE(spanish_dni("12345678Z"));
  EXPECT_TRUE(spanish_dni("X1234567L"));
  EXPECT_FALSE(spanish_dni("12345678A"));
  EXPECT_TRUE(italian_tax_code("RSSMRA85T10A562S"));
  EXPECT_FALSE(italian_tax_code("RSSMRA85T10A562T"));
  EXPECT_TRUE(uk_nino("AB123456C"));
  EXPECT_FALSE(uk_nino("BG123456C"));
  EXPECT_FALSE(uk_nino("AB123456E"));
}

TEST(Checksums, OfNumbersThatAreNeverGivenOut) {
  EXPECT_TRUE(us_ssn("219099999"));
  for (const char* never : {"000123456", "666123456", "900123456", "123001234", "123450000"})
    EXPECT_FALSE(us_ssn(never)) << never;
}

}  // namespace
}  // namespace minions::minion
