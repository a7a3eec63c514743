// The only file that includes Beast. Its parser handles the grammar; what it accepts too easily is refused here.
#include "net/http_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/version.hpp>

#include "net/chunk_head.h"

namespace minions::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
// Beast's own view type, which is not std's in every build.
using Text = boost::beast::string_view;

// No valid chunk header and its continuation is shorter than `0 CR LF CR LF`; Beast asserts on less.
constexpr std::size_t kShortestChunkedRest = 5;
constexpr int kMaxInterimResponses = 10;

std::string_view view(Text text) { return {text.data(), text.size()}; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

bool is_decimal(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Refusal {
  int status = 400;
  ErrorCode code = ErrorCode::kMalformed;
  std::string detail;
};

// What request and response share: collects fields into a head, and notes the position of body pieces.
template <bool kIsRequest, class Head>
class Machine : public http::basic_parser<kIsRequest> {
  using Base = http::basic_parser<kIsRequest>;

 public:
  explicit Machine(Head& head) : head_(head) {
    this->header_limit(static_cast<std::uint32_t>(kMaxHeaderBytes));
    this->body_limit(boost::none);
  }

  // One step over `rest`; the body piece that it found, if any, is in body().
  std::size_t step(MutableBytes rest, error_code& error) {
    input_ = rest;
    body_ = {};
    return this->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
  }
  [[nodiscard]] MutableBytes body() const { return body_; }
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }
  [[nodiscard]] bool got_start_line() const { return got_start_line_; }
  [[nodiscard]] bool in_chunk() const { return chunk_left_ > 0; }
  [[nodiscard]] ChunkPlace chunk_place() const { return had_chunk_ ? ChunkPlace::kAfterData : ChunkPlace::kFirst; }

 private:
  void refuse(error_code& error, Refusal refusal) {
    refusal_ = std::move(refusal);
    error = http::error::bad_value;
  }

  void on_request_impl(http::verb, Text method, Text target, int version, error_code& error) override {
    got_start_line_ = true;
    if constexpr (kIsRequest) {
      if (target.size() > kMaxTargetBytes) {
        return refuse(error, {414, ErrorCode::kTooLarge,
                              "target is " + std::to_string(target.size()) + " bytes, at most " +
                                  std::to_string(kMaxTargetBytes)});
      }
      const bool printable = std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f; });
      if ((target.front() != '/' && target != "*") || !printable) {
        return refuse(error, {400, ErrorCode::kMalformed, "target is not a path"});
      }
      head_.method = view(method);
      head_.target = view(target);
      head_.http_1_0 = version < 11;
    }
  }

  void on_response_impl(int status, Text, int version, error_code& error) override {
    got_start_line_ = true;
    if constexpr (!kIsRequest) {
      if (status < 100 || status == 101) {
        return refuse(error, {400, ErrorCode::kUnsupported, "status is " + std::to_string(status)});
      }
      head_.status = status;
      http_1_0_ = version < 11;
    }
  }

  void on_field_impl(http::field field, Text name, Text value, error_code& error) override {
    if (in_trailer_) return;
    if (head_.headers.size() == kMaxHeaders) {
      return refuse(error, {431, ErrorCode::kTooLarge, "more than " + std::to_string(kMaxHeaders) + " header fields"});
    }
    if (is_folded(name, value)) return refuse(error, {400, ErrorCode::kMalformed, "a folded header field"});
    if (field == http::field::transfer_encoding && !equals_ignoring_case(view(value), "chunked")) {
      return refuse(error, {501, ErrorCode::kUnsupported, "a transfer coding other than chunked"});
    }
    if (field == http::field::content_length && !is_decimal(view(value))) {
      return refuse(error, {400, ErrorCode::kMalformed, "content-length is not a number"});
    }
    hosts_ += field == http::field::host ? 1 : 0;
    if constexpr (kIsRequest) {
      if (field == http::field::expect) {
        if (!equals_ignoring_case(view(value), "100-continue")) {
          return refuse(error, {417, ErrorCode::kUnsupported, "an expectation other than 100-continue"});
        }
        head_.expect_continue = true;
      }
    }
    Header header{std::string(view(name)), std::string(view(value))};
    std::transform(header.name.begin(), header.name.end(), header.name.begin(), lower);
    head_.headers.push_back(std::move(header));
  }

  // Beast unfolds lines, RFC 9112 section 5.2 lets us refuse them: the value is then in a buffer of Beast's, or a line
  // end is between name and value.
  [[nodiscard]] bool is_folded(Text name, Text value) const {
    const auto* begin = reinterpret_cast<const char*>(input_.data());
    const auto* end = begin + input_.size();
    if (std::less<>()(value.data(), begin) || std::less<>()(end, value.data())) return true;
    return std::find(name.data() + name.size(), value.data(), '\r') != value.data();
  }

  void on_header_impl(error_code& error) override {
    in_trailer_ = true;
    if (const auto length = this->content_length()) head_.content_length = *length;
    head_.chunked = this->chunked();
    head_.keep_alive = this->keep_alive();
    bool http_1_0 = http_1_0_;
    if constexpr (kIsRequest) {
      http_1_0 = head_.http_1_0;
      if (hosts_ > 1 || (hosts_ == 0 && !http_1_0)) {
        return refuse(error, {400, ErrorCode::kMalformed, std::to_string(hosts_) + " host fields, want 1"});
      }
      // Servers that expect no body there take it for the next request (RFC 9110 section 9.3.1).
      if (head_.has_body() && (head_.method == "GET" || head_.method == "HEAD"))
        return refuse(error, {400, ErrorCode::kMalformed, head_.method + " with a body"});
    } else {
      head_.ends_with_connection = this->need_eof();
    }
    if (http_1_0 && head_.chunked) {
      return refuse(error, {400, ErrorCode::kMalformed, "transfer-encoding in HTTP/1.0"});
    }
  }

  void note_body(Text body) {
    const auto at = static_cast<std::size_t>(body.data() - reinterpret_cast<const char*>(input_.data()));
    body_ = input_.subspan(at, body.size());
  }
  std::size_t on_body_impl(Text body, error_code&) override {
    note_body(body);
    return body.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, error_code&) override {
    note_body(body);
    chunk_left_ -= body.size();
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t size, Text, error_code&) override {
    chunk_left_ = size;
    had_chunk_ = true;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  Head& head_;
  MutableBytes input_;
  MutableBytes body_;
  std::optional<Refusal> refusal_;
  std::uint64_t chunk_left_ = 0;
  int hosts_ = 0;
  bool had_chunk_ = false;
  bool got_start_line_ = false;
  bool in_trailer_ = false;
  bool http_1_0_ = false;
};

// Drives a state machine over one message.
template <bool kIsRequest, class Head>
class Driver {
 public:
  Driver() { start(RequestKind::kOther); }

  void start(RequestKind answers) {
    answers_ = answers;
    interim_ = 0;
    header_bytes_ = 0;
    restart_machine();
  }

  Result<Parsed> feed(MutableBytes unread) {
    Parsed parsed;
    for (;;) {
      if (refusal_) return refused();
      if (got_head_ && machine_->is_done()) {
        parsed.event = ParseEvent::kEnd;
        return parsed;
      }
      const MutableBytes rest = unread.subspan(parsed.consumed);
      if (rest.empty()) return parsed;
      check_chunk_head(rest);
      if (refusal_) return refused();
      if (waits_for_chunk_header(rest)) return parsed;
      error_code error;
      const std::size_t step = machine_->step(rest, error);
      parsed.consumed += step;
      if (!got_head_) header_bytes_ += step;
      if (error == http::error::need_more) {
        check_unfinished(rest.subspan(step));
        if (refusal_) return refused();
        return parsed;
      }
      if (error) {
        refuse(error, rest);
        return refused();
      }
      if (!got_head_ && machine_->is_header_done()) {
        if (header_bytes_ > kMaxHeaderBytes) {
          refuse_header_size(rest);
          return refused();
        }
        if (skip_interim()) continue;
        got_head_ = true;
        parsed.event = ParseEvent::kHead;
        return parsed;
      }
      if (!machine_->body().empty()) {
        parsed.event = ParseEvent::kBody;
        parsed.body = machine_->body();
        return parsed;
      }
    }
  }

  Status at_end_of_input() {
    if (refusal_) return refused();
    if (!got_head_) return fail(ErrorCode::kTruncated, "http: the connection ended before a whole head");
    if (machine_->is_done()) return {};
    error_code error;
    machine_->put_eof(error);
    if (error) return fail(ErrorCode::kTruncated, "http: the connection ended inside a body");
    return {};
  }

  Status limit_body(std::uint64_t bytes) {
    body_limit_ = bytes;
    if (head_.content_length.value_or(0) > bytes) refuse_body_size();
    if (refusal_) return refused();
    if (head_.chunked) machine_->body_limit(bytes);
    return {};
  }

  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] bool got_head() const { return got_head_; }
  [[nodiscard]] int refusal_status() const { return refusal_ ? refusal_->status : 400; }

 private:
  void restart_machine() {
    head_ = Head{};
    machine_.emplace(head_);
    if (answers_ == RequestKind::kHead) machine_->skip(true);
    refusal_.reset();
    got_head_ = false;
    line_ends_checked_ = 0;
  }

  [[nodiscard]] bool at_chunk_head() const { return got_head_ && head_.chunked && !machine_->in_chunk(); }

  // Beast examines a size line, and the trailer, only once all of it is there.
  void check_chunk_head(MutableBytes rest) {
    if (!at_chunk_head()) return;
    if (auto broken = broken_chunk_head(as_text(rest), machine_->chunk_place()))
      refusal_ = Refusal{400, ErrorCode::kMalformed, *std::move(broken)};
  }

  [[nodiscard]] bool waits_for_chunk_header(MutableBytes rest) const {
    return at_chunk_head() && rest.size() < kShortestChunkedRest;
  }

  // An interim response is followed by the real one (RFC 9110 section 15.2).
  bool skip_interim() {
    if constexpr (kIsRequest) return false;
    if constexpr (!kIsRequest) {
      if (head_.status >= 200) return false;
      if (++interim_ > kMaxInterimResponses) {
        refusal_ = Refusal{400, ErrorCode::kMalformed,
                           "more than " + std::to_string(kMaxInterimResponses) + " interim responses"};
        return true;
      }
    }
    restart_machine();
    header_bytes_ = 0;
    return true;
  }

  void check_unfinished(MutableBytes left) {
    if (!got_head_) {
      check_line_ends(left);
      if (!refusal_ && header_bytes_ + left.size() >= kMaxHeaderBytes) refuse_header_size(left);
    } else if (left.size() >= kMaxChunkHeaderBytes) {
      refusal_ = Refusal{400, ErrorCode::kMalformed,
                         "a chunk header or trailer of more than " + std::to_string(kMaxChunkHeaderBytes) + " bytes"};
    }
  }

  // The bytes of a head that have not been examined yet: a peer may send it byte by byte.
  void check_line_ends(MutableBytes left) {
    std::size_t from = line_ends_checked_ > header_bytes_ ? line_ends_checked_ - header_bytes_ : 0;
    if (from > 0 && left[from - 1] == '\r') --from;  // its line feed had not come
    line_ends_checked_ = header_bytes_ + left.size();
    if (has_bare_line_end(as_text(left.subspan(from))))
      refusal_ = Refusal{400, ErrorCode::kMalformed, "a line of the head that does not end in CR LF"};
  }

  // Without a line end only a target can be at fault.
  void refuse_header_size(MutableBytes unread) {
    const bool in_first_line =
        !machine_->got_start_line() && std::find(unread.begin(), unread.end(), '\n') == unread.end();
    const int status = kIsRequest && in_first_line ? 414 : 431;
    refusal_ =
        Refusal{status, ErrorCode::kTooLarge, "the head is longer than " + std::to_string(kMaxHeaderBytes) + " bytes"};
  }

  void refuse_body_size() {
    refusal_ = Refusal{413, ErrorCode::kTooLarge,
                       "a body of more than " + std::to_string(body_limit_) + " bytes is announced"};
  }

  void refuse(const error_code& error, MutableBytes unread) {
    if (machine_->refusal()) {
      refusal_ = machine_->refusal();
    } else if (error == http::error::header_limit) {
      refuse_header_size(unread);
    } else if (error == http::error::body_limit) {
      refuse_body_size();
    } else {
      refusal_ = Refusal{400, ErrorCode::kMalformed, error.message()};
    }
  }

  [[nodiscard]] std::string detail() const { return "http: " + refusal_->detail; }
  // For a request, the sender is told the size. A reply over it violates our limits: kTooLarge would mean that the user
  // asked for too much.
  [[nodiscard]] tl::unexpected<Error> refused() const {
    const bool too_large_reply = !kIsRequest && refusal_->code == ErrorCode::kTooLarge;
    return fail(too_large_reply ? ErrorCode::kMalformed : refusal_->code, detail());
  }

  Head head_;
  std::optional<Machine<kIsRequest, Head>> machine_;
  std::optional<Refusal> refusal_;
  std::size_t header_bytes_ = 0;
  std::size_t line_ends_checked_ = 0;
  std::uint64_t body_limit_ = 0;
  int interim_ = 0;
  RequestKind answers_ = RequestKind::kOther;
  bool got_head_ = false;
};

}  // namespace

class RequestParser::Impl : public Driver<true, RequestHead> {};
class ResponseParser::Impl : public Driver<false, ResponseHead> {};

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;
void RequestParser::reset() { impl_->start(RequestKind::kOther); }
Result<Parsed> RequestParser::feed(MutableBytes unread) { return impl_->feed(unread); }
const RequestHead& RequestParser::head() const { return impl_->head(); }
bool RequestParser::got_head() const { return impl_->got_head(); }
Status RequestParser::limit_body(std::uint64_t bytes) { return impl_->limit_body(bytes); }
int RequestParser::refusal_status() const { return impl_->refusal_status(); }

ResponseParser::ResponseParser() : impl_(std::make_unique<Impl>()) {}
ResponseParser::~ResponseParser() = default;
void ResponseParser::reset(RequestKind answers) { impl_->start(answers); }
Result<Parsed> ResponseParser::feed(MutableBytes unread) { return impl_->feed(unread); }
Status ResponseParser::at_end_of_input() { return impl_->at_end_of_input(); }
const ResponseHead& ResponseParser::head() const { return impl_->head(); }
bool ResponseParser::got_head() const { return impl_->got_head(); }

}  // namespace minions::net
