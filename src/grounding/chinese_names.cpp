#include "grounding/chinese_names.h"

#include <algorithm>

namespace minions::grounding {
namespace {

constexpr std::string_view kSurnames =
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆"
    "汪范"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤";
constexpr std::string_view kBefore = "由与和是给向被及对请经让为，。、：；的师生任长员理授士找见叫系名";
constexpr std::string_view kAlways = "由找请叫经与给";  // a name of two characters behind these needs nothing behind it
constexpr std::string_view kAfter =
    "先女医教经主工律老博的在于负担表说签与和及提将已从向对被认要指检完参出到来去等都也则须又就还只才并而或因所均"
    "，。、；：（）";
constexpr std::string_view kSuffixes[] = {"公司", "集团", "医院", "大学", "学院", "银行", "研究所", "实验室",
                                          "机场", "酒店", "车行", "商行", "中心", "协会", "学校",   "中学",
                                          "小学", "法院", "市",   "省",   "县",   "路",   "街"};
constexpr std::string_view kGeneric = "该本贵我各此其某这那有限地小社道公全城都上闹超门集走马铁网思出线套销";
// Before it stands what the company is called: its place, its name, its trade.
constexpr std::string_view kLimited = "有限公司";
constexpr std::size_t kNamedBefore = 4;
constexpr std::string_view kPlaces[] = {
    "北京",   "上海", "天津",   "重庆",     "广州",   "深圳",   "杭州",   "南京",     "苏州", "武汉",     "成都",
    "西安",   "宁波", "青岛",   "大连",     "厦门",   "长沙",   "郑州",   "济南",     "沈阳", "合肥",     "福州",
    "无锡",   "常州", "东莞",   "佛山",     "昆明",   "贵阳",   "南昌",   "南宁",     "太原", "兰州",     "海口",
    "香港",   "澳门", "台北",   "高雄",     "哈尔滨", "长春",   "石家庄", "乌鲁木齐", "拉萨", "呼和浩特", "江苏",
    "浙江",   "广东", "山东",   "河南",     "四川",   "湖北",   "湖南",   "福建",     "安徽", "河北",     "陕西",
    "辽宁",   "江西", "云南",   "贵州",     "山西",   "美国",   "日本",   "德国",     "法国", "英国",     "韩国",
    "俄罗斯", "印度", "加拿大", "澳大利亚", "新加坡", "意大利", "西班牙", "巴西",     "纽约", "伦敦",     "巴黎",
    "东京",   "柏林", "首尔",   "莫斯科"};

bool is_in(std::string_view set, std::string_view one) { return set.find(one) != std::string_view::npos; }

class NameFinder {
 public:
  NameFinder(std::span<const Token> tokens, std::vector<bool> taken) : tokens_(tokens), taken_(std::move(taken)) {
    taken_.resize(tokens_.size());
  }

  [[nodiscard]] std::vector<TokenRange> find() && {
    for (std::size_t i = 0; i < tokens_.size(); ++i) person(i);
    for (std::size_t i = 0; i < tokens_.size(); ++i) company(i);
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      for (const std::string_view suffix : kSuffixes) ending(i, suffix);
      for (const std::string_view place : kPlaces) {
        if (stands_at(i, place) && !taken_[i]) add(i, i + place.size() / kBytes);
      }
    }
    return std::move(found_);
  }

 private:
  static constexpr std::size_t kBytes = 3;  // of a character

  [[nodiscard]] bool is_han(std::size_t at) const {
    return at < tokens_.size() && tokens_[at].kind == Token::Kind::kHan;
  }
  [[nodiscard]] bool stands_at(std::size_t i, std::string_view text) const {
    for (std::size_t at = i; !text.empty(); ++at, text.remove_prefix(kBytes)) {
      if (!is_han(at) || tokens_[at].text != text.substr(0, kBytes)) return false;
    }
    return true;
  }
  void add(std::size_t first, std::size_t end) {
    found_.push_back({first, end});
    std::fill(taken_.begin() + static_cast<std::ptrdiff_t>(first), taken_.begin() + static_cast<std::ptrdiff_t>(end),
              true);
  }

  void person(std::size_t i) {
    if (!is_han(i) || taken_[i] || !is_in(kSurnames, tokens_[i].text)) return;
    const bool fits = i == 0 || !is_han(i - 1) || is_in(kBefore, tokens_[i - 1].text);
    if (!fits || !is_han(i + 1)) return;
    for (const std::size_t given : {std::size_t{2}, std::size_t{1}}) {
      const std::size_t end = i + 1 + given;
      bool whole = true;
      for (std::size_t at = i + 1; at < end; ++at) whole = whole && is_han(at) && !is_in(kAfter, tokens_[at].text);
      if (!whole) continue;
      const bool ends = end >= tokens_.size() || !is_han(end) || is_in(kAfter, tokens_[end].text) ||
                        (given == 2 && i > 0 && is_in(kAlways, tokens_[i - 1].text));
      if (ends) return add(i, end);
    }
  }

  void company(std::size_t i) {
    if (i < kNamedBefore || taken_[i] || !stands_at(i, kLimited)) return;
    for (std::size_t at = i - kNamedBefore; at < i; ++at) {
      if (!is_han(at) || taken_[at]) return;
    }
    add(i - kNamedBefore, i + kLimited.size() / kBytes);
  }

  void ending(std::size_t i, std::string_view suffix) {
    if (i < 2 || taken_[i] || taken_[i - 1] || !is_han(i - 1) || !is_han(i - 2) || !stands_at(i, suffix)) return;
    if (is_in(kGeneric, tokens_[i - 1].text)) return;
    add(i - 2, i + suffix.size() / kBytes);
  }

  std::span<const Token> tokens_;
  std::vector<bool> taken_;
  std::vector<TokenRange> found_;
};

}  // namespace

std::vector<TokenRange> chinese_names(std::span<const Token> tokens, std::vector<bool> taken) {
  return NameFinder(tokens, std::move(taken)).find();
}

}  // namespace minions::grounding
