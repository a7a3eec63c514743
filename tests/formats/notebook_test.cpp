#include "formats/notebook.h"

#include <gtest/gtest.h>

#include "reading.h"

namespace minions::formats {
namespace {

using test::Reading;

std::string written(std::string_view json, std::map<Remark, std::uint64_t>* remarks = nullptr) {
  Reading reading;
  if (const auto read = write_notebook(json, reading.writer); !read)
    return "stopped: " + std::to_string(static_cast<int>(read.error()));
  reading.writer.finish();
  if (remarks != nullptr) *remarks = reading.remarks;
  return reading.written;
}

TEST(Notebook, WritesCellsAndTheTextOfTheirOutputs) {
  std::map<Remark, std::uint64_t> remarks;
  const std::string data(400, 'A');
  const std::string json = R"json({"cells": [
 {"cell_type": "markdown", "source": ["# Title\n", "![x](data:image/png;base64,)json" +
                           data + R"json()"],
  "attachments": {"a.png": {"image/png": "AAAA"}}},
 {"cell_type": "code", "execution_count": 1, "source": ["x = 1\n", "print(x)"], "outputs": [
  {"output_type": "stream", "name": "stdout", "text": ["1\n"]},
  {"output_type": "display_data", "data": {"image/png": ")json" +
                           data + R"json(", "text/plain": ["<Figure>"]}},
  {"output_type": "execute_result", "execution_count": 1,
   "data": {"text/html": ["<b>a</b>"], "text/plain": "a"}}]},
 {"cell_type": "code", "execution_count": null, "source": "1/0", "outputs": [
  {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero",
   "traceback": ["\u001b[0;31mZeroDivisionError\u001b[0m: division by zero"]}]},
 {"cell_type": "code", "execution_count": 3, "source": "w", "outputs": [
  {"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}}},
  {"output_type": "display_data", "data": {"text/plain": "<IPython.core.display.Markdown object>",
   "text/markdown": "**bold**"}}]},
 {"cell_type": "raw", "source": "raw"}], "metadata": {}, "nbformat": 4})json";
  EXPECT_EQ(
      written(json, &remarks),
      "# Title\n![x](data:image/png)\n\nIn [1]:\nx = 1\nprint(x)\n\n1\n\n<Figure>\n\nOut [1]:\na\n\nIn [ ]:\n1/0\n\n"
      "ZeroDivisionError: division by zero\n\nIn [3]:\nw\n\n**bold**\n\nraw\n\n\f");
  EXPECT_EQ(remarks[Remark::kUnreadPictures], 3U);
  EXPECT_EQ(remarks[Remark::kUnreadOutputs], 2U);
}

TEST(Notebook, ReadsThoseOfVersion3) {
  EXPECT_EQ(written(R"json({"nbformat": 3, "worksheets": [{"cells": [
 {"cell_type": "heading", "level": 2, "source": "Old"},
 {"cell_type": "code", "prompt_number": 4, "input": ["f()"], "outputs": [
  {"output_type": "pyout", "prompt_number": 4, "text": ["5"], "png": "AAAA"},
  {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": []}]}]}]})json"),
            "## Old\n\nIn [4]:\nf()\n\nOut [4]:\n5\n\nE: v\n\n\f");
}

TEST(Notebook, StopsAtWhatIsNone) {
  const std::string damaged = "stopped: " + std::to_string(static_cast<int>(ExtractExit::kDamaged));
  for (const std::string json : {"", "{", "[]", "{}", R"({"cells": 1})", R"({"cells": [{"cell_type": "code", "sour)"})
    EXPECT_EQ(written(json), damaged) << json;
  EXPECT_EQ(written(R"({"cells": )" + std::string(100'000, '[')), damaged);
  EXPECT_EQ(written(R"({"cells": [1, null, {}, {"cell_type": "code", "outputs": [1, {"data": [1]}]}]})"),
            "In [ ]:\n\n\f");
}

}  // namespace
}  // namespace minions::formats
