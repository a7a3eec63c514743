// Gives up what a reader of one untrusted file does not need: files other than the named ones, writing, sockets, other
// processes, new processes, namespaces, kernel interfaces. This persists across exec.
#pragma once

#include <sys/resource.h>

#include <string_view>

namespace minions::extract {

struct Limits {
  rlim_t memory_bytes;
  rlim_t cpu_s;
};

// What a mode still needs. Paths end with a null pointer; missing ones are skipped.
struct Needs {
  std::string_view mode;
  const char* const* programs;  // this program becomes the first that exists; none: it reads by itself
  const char* const* readable;  // besides what every started program reads
};
inline constexpr const char* kNone[] = {nullptr};
inline constexpr const char* kPdfText[] = {"/usr/bin/pdftotext", "/usr/local/bin/pdftotext", nullptr};
inline constexpr const char* kPdfInfo[] = {"/usr/bin/pdfinfo", "/usr/local/bin/pdfinfo", nullptr};
inline constexpr const char* kPdfImage[] = {"/usr/bin/pdftoppm", "/usr/local/bin/pdftoppm", nullptr};
inline constexpr const char* kOcr[] = {"/usr/bin/tesseract", "/usr/local/bin/tesseract", nullptr};
// Fonts and encodings; contains nothing of users.
inline constexpr const char* kPdfData[] = {"/usr/share/fonts",       "/usr/local/share/fonts",
                                           "/usr/share/poppler",     "/usr/share/fontconfig",
                                           "/usr/share/ghostscript", "/etc/fonts",
                                           "/var/cache/fontconfig",  nullptr};
inline constexpr const char* kOcrData[] = {"/usr/share/tesseract-ocr", "/usr/share/tessdata",
                                           "/usr/local/share/tessdata", nullptr};
// Where the C library keeps its character sets.
inline constexpr const char* kCharsets[] = {"/usr/lib", "/lib", "/usr/lib64", "/lib64", nullptr};
inline constexpr Needs kNeeds[] = {
    {"pdf", kPdfText, kPdfData}, {"pdf-info", kPdfInfo, kPdfData}, {"pdf-image", kPdfImage, kPdfData},
    {"ocr", kOcr, kOcrData},     {"office", kNone, kNone},         {"html", kNone, kCharsets},
    {"mail", kNone, kCharsets},  {"text", kNone, kCharsets},       {"notebook", kNone, kNone},
    {"image", kNone, kNone},     {"pixels", kNone, kNone},         {"reduce", kNone, kNone}};

enum class Confined { kYes, kNoLandlock, kNoSeccomp, kNoLimits };

// Limits of memory, processor time, file size and processes; no core dump; no inherited descriptor above 2; no gain of
// rights by exec; death with the parent.
[[nodiscard]] Confined set_limits(const Limits& limits);
// After set_limits: Landlock and seccomp. The file on descriptor 0 can be opened again, for reading, by its path in
// /proc.
[[nodiscard]] Confined enter_sandbox(const Needs& needs);

}  // namespace minions::extract
