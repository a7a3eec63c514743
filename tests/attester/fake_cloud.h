// Answers of cloud services in the order that a test gives them, without a network; and what was asked and waited.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <functional>

#include "attester/cloud_service.h"

namespace minions::attester {

struct FakeCloud {
  std::deque<Result<net::FetchReply>> answers;
  std::vector<net::FetchRequest> requests;
  std::vector<std::chrono::milliseconds> waits;

  void will_answer(int status, std::string_view body, net::Headers headers = {}) {
    answers.emplace_back(net::FetchReply{status, std::move(headers), to_bytes(body)});
  }
  void will_fail(ErrorCode code) { answers.emplace_back(fail(code, "test")); }

  // Valid as long as this.
  [[nodiscard]] CloudAccess access() {
    return {.fetch = [this](const net::FetchRequest& request) -> Result<net::FetchReply> {
              requests.push_back(request);
              if (answers.empty()) return fail(ErrorCode::kInternal, "no more answers");
              auto answer = std::move(answers.front());
              answers.pop_front();
              return answer;
            },
            .wait = [this](std::chrono::milliseconds time) { waits.push_back(time); }};
  }
};

}  // namespace minions::attester
