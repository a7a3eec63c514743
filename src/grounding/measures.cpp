#include "grounding/measures.h"

#include <algorithm>
#include <map>

namespace minions::grounding {
namespace {

struct UnitName {
  std::string_view text;  // folded, of one token or of several that stand together
  Dimension dimension;
  double factor;
  double offset = 0;
};
// clang-format off
constexpr UnitName kNames[] = {
    {"mm", Dimension::kLength, 0.001}, {"millimeter", Dimension::kLength, 0.001},
    {"millimeters", Dimension::kLength, 0.001}, {"millimetre", Dimension::kLength, 0.001},
    {"millimetres", Dimension::kLength, 0.001}, {"millimetern", Dimension::kLength, 0.001},
    {"\xE6\xAF\xAB\xE7\xB1\xB3", Dimension::kLength, 0.001}, {"cm", Dimension::kLength, 0.01},
    {"centimeter", Dimension::kLength, 0.01}, {"centimeters", Dimension::kLength, 0.01},
    {"centimetre", Dimension::kLength, 0.01}, {"centimetres", Dimension::kLength, 0.01},
    {"zentimeter", Dimension::kLength, 0.01}, {"zentimetern", Dimension::kLength, 0.01},
    {"\xE5\x8E\x98\xE7\xB1\xB3", Dimension::kLength, 0.01}, {"\xE5\x85\xAC\xE5\x88\x86", Dimension::kLength, 0.01},
    {"m", Dimension::kLength, 1.0}, {"meter", Dimension::kLength, 1.0}, {"meters", Dimension::kLength, 1.0},
    {"metre", Dimension::kLength, 1.0}, {"metres", Dimension::kLength, 1.0}, {"metern", Dimension::kLength, 1.0},
    {"\xE7\xB1\xB3", Dimension::kLength, 1.0}, {"km", Dimension::kLength, 1000.0},
    {"kilometer", Dimension::kLength, 1000.0}, {"kilometers", Dimension::kLength, 1000.0},
    {"kilometre", Dimension::kLength, 1000.0}, {"kilometres", Dimension::kLength, 1000.0},
    {"kilometern", Dimension::kLength, 1000.0}, {"\xE5\x85\xAC\xE9\x87\x8C", Dimension::kLength, 1000.0},
    {"\xE5\x8D\x83\xE7\xB1\xB3", Dimension::kLength, 1000.0}, {"\xCE\xBCm", Dimension::kLength, 1e-06},
    {"mikrometer", Dimension::kLength, 1e-06}, {"micrometer", Dimension::kLength, 1e-06},
    {"micrometers", Dimension::kLength, 1e-06}, {"\xE5\xBE\xAE\xE7\xB1\xB3", Dimension::kLength, 1e-06},
    {"inch", Dimension::kLength, 0.0254}, {"inches", Dimension::kLength, 0.0254}, {"zoll", Dimension::kLength, 0.0254},
    {"\xE8\x8B\xB1\xE5\xAF\xB8", Dimension::kLength, 0.0254}, {"ft", Dimension::kLength, 0.3048},
    {"feet", Dimension::kLength, 0.3048}, {"foot", Dimension::kLength, 0.3048}, {"mile", Dimension::kLength, 1609.344},
    {"miles", Dimension::kLength, 1609.344}, {"meile", Dimension::kLength, 1609.344},
    {"meilen", Dimension::kLength, 1609.344}, {"m2", Dimension::kArea, 1.0}, {"sqm", Dimension::kArea, 1.0},
    {"m\xC2\xB2", Dimension::kArea, 1.0}, {"qm", Dimension::kArea, 1.0}, {"quadratmeter", Dimension::kArea, 1.0},
    {"quadratmetern", Dimension::kArea, 1.0}, {"\xE5\xB9\xB3\xE6\x96\xB9\xE7\xB1\xB3", Dimension::kArea, 1.0},
    {"\xE5\xB9\xB3\xE7\xB1\xB3", Dimension::kArea, 1.0}, {"cm2", Dimension::kArea, 0.0001},
    {"cm\xC2\xB2", Dimension::kArea, 0.0001},
    {"\xE5\xB9\xB3\xE6\x96\xB9\xE5\x8E\x98\xE7\xB1\xB3", Dimension::kArea, 0.0001}, {"ha", Dimension::kArea, 10000.0},
    {"hectare", Dimension::kArea, 10000.0}, {"hectares", Dimension::kArea, 10000.0},
    {"hektar", Dimension::kArea, 10000.0}, {"\xE5\x85\xAC\xE9\xA1\xB7", Dimension::kArea, 10000.0},
    {"km2", Dimension::kArea, 1000000.0}, {"km\xC2\xB2", Dimension::kArea, 1000000.0},
    {"\xE5\xB9\xB3\xE6\x96\xB9\xE5\x85\xAC\xE9\x87\x8C", Dimension::kArea, 1000000.0},
    {"ml", Dimension::kVolume, 0.001}, {"milliliter", Dimension::kVolume, 0.001},
    {"milliliters", Dimension::kVolume, 0.001}, {"millilitre", Dimension::kVolume, 0.001},
    {"millilitres", Dimension::kVolume, 0.001}, {"\xE6\xAF\xAB\xE5\x8D\x87", Dimension::kVolume, 0.001},
    {"cl", Dimension::kVolume, 0.01}, {"dl", Dimension::kVolume, 0.1}, {"l", Dimension::kVolume, 1.0},
    {"liter", Dimension::kVolume, 1.0}, {"liters", Dimension::kVolume, 1.0}, {"litre", Dimension::kVolume, 1.0},
    {"litres", Dimension::kVolume, 1.0}, {"litern", Dimension::kVolume, 1.0}, {"\xE5\x8D\x87", Dimension::kVolume, 1.0},
    {"\xE5\x85\xAC\xE5\x8D\x87", Dimension::kVolume, 1.0}, {"m3", Dimension::kVolume, 1000.0},
    {"m\xC2\xB3", Dimension::kVolume, 1000.0}, {"kubikmeter", Dimension::kVolume, 1000.0},
    {"\xE7\xAB\x8B\xE6\x96\xB9\xE7\xB1\xB3", Dimension::kVolume, 1000.0}, {"\xCE\xBCl", Dimension::kVolume, 1e-06},
    {"\xCE\xBCg", Dimension::kMass, 1e-06}, {"mcg", Dimension::kMass, 1e-06},
    {"microgram", Dimension::kMass, 1e-06}, {"micrograms", Dimension::kMass, 1e-06},
    {"mikrogramm", Dimension::kMass, 1e-06}, {"microgramme", Dimension::kMass, 1e-06},
    {"microgrammes", Dimension::kMass, 1e-06}, {"\xE6\x88\x90", Dimension::kPercent, 10.0},
    {"\xE5\xBE\xAE\xE5\x85\x8B", Dimension::kMass, 1e-06}, {"mg", Dimension::kMass, 0.001},
    {"milligram", Dimension::kMass, 0.001}, {"milligrams", Dimension::kMass, 0.001},
    {"milligramm", Dimension::kMass, 0.001}, {"milligramme", Dimension::kMass, 0.001},
    {"milligrammes", Dimension::kMass, 0.001}, {"\xE6\xAF\xAB\xE5\x85\x8B", Dimension::kMass, 0.001},
    {"g", Dimension::kMass, 1.0}, {"gram", Dimension::kMass, 1.0}, {"grams", Dimension::kMass, 1.0},
    {"gramm", Dimension::kMass, 1.0}, {"gramme", Dimension::kMass, 1.0}, {"grammes", Dimension::kMass, 1.0},
    {"\xE5\x85\x8B", Dimension::kMass, 1.0}, {"kg", Dimension::kMass, 1000.0}, {"kilo", Dimension::kMass, 1000.0},
    {"kilos", Dimension::kMass, 1000.0}, {"kilogram", Dimension::kMass, 1000.0},
    {"kilograms", Dimension::kMass, 1000.0}, {"kilogramm", Dimension::kMass, 1000.0},
    {"kilogramme", Dimension::kMass, 1000.0}, {"kilogrammes", Dimension::kMass, 1000.0},
    {"\xE5\x85\xAC\xE6\x96\xA4", Dimension::kMass, 1000.0}, {"\xE5\x8D\x83\xE5\x85\x8B", Dimension::kMass, 1000.0},
    {"t", Dimension::kMass, 1000000.0}, {"tonne", Dimension::kMass, 1000000.0}, {"tonnes", Dimension::kMass, 1000000.0},
    {"ton", Dimension::kMass, 1000000.0}, {"tons", Dimension::kMass, 1000000.0},
    {"tonnen", Dimension::kMass, 1000000.0}, {"\xE5\x90\xA8", Dimension::kMass, 1000000.0},
    {"\xE6\x96\xA4", Dimension::kMass, 500.0}, {"ms", Dimension::kTime, 0.001},
    {"millisecond", Dimension::kTime, 0.001}, {"milliseconds", Dimension::kTime, 0.001},
    {"millisekunden", Dimension::kTime, 0.001}, {"\xE6\xAF\xAB\xE7\xA7\x92", Dimension::kTime, 0.001},
    {"s", Dimension::kTime, 1.0}, {"sec", Dimension::kTime, 1.0}, {"second", Dimension::kTime, 1.0},
    {"seconds", Dimension::kTime, 1.0}, {"sekunde", Dimension::kTime, 1.0}, {"sekunden", Dimension::kTime, 1.0},
    {"seconde", Dimension::kTime, 1.0}, {"secondes", Dimension::kTime, 1.0}, {"\xE7\xA7\x92", Dimension::kTime, 1.0},
    {"\xE7\xA7\x92\xE9\x92\x9F", Dimension::kTime, 1.0}, {"min", Dimension::kTime, 60.0},
    {"mins", Dimension::kTime, 60.0}, {"minute", Dimension::kTime, 60.0}, {"minutes", Dimension::kTime, 60.0},
    {"minuten", Dimension::kTime, 60.0}, {"\xE5\x88\x86\xE9\x92\x9F", Dimension::kTime, 60.0},
    {"h", Dimension::kTime, 3600.0}, {"hr", Dimension::kTime, 3600.0}, {"hrs", Dimension::kTime, 3600.0},
    {"hour", Dimension::kTime, 3600.0}, {"hours", Dimension::kTime, 3600.0}, {"stunde", Dimension::kTime, 3600.0},
    {"stunden", Dimension::kTime, 3600.0}, {"std", Dimension::kTime, 3600.0}, {"heure", Dimension::kTime, 3600.0},
    {"heures", Dimension::kTime, 3600.0}, {"\xE5\xB0\x8F\xE6\x97\xB6", Dimension::kTime, 3600.0},
    {"\xE4\xB8\xAA\xE5\xB0\x8F\xE6\x97\xB6", Dimension::kTime, 3600.0},
    {"\xE9\x92\x9F\xE5\xA4\xB4", Dimension::kTime, 3600.0},
    {"\xE4\xB8\xAA\xE9\x92\x9F\xE5\xA4\xB4", Dimension::kTime, 3600.0}, {"d", Dimension::kTime, 86400.0},
    {"day", Dimension::kTime, 86400.0}, {"days", Dimension::kTime, 86400.0}, {"tag", Dimension::kTime, 86400.0},
    {"tage", Dimension::kTime, 86400.0}, {"tagen", Dimension::kTime, 86400.0}, {"jour", Dimension::kTime, 86400.0},
    {"jours", Dimension::kTime, 86400.0}, {"\xE5\xA4\xA9", Dimension::kTime, 86400.0},
    {"\xE6\x97\xA5", Dimension::kTime, 86400.0}, {"week", Dimension::kTime, 604800.0},
    {"weeks", Dimension::kTime, 604800.0}, {"woche", Dimension::kTime, 604800.0},
    {"wochen", Dimension::kTime, 604800.0}, {"semaine", Dimension::kTime, 604800.0},
    {"semaines", Dimension::kTime, 604800.0}, {"\xE5\x91\xA8", Dimension::kTime, 604800.0},
    {"\xE6\x98\x9F\xE6\x9C\x9F", Dimension::kTime, 604800.0},
    {"\xE4\xB8\xAA\xE6\x98\x9F\xE6\x9C\x9F", Dimension::kTime, 604800.0}, {"month", Dimension::kMonths, 1.0},
    {"months", Dimension::kMonths, 1.0}, {"monat", Dimension::kMonths, 1.0}, {"monate", Dimension::kMonths, 1.0},
    {"monaten", Dimension::kMonths, 1.0}, {"mois", Dimension::kMonths, 1.0},
    {"\xE4\xB8\xAA\xE6\x9C\x88", Dimension::kMonths, 1.0}, {"\xE6\x9C\x88", Dimension::kMonths, 1.0},
    {"year", Dimension::kMonths, 12.0}, {"years", Dimension::kMonths, 12.0}, {"jahr", Dimension::kMonths, 12.0},
    {"jahre", Dimension::kMonths, 12.0}, {"jahren", Dimension::kMonths, 12.0}, {"an", Dimension::kMonths, 12.0},
    {"ans", Dimension::kMonths, 12.0}, {"annee", Dimension::kMonths, 12.0}, {"annees", Dimension::kMonths, 12.0},
    {"\xE5\xB9\xB4", Dimension::kMonths, 12.0}, {"quartal", Dimension::kMonths, 3.0},
    {"quartale", Dimension::kMonths, 3.0}, {"\xE5\xAD\xA3\xE5\xBA\xA6", Dimension::kMonths, 3.0},
    {"\xE4\xB8\xAA\xE5\xAD\xA3\xE5\xBA\xA6", Dimension::kMonths, 3.0}, {"%", Dimension::kPercent, 1.0},
    {"percent", Dimension::kPercent, 1.0}, {"prozent", Dimension::kPercent, 1.0},
    {"\xEF\xBC\x85", Dimension::kPercent, 1.0}, {"percentage", Dimension::kPercent, 1.0},
    {"\xC2\xB0\x63", Dimension::kCelsius, 1.0}, {"\xC2\xB0\x66", Dimension::kCelsius, 0.5555555555555556, -17.77777777777778},
    {"\xE2\x84\x83", Dimension::kCelsius, 1.0}, {"celsius", Dimension::kCelsius, 1.0},
    {"\xE6\x91\x84\xE6\xB0\x8F\xE5\xBA\xA6", Dimension::kCelsius, 1.0},
    {"fahrenheit", Dimension::kCelsius, 0.5555555555555556, -17.77777777777778},
    {"k", Dimension::kCelsius, 1.0, -273.15}, {"kelvin", Dimension::kCelsius, 1.0, -273.15},
    {"w", Dimension::kPower, 1.0}, {"watt", Dimension::kPower, 1.0}, {"watts", Dimension::kPower, 1.0},
    {"\xE7\x93\xA6", Dimension::kPower, 1.0}, {"kw", Dimension::kPower, 1000.0},
    {"kilowatt", Dimension::kPower, 1000.0}, {"kilowatts", Dimension::kPower, 1000.0},
    {"\xE5\x8D\x83\xE7\x93\xA6", Dimension::kPower, 1000.0}, {"mw", Dimension::kPower, 1000000.0},
    {"megawatt", Dimension::kPower, 1000000.0}, {"megawatts", Dimension::kPower, 1000000.0},
    {"\xE5\x85\x86\xE7\x93\xA6", Dimension::kPower, 1000000.0}, {"gw", Dimension::kPower, 1000000000.0},
    {"gigawatt", Dimension::kPower, 1000000000.0}, {"gigawatts", Dimension::kPower, 1000000000.0},
    {"kwh", Dimension::kEnergy, 3600000.0}, {"kilowattstunden", Dimension::kEnergy, 3600000.0},
    {"kilowattheures", Dimension::kEnergy, 3600000.0},
    {"\xE5\x8D\x83\xE7\x93\xA6\xE6\x97\xB6", Dimension::kEnergy, 3600000.0},
    {"\xE5\xBA\xA6", Dimension::kEnergy, 3600000.0}, {"wh", Dimension::kEnergy, 3600.0},
    {"mwh", Dimension::kEnergy, 3600000000.0}, {"j", Dimension::kEnergy, 1.0}, {"joule", Dimension::kEnergy, 1.0},
    {"joules", Dimension::kEnergy, 1.0}, {"kj", Dimension::kEnergy, 1000.0}, {"kcal", Dimension::kEnergy, 4184.0},
    {"v", Dimension::kVoltage, 1.0}, {"volt", Dimension::kVoltage, 1.0}, {"volts", Dimension::kVoltage, 1.0},
    {"\xE4\xBC\x8F", Dimension::kVoltage, 1.0}, {"kv", Dimension::kVoltage, 1000.0}, {"mv", Dimension::kVoltage, 0.001},
    {"a", Dimension::kCurrent, 1.0}, {"ampere", Dimension::kCurrent, 1.0}, {"amperes", Dimension::kCurrent, 1.0},
    {"\xE5\xAE\x89", Dimension::kCurrent, 1.0}, {"ma", Dimension::kCurrent, 0.001}, {"hz", Dimension::kFrequency, 1.0},
    {"hertz", Dimension::kFrequency, 1.0}, {"\xE8\xB5\xAB\xE5\x85\xB9", Dimension::kFrequency, 1.0},
    {"khz", Dimension::kFrequency, 1000.0}, {"mhz", Dimension::kFrequency, 1000000.0},
    {"ghz", Dimension::kFrequency, 1000000000.0}, {"bar", Dimension::kPressure, 100000.0},
    {"mbar", Dimension::kPressure, 100.0}, {"hpa", Dimension::kPressure, 100.0}, {"pa", Dimension::kPressure, 1.0},
    {"kpa", Dimension::kPressure, 1000.0}, {"\xE5\x8D\x83\xE5\xB8\x95", Dimension::kPressure, 1000.0},
    {"mpa", Dimension::kPressure, 1000000.0}, {"\xE5\x85\x86\xE5\xB8\x95", Dimension::kPressure, 1000000.0},
    {"psi", Dimension::kPressure, 6894.757}, {"bytes", Dimension::kData, 1.0}, {"byte", Dimension::kData, 1.0},
    {"\xE5\xAD\x97\xE8\x8A\x82", Dimension::kData, 1.0}, {"kb", Dimension::kData, 1000.0},
    {"mb", Dimension::kData, 1000000.0}, {"gb", Dimension::kData, 1000000000.0},
    {"tb", Dimension::kData, 1000000000000.0}, {"km/h", Dimension::kSpeed, 0.2777777777777778},
    {"kmh", Dimension::kSpeed, 0.2777777777777778}, {"kph", Dimension::kSpeed, 0.2777777777777778},
    {"m/s", Dimension::kSpeed, 1.0}, {"\xE2\x82\xAC", Dimension::kEuro, 1.0}, {"eur", Dimension::kEuro, 1.0},
    {"euro", Dimension::kEuro, 1.0}, {"euros", Dimension::kEuro, 1.0},
    {"\xE6\xAC\xA7\xE5\x85\x83", Dimension::kEuro, 1.0}, {"cent", Dimension::kCents, 0.01},
    {"cents", Dimension::kCents, 0.01}, {"ct", Dimension::kCents, 0.01}, {"centime", Dimension::kCents, 0.01},
    {"centimes", Dimension::kCents, 0.01}, {"pence", Dimension::kCents, 0.01}, {"p", Dimension::kCents, 0.01}, {"rappen", Dimension::kCents, 0.01},
    {"\xE5\x88\x86", Dimension::kCents, 0.01}, {"\xE8\xA7\x92", Dimension::kCents, 0.1}, {"$", Dimension::kDollar, 1.0},
    {"usd", Dimension::kDollar, 1.0}, {"dollar", Dimension::kDollar, 1.0}, {"dollars", Dimension::kDollar, 1.0},
    {"\xE7\xBE\x8E\xE5\x85\x83", Dimension::kDollar, 1.0}, {"\xC2\xA3", Dimension::kPound, 1.0},
    {"gbp", Dimension::kPound, 1.0}, {"pounds", Dimension::kPound, 1.0}, {"pound", Dimension::kPound, 1.0},
    {"chf", Dimension::kFranc, 1.0}, {"franken", Dimension::kFranc, 1.0}, {"francs", Dimension::kFranc, 1.0},
    {"\xE5\x85\x83", Dimension::kYuan, 1.0}, {"\xE4\xBA\xBA\xE6\xB0\x91\xE5\xB8\x81", Dimension::kYuan, 1.0},
    {"rmb", Dimension::kYuan, 1.0}, {"cny", Dimension::kYuan, 1.0}, {"yuan", Dimension::kYuan, 1.0},
    {"\xC2\xA5", Dimension::kYuan, 1.0}, {"jpy", Dimension::kYen, 1.0}, {"yen", Dimension::kYen, 1.0},
    {"\xE6\x97\xA5\xE5\x85\x83", Dimension::kYen, 1.0},
};
// clang-format on

const std::map<std::string_view, Unit>& units() {
  static const std::map<std::string_view, Unit> kUnits = [] {
    std::map<std::string_view, Unit> made;
    for (const UnitName& name : kNames) made.try_emplace(name.text, Unit{name.dimension, name.factor, name.offset});
    return made;
  }();
  return kUnits;
}

constexpr std::size_t kMostTokens = 4;

}  // namespace

namespace {

// Of a length, with the word that raises it: square, cubic.
std::optional<Unit> raised(const Unit& length, bool cubed, std::size_t tokens) {
  if (length.dimension != Dimension::kLength) return std::nullopt;
  const double factor = length.factor * length.factor;
  if (!cubed) return Unit{Dimension::kArea, factor, 0, tokens};
  return Unit{Dimension::kVolume, factor * length.factor * 1000, 0, tokens};
}

}  // namespace

namespace {

std::optional<Unit> plain_unit_at(std::span<const Token> tokens) {
  if (tokens.size() > 1 && (tokens[0].is_word("per") || tokens[0].is_word("pour")) && tokens[1].is_word("cent"))
    return Unit{Dimension::kPercent, 1, 0, 2};
  std::optional<Unit> found;
  std::string text;
  for (std::size_t i = 0; i < std::min(tokens.size(), kMostTokens); ++i) {
    if (i > 0 && tokens[i].after_space) break;
    text += tokens[i].text;
    const auto unit = units().find(text);
    if (unit == units().end()) continue;
    found = unit->second;
    found->tokens = i + 1;
  }
  if (found && tokens.size() > found->tokens) {
    const std::string& next = tokens[found->tokens].text;
    if (next == "carre" || next == "carres") return raised(*found, false, found->tokens + 1);
    if (next == "cube" || next == "cubes") return raised(*found, true, found->tokens + 1);
  }
  return found;
}

}  // namespace

namespace {

bool is_degrees(const Token& token) {
  for (const std::string_view word : {"degrees", "degree", "grad", "degres", "degre"}) {
    if (token.is_word(word)) return true;
  }
  return false;
}

// 18 degrees Celsius, 18 Grad C
std::optional<Unit> degrees_at(std::span<const Token> tokens) {
  const std::string& scale = tokens[1].text;
  const std::string_view name = scale == "c" ? "celsius" : scale == "f" ? "fahrenheit" : std::string_view(scale);
  const auto unit = units().find(name);
  if (unit == units().end() || unit->second.dimension != Dimension::kCelsius) return std::nullopt;
  Unit degrees = unit->second;
  degrees.tokens = 2;
  return degrees;
}

}  // namespace

std::optional<Unit> unit_at(std::span<const Token> tokens) {
  if (tokens.size() > 1 && is_degrees(tokens[0])) return degrees_at(tokens);
  if (tokens.size() < 2 || (!tokens[0].is_word("square") && !tokens[0].is_word("cubic"))) return plain_unit_at(tokens);
  const auto length = plain_unit_at(tokens.subspan(1));
  return length ? raised(*length, tokens[0].is_word("cubic"), length->tokens + 1) : std::nullopt;
}

}  // namespace minions::grounding
