// Sealed requests as a hostile client, or somebody on the path, sends them: none of them may be acted on.
#include "base/byte_io.h"
#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

class RequestTest : public GatewayFixture {
 protected:
  // The plain error that the body gets. The backend may have seen some of it, and never its end.
  [[nodiscard]] int status_of(const session::ClientSession& session, ByteView body) {
    const std::size_t before = finished();
    const RawReply reply = post(stream_path(session), body);
    EXPECT_TRUE(reply.whole);
    EXPECT_EQ(finished(), before) << "the backend's request was completed";
    if (reply.status == 200) ADD_FAILURE() << "answered with " << reply.body.size() << " sealed bytes";
    return reply.status;
  }
  [[nodiscard]] std::size_t finished() const {
    const auto calls = backend_->calls();
    return static_cast<std::size_t>(
        std::count_if(calls.begin(), calls.end(), [](const SeenCall& call) { return call.finished; }));
  }
  // The records of a request that the sealer would not make. n is written before the first.
  [[nodiscard]] SealedRequest seal_by_hand(session::ClientSession& session,
                                           const std::vector<std::pair<session::RecordType, std::string>>& records) {
    session::ClientStream stream = session.open_stream().value();
    session.finish_stream(stream.context.n);
    SealedRequest sealed{stream.context, {}, {}, std::move(stream.reply_key)};
    session::RecordWriter writer(stream.context, stream.request_key.reveal());
    for (const auto& [type, data] : records) {
      Bytes& out = sealed.records.emplace_back();
      if (sealed.records.size() == 1) append_be(out, stream.context.n);
      const std::size_t at = out.size();
      const std::size_t size = std::max<std::size_t>(256, data.size() + session::kRecordHeaderSize);
      out.resize(at + size + session::kRecordOverhead);
      writer.seal(type, as_bytes(data), size, MutableBytes(out).subspan(at));
    }
    return sealed;
  }
  static void append_be(Bytes& out, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
};

// Head, three data records, trailer.
const std::string kLongQuestion(150'000, 'q');

// A model server that reads no body of a GET takes it for the next request of the connection.
TEST_F(RequestTest, AGetWithDataNeverReachesTheBackend) {
  serve();
  auto session = open_session();
  const std::string smuggled = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
  for (const char* path : {"/v1/models", "/v1/models/m"}) {
    const OpenedReply reply = ask(session, {"GET", path, {}, smuggled.size()}, smuggled);
    ASSERT_TRUE(reply.alert) << path;
    EXPECT_EQ(reply.alert->code, session::AlertCode::kBadRequest);
    EXPECT_EQ(reply.alert->processed, session::Processed::kNo);
    EXPECT_NE(reply.alert->message.find("GET"), std::string::npos) << reply.alert->message;
  }
  for (const char* method : {"HEAD", "get", "DELETE"})
    EXPECT_TRUE(ask(session, {method, "/v1/models", {}, smuggled.size()}, smuggled).alert) << method;
  EXPECT_TRUE(backend_->calls().empty());
  EXPECT_TRUE(ask(session, {"GET", "/v1/models", {}, 0}, "").trailer) << "without data it is fine";
}

TEST_F(RequestTest, EachSessionHasItsOwnCacheSalt) {
  serve();
  auto alice = open_session();
  auto bob = open_session();
  std::vector<std::string> salts;
  for (session::ClientSession* session : {&alice, &alice, &bob}) {
    ASSERT_TRUE(ask(*session).trailer);
    salts.push_back(backend_->last().request.cache_salt);
    EXPECT_EQ(salts.back().size(), 43U);
  }
  EXPECT_EQ(salts[0], salts[1]);
  EXPECT_NE(salts[0], salts[2]);
  EXPECT_EQ(salts[0].find(to_hex(alice.parameters().session)), std::string::npos);
}

TEST_F(RequestTest, IsAnsweredWithAReceipt) {
  serve();
  backend_->set({.status = 418, .content_type = "text/x-tea", .pieces = {"one", R"(,"usage":{"n":1})", "two"}});
  auto session = open_session();
  const OpenedReply reply = ask(session, kLongQuestion);
  ASSERT_TRUE(reply.trailer);
  EXPECT_EQ(reply.head->status, 418);
  EXPECT_EQ(session::find_header(reply.head->headers, "content-type"), "text/x-tea");
  EXPECT_EQ(reply.data, R"(one,"usage":{"n":1}two)");
  EXPECT_EQ(reply.trailer->usage, R"({"n":1})");
  const SeenCall seen = backend_->last();
  EXPECT_TRUE(seen.finished);
  EXPECT_EQ(seen.body, kLongQuestion);
  EXPECT_EQ(seen.request.path, "/v1/chat/completions");
}

TEST_F(RequestTest, PassesOnOnlyContentTypeAndAccept) {
  serve();
  auto session = open_session();
  session::RequestHead head = chat_head(2);
  head.headers = {{"content-type", "application/json"},
                  {"accept", "text/event-stream"},
                  {"authorization", "Bearer x"},
                  {"cookie", "a=b"},
                  {"host", "elsewhere"},
                  {"x-forwarded-for", "1.2.3.4"}};
  ASSERT_TRUE(ask(session, head, "{}").trailer);
  const auto& headers = backend_->last().request.headers;
  ASSERT_EQ(headers.size(), 3U);
  EXPECT_EQ(net::find(headers, "accept-encoding"), "identity");
  EXPECT_EQ(net::find(headers, "content-type"), "application/json");
  EXPECT_EQ(net::find(headers, "accept"), "text/event-stream");
}

TEST_F(RequestTest, PassesOnOneContentType) {
  serve();
  auto session = open_session();
  for (const char* type : {"application/json", "application/json; charset=utf-8", "APPLICATION/JSON;CharSet=\"UTF-8\"",
                           "application/json;charset=utf8; a=b", "text/plain", "multipart/form-data; boundary=x", ""}) {
    session::RequestHead head = chat_head(2);
    head.headers = {{"content-type", type}};
    ASSERT_TRUE(ask(session, head, "{}").trailer) << type;
    EXPECT_EQ(net::find(backend_->last().request.headers, "content-type"), "application/json") << type;
  }
  session::RequestHead head = chat_head(2);
  head.headers = {};
  ASSERT_TRUE(ask(session, head, "{}").trailer);
  EXPECT_EQ(net::find(backend_->last().request.headers, "content-type"), "application/json");
  const std::size_t calls = backend_->calls().size();
  for (const char* type : {"application/json; charset=utf-16", "application/json;charset=\"utf-7\"",
                           "a; b=c;CHARSET = latin1", "application/json; charset", "application/json; charset=",
                           "application/json; charset*=utf-16''x", "application/json; charset=utf-8; charset=utf-32"}) {
    head.headers = {{"content-type", type}};
    const OpenedReply reply = ask(session, head, "{}");
    ASSERT_TRUE(reply.alert) << type;
    EXPECT_EQ(reply.alert->code, session::AlertCode::kBadRequest);
    EXPECT_NE(reply.alert->message.find("charset"), std::string::npos);
  }
  EXPECT_EQ(backend_->calls().size(), calls) << "the backend was asked";
}

TEST_F(RequestTest, CutAnywhereIsMalformedAndNeverCompleted) {
  serve();
  auto session = open_session();
  const auto sizes_of = [](const SealedRequest& request) {
    std::vector<std::size_t> sizes;
    for (const Bytes& record : request.records) sizes.push_back(record.size());
    return sizes;
  };
  const auto sizes = sizes_of(seal(session, kLongQuestion));
  ASSERT_EQ(sizes.size(), 5U);
  std::vector<std::size_t> cuts{1, 7, 8, 9, 12};
  std::size_t border = 0;
  for (const std::size_t size : sizes) {
    for (const std::size_t inside :
         {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{4}, size / 2, size - 1})
      cuts.push_back(border + inside);
    border += size;
  }
  for (const std::size_t cut : cuts) {
    Bytes body = seal(session, kLongQuestion).body();
    body.resize(cut);
    EXPECT_EQ(status_of(session, body), 400) << "cut after " << cut;
  }
}

TEST_F(RequestTest, BrokenOffByTheConnectionIsNeverCompleted) {
  serve();
  auto session = open_session();
  for (const auto end : {RawConnection::End::kFin, RawConnection::End::kReset}) {
    const std::size_t before = backend_->calls().size();
    const Bytes body = seal(session, kLongQuestion).body();
    RawConnection connection = connect();
    connection.send(request_head("POST", stream_path(session), body.size()));
    connection.send(ByteView(body).first(body.size() - 1));
    ASSERT_FALSE(backend_->wait_call(before + 1, [](const SeenCall& call) { return !call.body.empty(); }).body.empty());
    connection.close(end);
    const SeenCall seen = backend_->wait([](const SeenCall& call) { return call.gone; }, 1s);
    EXPECT_TRUE(seen.gone) << "not broken off within a second";
    EXPECT_FALSE(seen.finished);
    EXPECT_LT(seen.body.size(), kLongQuestion.size());
    EXPECT_EQ(backend_->calls().size(), before + 1);
  }
}

TEST_F(RequestTest, RecordsOutOfPlaceAreMalformed) {
  serve();
  auto session = open_session();
  using Change = std::function<void(std::vector<Bytes>&)>;
  const std::vector<std::pair<const char*, Change>> changes = {
      {"data dropped", [](auto& r) { r.erase(r.begin() + 1); }},
      {"last data dropped", [](auto& r) { r.erase(r.begin() + 3); }},
      {"trailer dropped", [](auto& r) { r.pop_back(); }},
      {"head twice", [](auto& r) { r.insert(r.begin() + 1, Bytes(r[0].begin() + 8, r[0].end())); }},
      {"data twice", [](auto& r) { r.insert(r.begin() + 1, Bytes(r[1])); }},
      {"trailer twice", [](auto& r) { r.push_back(Bytes(r.back())); }},
      {"data swapped", [](auto& r) { std::swap(r[1], r[2]); }},
      {"data after the trailer", [](auto& r) { std::swap(r[3], r[4]); }},
      {"a byte after the end", [](auto& r) { r.push_back(Bytes{0}); }},
      {"whole request twice",
       [](auto& r) {
         const std::vector<Bytes> once = r;
         r.insert(r.end(), once.begin(), once.end());
       }},
  };
  for (const auto& [name, change] : changes) {
    SealedRequest request = seal(session, kLongQuestion);
    change(request.records);
    EXPECT_EQ(status_of(session, request.body()), 400) << name;
  }
}

TEST_F(RequestTest, GrammarIsHeldUnderGoodTags) {
  using session::RecordType;
  serve();
  auto session = open_session();
  const std::string head = chat_head(1).to_json();
  const std::vector<std::pair<const char*, std::vector<std::pair<RecordType, std::string>>>> wrong = {
      {"data first", {{RecordType::kData, "x"}, {RecordType::kTrailer, "{}"}}},
      {"trailer first", {{RecordType::kTrailer, "{}"}}},
      {"two heads", {{RecordType::kHead, head}, {RecordType::kHead, head}, {RecordType::kTrailer, "{}"}}},
      {"an alert", {{RecordType::kHead, head}, {RecordType::kAlert, R"({"code":"internal"})"}}},
      {"head no JSON", {{RecordType::kHead, "{"}, {RecordType::kTrailer, "{}"}}},
      {"head without path", {{RecordType::kHead, R"({"method":"GET"})"}, {RecordType::kTrailer, "{}"}}},
      {"trailer no JSON", {{RecordType::kHead, head}, {RecordType::kData, "x"}, {RecordType::kTrailer, "}"}}},
      {"filler with data", {{RecordType::kFiller, "x"}, {RecordType::kHead, head}, {RecordType::kTrailer, "{}"}}},
  };
  for (const auto& [name, records] : wrong)
    EXPECT_EQ(status_of(session, seal_by_hand(session, records).body()), 400) << name;

  const SealedRequest good = seal_by_hand(session, {{RecordType::kFiller, ""},
                                                    {RecordType::kHead, head},
                                                    {RecordType::kFiller, ""},
                                                    {RecordType::kData, "x"},
                                                    {RecordType::kTrailer, "{}"}});
  const OpenedReply reply = open(good, post(stream_path(session), good.body()).body);
  EXPECT_TRUE(reply.trailer);
}

TEST_F(RequestTest, EveryFlippedBitIsRefused) {
  serve();
  const auto statement = attest();
  auto session = open_session(statement);
  const std::size_t size = seal(session, "?").body().size();
  ASSERT_LT(size, 4096U);
  for (std::size_t at = 0; at < size; ++at) {
    if (at % 500 == 499) session = open_session(statement);  // a session ends after 1,000 bad tags
    Bytes body = seal(session, "?").body();
    body[at] = static_cast<std::uint8_t>(body[at] ^ (1U << (at % 8)));
    const int status = status_of(session, body);
    EXPECT_TRUE(status == 400 || status == 409) << "byte " << at << ": " << status;
    EXPECT_TRUE(status == 400 || at < 8) << "byte " << at;
  }
}

TEST_F(RequestTest, AReplayGives409AndReachesNoBackend) {
  serve();
  auto session = open_session();
  const SealedRequest request = seal(session, "once");
  ASSERT_TRUE(expect_reply(session, request, post(stream_path(session), request.body())).trailer);
  const std::size_t calls = backend_->calls().size();
  expect_plain_error(post(stream_path(session), request.body()), 409, "replayed");
  EXPECT_EQ(backend_->calls().size(), calls);
  // A request whose end was bad has spent its n, too.
  const SealedRequest cut = seal(session, "again");
  Bytes body = cut.body();
  body.back() ^= 1;
  EXPECT_EQ(status_of(session, body), 400);
  EXPECT_EQ(status_of(session, cut.body()), 409);
}

TEST_F(RequestTest, TheWindowIs1024Wide) {
  serve();
  auto session = open_session();
  std::vector<SealedRequest> requests;
  for (int i = 0; i <= 1500; ++i) requests.push_back(seal(session, "x"));
  const auto send = [&](std::size_t n) { return post(stream_path(session), requests[n].body()).status; };
  EXPECT_EQ(send(1500), 200);
  EXPECT_EQ(send(0), 409);
  EXPECT_EQ(send(476), 409);
  EXPECT_EQ(send(477), 200);
  EXPECT_EQ(send(477), 409);
  EXPECT_EQ(send(1499), 200);
}

TEST_F(RequestTest, StreamIdsAreBelow2To63) {
  serve();
  auto session = open_session();
  for (const std::uint8_t first : {std::uint8_t{0x80}, std::uint8_t{0xff}}) {
    Bytes body = seal(session, "x").body();
    body[0] = first;
    expect_plain_error(post(stream_path(session), body), 400, "malformed");
  }
  EXPECT_TRUE(ask(session).trailer) << "the window moved for a request that did not authenticate";
}

TEST_F(RequestTest, LengthOtherThanTheHeadsIsBadRequestAndNeverCompleted) {
  serve();
  auto session = open_session();
  const std::string data(200'000, 'd');
  const std::vector<std::pair<std::size_t, std::size_t>> head_and_data = {
      {0, 1},          {1, 0}, {10, 9}, {9, 10}, {data.size(), data.size() - 1}, {data.size() - 1, data.size()},
      {65'531, 65'532}};
  for (const auto& [length, given] : head_and_data) {
    const OpenedReply reply = ask(session, chat_head(length), std::string_view(data).substr(0, given));
    ASSERT_TRUE(reply.alert) << length << " and " << given;
    EXPECT_EQ(reply.alert->code, session::AlertCode::kBadRequest);
    EXPECT_EQ(reply.alert->processed, session::Processed::kNo);
    const SeenCall seen = backend_->wait([](const SeenCall& call) { return call.gone; }, 1s);
    EXPECT_FALSE(seen.finished) << length << " and " << given;
    EXPECT_LE(seen.body.size(), length) << "more than the length went on";
    EXPECT_TRUE(seen.gone || backend_->calls().empty());
  }
}

TEST_F(RequestTest, AnUnknownPathIsSaidSealedAndAskedOfNoBackend) {
  serve();
  auto session = open_session();
  for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{
           {"POST", "/v1/files"}, {"GET", "/v1/chat/completions"}, {"POST", "/v1/chat/completions?x"}, {"GET", "/"}}) {
    session::RequestHead head;
    head.method = method;
    head.path = path;
    const OpenedReply reply = ask(session, head, "");
    ASSERT_TRUE(reply.alert) << path;
    EXPECT_EQ(reply.alert->code, session::AlertCode::kNotFound) << path;
    EXPECT_EQ(reply.alert->processed, session::Processed::kNo) << path;
  }
  EXPECT_TRUE(backend_->calls().empty());
}

TEST_F(RequestTest, FillerWithoutEndIsCutByTheLimit) {
  Settings settings = quick_settings();
  settings.max_request_bytes = 100'000;
  serve(settings);
  auto session = open_session();
  std::vector<std::pair<session::RecordType, std::string>> records(1000, {session::RecordType::kFiller, ""});
  const Bytes body = seal_by_hand(session, records).body();
  ASSERT_GT(body.size(), 200'000U);
  RawConnection connection = connect();
  connection.send("POST " + stream_path(session) + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  char line[16];
  std::snprintf(line, sizeof line, "%zx\r\n", body.size());
  connection.send(line);
  connection.send(body);
  expect_plain_error(connection.read_reply(), 413, "too_large", "request_bytes");
  EXPECT_TRUE(backend_->calls().empty());
}

TEST_F(RequestTest, ABodyOverTheLimitGives413) {
  Settings settings = quick_settings();
  settings.max_request_bytes = 100'000;
  serve(settings);
  auto session = open_session();
  EXPECT_EQ(session.parameters().max_request, 100'000U);
  RawConnection connection = connect();
  connection.send(request_head("POST", stream_path(session), 100'001));
  expect_plain_error(connection.read_reply(), 413, "too_large", "request_bytes");
  // Under the limit sealed, over it by its head.
  const OpenedReply reply = ask(session, chat_head(100'001), "x");
  ASSERT_TRUE(reply.alert);
  EXPECT_EQ(reply.alert->code, session::AlertCode::kTooLarge);
  EXPECT_TRUE(ask(session, std::string(90'000, 'x')).trailer);
}

TEST_F(RequestTest, UnfinishedRequestsAreLimitedTogether) {
  Settings settings = quick_settings();
  settings.max_unfinished_bytes = 150'000;
  serve(settings);
  auto session = open_session();
  const Bytes first = seal(session, std::string(100'000, 'a')).body();
  RawConnection holding = connect();
  holding.send(request_head("POST", stream_path(session), first.size()));
  holding.send(ByteView(first).first(first.size() - 100));
  ASSERT_FALSE(backend_->wait([](const SeenCall& call) { return call.body.size() > 60'000; }).body.empty());
  const SealedRequest second = seal(session, std::string(100'000, 'b'));
  expect_plain_error(post(stream_path(session), second.body()), 429, "busy", "unfinished_bytes");
  holding.close();
  ASSERT_TRUE(backend_->wait([](const SeenCall& call) { return call.gone; }).gone);
  for (int attempt = 0; gateway_->context().senders.held_bytes().kept() != 0 && attempt < 1000; ++attempt)
    std::this_thread::yield();
  EXPECT_TRUE(ask(session, std::string(100'000, 'c')).trailer);
}

TEST_F(RequestTest, ASlowDripGives408) {
  Serving serving;
  serving.settings.body_time = 400ms;
  serving.server.limits.header_time = 400ms;
  serve(std::move(serving));
  auto session = open_session();
  const Bytes body = seal(session, "question").body();
  RawConnection connection = connect();
  connection.send(request_head("POST", stream_path(session), body.size()));
  connection.send(ByteView(body).first(body.size() - 1));
  expect_plain_error(connection.read_reply(5s), 408, "timeout");
  EXPECT_FALSE(backend_->last().finished);

  RawConnection dripping_head = connect();
  dripping_head.send("GET /healthz HTTP/1.1\r\nHos");
  EXPECT_EQ(dripping_head.read_reply(5s).status, 408);
  RawConnection dripping_handshake = connect();
  dripping_handshake.send(request_head("POST", "/v2/session", 1300) + "start");
  expect_plain_error(dripping_handshake.read_reply(5s), 408, "timeout");
}

}  // namespace
}  // namespace minions::gateway
