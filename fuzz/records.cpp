// Sealed bodies: read whole and in pieces, with the same outcome. A forging sender, who has the key, seals whatever
// records the input describes; a second account of the grammar says which of them must be taken.
#include "session/record.h"

#include "base/byte_io.h"
#include "fuzz/vectors.h"

namespace minions::fuzz {
namespace {

using session::Direction;
using session::RecordReader;
using session::RecordType;
using session::StreamContext;

struct Stream {
  Direction direction;
  StreamContext context;
  crypto::SecretArray<32> key;
};

Stream stream_of(Direction direction, session::StreamId n) {
  static const ByteArray<32> k_c2s = hex_array<32>(handshake_of(attestation::Suite::kClassical)["k_c2s"]);
  static const ByteArray<32> k_s2c = hex_array<32>(handshake_of(attestation::Suite::kClassical)["k_s2c"]);
  static const ByteArray<16> id = hex_array<16>(vectors()["keys"]["session"]);
  return {direction,
          {id, n},
          direction == Direction::kRequest ? session::request_key(k_c2s, n) : session::reply_key(k_s2c, n)};
}

struct Transcript {
  std::vector<std::pair<RecordType, Bytes>> records;
  std::optional<ErrorCode> end;  // nothing: a whole body

  friend bool operator==(const Transcript&, const Transcript&) = default;
};

void check_stays_failed(RecordReader& reader, Bytes more) {
  MutableBytes piece(more);
  for (int i = 0; i < 3; ++i) {
    const auto next = reader.next(piece);
    require(!next && next.error().code == ErrorCode::kTampered, "a reader that has failed gives nothing more");
  }
  const Status finished = reader.finish();
  require(!finished && finished.error().code == ErrorCode::kTampered, "a reader that has failed stays failed");
}

Transcript read(const Stream& stream, Bytes body, Cuts cuts) {
  RecordReader reader(stream.direction, stream.context, stream.key.reveal());
  Transcript transcript;
  for (std::size_t at = 0; at < body.size();) {
    MutableBytes piece = MutableBytes(body).subspan(at, cuts.next(body.size() - at));
    at += piece.size();
    while (!piece.empty()) {
      const auto next = reader.next(piece);
      if (!next) {
        check_stays_failed(reader, body);
        transcript.end = next.error().code;
        return transcript;
      }
      require(*next || piece.empty(), "a reader takes all that it is given");
      if (*next) transcript.records.emplace_back((*next)->type, to_bytes((*next)->data));
    }
  }
  const Status finished = reader.finish();
  require(finished.has_value() == reader.final_seen(), "a body ends with its final record");
  if (!finished) transcript.end = finished.error().code;
  return transcript;
}

Transcript read_whole_and_cut(const Stream& stream, const Bytes& body, Cuts cuts) {
  Transcript whole = read(stream, body, Cuts::none());
  require(read(stream, body, cuts) == whole, "a body says the same however it is cut");
  return whole;
}

// A record as the forging sender makes it: every field is its own choice.
struct Forged {
  std::uint8_t type = 0;
  bool final = false;
  std::uint32_t length = 0;  // as claimed
  ByteView data;             // as there is, zeros included
};

// Per record: u8 type, u8 flags and how far the claimed length lies from the true one, u8 data size, data.
std::vector<Forged> forged_records(ByteView input) {
  constexpr std::uint8_t kFinal = 0x80;
  constexpr std::uint8_t kLongClaim = 0x40;
  std::vector<Forged> records;
  while (!input.empty()) {
    Forged record;
    record.type = take_byte(input);
    const std::uint8_t flags = take_byte(input);
    record.final = (flags & kFinal) != 0;
    record.data = input.first(std::min<std::size_t>(take_byte(input), input.size()));
    input = input.subspan(record.data.size());
    record.length = static_cast<std::uint32_t>(record.data.size()) - (flags & 0x0FU);
    if ((flags & kLongClaim) != 0) record.length = static_cast<std::uint32_t>(record.data.size()) + (flags & 0x0FU);
    records.push_back(record);
  }
  return records;
}

Bytes seal(const Stream& stream, const std::vector<Forged>& records) {
  crypto::Sealer sealer(stream.key.reveal());
  Bytes body;
  std::uint64_t counter = 0;
  for (const Forged& record : records) {
    ByteArray<5> header{record.type};
    store_be(header.data() + 1, record.length);
    const auto size = static_cast<std::uint32_t>(header.size() + record.data.size() + crypto::kAeadTagSize);
    const std::uint32_t field = size | (record.final ? 0x8000'0000U : 0U);
    ByteArray<32> associated{'s', 'm', 'p', '2'};
    std::copy(stream.context.session.begin(), stream.context.session.end(), associated.begin() + 4);
    store_be(associated.data() + 20, stream.context.n);
    store_be(associated.data() + 28, field);
    ByteArray<12> nonce{};
    store_be(nonce.data(), counter++);
    nonce[8] = record.final ? 1 : 0;
    append_be(body, field);
    body.resize(body.size() + size);
    const ByteView parts[] = {header, record.data};
    sealer.seal(nonce, associated, parts, 0, MutableBytes(body).last(size));
  }
  return body;
}

// docs/protocol.md section 5, told a second time: the records before the first fault, and how the body ends.
Transcript expected(Direction direction, const std::vector<Forged>& records) {
  Transcript transcript;
  bool head = false;
  bool ended = false;
  transcript.end = ErrorCode::kTampered;
  for (const Forged& record : records) {
    if (ended || record.length > record.data.size() || record.type < 1 || record.type > 5) return transcript;
    const ByteView padding = record.data.subspan(record.length);
    if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte != 0; })) return transcript;
    const auto type = static_cast<RecordType>(record.type);
    const bool closes = type == RecordType::kTrailer || type == RecordType::kAlert;
    const bool in_order = type == RecordType::kHead     ? !head
                          : type == RecordType::kFiller ? record.length == 0
                          : type == RecordType::kAlert  ? direction == Direction::kReply
                                                        : head;
    if (!in_order || record.final != closes) return transcript;
    head = head || type == RecordType::kHead;
    ended = closes;
    transcript.records.emplace_back(type, to_bytes(record.data.first(record.length)));
  }
  transcript.end = ended ? std::nullopt : std::optional(ErrorCode::kTruncated);
  return transcript;
}

}  // namespace
}  // namespace minions::fuzz

// First byte: the cuts. Second: bit 0 the direction (set: reply), bit 1 the forging sender. Then u64(n) and a body, or
// the forged records.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  constexpr std::size_t kLimit = 8192;  // the largest record is eight times that: pieces matter more than bulk
  if (size > kLimit) return 0;
  ByteView input(data, size);
  const fuzz::Cuts cuts(fuzz::take_byte(input));
  const std::uint8_t choice = fuzz::take_byte(input);
  const auto direction = (choice & 1) != 0 ? session::Direction::kReply : session::Direction::kRequest;
  if ((choice & 2) != 0) {
    const auto records = fuzz::forged_records(input);
    const fuzz::Stream stream = fuzz::stream_of(direction, 7);
    fuzz::require(
        fuzz::read_whole_and_cut(stream, fuzz::seal(stream, records), cuts) == fuzz::expected(direction, records),
        "the reader takes what the grammar allows, and nothing else");
    return 0;
  }
  ByteReader reader(input);
  const auto n = reader.be<std::uint64_t>("n");
  if (!n || *n >= session::kStreamIdLimit) return 0;
  const Bytes body = to_bytes(input.subspan(sizeof(std::uint64_t)));
  const auto stream = fuzz::stream_of(direction, *n);
  const auto whole = fuzz::read_whole_and_cut(stream, body, cuts);
  if (whole.end || body.empty()) return 0;
  fuzz::require(fuzz::read_whole_and_cut(stream, to_bytes(ByteView(body).first(body.size() - 1)), cuts).end ==
                    ErrorCode::kTruncated,
                "a body that lost its last byte is cut short");
  return 0;
}
