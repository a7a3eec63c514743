// What differs a little from what a document says is listed, and what says the same in another form is not.
#include <gtest/gtest.h>

#include "grounding/answer_check.h"

namespace minions::grounding {
namespace {

AnswerFindings check(std::string_view document, std::string_view answer) {
  const FactIndex index(std::span(&document, 1));
  const FactIndex* one = &index;
  return check_answer(answer, "What does it say?", std::span(&one, 1));
}

struct Miss {
  std::string_view document;
  std::string_view answer;
  std::string_view listed;
};

// A part of a number is another number.
constexpr Miss kParts[] = {
    {"The grant is $3,475,000 in all.", "The grant is $475,000.", "475,000"},
    {"The grant is $3,475,000 in all.", "The grant is $3.", "3"},
    {"Take 0.7 mg at night.", "Take 7 mg at night.", "7 mg"},
    {"Interest is 3.8 % a year.", "Interest is 8 % a year.", "8 %"},
    {"The crane lifts 6.5 t at most.", "The crane lifts 5 t at most.", "5 t"},
    {"The hall has 7,300 m² of floor.", "The hall has 300 m² of floor.", "300 m²"},
    {"Die Miete stieg um 14,5 %.", "Die Miete stieg um 5 %.", "5 %"},
    {"Der Gewinn liegt bei 2.345.678,12 €.", "Der Gewinn liegt bei 678,12 €.", "678,12 €"},
    {"Die Halle kostet 3,6 Mio. Euro.", "Die Halle kostet 6 Mio. Euro.", "6 Mio. Euro"},
    {"Das Los kostet 0,85 €.", "Das Los kostet 85 €.", "85 €"},
    {"Le loyer est de 2 740 € par mois.", "Le loyer est de 740 € par mois.", "740 €"},
    {"公司去年收入为4.7亿元。", "公司去年收入为7亿元。", "7亿元"},
};

// Names that only begin alike.
constexpr Miss kNames[] = {
    {"The supplier is Wetherby Foods of Larkhill.", "The supplier is Wetherton Foods.", "Wetherton"},
    {"The keys are with Mrs Alcott.", "The keys are with Mrs Alcorn.", "Alcorn"},
    {"The ship lies at Stanmore Quay.", "The ship lies at Stanmoor Quay.", "Stanmoor"},
    {"The speaker was Ms Helena Whitlock.", "The speaker was Ms Helena Whitlocke.", "Whitlocke"},
    {"Die Leitung hat Herr Brandner.", "Die Leitung hat Herr Brandauer.", "Brandauer"},
    {"Le bail est signé par Mme Maëlle Kerbrat.", "Le bail est signé par Mme Maëlle Kerbrot.", "Kerbrot"},
    {"会议由赵建军主持。", "赵建军和张伟参加了会议。", "张伟"},
    {"会议在杭州召开。", "会议在上海召开。", "上海"},
    {"供应商为宁波远航机械有限公司。", "供应商为宁波远洋机械有限公司。", "远洋机械有限公司"},
};

constexpr Miss kIdentifiers[] = {
    {"Version 4.3.1 of the manual applies.", "Version 4.3.2 of the manual applies.", "4.3.2"},
    {"The server is at 10.31.40.52 in the rack.", "The server is at 10.31.40.53 in the rack.", "10.31.40.53"},
    {"Write to d.frost@larkhill.example today.", "Write to d.frost@larkhill.example.org today.",
     "d.frost@larkhill.example.org"},
    {"See https://docs.larkhill.example/ops/backup for it.", "See https://docs.larkhill.example/ops/restore for it.",
     "docs.larkhill.example/ops/restore"},
};

void expect_listed(std::span<const Miss> misses) {
  for (const Miss& miss : misses) {
    const AnswerFindings findings = check(miss.document, miss.answer);
    EXPECT_EQ(findings.not_in_documents, std::vector<std::string>{std::string(miss.listed)})
        << miss.document << " / " << miss.answer;
    const AnswerFindings same = check(miss.document, miss.document);
    EXPECT_EQ(same.not_in_documents, std::vector<std::string>{}) << miss.document;
    EXPECT_EQ(same.computed, std::vector<std::string>{}) << miss.document;
  }
}

TEST(NearMisses, PartsOfNumbersAreOtherNumbers) { expect_listed(kParts); }
TEST(NearMisses, NamesThatBeginAlikeAreOthers) { expect_listed(kNames); }
TEST(NearMisses, IdentifiersAndAddressesStandAsAWhole) { expect_listed(kIdentifiers); }

// The cells of a table that commas or blanks separate may be read as one number: each counts.
TEST(NearMisses, CellsOfATableAreNumbersOfTheirOwn) {
  constexpr std::string_view kTables[] = {"Oslo,12,5\nBergen,7,250\n", "Oslo   12   250   31\n", "Oslo 12 250\n"};
  EXPECT_TRUE(check(kTables[0], "Oslo has 12 and 5.").not_in_documents.empty());
  EXPECT_TRUE(check(kTables[1], "Oslo has 12 and 250.").not_in_documents.empty());
  EXPECT_TRUE(check(kTables[2], "Oslo has 12.").not_in_documents.empty());
}

constexpr std::string_view kContract =
    "Lease between Alma Frost and Larkhill Ltd. It begins on 4 May 2021, lasts 24 months and costs $1,250,000 a year. "
    "Goods are kept at -18 °C. The dose is 0.5 mg. Deliveries are made from 06:30 to 17:45. A third of the staff and "
    "three-quarters of the trucks are hired. 2,043,200 pallets were moved. Version 4.3.1 applies, written for the "
    "German market.";

TEST(NearMisses, LabelsAndOtherFormsAreTrue) {
  for (const std::string_view answer :
       {"- **Start Date:** May 4, 2021\n- **Contract Length:** 24 months", "| Contract Term | 24 months |\n|---|---|",
        "**Parties Involved:** Alma Frost and Larkhill", "It does not mention a Penalty Clause. Ask a Lawyer.",
        "The NHS and the EU are not mentioned.", "I am an AI and read the PDF in English.",
        "It costs $1.25m, or 1.25M USD, a year.", "It costs $1.25 million p.a.", "Goods are kept at -0.4 °F.",
        "Goods are kept at minus 18 degrees Celsius.", "The dose is 500 micrograms.",
        "Deliveries run from 6.30 to 17.45.", "Deliveries run from half past six to a quarter to six.",
        "33% of the staff and 75% of the trucks are hired.", "More than a million pallets were moved.",
        "It began on 4th May '21.", "v4.3.1 applies, for Germany."}) {
    const AnswerFindings findings = check(kContract, answer);
    EXPECT_EQ(findings.not_in_documents, std::vector<std::string>{}) << answer;
  }
  EXPECT_TRUE(check("Le dépôt ouvre à 6 h 45 et ferme à 19 h 30, pour vingt-trois mille euros.",
                    "Il ouvre à sept heures moins le quart, ferme à sept heures et demie du soir et coûte 23 k€.")
                  .not_in_documents.empty());
  const AnswerFindings german = check("Der Termin beginnt um 9.30 Uhr und endet um 13.15 Uhr, Kredit bis 500.000 €.",
                                      "Er beginnt um halb zehn und dauert 3 Stunden 45 Minuten, Kredit bis zu einer "
                                      "halben Million Euro.");
  EXPECT_EQ(german.not_in_documents, std::vector<std::string>{});
  EXPECT_TRUE(check("占比为40%，增加了15%。", "占四成，增加15个百分点。").not_in_documents.empty());
}

}  // namespace
}  // namespace minions::grounding
