#include "session/session_table.h"

#include <gtest/gtest.h>

#include <thread>

namespace minions::session {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart{};

std::shared_ptr<ServerSession> make_session(std::uint8_t id, SteadyTime now = kStart) {
  SessionParameters parameters;
  parameters.session[0] = id;
  parameters.max_streams = 2;
  SessionSecrets secrets;
  const crypto::SecretArray<32> key;
  secrets.k_c2s = crypto::LockedSecret<32>(key);
  secrets.k_s2c = crypto::LockedSecret<32>(key);
  secrets.h = crypto::LockedSecret<32>(key);
  return std::make_shared<ServerSession>(parameters, std::move(secrets), ReceiptKey{}, now);
}
SessionId id_of(std::uint8_t id) {
  SessionId out{};
  out[0] = id;
  return out;
}
void nothing() {}

TEST(SessionTable, ForgetsASessionThatNeverProvedItself) {
  SessionTable table({});
  table.add(make_session(1));
  EXPECT_NE(table.find(id_of(1), kStart + 29s), nullptr);
  EXPECT_EQ(table.find(id_of(1), kStart + 30s), nullptr);
  table.sweep(kStart + 30s);
  EXPECT_EQ(table.unproven_count(), 0U);
}

TEST(SessionTable, KeepsAProvenSessionUntilItIsIdle) {
  SessionTable table({});
  table.add(make_session(1));
  ASSERT_TRUE(table.prove(id_of(1)));
  EXPECT_NE(table.find(id_of(1), kStart + 899s), nullptr);
  EXPECT_EQ(table.find(id_of(1), kStart + 900s), nullptr);
}

TEST(SessionTable, DropsTheOldestOfAFullPool) {
  SessionTable table({.unproven = 2});
  const auto first = make_session(1);
  table.add(first);
  table.add(make_session(2));
  table.add(make_session(3));
  EXPECT_TRUE(first->closed());
  EXPECT_EQ(table.find(id_of(1), kStart), nullptr);
  EXPECT_NE(table.find(id_of(3), kStart), nullptr);
}

TEST(SessionTable, EvictsOnlyWhatNeitherRunsNorWasAuthorised) {
  SessionTable table({.sessions = 2});
  const auto authorised = make_session(1);
  const auto running = make_session(2);
  table.add(authorised);
  table.add(running);
  ASSERT_TRUE(table.prove(id_of(1)) && table.prove(id_of(2)));
  authorised->note_authorised();
  auto lease = std::optional(running->enter(kStart, nothing).value());
  table.add(make_session(3));
  EXPECT_EQ(table.prove(id_of(3)).error().code, ErrorCode::kBusy);
  lease.reset();
  EXPECT_TRUE(table.prove(id_of(3)));
  EXPECT_TRUE(running->closed());
  EXPECT_FALSE(authorised->closed());
}

std::shared_ptr<ServerSession> add_proven(SessionTable& table, std::uint8_t id, SteadyTime last_active) {
  auto session = make_session(id);
  table.add(session);
  EXPECT_TRUE(table.prove(id_of(id)));
  EXPECT_TRUE(session->enter(last_active, nothing));
  session->note_authorised();
  return session;
}

TEST(SessionTable, AnOwnersIdlestSessionEndsForItsNext) {
  using enum SessionTable::Counted;
  SessionTable table({});
  const auto used = add_proven(table, 1, kStart + 9s);
  const auto idle = add_proven(table, 2, kStart + 5s);
  const auto next = add_proven(table, 3, kStart + 9s);
  const auto of_other = add_proven(table, 4, kStart);
  EXPECT_EQ(table.count_to(id_of(1), "alice", 2).value(), kInItsPlace);
  EXPECT_EQ(table.count_to(id_of(2), "alice", 2).value(), kInItsPlace);
  EXPECT_EQ(table.count_to(id_of(4), "bob", 2).value(), kInItsPlace);
  EXPECT_EQ(table.count_to(id_of(1), "alice", 2).value(), kInItsPlace) << "counted twice";
  EXPECT_EQ(table.count_to(id_of(3), "alice", 2).value(), kInPlaceOfAnother);
  EXPECT_TRUE(idle->closed());
  EXPECT_EQ(table.find(id_of(2), kStart + 10s), nullptr);
  EXPECT_FALSE(used->closed() || next->closed() || of_other->closed());
  EXPECT_EQ(table.owned_by("alice"), 2U);
  table.close(id_of(1));
  EXPECT_EQ(table.owned_by("alice"), 1U) << "the place of a session that is over was not given back";
  EXPECT_EQ(table.count_to(id_of(1), "alice", 2).error().code, ErrorCode::kNotFound);
}

TEST(SessionTable, AnOwnersSessionThatRunsDoesNotEnd) {
  SessionTable table({});
  const auto running = add_proven(table, 1, kStart);
  add_proven(table, 2, kStart);
  ASSERT_TRUE(table.count_to(id_of(1), "alice", 1));
  auto stream = std::optional(running->enter(kStart, nothing).value());
  EXPECT_EQ(table.count_to(id_of(2), "alice", 1).error().code, ErrorCode::kBusy);
  EXPECT_TRUE(table.count_to(id_of(2), "bob", 1));
  EXPECT_FALSE(running->closed());
  stream.reset();
  add_proven(table, 3, kStart);
  EXPECT_TRUE(table.count_to(id_of(3), "alice", 1));
  EXPECT_TRUE(running->closed());
}

TEST(ServerSession, RetiresOnlyWhenIdle) {
  const auto session = make_session(1);
  auto stream = std::optional(session->enter(kStart + 1s, nothing).value());
  EXPECT_FALSE(session->idle_since());
  EXPECT_FALSE(session->retire_if_idle());
  stream.reset();
  EXPECT_EQ(session->idle_since(), kStart + 1s);
  EXPECT_TRUE(session->retire_if_idle());
  EXPECT_EQ(session->enter(kStart + 2s, nothing).error().code, ErrorCode::kNotFound);
}

TEST(ServerSession, BoundsItsStreams) {
  const auto session = make_session(1);
  const auto first = session->enter(kStart, nothing);
  {
    const auto second = session->enter(kStart, nothing);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(session->enter(kStart, nothing).error().code, ErrorCode::kBusy);
  }
  EXPECT_TRUE(session->enter(kStart, nothing));
}

TEST(ServerSession, OpensNoStreamAfterItsAbsoluteLimitAndLetsRunningOnesFinish) {
  const auto session = make_session(1);
  const auto running = session->enter(kStart + 3599s, nothing);
  ASSERT_TRUE(running);
  EXPECT_EQ(session->enter(kStart + 3600s, nothing).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(session->expired(kStart + 3899s));
  EXPECT_TRUE(session->expired(kStart + 3900s));
}

TEST(ServerSession, CancelsItsStreamsAndErasesItsKeysWhenClosed) {
  const auto session = make_session(1);
  int cancelled = 0;
  const auto lease = session->enter(kStart, [&] { ++cancelled; });
  ASSERT_TRUE(session->keys(0));
  session->close();
  session->close();
  EXPECT_EQ(cancelled, 1);
  EXPECT_EQ(session->keys(0).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(session->mark(0).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(session->enter(kStart, nothing));
}

TEST(ServerSession, EndsAfterAThousandBadTagsAndNotBefore) {
  const auto session = make_session(1);
  for (int i = 1; i < 1000; ++i) EXPECT_FALSE(session->count_bad_tag());
  EXPECT_TRUE(session->count_bad_tag());
}

TEST(ServerSession, MarksAnIdOnceAmongThreads) {
  const auto session = make_session(1);
  std::atomic<int> marked = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (StreamId n = 0; n < 1000; ++n) marked += session->mark(n).has_value() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(marked, 1000);
}

TEST(SessionTable, IsOneTableForManyThreads) {
  SessionTable table({.sessions = 50, .unproven = 20});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&table, t] {
      for (int i = 0; i < 200; ++i) {
        const auto id = static_cast<std::uint8_t>(t * 64 + i % 64);
        table.add(make_session(id));
        if (table.prove(id_of(id))) {
          if (const auto session = table.find(id_of(id), kStart)) {
            const auto lease = session->enter(kStart, nothing);
            static_cast<void>(session->keys(1));
          }
        }
        if (i % 3 == 0) table.close(id_of(id));
        table.sweep(kStart + std::chrono::seconds(i % 40));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(table.proven_count(), 50U);
  EXPECT_LE(table.unproven_count(), 20U);
}

}  // namespace
}  // namespace minions::session
