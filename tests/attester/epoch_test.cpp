#include "attester/epoch.h"

#include <gtest/gtest.h>

namespace minions::attester {
namespace {

constexpr UnixSeconds kStart = 1790000000;

EpochSettings settings() {
  EpochSettings settings;
  settings.instance.fill(7);
  settings.models = {{"m", "extractive", attestation::ModelEntry::Where::kInProcess, std::nullopt}};
  settings.software = {"minionsd", "0.1.0", "00"};
  return settings;
}

class Schedule : public testing::Test {
 protected:
  EpochPointer rotate(UnixSeconds now) {
    EpochPointer epoch = schedule_.prepare(now, random_).value();
    schedule_.install(epoch);
    return epoch;
  }
  crypto::SystemRandom random_;
  EpochSchedule schedule_{EpochFactory::make(settings()).value()};
};

TEST(EpochFactory, MakesStatementsOfItsKeys) {
  crypto::SystemRandom random;
  const EpochPointer epoch = EpochFactory::make(settings()).value().epoch(12, kStart, random).value();
  const auto read = attestation::Statement::parse(epoch->statement_bytes()).value();
  EXPECT_EQ(read.epoch, 12U);
  EXPECT_EQ(read.not_before, kStart);
  EXPECT_EQ(read.not_after, kStart + 900);
  EXPECT_EQ(read.noise_x25519, epoch->noise_key()->public_key());
  EXPECT_EQ(read.receipt_ed25519, epoch->receipt_key().public_key());
  EXPECT_EQ(read.suites.size(), 2U);
  EXPECT_EQ(read.instance, settings().instance);
  EXPECT_EQ(epoch->digest(), attestation::statement_digest(epoch->statement_bytes()));
}

TEST(EpochFactory, RefusesSettingsThatMakeNoStatement) {
  EpochSettings weights = settings();
  weights.models[0].weights_sha256 = "not hex";
  EXPECT_EQ(EpochFactory::make(weights).error().code, ErrorCode::kUsage);
  EpochSettings projector = settings();
  projector.models[0].projector_sha256 = "";
  EXPECT_EQ(EpochFactory::make(projector).error().code, ErrorCode::kUsage);
  EpochSettings large = settings();
  large.models[0].id.assign(70000, 'x');
  EXPECT_EQ(EpochFactory::make(large).error().code, ErrorCode::kUsage);
  EpochSettings suites = settings();
  suites.suites.clear();
  EXPECT_FALSE(EpochFactory::make(suites));
  for (const std::int64_t epoch_s : {0, 9, 2401}) {
    EpochSettings times = settings();
    times.epoch_s = epoch_s;
    EXPECT_FALSE(EpochFactory::make(times)) << epoch_s;
  }
  EpochSettings longest = settings();
  longest.epoch_s = 2400;
  EXPECT_TRUE(EpochFactory::make(longest));
}

TEST_F(Schedule, IsDueEveryEpochAndWhenTheClockIsSetBack) {
  EXPECT_TRUE(schedule_.due(kStart));
  EXPECT_EQ(schedule_.current(), nullptr);
  rotate(kStart);
  EXPECT_FALSE(schedule_.due(kStart));
  EXPECT_FALSE(schedule_.due(kStart + 599));
  EXPECT_TRUE(schedule_.due(kStart + 600));
  EXPECT_FALSE(schedule_.due(kStart - 60));
  EXPECT_TRUE(schedule_.due(kStart - 61));
}

TEST_F(Schedule, NumbersEpochsAndNeverRepeatsKeys) {
  const EpochPointer first = rotate(kStart);
  const EpochPointer second = rotate(kStart + 600);
  EXPECT_EQ(first->statement().epoch, 1U);
  EXPECT_EQ(second->statement().epoch, 2U);
  EXPECT_NE(first->statement().noise_x25519, second->statement().noise_x25519);
  EXPECT_NE(first->statement().receipt_ed25519, second->statement().receipt_ed25519);
}

TEST_F(Schedule, FindsTheCurrentAndThePreviousUntilTheirKeysGo) {
  const EpochPointer first = rotate(kStart);
  const EpochPointer second = rotate(kStart + 600);
  EXPECT_EQ(schedule_.current(), second);
  EXPECT_EQ(schedule_.find(first->digest(), kStart + 600), first);
  EXPECT_EQ(schedule_.find(second->digest(), kStart + 600), second);
  EXPECT_EQ(schedule_.find(first->digest(), kStart + 959), first);
  EXPECT_EQ(schedule_.find(first->digest(), kStart + 960), nullptr);
  EXPECT_EQ(schedule_.find(Digest32{}, kStart + 600), nullptr);
}

TEST_F(Schedule, WipesTheNoiseKeyInTimeAndKeepsTheReceiptKeyForSessions) {
  const EpochPointer first = rotate(kStart);
  const std::weak_ptr<const crypto::X25519KeyPair> key = first->noise_key();
  rotate(kStart + 600);
  schedule_.expire(kStart + 959);
  EXPECT_FALSE(key.expired());
  schedule_.expire(kStart + 960);
  EXPECT_TRUE(key.expired());
  EXPECT_EQ(first->noise_key(), nullptr);
  EXPECT_EQ(schedule_.find(first->digest(), kStart + 700), nullptr);
  // A session still holds the epoch.
  const Bytes message = to_bytes("receipt");
  EXPECT_TRUE(crypto::ed25519_verify(first->statement().receipt_ed25519, message, first->receipt_key().sign(message)));
}

TEST_F(Schedule, LetsGoOfTheReceiptKeyWithTheLastSession) {
  EpochPointer session = rotate(kStart);
  const std::weak_ptr<Epoch> epoch = session;
  rotate(kStart + 600);
  schedule_.expire(kStart + 960);
  EXPECT_FALSE(epoch.expired());
  session.reset();
  EXPECT_TRUE(epoch.expired());
}

TEST_F(Schedule, WipesTheOldestOfThree) {
  const EpochPointer first = rotate(kStart);
  rotate(kStart + 10);
  EXPECT_NE(first->noise_key(), nullptr);
  rotate(kStart + 20);
  EXPECT_EQ(first->noise_key(), nullptr);
  EXPECT_EQ(schedule_.find(first->digest(), kStart + 20), nullptr);
}

TEST_F(Schedule, WipesTheCurrentKeyWhenRotationFailsTooLong) {
  const EpochPointer only = rotate(kStart);
  schedule_.expire(kStart + 959);
  EXPECT_NE(only->noise_key(), nullptr);
  schedule_.expire(kStart + 960);
  EXPECT_EQ(only->noise_key(), nullptr);
  EXPECT_TRUE(schedule_.due(kStart + 960));
}

TEST_F(Schedule, LetsARunningHandshakeFinish) {
  const EpochPointer only = rotate(kStart);
  const auto handshake = only->noise_key();
  schedule_.expire(kStart + 960);
  EXPECT_EQ(only->noise_key(), nullptr);
  EXPECT_TRUE(handshake->has_private());
}

TEST(EpochSchedule, WipesAtItsEnd) {
  crypto::SystemRandom random;
  EpochPointer session;
  {
    EpochSchedule schedule(EpochFactory::make(settings()).value());
    session = schedule.prepare(kStart, random).value();
    schedule.install(session);
  }
  EXPECT_EQ(session->noise_key(), nullptr);
}

TEST_F(Schedule, KnowsWhenItHasSomethingToDo) {
  EXPECT_EQ(schedule_.next_event(kStart), kStart);
  rotate(kStart);
  EXPECT_EQ(schedule_.next_event(kStart + 1), kStart + 600);
  rotate(kStart + 600);
  EXPECT_EQ(schedule_.next_event(kStart + 601), kStart + 960);
  schedule_.expire(kStart + 960);
  EXPECT_EQ(schedule_.next_event(kStart + 960), kStart + 1200);
  EXPECT_EQ(schedule_.next_event(kStart + 1300), kStart + 1300);
}

TEST_F(Schedule, ListsANewTlsKeyFromTheNextEpochOn) {
  const EpochPointer before = rotate(kStart);
  schedule_.factory().list_tls_keys({Digest32{5}});
  EXPECT_TRUE(before->statement().tls_spki_sha256.empty());
  EXPECT_EQ(rotate(kStart + 600)->statement().tls_spki_sha256, std::vector<Digest32>{Digest32{5}});
}

TEST_F(Schedule, KnowsWhenEveryStatementListsATlsKey) {
  const Digest32 old{4};
  const Digest32 key{5};
  EXPECT_FALSE(schedule_.every_statement_lists(key, kStart)) << "before any";
  schedule_.factory().list_tls_keys({old});
  rotate(kStart);
  schedule_.factory().list_tls_keys({old, key});
  EXPECT_TRUE(schedule_.every_statement_lists(old, kStart));
  EXPECT_FALSE(schedule_.every_statement_lists(key, kStart + 599));
  rotate(kStart + 600);
  EXPECT_FALSE(schedule_.every_statement_lists(key, kStart + 600)) << "clients hold the first for 300 s more";
  EXPECT_FALSE(schedule_.every_statement_lists(key, kStart + 959)) << "and open sessions with it for 60 s";
  EXPECT_TRUE(schedule_.every_statement_lists(key, kStart + 960));
  EXPECT_TRUE(schedule_.every_statement_lists(old, kStart + 960));
  schedule_.factory().list_tls_keys({key});
  rotate(kStart + 1200);
  EXPECT_FALSE(schedule_.every_statement_lists(old, kStart + 1200));
}

// An epoch that came early does not make those forgotten which clients still hold.
TEST_F(Schedule, RemembersStatementsThatItNoLongerServes) {
  const Digest32 key{5};
  rotate(kStart);
  schedule_.factory().list_tls_keys({key});
  for (const UnixSeconds at : {kStart + 1, kStart + 2, kStart + 3}) rotate(at);
  schedule_.expire(kStart + 3);
  EXPECT_FALSE(schedule_.every_statement_lists(key, kStart + 3));
  schedule_.expire(kStart + 960);
  EXPECT_TRUE(schedule_.every_statement_lists(key, kStart + 960));
}

TEST_F(Schedule, ListsOtherModelsFromTheNextEpochOn) {
  rotate(kStart);
  std::vector<attestation::ModelEntry> models = {
      {"n", "vllm", attestation::ModelEntry::Where::kLoopback, std::nullopt}};
  ASSERT_TRUE(schedule_.factory().list_models(models));
  EXPECT_EQ(schedule_.current()->statement().models[0].id, "m");
  EXPECT_EQ(rotate(kStart + 600)->statement().models, models);
  std::vector<attestation::ModelEntry> large = models;
  large[0].id.assign(70'000, 'x');
  EXPECT_EQ(schedule_.factory().list_models(large).error().code, ErrorCode::kUsage);
  EXPECT_EQ(rotate(kStart + 1200)->statement().models, models);
}

}  // namespace
}  // namespace minions::attester
