#include "gateway/model_watch.h"

#include <algorithm>

#include "base/log.h"

namespace minions::gateway {
namespace {

// How soon a backend that has become ready is noticed.
constexpr std::chrono::milliseconds kTurn{200};
// A model server that is started together with this program is often there a moment later.
constexpr std::chrono::milliseconds kFirstRetry{200};

}  // namespace

ModelWatch::ModelWatch(Parts parts, AttestationService& attestation)
    : parts_(std::move(parts)), attestation_(attestation), retry_(kFirstRetry), thread_([this] { run(); }) {}

ModelWatch::~ModelWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    context_.stop();
  }
  stopped_.notify_all();
  thread_.join();
}

void ModelWatch::run() {
  while (wait_until_due()) {
    const auto listed = ask();
    if (!listed) return;
    const bool found = list(*listed);
    next_ = std::chrono::steady_clock::now() + (found ? parts_.every : std::min(retry_, parts_.retry));
    retry_ = found ? kFirstRetry : std::min(2 * retry_, parts_.retry);
  }
}

bool ModelWatch::wait_until_due() {
  for (;;) {
    const bool ready = parts_.backend->ready();
    const bool became_ready = ready && !was_ready_;
    was_ready_ = ready;
    std::unique_lock lock(mutex_);
    if (stopping_) return false;
    if (became_ready || (ready && std::chrono::steady_clock::now() >= next_)) return true;
    stopped_.wait_for(lock, kTurn, [this] { return stopping_; });
  }
}

std::optional<ModelWatch::Listed> ModelWatch::ask() {
  listed_.reset();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return std::nullopt;
    context_.restart();
  }
  net::spawn(context_.get_executor(), [](ModelWatch& watch) -> net::Task<void> {
    Listed listed = co_await watch.parts_.backend->models(watch.context_.get_executor());
    watch.listed_ = std::move(listed);
  }(*this));
  context_.run();
  return std::move(listed_);
}

bool ModelWatch::list(const Listed& listed) {
  if (!listed) {
    if (!complained_) log::warning("models_unknown", {{"reason", log::Public{listed.error().detail}}});
    complained_ = true;
    return false;
  }
  auto entries = parts_.entries(*listed);
  const std::size_t count = entries.size();
  warn_of_shared_cache(entries);
  if (const Status taken = attestation_.list_models(std::move(entries)); !taken) {
    log::error("models_not_listed", {{"reason", log::Public{taken.error().detail}}});
    return true;
  }
  if (complained_) log::info("models_listed", {{"models", count}});
  complained_ = count == 0;
  return count > 0;
}

void ModelWatch::warn_of_shared_cache(const std::vector<attestation::ModelEntry>& entries) {
  const bool shared = std::any_of(entries.begin(), entries.end(), [](const attestation::ModelEntry& entry) {
    return entry.prompt_cache == attestation::ModelEntry::PromptCache::kShared;
  });
  if (shared && !warned_)
    log::warning("prompt_cache_shared", {{"reason",
                                          "the time of an answer may tell what other sessions asked: the model "
                                          "server does not say that it knows cache_salt, or --upstream-cache"}});
  warned_ = shared;
}

}  // namespace minions::gateway
