#include "session/replay_window.h"

namespace minions::session {

Status ReplayWindow::check(StreamId n) const {
  if (n >= kStreamIdLimit) return fail(ErrorCode::kMalformed, "stream id is 2^63 or more");
  if (!top_ || n > *top_) return {};
  if (n + kWindowSize <= *top_) return fail(ErrorCode::kReplayed, "stream id lies below the window");
  if (marked_[n % kWindowSize]) return fail(ErrorCode::kReplayed, "stream id was used before");
  return {};
}

Status ReplayWindow::mark(StreamId n) {
  MINIONS_TRY(check(n));
  if (!top_) {
    top_ = n;
  } else if (n > *top_) {
    if (n - *top_ >= kWindowSize) {
      marked_.reset();
    } else {
      for (StreamId passed = *top_ + 1; passed <= n; ++passed) marked_[passed % kWindowSize] = false;
    }
    top_ = n;
  }
  marked_[n % kWindowSize] = true;
  return {};
}

}  // namespace minions::session
