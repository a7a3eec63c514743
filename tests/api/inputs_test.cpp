// The pictures of a run, made smaller by the real minions-extract where the call says so.
#include <gtest/gtest.h>

#include <fstream>

#include "api/inputs.h"
#include "documents/extractor.h"
#include "make_picture.h"

namespace minions::api {
namespace {

using namespace test;

DocumentOptions reading() {
  DocumentOptions options;
  options.extractor = MINIONS_EXTRACT;
  options.no_cache = true;
  documents::ExtractorOptions extractor;
  extractor.helper = MINIONS_EXTRACT;
  options.unsafe_no_sandbox = !documents::check_extractor(extractor);
  return options;
}

Result<Inputs> read(const RunOptions& options, std::uint64_t max_image_pixels = 0) {
  DocumentOptions how = reading();
  how.max_image_pixels = max_image_pixels;
  return read_inputs(options, DocumentReader(how, PictureUse::kForWorker));
}

std::filesystem::path write(const std::string& name, const std::string& content) {
  const auto path = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

TEST(Inputs, ReducesLargerPicturesOnRequest) {
  const auto large = write("inputs-large.jpg", make_jpeg(enlarge(draw("abc def"), 100)));
  const auto small = write("inputs-small.png", make_png(draw("abc def")));
  RunOptions options;
  options.images = {large, small};
  const auto as_they_are = read(options);
  ASSERT_TRUE(as_they_are) << as_they_are.error().detail;
  EXPECT_TRUE(as_they_are->notes.empty());
  const auto reduced = read(options, 6000);
  ASSERT_TRUE(reduced) << reduced.error().detail;
  EXPECT_EQ(reduced->notes, std::vector<std::string>{"inputs-large.jpg: reduced from 300 x 200 to 94 x 63 pixels"});
  ASSERT_EQ(reduced->images.size(), 2U);
  EXPECT_EQ(reduced->images[0].media_type, "image/jpeg");
  EXPECT_LT(reduced->images[0].base64.size(), as_they_are->images[0].base64.size());
  EXPECT_EQ(reduced->images[1].base64.reveal(), as_they_are->images[1].base64.reveal());
}

TEST(Inputs, NamesThePictureThatCannotBeReduced) {
  const std::string png = make_png(enlarge(draw("abc def"), 100));
  RunOptions options;
  options.images = {write("inputs-cut.png", png.substr(0, png.size() - 1))};
  EXPECT_TRUE(read(options));
  const auto refused = read(options, 6000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kDocument);
  EXPECT_NE(refused.error().detail.find("inputs-cut.png: is damaged"), std::string::npos) << refused.error().detail;
}

}  // namespace
}  // namespace minions::api
