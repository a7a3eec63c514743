// What callers state about a server, documents, a worker and a run. Plain values: file names, addresses and choices. An
// empty string, 0 or false means "not given".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "minions/result.hpp"

namespace minions {
inline namespace v0 {

struct Attestation;

// How an answer is sampled. What is not given is the server's choice.
struct Sampling {
  std::optional<double> temperature = {};
  std::optional<double> top_p = {};
  std::optional<std::uint32_t> max_tokens = {};
  std::optional<std::uint64_t> seed = {};
  std::vector<std::string> stop = {};  // texts at which the answer ends
  // Further members of the request by name, each a JSON value, whatever the server makes of them.
  std::map<std::string, std::string> parameters = {};
};

// What the server must prove before anything is sent. With neither file nor text: the built-in policy.
struct MINIONS_API Policy {
  std::string file = {};                     // TOML, as `minions policy init` writes it
  std::string text = {};                     // the same as text, instead of the file
  std::string trusted_attestation_pem = {};  // file with the operator's key
  std::string vm_launch_measurement = {};    // file with the VM's expected measurement, in hex
  bool allow_simulated = false;              // accepts simulated evidence: NOT CONFIDENTIAL

  [[nodiscard]] static Policy from_file(std::string file);
  [[nodiscard]] static Policy from_text(std::string toml);
};

// Where endorsements and key sets come from, besides the server.
struct CollateralOptions {
  bool offline = false;                    // fetches nothing from vendors
  std::vector<std::string> key_sets = {};  // nras=FILE, maa=FILE
  std::vector<std::string> sources = {};   // NAME=URL
  std::string cache_folder = {};           // empty: the user's
};

// How a server is reached and what it must prove. Every path to a server takes all of these.
struct ConnectionOptions {
  std::string server = {};  // https://HOST[:PORT], http:// on loopback only
  Policy policy = {};
  std::string ca_file = {};       // PEM, instead of the system's store
  std::string api_key_file = {};  // one line
  std::string api_key = {};       // the same as text, instead of the file
  bool no_retry = false;          // never repeat what the server may have worked on
  std::uint32_t timeout_s = 0;    // without any sign of the server; 0: 600. One that waits for its model says so
  CollateralOptions collateral = {};
  std::string model = {};     // empty: the first that the server lists
  std::string log_file = {};  // records all exchanges for an offline check: as secret as key and conversation together
  // Judges the evidence as of this time, in seconds since 1970: only for attest(), no session is opened.
  std::optional<std::int64_t> as_of = {};
  // Told of each appraisal, accepted or not, on the thread of the call that brought it, before anything else is sent:
  // what it throws ends the call, and nothing is sent. Calls of several threads may be told at the same time.
  std::function<void(const Attestation&)> on_attested = {};
};

// How documents are read: the same for every path.
struct DocumentOptions {
  std::string ocr_language = {};       // of tesseract: eng, deu+eng; empty: no OCR
  std::string encoding = {};           // of text, pages and mail without a mark: shift_jis; empty: as they say
  bool hidden = false;                 // of a folder, too, what is hidden or holds keys or passwords
  std::uint64_t max_image_pixels = 0;  // larger pictures are reduced to this; 0: never reduced
  bool no_cache = false;               // keeps no text of documents between runs
  bool unsafe_no_sandbox = false;      // reads with all rights of this user where there is no sandbox
  std::string extractor = {};          // minions-extract; empty: beside the program or the library
  // Pages or files done, of a total, where that takes long.
  std::function<void(std::size_t done, std::size_t total)> on_progress = {};
};

// The model that reads the documents.
struct WorkerOptions {
  // ollama:MODEL, openai:URL#MODEL, anthropic:MODEL, VENDOR:MODEL, llama:FILE.gguf or extractive.
  std::string model = "ollama:llama3.2";
  std::uint64_t context_tokens = 0;  // prompt and answer together; 0: the server's or the table's
  std::uint32_t threads = 0;         // of llama:FILE; 0: the physical cores
  std::uint32_t timeout_s = 0;       // without a byte of its server; 0: 600
  Sampling sampling = {};            // without max_tokens: 2,048 for each answer
  std::string projector = {};        // of llama:FILE, for pictures: mmproj-*.gguf
  std::string key_file = {};         // with the worker's API key
  bool allow_remote = false;         // lets the documents go to a worker on another machine
  std::string ollama_host = {};      // OLLAMA_HOST; empty: the environment's
  // API keys by the vendor's variable, such as OPENAI_API_KEY; if empty: the environment's, which stays unchanged.
  std::map<std::string, std::string> vendor_keys = {};
};

// The local-remote protocol: what all its runs share.
struct MinionOptions {
  WorkerOptions worker = {};
  std::string supervisor_model = {};  // empty: the connection's, or the first that the server lists
  unsigned max_rounds = 3;            // questions to the worker
  std::string system_prompt = {};
  Sampling sampling = {};  // of the supervisor
  // Each run writes a log there, with task, documents and answers, whether it went well or not.
  std::string log_dir = "secure_minion_logs";
  bool no_log = false;
  std::string log_key_file = {};  // 64 hex digits: encrypts the logs
  DocumentOptions documents = {};
};

enum class Sender { kSupervisor, kWorker };
[[nodiscard]] MINIONS_API std::string_view name_of(Sender sender);

struct RunProgress {
  unsigned round = 0;
  unsigned max_rounds = 0;
  Sender thinking = Sender::kSupervisor;
  std::chrono::seconds elapsed{0};         // since it began to
  std::uint64_t pieces = 0;                // of its answer so far: about a token each
  std::uint64_t wire_bytes = 0;            // sent so far
  std::uint64_t remote_prompt_tokens = 0;  // likewise, as reported
};

// A message that is about to leave.
struct Disclosure {
  struct Quote {
    std::string document;
    std::uint32_t page = 0;
    std::size_t bytes = 0;
  };
  std::string text = {};
  std::vector<Quote> quotes = {};  // passages of the documents in it
  double share_disclosed = 0;      // of the documents' text, with this message: 0 to 1
};

// One task. Only `task` is needed.
struct RunOptions {
  std::string task = {};
  std::vector<std::string> context = {};  // texts, one per document
  std::vector<std::string> files = {};    // documents or folders
  std::vector<std::string> images = {};   // PNG, JPEG, GIF, WebP: for the worker
  std::string folder = {};
  std::string metadata = {};  // about the documents, given to the supervisor
  std::string logging_id = {};
  std::optional<unsigned> max_rounds = {};  // instead of the options'
  bool privacy = false;                     // personal data leaves as placeholders and is restored here
  std::optional<std::size_t> max_disclosed_bytes = {};
  // All on the thread that called run(). Told of each message, the supervisor's as the JSON that it replied with, and
  // of the final answer as text. A null message: the worker has begun to work on one.
  std::function<void(Sender sender, const std::string* message, bool is_final)> on_message = {};
  std::function<void(const RunProgress&)> on_progress = {};
  std::function<bool(const Disclosure&)> approve = {};  // false stops the run before the message leaves
  std::function<void(const std::string& name, std::size_t pages)> on_document = {};  // called with each that was read
  std::function<void()> on_worker = {};                                              // about to prepare the worker
  // The worker's server says that its model is not ready: for how long, about once a second.
  std::function<void(std::chrono::seconds since)> on_loading = {};
  std::stop_token stop = {};
};

}  // namespace v0
}  // namespace minions
