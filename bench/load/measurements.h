// The measurements of the load program. Each prints its results as one JSON object.
#pragma once

#include "load/target.h"

namespace minions::bench {

// One request at a time: sealed through minionsd, and directly, in turns.
void measure_latency(const TargetOptions& options, std::size_t prompt_bytes, int rounds);

// The cost of not sharing connections to the model server between sessions: the first exchange of a session, and what a
// new connection adds to a direct call, in turns.
void measure_connections(const TargetOptions& options, int rounds);

enum class Way { kSealed, kDirect };
// Streamed replies, `streams` at once; `rounds` times, of which the median counts.
struct StreamLoad {
  StreamOrder order;
  std::size_t streams = 1;
  int rounds = 3;
  Way way = Way::kSealed;
};
void measure_streams(const TargetOptions& options, const StreamLoad& load);

// Answers of a language model, streamed, one at a time: sealed through the minionsd that runs it, and directly from
// another server with the same model, in turns.
struct ModelLoad {
  std::string model;
  std::size_t prompt_words = 200;
  std::size_t tokens = 200;         // of an answer
  std::uint32_t picture_width = 0;  // in pixels; 0: none
  std::uint32_t picture_height = 0;
  int rounds = 11;
};
void measure_model(const TargetOptions& options, const ModelLoad& load);

// Clients with one session each that ask one 1 KB question after the other.
void measure_exchanges(const TargetOptions& options, std::size_t clients, std::size_t requests);

// The server's memory above idle while it takes in one request of that length.
void measure_request_memory(const TargetOptions& options, std::size_t bytes);
// And with that many sessions, each of which made one exchange and is idle.
void measure_idle_sessions(const TargetOptions& options, std::size_t sessions);

}  // namespace minions::bench
