#include "attester/epoch.h"

#include <fmt/format.h>

#include <algorithm>

#include "attestation/core/appraise.h"

namespace minions::attester {
namespace {

constexpr std::int64_t kShortestEpochS = 10;
// Half as long again must stay within what clients accept.
constexpr std::int64_t kLongestEpochS = attestation::kValidityLimitS / 3 * 2;

bool takes_handshakes(const EpochPointer& epoch, UnixSeconds now) { return epoch && now < epoch->noise_key_until(); }

}  // namespace

Epoch::Epoch(crypto::X25519KeyPair noise, crypto::Ed25519Signer receipt)
    : noise_(std::make_shared<const crypto::X25519KeyPair>(std::move(noise))), receipt_(std::move(receipt)) {}

std::shared_ptr<const crypto::X25519KeyPair> Epoch::noise_key() const {
  const std::lock_guard lock(mutex_);
  return noise_;
}

void Epoch::wipe_noise_key() {
  const std::lock_guard lock(mutex_);
  noise_.reset();
}

Result<EpochFactory> EpochFactory::make(EpochSettings settings) {
  if (settings.epoch_s < kShortestEpochS || settings.epoch_s > kLongestEpochS) {
    return fail(ErrorCode::kUsage,
                fmt::format("epoch: want {} to {} s, found {}", kShortestEpochS, kLongestEpochS, settings.epoch_s));
  }
  if (settings.suites.empty()) return fail(ErrorCode::kUsage, "epoch: no suites");
  EpochFactory factory(std::move(settings));
  crypto::SystemRandom random;
  MINIONS_TRY(factory.epoch(1, 0, random));
  return factory;
}

Result<EpochPointer> EpochFactory::epoch(std::uint64_t number, UnixSeconds now, crypto::Random& random) const {
  auto noise = crypto::X25519KeyPair::generate(random);
  auto receipt = crypto::Ed25519Signer::generate(random);
  attestation::Statement statement{.instance = settings_.instance,
                                   .epoch = number,
                                   .not_before = now,
                                   .not_after = now + settings_.epoch_s + settings_.epoch_s / 2,
                                   .noise_x25519 = noise.public_key(),
                                   .receipt_ed25519 = receipt.public_key(),
                                   .suites = {},
                                   .tls_spki_sha256 = settings_.tls_spki_sha256,
                                   .models = settings_.models,
                                   .software = settings_.software,
                                   .overrides = settings_.overrides};
  for (const attestation::Suite suite : settings_.suites) statement.suites.emplace_back(noise_name(suite));
  EpochPointer epoch(new Epoch(std::move(noise), std::move(receipt)));
  epoch->bytes_ = to_bytes(statement.to_json());
  // Refuses here what clients would refuse, before anything is signed.
  auto parsed = attestation::Statement::parse(epoch->bytes_);
  if (!parsed) return fail(ErrorCode::kUsage, "statement: " + parsed.error().detail);
  epoch->statement_ = *std::move(parsed);
  epoch->digest_ = attestation::statement_digest(epoch->bytes_);
  return epoch;
}

Status EpochFactory::list_models(std::vector<attestation::ModelEntry> models) {
  EpochFactory changed(settings_);
  changed.settings_.models = std::move(models);
  crypto::SystemRandom random;
  MINIONS_TRY(changed.epoch(1, 0, random));
  settings_ = std::move(changed.settings_);
  return {};
}

EpochSchedule::~EpochSchedule() {
  if (current_) current_->wipe_noise_key();
  if (previous_) previous_->wipe_noise_key();
}

bool EpochSchedule::due(UnixSeconds now) const {
  if (!current_) return true;
  const UnixSeconds start = current_->statement().not_before;
  return now >= start + factory_.epoch_s() || now < start - attestation::kEarlyToleranceS;
}

Result<EpochPointer> EpochSchedule::prepare(UnixSeconds now, crypto::Random& random) {
  return factory_.epoch(++number_, now, random);
}

void EpochSchedule::install(EpochPointer epoch) {
  if (previous_) previous_->wipe_noise_key();
  previous_ = std::move(current_);
  current_ = std::move(epoch);
  issued_.push_back({current_->statement().tls_spki_sha256, current_->noise_key_until()});
}

void EpochSchedule::expire(UnixSeconds now) {
  std::erase_if(issued_, [now](const Issued& issued) { return issued.until <= now; });
  if (current_ && !takes_handshakes(current_, now)) current_->wipe_noise_key();
  if (previous_ && !takes_handshakes(previous_, now)) {
    previous_->wipe_noise_key();
    previous_.reset();
  }
}

EpochPointer EpochSchedule::find(const Digest32& digest, UnixSeconds now) const {
  for (const EpochPointer& epoch : {current_, previous_}) {
    if (takes_handshakes(epoch, now) && epoch->digest() == digest) return epoch;
  }
  return nullptr;
}

bool EpochSchedule::every_statement_lists(const Digest32& tls_spki_sha256, UnixSeconds now) const {
  const auto lists = [&](const std::vector<Digest32>& keys) {
    return std::find(keys.begin(), keys.end(), tls_spki_sha256) != keys.end();
  };
  return current_ && lists(current_->statement().tls_spki_sha256) &&
         std::all_of(issued_.begin(), issued_.end(),
                     [&](const Issued& issued) { return issued.until <= now || lists(issued.tls_spki_sha256); });
}

UnixSeconds EpochSchedule::next_event(UnixSeconds now) const {
  if (due(now)) return now;
  UnixSeconds next = current_->statement().not_before + factory_.epoch_s();
  if (previous_) next = std::min(next, previous_->noise_key_until());
  return std::max(now, next);
}

}  // namespace minions::attester
