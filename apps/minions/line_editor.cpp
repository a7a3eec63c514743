#include "line_editor.h"

#include <histedit.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <csignal>
#include <cwchar>
#include <iostream>

namespace minions::app {
namespace {

constexpr int kHistorySize = 500;

volatile std::sig_atomic_t interrupted = 0;

// Ctrl-C while a line is typed discards the line.
class InterruptWatch {
 public:
  InterruptWatch() {
    interrupted = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    sigemptyset(&action.sa_mask);  // and no SA_RESTART: the read must return
    sigaction(SIGINT, &action, &before_);
  }
  ~InterruptWatch() { sigaction(SIGINT, &before_, nullptr); }
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

 private:
  struct sigaction before_ {};
};

// libedit's own reader continues after a signal; this one ends the line.
int read_character(EditLine*, wchar_t* to) {
  std::mbstate_t state{};
  for (;;) {
    char byte = 0;
    const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
    if (interrupted != 0) return -1;
    if (count < 0 && errno == EINTR) continue;  // the window's size
    if (count <= 0) return static_cast<int>(count);
    const std::size_t used = std::mbrtowc(to, &byte, 1, &state);
    if (used == static_cast<std::size_t>(-2)) continue;
    if (used != static_cast<std::size_t>(-1)) return 1;
    state = {};
  }
}

}  // namespace

struct LineEditor::Terminal {
  Terminal() : editor(el_init("minions", stdin, stdout, stderr)), history(history_init()) {
    HistEvent event;
    ::history(history, &event, H_SETSIZE, kHistorySize);
    ::history(history, &event, H_SETUNIQUE, 1);
    el_set(editor, EL_CLIENTDATA, this);
    el_set(
        editor, EL_PROMPT, +[](EditLine* of) {
          Terminal* self = nullptr;
          el_get(of, EL_CLIENTDATA, &self);
          return self->prompt.data();
        });
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_HIST, ::history, history);
    el_set(editor, EL_GETCFN, read_character);
  }
  ~Terminal() {
    history_end(history);
    el_end(editor);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  EditLine* editor;
  History* history;
  std::string prompt;
};

LineEditor::LineEditor(std::string history_file) : history_file_(std::move(history_file)) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) return;
  if (std::setlocale(LC_CTYPE, "") == nullptr || MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
  terminal_ = std::make_unique<Terminal>();
  HistEvent event;
  if (!history_file_.empty()) ::history(terminal_->history, &event, H_LOAD, history_file_.c_str());
}

LineEditor::~LineEditor() {
  if (terminal_ == nullptr || history_file_.empty()) return;
  const mode_t before = ::umask(0077);
  HistEvent event;
  ::history(terminal_->history, &event, H_SAVE, history_file_.c_str());
  ::umask(before);
  ::chmod(history_file_.c_str(), 0600);
}

TypedLine LineEditor::read(const char* prompt) {
  TypedLine line;
  if (terminal_ == nullptr) {
    if (std::getline(std::cin, line.text)) line.kind = TypedLine::Kind::kLine;
    return line;
  }
  const InterruptWatch watch;
  terminal_->prompt = prompt;
  // el_gets first shows the prompt and only then prepares the terminal: what is typed in between, such as Ctrl-D, is
  // lost.
  el_set(terminal_->editor, EL_PREP_TERM, 1);
  int count = 0;
  const char* text = el_gets(terminal_->editor, &count);
  if (interrupted != 0) {
    el_reset(terminal_->editor);
    std::cout << "\n" << std::flush;
    line.kind = TypedLine::Kind::kInterrupted;
  } else if (text != nullptr && count > 0) {
    line.kind = TypedLine::Kind::kLine;
    line.text.assign(text, static_cast<std::size_t>(count));
    while (!line.text.empty() && (line.text.back() == '\n' || line.text.back() == '\r')) line.text.pop_back();
  }
  return line;
}

void LineEditor::remember(const std::string& text) {
  if (terminal_ == nullptr || text.empty()) return;
  HistEvent event;
  ::history(terminal_->history, &event, H_ENTER, text.c_str());
}

}  // namespace minions::app
