// Intel's JSON and the extension of PCK certificates: what the decoders take, and that they take nothing else.
#include "attestation/intel/tdx_collateral.h"

#include "attestation/synthetic_tdx.h"

namespace minions::attestation::tdx {
namespace {

using Pointer = nlohmann::ordered_json::json_pointer;
using Change = std::pair<std::string, nlohmann::ordered_json>;  // JSON pointer, new value; null: taken away

nlohmann::ordered_json changed(nlohmann::ordered_json object, const Change& change) {
  const Pointer at(change.first);
  if (change.second.is_null()) {
    nlohmann::ordered_json& parent = object.at(at.parent_pointer());
    if (parent.is_array()) {
      parent.erase(std::stoul(at.back()));
    } else {
      parent.erase(at.back());
    }
  } else {
    object[at] = change.second;
  }
  return object;
}

template <class T>
std::string refusal(const nlohmann::ordered_json& object) {
  const auto parsed = T::parse(Json::parse(object.dump()));
  return parsed ? "taken" : parsed.error().detail;
}

TEST(TcbInfo, ReadsWhatIntelSays) {
  const TcbInfo info = TcbInfo::parse(Json::parse(Platform().tcb_info.dump())).value();
  EXPECT_EQ(to_iso8601(info.issue_date), "2025-08-01T00:00:00Z");
  EXPECT_EQ(to_iso8601(info.next_update), "2025-08-31T00:00:00Z");
  EXPECT_EQ(to_hex(info.fmspc), "00806f050000");
  EXPECT_EQ(info.evaluation_number, 17U);
  ASSERT_EQ(info.levels.size(), 2U);
  EXPECT_EQ(to_hex(info.levels[0].sgx_components), "07070202030100030000000000000000");
  EXPECT_EQ(to_hex(info.levels[0].tdx_components), "05000700000000000000000000000000");
  EXPECT_EQ(info.levels[0].pce_svn, 11);
  EXPECT_EQ(info.levels[1].standing.status, TcbStatus::kOutOfDate);
  EXPECT_EQ(info.levels[1].standing.advisories, (std::vector<std::string>{"INTEL-SA-00960", "INTEL-SA-00982"}));
  ASSERT_EQ(info.modules.size(), 1U);
  EXPECT_EQ(info.modules[0].id, "TDX_01");
  EXPECT_EQ(info.modules[0].levels.at(1).isv_svn, 2);
}

TEST(TcbInfo, TakesOlderTextsAndUnknownMembers) {
  const auto object = Platform().tcb_info;
  EXPECT_EQ(refusal<TcbInfo>(changed(object, {"/tdxModuleIdentities", nullptr})), "taken");
  EXPECT_EQ(refusal<TcbInfo>(changed(object, {"/more", 1})), "taken");
}

TEST(TcbInfo, RefusesEverySurprise) {
  const std::vector<std::pair<Change, std::string>> refusals = {
      {{"/id", "SGX"}, "id: want TDX, found \"SGX\""},
      {{"/version", 2}, "version: want 3, found 2"},
      {{"/tcbType", 1}, "tcbType: want 0, found 1"},
      {{"/issueDate", "2025-08-01"}, "issueDate: want a time in UTC, found \"2025-08-01\""},
      {{"/issueDate", "2025-02-30T00:00:00Z"}, "issueDate: want a time in UTC, found \"2025-02-30T00:00:00Z\""},
      {{"/nextUpdate", "2025-08-01T24:00:00Z"}, "nextUpdate: want a time in UTC, found \"2025-08-01T24:00:00Z\""},
      {{"/nextUpdate", "2025-08-01T00:00:00+1"}, "nextUpdate: want a time in UTC, found \"2025-08-01T00:00:00+1\""},
      {{"/fmspc", "00806F0500"}, "fmspc: want 6 bytes, found 5"},
      {{"/pceId", 0}, "pceId: want a string, found number"},
      {{"/tcbLevels", nullptr}, "tcbLevels is missing"},
      {{"/tdxModule", nullptr}, "tdxModule is missing"},
      {{"/tcbLevels/1", 3}, "tcbLevels[1]: entry: want an object, found \"number\""},
      {{"/tcbLevels/0/tcbStatus", "Fine"}, "tcbLevels[0]: tcbStatus: want a TCB status, found \"Fine\""},
      {{"/tcbLevels/0/tcbStatus", "TDRelaunchAdvised"},
       "tcbLevels[0]: tcbStatus: want a TCB status, found \"TDRelaunchAdvised\""},
      {{"/tcbLevels/0/tcbDate", "x"}, "tcbLevels[0]: tcbDate: want a time in UTC, found \"x\""},
      {{"/tcbLevels/0/tcb/pcesvn", 65536}, "tcbLevels[0]: pcesvn: want at most 65535, found 65536"},
      {{"/tcbLevels/0/tcb/sgxtcbcomponents/15", nullptr}, "tcbLevels[0]: sgxtcbcomponents: want 16 bytes, found 15"},
      {{"/tcbLevels/0/tcb/tdxtcbcomponents/-", {{"svn", 0}}},
       "tcbLevels[0]: tdxtcbcomponents: want 16 bytes, found 17"},
      {{"/tcbLevels/0/tcb/tdxtcbcomponents/3/svn", 256},
       "tcbLevels[0]: tdxtcbcomponents[3]: svn: want at most 255, found 256"},
      {{"/tcbLevels/0/tcb/sgxtcbcomponents/3/svn", -1},
       "tcbLevels[0]: sgxtcbcomponents[3]: svn: want an integer of zero or more, found number"},
      {{"/tcbLevels/1/advisoryIDs/0", "a\nb"},
       "tcbLevels[1]: advisoryIDs: want letters, digits and hyphens, found \"a\\nb\""},
      {{"/tdxModuleIdentities/0/tcbLevels/0/tcb/isvsvn", nullptr},
       "tdxModuleIdentities[0]: tcbLevels[0]: isvsvn is missing"},
      {{"/tdxModuleIdentities/0/mrsigner", "00"}, "tdxModuleIdentities[0]: mrsigner: want 48 bytes, found 1"},
  };
  for (const auto& [change, want] : refusals) EXPECT_EQ(refusal<TcbInfo>(changed(Platform().tcb_info, change)), want);
}

TEST(QeIdentity, ReadsWhatIntelSaysAndRefusesEverySurprise) {
  const auto object = Platform().qe_identity;
  const QeIdentity identity = QeIdentity::parse(Json::parse(object.dump())).value();
  EXPECT_EQ(to_hex(identity.attributes), "11000000000000000000000000000000");
  EXPECT_EQ(to_hex(identity.attributes_mask), "fbffffffffffffff0000000000000000");
  EXPECT_EQ(identity.isv_prod_id, 2);
  EXPECT_EQ(identity.levels.size(), 2U);
  EXPECT_EQ(refusal<QeIdentity>(changed(object, {"/id", "QE"})), "id: want TD_QE, found \"QE\"");
  EXPECT_EQ(refusal<QeIdentity>(changed(object, {"/version", 3})), "version: want 2, found 3");
  EXPECT_EQ(refusal<QeIdentity>(changed(object, {"/miscselect", "0000"})), "miscselect: want 4 bytes, found 2");
  EXPECT_EQ(refusal<QeIdentity>(changed(object, {"/isvprodid", 70000})), "isvprodid: want at most 65535, found 70000");
  for (const auto& [name, value] : object.items())
    EXPECT_EQ(refusal<QeIdentity>(changed(object, {"/" + name, nullptr})), name + " is missing");
}

TEST(SignedCollateral, CoversTheExactBytesOfTheObject) {
  const SigningKey key;
  const crypto::PublicKey signer = key.public_key();
  const std::string object = Platform().tcb_info.dump();
  const std::string good = signed_json("tcbInfo", object, key);
  EXPECT_TRUE(verify_tcb_info(good, signer));
  // The same value in other bytes, signed as such: what counts is what stands there.
  const std::string spaced = Platform().tcb_info.dump(2);
  EXPECT_TRUE(verify_tcb_info(signed_json("tcbInfo", spaced, key), signer));
  EXPECT_TRUE(verify_tcb_info("  " + good + "\n", signer));
  std::string respaced = good;
  respaced.insert(respaced.find("\"version\""), " ");
  EXPECT_EQ(verify_tcb_info(respaced, signer).error().code, ErrorCode::kTampered);
  EXPECT_EQ(verify_tcb_info(good, SigningKey().public_key()).error().code, ErrorCode::kTampered);
  EXPECT_EQ(verify_tcb_info("", signer).error().detail, "missing");
}

TEST(SignedCollateral, HasOneObjectAndOneSignature) {
  const SigningKey key;
  const crypto::PublicKey signer = key.public_key();
  const std::string object = Platform().tcb_info.dump();
  const std::string signature = "\"signature\":\"" + to_hex(key.sign(as_bytes(object))) + "\"";
  const std::string member = "\"tcbInfo\":" + object;
  EXPECT_TRUE(verify_tcb_info("{" + signature + "," + member + "}", signer));
  for (const std::string& text :
       {"{" + member + "}", "{" + signature + "}", "{" + member + "," + member + "," + signature + "}",
        "{" + member + "," + signature + "," + signature + "}", "{" + member + ",\"signature\":\"00\"}",
        "{" + member + ",\"signature\":1}", "[" + object + "]", "{" + member + "," + signature + "}x",
        "{\"enclaveIdentity\":" + object + "," + signature + "}", "{\"tcbInfo\":\"\"," + signature + "}"}) {
    EXPECT_FALSE(verify_tcb_info(text, signer)) << text.substr(0, 40);
  }
}

TEST(TcbStatus, HasIntelsNames) {
  for (const std::string_view name :
       {"UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded", "OutOfDate",
        "OutOfDateConfigurationNeeded", "Revoked"}) {
    const auto status = tcb_status_named(name);
    ASSERT_TRUE(status) << name;
    EXPECT_EQ(name_of(*status), name);
  }
  EXPECT_FALSE(tcb_status_named("upToDate"));
  EXPECT_FALSE(tcb_status_named(""));
}

// ---- the extension of PCK certificates ----

PckExtension numbered() {
  PckExtension pck;
  for (std::size_t i = 0; i < 16; ++i) pck.components[i] = static_cast<std::uint8_t>(100 + 9 * i);
  pck.ppid.fill(1);
  pck.pce_svn = 0x1234;
  pck.cpu_svn.fill(2);
  pck.pce_id = {3, 4};
  pck.fmspc = {5, 6, 7, 8, 9, 10};
  pck.sgx_type = 1;
  return pck;
}

TEST(PckExtension, ReadsEveryItem) {
  const PckExtension want = numbered();
  const PckExtension found = PckExtension::parse(pck_der(pck_items(want, tcb_items(want)))).value();
  EXPECT_EQ(found.components, want.components);
  EXPECT_EQ(found.ppid, want.ppid);
  EXPECT_EQ(found.pce_svn, want.pce_svn);
  EXPECT_EQ(found.cpu_svn, want.cpu_svn);
  EXPECT_EQ(found.pce_id, want.pce_id);
  EXPECT_EQ(found.fmspc, want.fmspc);
  EXPECT_EQ(found.sgx_type, want.sgx_type);
}

TEST(PckExtension, SkipsWhatPlatformsOfSeveralPackagesAdd) {
  PckItems items = pck_items(numbered(), tcb_items(numbered()));
  items.emplace_back("6", der_value(0x04, Bytes(16, 1)));
  items.emplace_back("7", der_value(0x30, {}));
  EXPECT_TRUE(PckExtension::parse(pck_der(items)));
}

TEST(PckExtension, WantsEveryItemOnce) {
  const PckItems tcb = tcb_items(numbered());
  const PckItems all = pck_items(numbered(), tcb);
  for (std::size_t i = 0; i < all.size(); ++i) {
    PckItems fewer = all;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(PckExtension::parse(pck_der(fewer))) << all[i].first;
    PckItems more = all;
    more.push_back(all[i]);
    EXPECT_FALSE(PckExtension::parse(pck_der(more))) << all[i].first;
  }
  for (std::size_t i = 0; i < tcb.size(); ++i) {
    PckItems fewer = tcb;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(PckExtension::parse(pck_der(pck_items(numbered(), fewer)))) << tcb[i].first;
    PckItems more = tcb;
    more.push_back(tcb[i]);
    EXPECT_FALSE(PckExtension::parse(pck_der(pck_items(numbered(), more)))) << tcb[i].first;
  }
}

TEST(PckExtension, RefusesOtherValues) {
  const auto refuses_item = [](std::size_t index, Bytes value) {
    PckItems items = pck_items(numbered(), tcb_items(numbered()));
    items[index].second = std::move(value);
    return !PckExtension::parse(pck_der(items));
  };
  const auto refuses_tcb = [](std::size_t index, Bytes value) {
    PckItems tcb = tcb_items(numbered());
    tcb[index].second = std::move(value);
    return !PckExtension::parse(pck_der(pck_items(numbered(), tcb)));
  };
  EXPECT_TRUE(refuses_item(0, der_value(0x04, Bytes(15))));
  EXPECT_TRUE(refuses_item(2, der_value(0x04, Bytes(3))));
  EXPECT_TRUE(refuses_item(3, der_value(0x04, Bytes(5))));
  EXPECT_TRUE(refuses_item(3, der_value(0x02, Bytes(6, 1))));
  EXPECT_TRUE(refuses_item(4, der_value(0x0a, Bytes{0, 1})));
  EXPECT_TRUE(refuses_tcb(0, Bytes{0x02, 0x02, 0x01, 0x00}));         // 256
  EXPECT_TRUE(refuses_tcb(0, Bytes{0x02, 0x01, 0xff}));               // -1
  EXPECT_TRUE(refuses_tcb(0, Bytes{0x02, 0x02, 0x00, 0x01}));         // not the shortest form
  EXPECT_TRUE(refuses_tcb(16, Bytes{0x02, 0x03, 0x01, 0x00, 0x00}));  // 65536
  EXPECT_TRUE(refuses_tcb(17, der_value(0x04, Bytes(17))));
  PckItems more = tcb_items(numbered());
  more.emplace_back("2.19", Bytes{0x02, 0x01, 0x00});
  EXPECT_FALSE(PckExtension::parse(pck_der(pck_items(numbered(), more))));
}

TEST(PckExtension, RefusesEveryTruncationAndWhatComesAfter) {
  const Bytes good = pck_der(pck_items(numbered(), tcb_items(numbered())));
  for (std::size_t length = 0; length < good.size(); ++length)
    ASSERT_FALSE(PckExtension::parse(ByteView(good).first(length))) << length;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(PckExtension::parse(longer));
}

}  // namespace
}  // namespace minions::attestation::tdx
