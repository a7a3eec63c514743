#include "gateway/attestation_service.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/encoding.h"
#include "base/log.h"

namespace minions::gateway {
namespace {

constexpr std::size_t kMostWaiting = 4096;
constexpr std::chrono::seconds kRetryRotation{5};
// How often the loop checks the clock: an epoch may start this late.
constexpr std::chrono::milliseconds kTurn{200};

attestation::DocumentForm form_of(const attester::AttestedBatch& batch, const std::optional<Digest32>& have) {
  return have == batch.statement_digest() ? attestation::DocumentForm::kBrief : attestation::DocumentForm::kFull;
}

// Whether a statement is silent about all models, or claims that a model's prompt cache is divided although it is
// shared.
bool is_wrong_about(const std::vector<attestation::ModelEntry>& stated,
                    const std::vector<attestation::ModelEntry>& found) {
  if (stated.empty()) return !found.empty();
  using PromptCache = attestation::ModelEntry::PromptCache;
  const auto is_shared = [](const attestation::ModelEntry& entry) {
    return !entry.prompt_cache || *entry.prompt_cache == PromptCache::kShared;
  };
  return std::any_of(stated.begin(), stated.end(), [&](const attestation::ModelEntry& said) {
    return !is_shared(said) && std::any_of(found.begin(), found.end(), [&](const attestation::ModelEntry& entry) {
      return entry.id == said.id && is_shared(entry);
    });
  });
}

}  // namespace

std::array<std::string_view, attestation::DocumentWriter::kSharedPieces + 1> ServedDocument::pieces() const {
  const auto shared = batch->shared(form);
  std::array<std::string_view, attestation::DocumentWriter::kSharedPieces + 1> all;
  all.back() = ending;
  std::copy(shared.begin(), shared.end(), all.begin());
  return all;
}

// One nonce's place in a batch on its way from the service's thread to the coroutine that waits on a server thread, and
// that builds the document from it.
class AttestationService::Answer : public std::enable_shared_from_this<Answer> {
 public:
  struct BatchEntry {
    std::shared_ptr<const attester::AttestedBatch> batch;
    std::size_t index;
  };
  explicit Answer(net::Executor executor) : executor_(executor), ready_(executor) {}

  net::Task<Result<BatchEntry>> wait(std::chrono::milliseconds time) {
    ready_.expires_after(time);
    if (!entry_) co_await ready_.async_wait(net::use_task_tuple);
    if (!entry_) co_return fail(ErrorCode::kTimeout, "attestation: no evidence within the time");
    co_return *std::move(entry_);
  }
  void give(Result<BatchEntry> entry) {
    boost::asio::post(executor_, [self = shared_from_this(), entry = std::move(entry)]() mutable {
      self->entry_ = std::move(entry);
      self->ready_.cancel();
    });
  }

 private:
  net::Executor executor_;
  net::Timer ready_;
  std::optional<Result<BatchEntry>> entry_;
};

AttestationService::AttestationService(Parts parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<AttestationService>> AttestationService::start(Parts parts) {
  std::unique_ptr<AttestationService> service(new AttestationService(std::move(parts)));
  MINIONS_TRY(service->rotate());
  service->thread_ = std::thread([self = service.get()] { self->run(); });
  return service;
}

AttestationService::~AttestationService() { stop(); }

void AttestationService::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  waiting_.clear();
}

Status AttestationService::rotate() {
  const UnixSeconds now = parts_.now();
  attester::EpochPointer epoch;
  {
    const std::lock_guard lock(mutex_);
    MINIONS_TRY_ASSIGN(epoch, parts_.schedule.prepare(now, random_));
  }
  MINIONS_TRY_ASSIGN(auto evidence, attester::collect_for_epoch(epoch, *parts_.attester));
  MINIONS_TRY_ASSIGN(auto batch, attester::AttestedBatch::collect(evidence, {}, *parts_.attester, parts_.operator_key));
  auto current = std::make_shared<const Current>(Current{std::move(evidence), std::move(batch)});
  {
    const std::lock_guard lock(mutex_);
    parts_.schedule.install(epoch);
    current_ = std::move(current);
    rotate_now_ = is_wrong_about(epoch->statement().models, parts_.schedule.factory().models());
  }
  log::info("epoch", {{"number", epoch->statement().epoch},
                      {"not_after", epoch->statement().not_after},
                      {"statement", log::Public{to_hex(epoch->digest())}}});
  return {};
}

void AttestationService::run() {
  SteadyTime next_try{};
  for (;;) {
    std::deque<Waiting> batch;
    bool due = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kTurn, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      const UnixSeconds now = parts_.now();
      parts_.schedule.expire(now);
      due = (parts_.schedule.due(now) || rotate_now_) && std::chrono::steady_clock::now() >= next_try;
      batch.swap(waiting_);
    }
    if (due) {
      if (const Status rotated = rotate(); !rotated) {
        log::error("epoch_failed", {{"reason", log::Public{rotated.error().detail}}});
        next_try = std::chrono::steady_clock::now() + kRetryRotation;
      }
    }
    if (!batch.empty()) answer(std::move(batch));
  }
}

void AttestationService::answer(std::deque<Waiting> batch) {
  std::shared_ptr<const Current> current;
  {
    const std::lock_guard lock(mutex_);
    current = current_;
  }
  std::vector<attestation::Nonce> nonces;
  nonces.reserve(batch.size());
  for (const Waiting& each : batch) nonces.push_back(each.nonce);
  auto attested = attester::AttestedBatch::collect(current->evidence, nonces, *parts_.attester, parts_.operator_key);
  if (!attested) {
    for (const Waiting& each : batch) each.answer->give(fail(attested.error()));
    return;
  }
  const auto shared = std::make_shared<const attester::AttestedBatch>(*std::move(attested));
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].answer->give(Answer::BatchEntry{shared, i});
}

net::Task<Result<ServedDocument>> AttestationService::document(std::optional<attestation::Nonce> nonce,
                                                               std::optional<Digest32> have, net::Executor executor) {
  auto answer = std::make_shared<Answer>(executor);
  {
    const std::lock_guard lock(mutex_);
    if (!nonce) {
      std::shared_ptr<const attester::AttestedBatch> batch(current_, &current_->batch);
      const auto form = form_of(*batch, have);
      ServedDocument served{std::move(batch), form, std::string(attestation::DocumentWriter::kEnding)};
      co_return served;
    }
    if (waiting_.size() >= kMostWaiting) co_return fail(ErrorCode::kBusy, "attestation: too many nonces wait");
    waiting_.push_back({*nonce, answer});
  }
  wake_.notify_one();
  MINIONS_CO_TRY_ASSIGN(auto entry, co_await answer->wait(parts_.answer_time));
  const auto form = form_of(*entry.batch, have);
  std::string ending = entry.batch->ending(entry.index);
  ServedDocument served{std::move(entry.batch), form, std::move(ending)};
  co_return served;
}

attester::EpochPointer AttestationService::find(const Digest32& statement) const {
  const std::lock_guard lock(mutex_);
  return parts_.schedule.find(statement, parts_.now());
}

void AttestationService::list_tls_keys(std::vector<Digest32> spki_sha256) {
  const std::lock_guard lock(mutex_);
  parts_.schedule.factory().list_tls_keys(std::move(spki_sha256));
}

bool AttestationService::every_statement_lists(const Digest32& tls_spki_sha256) const {
  const std::lock_guard lock(mutex_);
  return parts_.schedule.every_statement_lists(tls_spki_sha256, parts_.now());
}

Status AttestationService::list_models(std::vector<attestation::ModelEntry> models) {
  const std::lock_guard lock(mutex_);
  attester::EpochFactory& factory = parts_.schedule.factory();
  if (models == factory.models()) return {};
  MINIONS_TRY(factory.list_models(std::move(models)));
  rotate_now_ = is_wrong_about(current_->evidence.epoch->statement().models, factory.models());
  return {};
}

bool AttestationService::ready() const {
  const std::lock_guard lock(mutex_);
  const UnixSeconds now = parts_.now();
  const auto& statement = current_->evidence.epoch->statement();
  return now >= statement.not_before - 60 && now < statement.not_after;
}

std::uint64_t AttestationService::epoch_number() const {
  const std::lock_guard lock(mutex_);
  return current_->evidence.epoch->statement().epoch;
}

}  // namespace minions::gateway
